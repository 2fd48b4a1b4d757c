"""Threshold odds against every sequence of counts that a short horizon can bring."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from support.theaters import indicator, scenario, span
from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Kind, RateBaseline
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Link, Pressure, Threshold
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.draws import Draws
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import Estimate, estimate, even_weights

if TYPE_CHECKING:
    from tocsin.domain.elicitation import Range

AT_LEAST, WITHIN = 3, 3
RATE, DISPERSION, COVERAGE = 0.35, 1.4, 0.6
EFFECT, HALF_LIFE, PRESSURE_NOW = 6.0, 1.5, 0.8
NODES = 16
TIMELINE = Timeline(Step.WEEK, 8, "Africa/Tunis")
TUESDAY, SUNDAY = date(2016, 3, 8), date(2016, 3, 13)


def _known(value: float) -> Range:
    return span(value * (1 - 1e-7), value * (1 + 1e-7))


def _theater(*, linked: bool) -> Theater:
    attack = indicator(
        "field/attack", Kind.COUNT, coverage=COVERAGE, baseline=RateBaseline(_known(RATE), _known(DISPERSION))
    )
    links = (Link(attack.id, _known(EFFECT)),) if linked else ()
    rule = Threshold(attack.id, AT_LEAST, WITHIN)
    offensive = scenario("offensive", rule, links, Pressure(_known(HALF_LIFE), None, None))
    return Theater("short", "Short", TIMELINE, (replace(offensive, horizons=(21,)),), (attack,))


def _evidence(theater: Theater, as_of: date) -> Evidence:
    """One attack two weeks ago and one this Monday are on the books; five long ago and two of a rumor are not."""
    reports = [("2016-02-15", 5, "A1"), ("2016-02-26", 1, "A1"), ("2016-03-02", 2, "E5"), ("2016-03-07", 1, "B2")]
    ledger = [
        Observation(
            id=day,
            indicator="field/attack",
            observed_on=date.fromisoformat(day),
            value=value,
            grade=Grade(*grade),
            origin=day,
            summary="",
            source="",
            author="",
            recorded_at=TIMELINE.close_of(date.fromisoformat(day)),
        )
        for day, value, grade in reports
    ]
    return derive_evidence(theater, ledger, TIMELINE.close_of(as_of))


def _draws(design: Design, count: int) -> Draws:
    """Equal draws: everything is known, the present pressure too."""
    return Draws(
        chains=1,
        parameters=np.tile(design.mean, (count, 1)),
        recent=np.full((count, 1, 8), PRESSURE_NOW, dtype=np.float32),
        last_part=np.full((count, 1), PRESSURE_NOW),
        last_aftermath=np.zeros((count, 1)),
    )


def _simulated(theater: Theater, as_of: date, days: list[int]) -> list[Estimate]:
    design, evidence = lay_out(theater), _evidence(theater, as_of)
    futures = simulate(design, _draws(design, 2000), begin(theater, design, evidence), 3, 32)
    return [estimate(futures, 0, day, even_weights(futures)) for day in days]


def _future_pressure(steps: int, *, linked: bool) -> tuple[np.ndarray, np.ndarray]:
    """Paths (steps, N) of pressure and their weights (N,): a tensor grid of Gauss–Hermite nodes over innovations.

    Without a link pressure does not matter, and one path is all.
    """
    if not linked:
        return np.zeros((steps, 1)), np.ones(1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    grid = np.array(list(product(nodes, repeat=steps - 1))).T
    weight = np.array([math.prod(chosen) for chosen in product(weights / weights.sum(), repeat=steps - 1)])
    persistence = 2 ** (-1 / HALF_LIFE)
    path = [np.full(grid.shape[1], PRESSURE_NOW)]
    for innovation in grid:
        path.append(persistence * path[-1] + math.sqrt(1 - persistence**2) * innovation)
    return np.array(path), weight


def _enumerated(books: tuple[int, ...], shares: tuple[float, ...], *, linked: bool) -> list[float]:
    """P(rule met by the end of each step), by summing over every sequence of counts; 3 stands for 3 or more."""
    path, weight = _future_pressure(len(shares), linked=linked)
    slope = math.log(EFFECT) / 2 if linked else 0.0
    chance = []
    for share, pressure in zip(shares, path, strict=True):
        mean = COVERAGE * share * RATE * np.exp(slope * pressure)
        law = stats.nbinom(DISPERSION, DISPERSION / (DISPERSION + mean))
        chance.append([*(law.pmf(number) for number in range(AT_LEAST)), law.sf(AT_LEAST - 1)])
    reached = np.zeros(len(shares))
    for counts in product(range(AT_LEAST + 1), repeat=len(shares)):
        series = [*books[:-1], books[-1] + counts[0], *counts[1:]]
        met = [sum(series[end - WITHIN : end]) >= AT_LEAST for end in range(WITHIN, len(series) + 1)]
        if any(met):
            likelihood = math.prod(chance[step][number] for step, number in enumerate(counts))
            reached[met.index(True) :] += np.sum(weight * likelihood)
    return reached.tolist()


@pytest.mark.parametrize("linked", [False, True], ids=["no link", "linked to pressure"])
@pytest.mark.parametrize(
    ("as_of", "uncounted", "ends"),
    [
        # Reports come a day late: of this week's days, those after Monday are still to be counted.
        pytest.param(TUESDAY, 6 / 7, [5, 12, 19, 26], id="on a Tuesday"),
        # Nothing is left of the week, but Sunday's reports are still to come.
        pytest.param(SUNDAY, 1 / 7, [0, 7, 14, 21], id="on a Sunday"),
    ],
)
def test_threshold_odds_are_those_of_every_count_sequence(
    as_of: date, uncounted: float, ends: list[int], *, linked: bool
) -> None:
    """At the end of this week and of the next three, and between: within four stated Monte Carlo errors."""
    exact = _enumerated((1, 0, 1), (uncounted, 1.0, 1.0, 1.0), linked=linked)
    days = [*ends, ends[2] + 3]
    exact.append(exact[2] + 3 / 7 * (exact[3] - exact[2]))  # within a step the chance grows evenly
    for probability, value in zip(exact, _simulated(_theater(linked=linked), as_of, days), strict=True):
        assert value.probability == pytest.approx(probability, abs=4 * value.error)
        assert value.error < 0.002
    assert exact[0] < exact[1] < exact[2] < exact[3] < 0.9


def test_the_grid_over_future_pressure_is_fine_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half as many nodes again change nothing that the comparison could see."""
    coarse = _enumerated((1, 0, 1), (6 / 7, 1.0, 1.0, 1.0), linked=True)
    monkeypatch.setattr(f"{__name__}.NODES", 24)
    assert _enumerated((1, 0, 1), (6 / 7, 1.0, 1.0, 1.0), linked=True) == pytest.approx(coarse, abs=1e-5)
