"""The parts of a change held to the tiny theater's, whose every set of reports can be weighed by brute force."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.grid import fit_tiny, law_by_grid, tiny_evidence, tiny_theater
from tocsin.domain.change import Cause
from tocsin.domain.elicitation import logit
from tocsin.domain.evidence import Alternative, Cell, Evidence
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.explain import Part, Question, Side, Tables, explain
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import Estimate, estimate, even_weights

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.ensemble.futures import Futures, Start
    from tocsin.usecases.ports import Sampler

DAYS = 12
KNOWN, NEW = "a", "bcde"
INDICATOR_OF = {"b": "field/attack", "c": "field/claim", "d": "field/alert", "e": "field/price"}
UNLINKED = Cell("field/quiet", 1, 0.7, (Alternative(2.0, 1.0),), ("q",))


def _with(evidence: Evidence, reports: str) -> Evidence:
    return replace(evidence, cells=tuple(cell for cell in evidence.cells if cell.reports[0] in reports))


def _side(design: Design, ensemble: Ensemble, counted: Evidence) -> Side:
    def futures_from(start: Start) -> Futures:
        return simulate(design, ensemble.draws, start, 5, 16)

    return Side(counted, ensemble.draws, futures_from)


def _stated(ensemble: Ensemble) -> Estimate:
    return estimate(ensemble.futures, 0, DAYS, even_weights(ensemble.futures))


def _parts(
    theater: Theater, fits: list[tuple[Ensemble, Evidence]], before: Evidence, after: Evidence
) -> tuple[tuple[Part, ...], float]:
    """The parts from the first fit's odds to the last's, and the noise that their errors make in log-odds."""
    design = lay_out(theater)
    stated = [_stated(fits[0][0]), _stated(fits[-1][0])]
    question = Question(0, DAYS, stated[0].probability, stated[1].probability)
    tables = Tables(before, before, before, after, after)
    sides = [_side(design, ensemble, counted) for ensemble, counted in fits]
    (parts,) = explain(theater, design, sides, tables, [question], seed=5)
    noise = math.hypot(*(item.error / (item.probability * (1 - item.probability)) for item in stated))
    return parts, noise


def _shapley_by_grid() -> dict[str, float]:
    """Each new report's share, over all orders, of the grid's change in log-odds."""
    gains: dict[str, list[float]] = {name: [] for name in NEW}
    odds = {"": logit(law_by_grid(DAYS, KNOWN).odds)}
    for order in permutations(NEW):
        for place, name in enumerate(order):
            before, after = ("".join(sorted(order[: place + more])) for more in (0, 1))
            odds.setdefault(after, logit(law_by_grid(DAYS, KNOWN + after).odds))
            gains[name].append(odds[after] - odds[before])
    return {INDICATOR_OF[name]: float(np.mean(values)) for name, values in gains.items()}


def test_each_part_is_what_brute_force_makes_of_it(sampler: Sampler) -> None:
    """From one report to five, across two fits: all orders of all sets on a grid, within four Monte Carlo errors."""
    whole = tiny_evidence(tiny_theater())
    before = _with(whole, KNOWN)
    theater, first = fit_tiny(sampler, before)
    _, last = fit_tiny(sampler, whole)
    parts, noise = _parts(theater, [(first, before), (last, whole)], before, whole)
    found = {part.subject: part.change for part in parts if part.cause is Cause.REPORTED}
    expected = _shapley_by_grid()
    assert found.keys() == expected.keys()
    for name, share in expected.items():
        assert found[name] == pytest.approx(share, abs=4 * noise), (found, expected)
    assert max(expected.values()) > 10 * noise  # there was something to tell apart
    assert not any(part.guessed for part in parts)


def test_an_indicator_without_a_path_has_no_part(sampler: Sampler) -> None:
    """A report of what no scenario is linked to: in the evidence, and nowhere in the reasons."""
    whole = tiny_evidence(tiny_theater())
    theater, ensemble = fit_tiny(sampler, whole)
    parts, _ = _parts(theater, [(ensemble, whole)], whole, replace(whole, cells=(*whole.cells, UNLINKED)))
    assert {part.cause for part in parts} == {Cause.TIME, Cause.NOISE}


def test_what_the_draws_do_not_reach_is_marked_as_a_guess(sampler: Sampler) -> None:
    """Far more came in than the one fit's draws hold: shares are guesses, and what is left over is no noise."""
    whole = tiny_evidence(tiny_theater())
    theater, ensemble = fit_tiny(sampler, whole)
    storm = tuple(replace(cell, alternatives=(Alternative(300.0, 1.0),)) for cell in whole.cells[:2])
    parts, _ = _parts(theater, [(ensemble, whole)], whole, replace(whole, cells=(*storm, *whole.cells[2:])))
    assert [part.guessed for part in parts if part.cause is Cause.REPORTED] == [True]
    assert parts[-1].cause is Cause.REFIT
    assert math.fsum(part.change for part in parts) == pytest.approx(0.0, abs=1e-12)  # as the same odds were stated


def test_nothing_came_in_and_nothing_moved(sampler: Sampler) -> None:
    """Nothing came in and no time passed: nothing moved."""
    whole = tiny_evidence(tiny_theater())
    theater, ensemble = fit_tiny(sampler, whole)
    assert begin(theater, lay_out(theater), whole).counted == ()
    parts, noise = _parts(theater, [(ensemble, whole)], whole, whole)
    assert [part.cause for part in parts] == [Cause.TIME, Cause.NOISE]
    assert abs(parts[0].change) < 4 * noise  # 16 futures a draw against the 32 of the fit
