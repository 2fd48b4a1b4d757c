from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.odds import estimate
from tocsin.ensemble.update import Live, bring_up_to

if TYPE_CHECKING:
    from support.kit import Kit
    from tocsin.domain.fit import Fit

DAY = date(2016, 3, 8)


def _observations(kit: Kit, day: date) -> list[Observation]:
    names = [indicator.id for indicator in kit.theater.indicators]
    return kit.service.ledger.observations(names, kit.theater.timeline.close_of(day))


def _evidence(kit: Kit, day: date, *more: Observation) -> Evidence:
    instant = kit.theater.timeline.close_of(day)
    return derive_evidence(kit.theater, [*_observations(kit, day), *more], instant)


def _live(kit: Kit, fit: Fit, then: Evidence, now: Evidence) -> Live:
    return bring_up_to(kit.theater, lay_out(kit.theater), kit.ensemble(fit), then, now, fit.seed)


def _report(kit: Kit, name: str, **changes: object) -> Observation:
    known = kit.theater.timeline.close_of(date(2016, 3, 7))
    report = Observation(
        name, "violence/border-attack", date(2016, 3, 6), 1.0, Grade("A", "1"), name, "", "", "test", known
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def test_nothing_new_changes_nothing(kit: Kit, tunisia_fit: Fit) -> None:
    """The same evidence: even weights, the same futures, bit for bit."""
    evidence = _evidence(kit, DAY)
    live = _live(kit, tunisia_fit, evidence, evidence)
    np.testing.assert_array_equal(live.smoothed.weights, np.full(4000, 1 / 4000))
    np.testing.assert_array_equal(live.ensemble.futures.reached, kit.ensemble(tunisia_fit).futures.reached)
    assert live.out_of_reach == 0


def test_live_odds_after_three_days_are_those_of_a_refit(kit: Kit, tunisia_fit: Fit) -> None:
    """Three more clashes: every odds within two points of a full fit, and the weights say that they hold."""
    later = date(2016, 3, 11)
    live = _live(kit, tunisia_fit, _evidence(kit, DAY), _evidence(kit, later))
    assert live.smoothed.reliable
    refitted = kit.probabilities(kit.fit(later))
    for position, scenario in enumerate(kit.theater.scenarios):
        for days in scenario.horizons:
            value = estimate(live.ensemble.futures, position, days, live.smoothed.weights)
            assert value.probability == pytest.approx(refitted[scenario.id, days], abs=0.02)


def test_weeks_of_news_are_told_apart_from_what_weights_can_carry(kit: Kit, tunisia_fit: Fit) -> None:
    """Four weeks on, the weights rest on a few draws, and say so."""
    live = _live(kit, tunisia_fit, _evidence(kit, DAY), _evidence(kit, DAY + timedelta(weeks=4)))
    assert live.smoothed.collapsed


def test_a_retraction_takes_back_what_the_report_did(kit: Kit, tunisia_fit: Fit) -> None:
    """A report added and taken away again leaves weights that are even, to rounding."""
    before = _evidence(kit, DAY)
    report = _report(kit, "extra")
    withdrawn = _report(
        kit, "extra-gone", supersedes="extra", withdrawn=True, recorded_at=report.recorded_at + timedelta(hours=1)
    )
    added = _live(kit, tunisia_fit, before, _evidence(kit, DAY, report))
    gone = _live(kit, tunisia_fit, before, _evidence(kit, DAY, report, withdrawn))
    assert np.ptp(added.smoothed.weights) > 1e-5
    np.testing.assert_array_equal(gone.smoothed.weights, np.full(4000, 1 / 4000))


def test_a_correction_divides_the_old_report_out(kit: Kit, tunisia_fit: Fit) -> None:
    """The attack of 7 March, and the echo of it, corrected to three: the offensive is likelier by far."""
    before = _evidence(kit, DAY)
    echoes = [
        item
        for item in _observations(kit, DAY)
        if item.indicator == "violence/border-attack" and item.observed_on == date(2016, 3, 7)
    ]
    corrected = [replace(item, id=f"corrected-{item.id}", value=3.0, supersedes=item.id) for item in echoes]
    live = _live(kit, tunisia_fit, before, _evidence(kit, DAY, *corrected))
    position = [scenario.id for scenario in kit.theater.scenarios].index("border-offensive")
    after = estimate(live.ensemble.futures, position, 90, live.smoothed.weights).probability
    assert after > kit.probabilities(tunisia_fit)["border-offensive", 90] + 0.1


def test_a_change_before_the_pressure_that_is_kept_is_out_of_reach(kit: Kit, tunisia_fit: Fit) -> None:
    """A report from two years ago cannot be weighed by what was kept; it is counted as such, not guessed."""
    old = _report(kit, "old", observed_on=date(2014, 6, 2))
    live = _live(kit, tunisia_fit, _evidence(kit, DAY), _evidence(kit, DAY, old))
    assert live.out_of_reach == 1


def test_a_crossing_in_a_past_step_is_out_of_reach(kit: Kit, tunisia_fit: Fit) -> None:
    """Late attacks that would have made an offensive of last month add pressure that the fit's draws do not hold."""
    late = [
        _report(kit, f"late {number}", origin=f"late {number}", observed_on=date(2016, 2, 10 + number))
        for number in range(6)
    ]
    live = _live(kit, tunisia_fit, _evidence(kit, DAY), _evidence(kit, DAY, *late))
    assert live.out_of_reach == 1


def test_a_new_step_brings_new_uncertainty(kit: Kit, tunisia_fit: Fit) -> None:
    """A week on, each draw's pressure has moved by a step of its own; the past steps it keeps are the same."""
    live = _live(kit, tunisia_fit, _evidence(kit, DAY), _evidence(kit, DAY + timedelta(days=7)))
    before, after = kit.ensemble(tunisia_fit).draws, live.ensemble.draws
    np.testing.assert_array_equal(after.recent[:, :, :-1], before.recent[:, :, 1:])
    assert after.recent.shape == before.recent.shape
    assert np.std(after.recent[:, 0, -1] - before.recent[:, 0, -1]) > 0.05
