"""What publications, ages and counts say of a rule's condition."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.alerts import LEVEL, alert_rule, untold
from support.publications import STATED_AT, stated_odds, statement
from tocsin.domain.alert import Cause, Point, Sign, advance, announce
from tocsin.domain.alert_reading import _QUANTILE_ERRORS, read_missing, read_odds_rule, read_staleness, read_tripwire
from tocsin.domain.alert_rule import (
    CHANCES,
    AlertRule,
    Certainty,
    Change,
    Direction,
    Scale,
    SinceInstant,
    SinceNotice,
    SinceWindow,
    Staleness,
    Tripwire,
    Watched,
)
from tocsin.domain.odds import Interval, Status

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.alert import Alert, Reading
    from tocsin.domain.alert_rule import OddsCondition
    from tocsin.domain.publication import Publication

_HOUR = timedelta(hours=1)


def _stated(probability: float, error: float = 0.004, **changes: object) -> Publication:
    return statement(odds=(stated_odds(probability=probability, error=error),), **changes)


def _read(
    publication: Publication | None,
    condition: OddsCondition = LEVEL,
    *,
    rule: AlertRule | None = None,
    alert: Alert | None = None,
    then: Publication | None = None,
    now: datetime = STATED_AT,
) -> Reading:
    return read_odds_rule(rule or alert_rule(), condition, publication, alert or untold(), lambda _: then, now)


@pytest.mark.parametrize(
    ("probability", "error", "sign"),
    [
        (0.31, 0.004, Sign.MET),
        (0.307, 0.004, Sign.UNSURE),  # above the line, by less than two standard errors
        (0.296, 0.004, Sign.UNSURE),  # below it, by less than two
        (0.28, 0.004, Sign.BETWEEN),
        (0.245, 0.004, Sign.UNSURE),  # below the line of clearing, by less than two
        (0.24, 0.004, Sign.CLEAR),
        (0.24, 0.02, Sign.BETWEEN),  # so noisy that the line of clearing lies lower
    ],
)
def test_a_level_is_met_or_clear_only_beyond_noise(probability: float, error: float, sign: Sign) -> None:
    """Rings at 30 %, clears at 25 %."""
    assert _read(_stated(probability, error)).sign is sign


@pytest.mark.fault(16)
@given(st.floats(-6, 6), st.floats(0.0005, 0.02), st.sampled_from([0.25, 0.299]), st.integers(0, 1000))
def test_noise_alone_rings_once_and_clears_once_at_most(place: float, error: float, clear_at: float, seed: int) -> None:
    """Wherever the odds stand still, in 400 statements of them, however near the two lines are declared."""
    true, condition = 0.3 + place * error, replace(LEVEL, clear_at=clear_at)
    noise = random.Random(seed)  # noqa: S311 (noise and no secret)
    rule, alert, causes = alert_rule(), untold(), []
    for number in range(400):
        said = min(max(noise.gauss(true, error), 0.0), 1.0)
        publication = replace(_stated(said, error), number=number + 1)
        alert, steps = advance(rule, alert, _read(publication, condition, alert=alert), STATED_AT + number * _HOUR)
        causes += [step.cause for step in steps]
    assert causes.count(Cause.LASTED) <= 1
    assert causes.count(Cause.STAYED_CLEAR) <= 1


@pytest.mark.parametrize("status", Status)
def test_only_odds_that_can_be_relied_on_ring(status: Status) -> None:
    """Unless the rule says so; what is the prior's own is no data."""
    read = _read(_stated(0.9, status=status))
    expected = {Status.FITTED: Sign.MET, Status.LIVE: Sign.MET, Status.PRIOR_ONLY: Sign.ABSENT}
    assert read.sign is expected.get(status, Sign.UNSURE)
    assert _read(_stated(0.9, status=status), rule=alert_rule(rings_on=frozenset(Status))).sign is Sign.MET


def test_what_is_not_published_is_absent_and_never_clear() -> None:
    """Nothing at all, nothing for too long, and a scenario that is no longer stated."""
    assert _read(None).sign is Sign.ABSENT
    rule = alert_rule(absent_after=5 * _HOUR)
    assert _read(_stated(0.1), rule=rule, now=STATED_AT + 5 * _HOUR).sign is Sign.CLEAR
    late = _read(_stated(0.1), rule=rule, now=STATED_AT + 6 * _HOUR)
    assert (late.sign, late.why) == (Sign.ABSENT, "nothing was published for 6 h 0 min")
    other = statement(odds=(stated_odds(scenario="other"),), number=0)
    assert _read(other).why == "publication 0 does not state offensive within 30 days"


@pytest.mark.parametrize("chance", CHANCES)
def test_certainty_is_read_off_the_quantile_that_the_odds_surpass(chance: float) -> None:
    """As the intervals hold it: P(odds > 0.2) ≥ chance once that quantile is above 0.2, noise apart."""
    spread = NormalDist(0.25, 0.05)
    quantile = {item: spread.inv_cdf(1 - item) for item in CHANCES}
    odds = stated_odds(
        error=0.0001,
        interval50=Interval(quantile[0.75], quantile[0.25]),
        interval90=Interval(quantile[0.95], quantile[0.05]),
    )
    for above, sign in ((quantile[chance] - 0.001, Sign.MET), (quantile[chance] * 1.2, Sign.CLEAR)):
        read = _read(statement(odds=(odds,)), Certainty("offensive", 30, above, chance))
        assert (read.sign, read.value) == (sign, quantile[chance])


@pytest.mark.parametrize("chance", CHANCES)
def test_the_error_of_a_quantile_is_that_of_normal_draws(chance: float) -> None:
    """By 2,000 samples of 400."""
    noise = random.Random(7)  # noqa: S311 (noise and no secret)
    position = round(400 * chance)
    quantiles = [sorted(noise.gauss(0.0, 1.0) for _ in range(400))[position] for _ in range(2000)]
    mean = math.fsum(quantiles) / 2000
    spread = math.sqrt(math.fsum((item - mean) ** 2 for item in quantiles) / 1999)
    assert spread * math.sqrt(400) == pytest.approx(_QUANTILE_ERRORS[chance], rel=0.06)


@pytest.mark.parametrize(
    ("scale", "direction", "after", "sign"),
    [
        (Scale.POINTS, Direction.UP, 0.26, Sign.MET),
        (Scale.POINTS, Direction.UP, 0.14, Sign.CLEAR),
        (Scale.POINTS, Direction.DOWN, 0.14, Sign.MET),
        (Scale.POINTS, Direction.EITHER, 0.14, Sign.MET),
        (Scale.POINTS, Direction.EITHER, 0.21, Sign.CLEAR),
        (Scale.LOG_ODDS, Direction.UP, 0.22, Sign.MET),  # 0.12 on that scale
        (Scale.LOG_ODDS, Direction.DOWN, 0.22, Sign.CLEAR),
    ],
)
def test_a_change_is_measured_on_its_scale_and_in_its_direction(
    scale: Scale, direction: Direction, after: float, sign: Sign
) -> None:
    """From 20 %, by 0.05 on either scale."""
    for baseline in (SinceWindow(7 * 24 * _HOUR), SinceInstant(STATED_AT - 24 * _HOUR)):
        condition = Change("offensive", 30, 0.05, scale, direction, baseline)
        assert _read(_stated(after, 0.001), condition, then=_stated(0.2, 0.001)).sign is sign
        assert _read(_stated(after, 0.001), condition).sign is Sign.UNSURE  # nothing to compare with
    told = replace(untold(), baseline=Point(0.2, 0.001))
    assert _read(_stated(after, 0.001), replace(condition, baseline=SinceNotice()), alert=told).sign is sign


@pytest.mark.parametrize(
    ("before", "after", "direction", "sign"),
    [
        (0.0002, 0.0008, Direction.UP, Sign.CLEAR),  # four times nothing
        (0.01, 0.05, Direction.UP, Sign.MET),
        (0.05, 0.01, Direction.DOWN, Sign.MET),  # what fell was high enough
        (0.005, 0.0199, Direction.UP, Sign.UNSURE),  # below the floor by noise at most
        (0.005, 0.018, Direction.UP, Sign.UNSURE),
        (0.05, 0.051, Direction.UP, Sign.CLEAR),
    ],
)
def test_a_move_of_odds_below_the_floor_does_not_ring(
    before: float, after: float, direction: Direction, sign: Sign
) -> None:
    """The higher end counts, beyond noise too."""
    week = SinceWindow(timedelta(days=7))
    condition = Change("offensive", 30, 0.7, Scale.LOG_ODDS, direction, week, floor=0.02)
    read = _read(_stated(after, 0.0005 if after > 0.001 else 1e-6), condition, then=_stated(before, 1e-6))
    assert read.sign is sign
    free = _read(_stated(after, 1e-6), replace(condition, floor=0.0), then=_stated(before, 1e-6))
    assert free.sign is (Sign.CLEAR if before == 0.05 and after > before else Sign.MET)


@given(st.floats(-6, 6), st.floats(0.0002, 0.004), st.integers(0, 1000))
def test_noise_at_the_floor_rings_once_and_clears_once_at_most(place: float, error: float, seed: int) -> None:
    """Odds that stand still near it, long after they rose tenfold."""
    true, noise = max(0.02 + place * error, 0.001), random.Random(seed)  # noqa: S311 (noise and no secret)
    day = SinceInstant(STATED_AT - 24 * _HOUR)
    condition = Change("offensive", 30, 0.7, Scale.LOG_ODDS, Direction.UP, day, floor=0.02)
    rule, alert, causes = alert_rule(condition=condition), untold(), []
    for number in range(200):
        said = replace(_stated(min(max(noise.gauss(true, error), 0.0), 1.0), error), number=number + 1)
        read = _read(said, condition, alert=alert, then=_stated(0.0005, 1e-6))
        alert, steps = advance(rule, alert, read, STATED_AT + number * _HOUR)
        causes += [step.cause for step in steps]
    assert causes.count(Cause.LASTED) <= 1
    assert causes.count(Cause.STAYED_CLEAR) <= 1


def test_a_baseline_in_a_window_is_asked_for_at_its_instant() -> None:
    """Seven days before the look."""
    asked: list[datetime] = []
    condition = Change("offensive", 30, 0.05, Scale.POINTS, Direction.UP, SinceWindow(timedelta(days=7)))
    read_odds_rule(alert_rule(), condition, _stated(0.3), untold(), asked.append, STATED_AT)
    assert asked == [STATED_AT - timedelta(days=7)]


def test_each_further_move_since_the_last_notice_rings_anew() -> None:
    """The odds of the notice are the new baseline."""
    condition = Change("offensive", 30, 0.05, Scale.POINTS, Direction.EITHER, SinceNotice())
    rule, alert, rung = alert_rule(condition=condition), untold(), []
    for number, probability in enumerate((0.20, 0.22, 0.27, 0.27, 0.31, 0.33, 0.34, 0.26), start=1):
        publication = replace(_stated(probability, 0.001), number=number)
        reading = _read(publication, condition, alert=alert)
        alert, steps = advance(rule, alert, reading, STATED_AT)
        if any(step.cause is Cause.LASTED for step in steps):
            rung.append(probability)
            alert, _ = announce(rule, alert, reading, STATED_AT)
    assert rung == [0.27, 0.33, 0.26]


def test_noise_on_the_scale_of_log_odds_is_the_sampling_spread_there() -> None:
    """By the odds themselves, moved by a thousandth of their error."""
    condition = Change("offensive", 30, 0.05, Scale.LOG_ODDS, Direction.UP, SinceNotice())
    told = replace(untold(), baseline=Point(0.2, 0.0))
    small = 1e-6
    near, far = (_read(_stated(0.3 + shift, small), condition, alert=told) for shift in (0.0, small))
    assert near.value is not None
    assert far.value is not None
    assert far.value - near.value == pytest.approx(near.error, rel=1e-3)


def test_what_is_stale_is_met_by_its_age() -> None:
    """A fit or a feed; an indicator as its own file says."""
    fit = Staleness(Watched.FIT, "", 48 * _HOUR)
    assert read_staleness(fit, 49 * _HOUR).sign is Sign.MET
    assert read_staleness(fit, 48 * _HOUR).sign is Sign.CLEAR
    indicator = Staleness(Watched.INDICATOR, "field/attack", None)
    assert read_staleness(indicator, None, overdue=True).sign is Sign.MET
    assert read_staleness(indicator, None, overdue=False).sign is Sign.CLEAR


def test_what_never_came_is_late_once_it_was_awaited_for_too_long() -> None:
    """And stays so until it comes, though nobody knows any more since when."""
    fit = Staleness(Watched.FIT, "", 48 * _HOUR)
    assert read_missing(fit, 48 * _HOUR, met=False).sign is Sign.UNSURE
    assert read_missing(fit, 49 * _HOUR, met=False).sign is Sign.MET
    assert read_missing(fit, None, met=True).sign is Sign.MET
    assert read_missing(fit, None, met=False).sign is Sign.UNSURE


def test_a_count_that_may_be_larger_rings_and_never_clears() -> None:
    """Where nobody has told that there were no more, it is not known whether there were."""
    wire = Tripwire("field/attack", at_least=4, within_days=42)
    assert [read_tripwire(wire, count, 1, known=False).sign for count in (0, 3, 4)] == [
        Sign.ABSENT,
        Sign.ABSENT,
        Sign.MET,
    ]


@pytest.mark.parametrize("baseline", [SinceWindow(_HOUR), SinceInstant(STATED_AT)])
@pytest.mark.parametrize("status", [Status.PRIOR_ONLY, Status.PROVISIONAL])
def test_no_change_is_measured_from_odds_that_may_not_ring(
    baseline: SinceWindow | SinceInstant, status: Status
) -> None:
    """They are as good as none."""
    condition = Change("offensive", 30, 0.05, Scale.POINTS, Direction.UP, baseline)
    read = _read(_stated(0.4, 0.001), condition, then=_stated(0.2, 0.001, status=status))
    assert (read.sign, read.value) == (Sign.UNSURE, None)


@pytest.mark.parametrize("status", [Status.PRIOR_ONLY, Status.PROVISIONAL])
def test_odds_that_may_not_ring_are_nothing_to_measure_a_later_change_from(status: Status) -> None:
    """The first that a rule takes as its baseline are the first that could have rung."""
    condition = Change("offensive", 30, 0.05, Scale.POINTS, Direction.UP, SinceNotice())
    rule, alert = alert_rule(condition=condition), untold()
    for publication in (_stated(0.1, 0.001, status=status), _stated(0.3, 0.001)):
        alert, steps = advance(rule, alert, _read(publication, condition, alert=alert), STATED_AT)
        assert not any(step.cause is Cause.MET for step in steps)
    assert alert.baseline == Point(0.3, 0.001)


def test_a_tripwire_rings_at_its_count() -> None:
    """Not before."""
    wire = Tripwire("field/attack", at_least=4, within_days=42)
    assert [read_tripwire(wire, count, 1).sign for count in (3, 4, 5)] == [Sign.CLEAR, Sign.MET, Sign.MET]


@pytest.mark.parametrize(
    ("condition", "probability", "said"),
    [
        (LEVEL, 0.4, "40.0 %: it rings from 30.0 % on"),
        (LEVEL, 0.2, "20.0 %: it clears from 25.0 % down"),
        (LEVEL, 0.27, "27.0 %: between 25.0 %, where it clears, and 30.0 %, where it rings"),
        (LEVEL, 0.3001, "30.0 %: beyond the line of 30.0 % by noise at most"),
        (
            Certainty("offensive", 30, 0.1, 0.95),
            0.4,
            "above 35.0 % with a chance of 95 %: it rings from above 10.0 % with a chance of 95 % on",
        ),
    ],
)
def test_a_reading_says_in_numbers_what_it_compared(condition: OddsCondition, probability: float, said: str) -> None:
    """What was read, and the line that it was held to."""
    stated = stated_odds(probability=probability, error=0.001, interval90=Interval(0.35, 0.5))
    publication = replace(statement(odds=(stated,)), number=3)
    assert _read(publication, condition).why == said
