"""What the data say of declared links."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from support.evidence import empty_evidence
from support.theaters import full_theater, span
from tocsin.domain.evidence import Alternative, Cell
from tocsin.domain.indicator import Kind
from tocsin.domain.link_record import Effect, Verdict, judge_effect, record_link, seen_in, steps_before
from tocsin.domain.scenario import Link
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.link_effect import link_effects

_THEATER = full_theater()


@pytest.mark.parametrize(
    ("declared", "learned", "verdict"),
    [
        ((2.0, 6.0), (0.8, 1.1, 1.4), Verdict.NO_LONGER),
        ((2.0, 6.0), (0.8, 1.1, 1.6), Verdict.WEAKER),  # it covers 1, and not narrowly
        ((2.0, 6.0), (1.1, 1.2, 1.4), Verdict.WEAKER),  # narrow, and above 1
        ((2.0, 6.0), (0.3, 0.5, 0.8), Verdict.OTHER_WAY),
        ((2.0, 6.0), (5.0, 7.0, 9.0), Verdict.STRONGER),
        ((2.0, 6.0), (2.1, 3.4, 5.7), Verdict.HARDLY_TESTED),
        ((2.0, 6.0), (2.5, 3.4, 4.5), Verdict.AS_DECLARED),
        ((0.2, 0.5), (0.8, 1.1, 1.4), Verdict.NO_LONGER),
        ((0.2, 0.5), (0.4, 0.6, 0.9), Verdict.WEAKER),
        ((0.2, 0.5), (0.05, 0.1, 0.15), Verdict.STRONGER),
        ((0.2, 0.5), (1.2, 2.0, 3.0), Verdict.OTHER_WAY),
    ],
)
def test_a_multiplier_is_judged_by_where_its_interval_lies(
    declared: tuple[float, float], learned: tuple[float, float, float], verdict: Verdict
) -> None:
    """Against the declared range, and against 1; multipliers below 1 are judged the same way round."""
    assert judge_effect(declared, Effect(*learned), shift=False)[1] is verdict


@pytest.mark.parametrize(
    ("declared", "learned", "verdict"),
    [
        ((0.5, 1.5), (-0.2, 0.1, 0.4), Verdict.NO_LONGER),
        ((0.5, 1.5), (-0.2, 0.1, 0.6), Verdict.WEAKER),
        ((-1.5, -0.5), (-1.9, -1.7, -1.6), Verdict.STRONGER),
        ((-1.5, -0.5), (0.2, 0.7, 1.1), Verdict.OTHER_WAY),
        ((-1.5, -0.5), (-1.2, -0.9, -0.7), Verdict.AS_DECLARED),
    ],
)
def test_a_shift_is_judged_against_none(
    declared: tuple[float, float], learned: tuple[float, float, float], verdict: Verdict
) -> None:
    """On its own scale, where nothing is 0."""
    assert judge_effect(declared, Effect(*learned), shift=True)[1] is verdict


def test_what_is_kept_of_a_range_is_a_share_of_its_width() -> None:
    """In logarithms for a multiplier: from 2 to 8 is twice as wide as from 3 to 6."""
    assert judge_effect((2.0, 8.0), Effect(3.0, 4.0, 6.0), shift=False)[0] == pytest.approx(0.5)
    assert judge_effect((-1.0, 3.0), Effect(0.0, 0.5, 1.0), shift=True)[0] == pytest.approx(0.25)


def test_a_fit_that_has_learned_nothing_gives_the_declared_ranges_back() -> None:
    """Draws from the prior: every effect is as declared, to Monte Carlo error, and hardly tested."""
    design = lay_out(_THEATER)
    effects = link_effects(design, prior_draws(design, seed=3, count=40_000))
    for scenario in _THEATER.scenarios:
        for link in scenario.links:
            shift = _THEATER.indicator(link.indicator).kind is Kind.MEASURE
            found = effects[scenario.id, link.indicator]
            width = link.effect.high - link.effect.low if shift else math.log(link.effect.high / link.effect.low)
            for told, declared in ((found.low, link.effect.low), (found.high, link.effect.high)):
                off = told - declared if shift else math.log(told / declared)
                assert abs(off) < 0.02 * width  # the 5 % quantile of 40,000 is known to some 0.003 of the width
            assert judge_effect((link.effect.low, link.effect.high), found, shift=shift)[1] is Verdict.HARDLY_TESTED


def test_an_effect_is_read_from_its_own_draws() -> None:
    """λ of one link between 0.1 and 0.3: multipliers from e^0.2 to e^0.6, and no other link is touched."""
    design = lay_out(_THEATER)
    draws = prior_draws(design, seed=3, count=1001)
    parameters = draws.parameters.copy()
    parameters[:, design.column("link[coup, field/claim]")] = np.linspace(0.1, 0.3, 1001)
    before = link_effects(design, draws)
    after = link_effects(design, replace(draws, parameters=parameters))
    found = after.pop(("coup", "field/claim"))
    assert found.low == pytest.approx(math.exp(2 * 0.11))
    assert found.median == pytest.approx(math.exp(2 * 0.2))
    assert found.high == pytest.approx(math.exp(2 * 0.29))
    assert all(before[key] == effect for key, effect in after.items())


@pytest.mark.parametrize(
    ("step", "steps"),
    [(Step.WEEK, range(7, 21)), (Step.MONTH, range(17, 21))],
)
def test_the_quarter_year_before_an_occurrence_counts(step: Step, steps: range) -> None:
    """In the occurrence's step 20, and those that hold any of the 91 days before that begins: 13 weeks or 3 months."""
    theater = replace(_THEATER, timeline=Timeline(step, 30, "Africa/Tunis"))
    assert steps_before([20], empty_evidence(theater), theater.timeline) == frozenset(steps)


def test_no_step_before_the_window_counts() -> None:
    """Two occurrences count their steps once."""
    assert steps_before([2, 4], empty_evidence(_THEATER), _THEATER.timeline) == frozenset(range(5))
    assert steps_before([], empty_evidence(_THEATER), _THEATER.timeline) == frozenset()


def _cell(step: int, *alternatives: tuple[float, float]) -> Cell:
    return Cell("field/claim", step, 0.7, tuple(Alternative(*item) for item in alternatives), ())


def test_something_was_seen_where_it_is_at_least_as_likely_as_not() -> None:
    """Silence is a step in which nothing was seen; a doubtful report is none; a step without a cell is unknown."""
    cells = [
        _cell(1, (2.0, 0.9)),
        _cell(2, (0.0, 1.0)),
        _cell(3, (1.0, 0.4)),
        _cell(5, (1.0, 0.3), (2.0, 0.3)),
        _cell(6, (0.0, 1.0)),
    ]
    near, far = seen_in(cells, frozenset({1, 2, 4}))
    assert near is not None
    assert far is not None
    assert ((near.hits, near.cases), (far.hits, far.cases)) == ((1, 2), (1, 3))


def test_a_record_without_a_fit_says_so_and_a_measure_is_not_seen_or_unseen() -> None:
    """A price is read every week."""
    common = {"learned": None, "cells": [_cell(1, (2.0, 0.9))], "before": frozenset({1}), "own_rule": False}
    claim, price = (
        record_link("coup", Link(name, span(2.0, 9.0)), _THEATER.indicator(name), **common)  # type: ignore[arg-type]
        for name in ("field/claim", "field/price")
    )
    assert (claim.verdict, claim.learned, claim.kept) == (Verdict.UNKNOWN, None, None)
    assert claim.before is not None
    assert (claim.otherwise, price.before, price.shift) == (None, None, True)


def test_the_windows_first_day_is_not_before_the_declared_one() -> None:
    """The small theater's window is 30 weeks; it is what the steps above count from."""
    evidence = empty_evidence(_THEATER)
    assert _THEATER.timeline.start_of(evidence.first_step) == date(2015, 8, 17)
