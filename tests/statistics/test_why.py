from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.domain.change import Cause
from tocsin.domain.elicitation import logit
from tocsin.domain.errors import InvalidInputError, NoFitError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.domain.odds import Status
from tocsin.usecases.why import Movement, why

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from support.kit import Kit
    from tocsin.domain.fit import Fit
    from tocsin.usecases.ports import FitBook, Ledger

BEFORE, DAY = date(2016, 3, 7), date(2016, 3, 8)


class _Until:
    """The kit's ledger as it stood on 8 March, with more in it."""

    def __init__(self, whole: Ledger, last: datetime, *more: Observation) -> None:
        self.whole, self.last, self.more = whole, last, more

    def await_writers(self) -> None:
        """Nobody writes."""

    def observations(self, indicators: Sequence[str], as_of: datetime, *bearing: object) -> list[Observation]:
        """All of both."""
        more = [item for item in self.more if item.recorded_at <= as_of]
        return [*self.whole.observations(indicators, min(as_of, self.last), *bearing), *more]


class _Only:
    """The kit's fits, but for all others."""

    def __init__(self, whole: FitBook, fits: Sequence[Fit]) -> None:
        self.whole, self.fits = whole, {fit.id for fit in fits}

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """Those that are meant."""
        return [fit for fit in self.whole.accepted(theater, as_of) if fit.id in self.fits]

    def draws(self, fit: Fit) -> bytes:
        """Of any."""
        return self.whole.draws(fit)


def _why(
    kit: Kit,
    since: date,
    until: date,
    *more: Observation,
    fits: Sequence[Fit] | None = None,
    phases: list[str] | None = None,
) -> dict[tuple[str, int], Movement]:
    timeline = kit.theater.timeline
    found = why(
        kit.theater,
        ledger=_Until(kit.service.ledger, timeline.close_of(DAY), *more),  # type: ignore[arg-type]
        fits=kit.service.fits if fits is None else _Only(kit.service.fits, fits),  # type: ignore[arg-type]
        codec=kit.service.codec,
        since=timeline.close_of(since),
        as_of=timeline.close_of(until),
        report=lambda progress: None if phases is None else phases.append(progress.phase),
    )
    return {(item.after.scenario, item.after.horizon_days): item for item in found}


def _part(movement: Movement, cause: Cause, subject: str = "") -> float:
    return math.fsum(part.change for part in movement.parts if (part.cause, part.subject) == (cause, subject))


def _entered(kit: Kit, name: str, day: date, **changes: object) -> Observation:
    """Something written down after every fit, known from an instant in 2016 on."""
    fields: dict[str, object] = {
        "id": name,
        "indicator": "violence/border-attack",
        "observed_on": day,
        "value": 1.0,
        "grade": Grade("A", "1"),
        "origin": name,
        "summary": "",
        "source": "",
        "author": "test",
        "recorded_at": kit.theater.timeline.close_of(DAY) + timedelta(hours=2),
        "entered_at": kit.now + timedelta(hours=1),
    }
    return Observation(**(fields | changes))  # type: ignore[arg-type]


def test_parts_sum_to_the_change_exactly(kit: Kit, tunisia_fit: Fit) -> None:
    """Every scenario and horizon, across two fits; what is left over is called noise and is no larger than noise."""
    kit.fit(BEFORE)
    found = _why(kit, BEFORE, DAY)
    assert len(found) == sum(len(scenario.horizons) for scenario in kit.theater.scenarios)
    for movement in found.values():
        change = logit(movement.after.probability) - logit(movement.before.probability)
        assert math.fsum(part.change for part in movement.parts) == pytest.approx(change, abs=1e-12)
        assert movement.parts[0].cause is Cause.TIME
        assert movement.parts[-1].cause is Cause.NOISE
        assert abs(movement.parts[-1].change) < 4 * movement.noise
        assert not any(part.guessed for part in movement.parts)
        assert movement.after.fit == tunisia_fit.id
    offensive = found["border-offensive", 90]
    assert _part(offensive, Cause.REPORTED, "violence/border-attack") == max(part.change for part in offensive.parts)


def test_within_one_fit_there_is_no_noise_to_speak_of(kit: Kit, tunisia_fit: Fit) -> None:
    """Live odds of two instants come from the same draws: nothing is left over."""
    until = date(2016, 3, 10)
    report = _entered(kit, "seen", DAY, recorded_at=kit.theater.timeline.close_of(date(2016, 3, 9)))
    for movement in _why(kit, DAY, until, report).values():
        assert movement.before.fit == movement.after.fit == tunisia_fit.id
        assert movement.after.status is Status.LIVE
        assert _part(movement, Cause.NOISE) == pytest.approx(0.0, abs=1e-9)


def test_a_correction_is_a_part_of_its_own(kit: Kit, tunisia_fit: Fit) -> None:
    """The attack of 7 March and its echo, corrected to three: what that did is told apart from what was reported."""
    timeline = kit.theater.timeline
    known = kit.service.ledger.observations(["violence/border-attack"], timeline.close_of(DAY))
    corrections = [
        _entered(kit, f"fix {item.id}", item.observed_on, value=3.0, origin=item.origin, supersedes=item.id)
        for item in known
        if item.observed_on == date(2016, 3, 7)
    ]
    assert corrections
    movement = _why(kit, DAY, DAY + timedelta(days=1), *corrections)["border-offensive", 90]
    assert movement.before.fit == tunisia_fit.id
    assert _part(movement, Cause.CORRECTED, "violence/border-attack") > 0.5
    assert _part(movement, Cause.REPORTED, "violence/border-attack") == 0.0


def test_days_on_which_nothing_came_in_are_the_passage_of_time_and_silence(kit: Kit, tunisia_fit: Fit) -> None:
    """Ten days without a report: what moved the odds is that, and how seldom it is so quiet."""
    movement = _why(kit, DAY, DAY + timedelta(days=10))["border-offensive", 90]
    assert movement.before.fit == tunisia_fit.id
    assert {part.cause for part in movement.parts} == {Cause.TIME, Cause.UNSEEN, Cause.OCCURRENCE, Cause.NOISE}
    assert _part(movement, Cause.UNSEEN, "violence/border-attack") < -0.05
    assert _part(movement, Cause.TIME) < 0


def test_the_way_is_gone_by_the_fits_between_where_one_step_is_too_far(kit: Kit, tunisia_fit: Fit) -> None:
    """From the quiet autumn to Ben Guerdane at once is a guess: so it goes by the fit between, and still sums up."""
    start, between = date(2015, 10, 5), date(2016, 2, 17)
    ends = [kit.fit(start), tunisia_fit]
    direct = _why(kit, start, DAY, fits=ends)["border-offensive", 90]
    assert any(part.guessed for part in direct.parts)
    phases: list[str] = []
    by_way = _why(kit, start, DAY, fits=[*ends, kit.fit(between)], phases=phases)["border-offensive", 90]
    whole = f"from {start} to {DAY}"
    assert list(dict.fromkeys(phases)) == [whole, f"from {start} to {between}", f"from {between} to {DAY}"]
    change = logit(by_way.after.probability) - logit(by_way.before.probability)
    assert math.fsum(part.change for part in by_way.parts) == pytest.approx(change, abs=1e-12)


def test_an_instant_that_does_not_come_first_is_refused(kit: Kit) -> None:
    """Which field, what was there, what would do."""
    with pytest.raises(InvalidInputError, match=r"since is '2016-03-08'; accepted: an instant before 2016-03-08"):
        _why(kit, DAY, DAY)


def test_before_the_first_fit_there_is_nothing_to_explain(kit: Kit) -> None:
    """It says which fit to run."""
    with pytest.raises(NoFitError, match="tocsin fit tunisia --as-of 2014-01-01"):
        _why(kit, date(2014, 1, 1), DAY)
