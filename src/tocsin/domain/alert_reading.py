"""Reading a rule's condition: off publications, off ages, off counts.

Noise never rings and never ends an alert: what is compared must lie two Monte Carlo standard errors beyond its line,
and the lines of ringing and clearing lie four apart at least. So odds that stand still cross from one to the other
only where the noise of one statement exceeds four standard errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from tocsin.domain.alert import Point, Reading, Sign
from tocsin.domain.alert_rule import (
    Certainty,
    Change,
    Direction,
    Level,
    Scale,
    SinceInstant,
    SinceNotice,
    SinceWindow,
    tells_moves,
)
from tocsin.domain.instants import show_age
from tocsin.domain.odds import Status
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from tocsin.domain.alert import Alert
    from tocsin.domain.alert_rule import AlertRule, Baseline, OddsCondition, Staleness, Tripwire
    from tocsin.domain.publication import Publication, StatedOdds

SURE = 2.0
"""So many Monte Carlo standard errors beyond a line is beyond it."""
APART = 4.0
"""So many at least lie between the lines of ringing and clearing."""
_EASED = 0.1  # of a quantile's limit, or of a change: what it must fall back by to clear
_FLOOR = 1e-5  # of probabilities on the scale of log-odds, as everywhere

# The standard error of a sample quantile to that of the mean, √(c(1 − c)) / (φ(z_c)) for draws that are near normal:
# Kendall & Stuart, The Advanced Theory of Statistics, vol. 1, 10.10.
_QUANTILE_ERRORS = {0.05: 2.113, 0.25: 1.363, 0.75: 1.363, 0.95: 2.113}

type Standing = Callable[[datetime], Publication | None]
"""Tells the publication of the rule's theater that stood at an instant; None before the first."""


def read_odds_rule(
    rule: AlertRule,
    condition: OddsCondition,
    publication: Publication | None,
    alert: Alert,
    standing: Standing,
    now: datetime,
) -> Reading:
    """What the latest publication says of a condition on odds.

    Nothing published, nothing for too long, a scenario or horizon that is not in it, and odds that are the prior's own
    where those may not ring: absent. Odds of another status that may not ring: unsure, and nothing is measured from
    them either.
    """
    seen = _look(rule, condition, publication, now)
    if isinstance(seen, Reading):
        return seen
    match condition:
        case Level():
            return _compared(seen, seen.point.probability, condition.at, condition.clear_at, seen.point.error, _share)
        case Certainty():
            quantile, error = _quantile(seen.stated, condition.chance)
            clear_line = condition.above * (1.0 - _EASED)
            surpassed = partial(_surpassed, condition.chance)
            return _compared(seen, quantile, condition.above, clear_line, error, surpassed)
        case Change():
            return _read_change(rule, condition, seen, alert, standing, now)
        case _:
            assert_never(condition)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a publication, by its number, says of the scenario and horizon that a rule is about."""

    number: int
    stated: StatedOdds
    point: Point


def _look(rule: AlertRule, condition: OddsCondition, publication: Publication | None, now: datetime) -> _Seen | Reading:
    if publication is None:
        return Reading(Sign.ABSENT, "nothing was ever published")
    age = now - publication.stated_at
    if age > rule.absent_after:
        return Reading(Sign.ABSENT, f"nothing was published for {show_age(age.total_seconds())}")
    stated = _find(publication, condition)
    if stated is None:
        named = f"{condition.scenario} within {counted(condition.horizon_days, 'day')}"
        return Reading(Sign.ABSENT, f"publication {publication.number} does not state {named}")
    if publication.status not in rule.rings_on:
        # What rests on nothing that was reported is no data; what rests on too little of it may be right again soon.
        sign = Sign.ABSENT if publication.status is Status.PRIOR_ONLY else Sign.UNSURE
        return Reading(sign, f"the odds are {publication.status}, which may not ring", publication.number)
    return _Seen(publication.number, stated, _point(publication, stated))


def read_staleness(condition: Staleness, age: timedelta | None, *, overdue: bool = False) -> Reading:
    """What the age of something says; `overdue` for an indicator, whose own file says when it is."""
    if condition.older_than is None:
        sign = Sign.MET if overdue else Sign.CLEAR
        return Reading(sign, "it is overdue" if overdue else "it is not overdue")
    if age is None:
        raise ValueError(f"{condition.of} is stale by its age")
    value, limit = age.total_seconds(), condition.older_than.total_seconds()
    sign = Sign.MET if value > limit else Sign.CLEAR
    return Reading(sign, f"it is {show_age(value)} old, at most {show_age(limit)} is well", value=value, limit=limit)


def read_missing(condition: Staleness, waited: timedelta | None, *, met: bool) -> Reading:
    """What is to be said of something that never came; `waited` for so long, None where that is not known any more.

    Nothing ends it but that it comes.
    """
    limit = condition.older_than
    late = waited is not None and limit is not None and waited > limit
    age = "" if waited is None else f", and it has been awaited for {show_age(waited.total_seconds())}"
    return Reading(Sign.MET if met or late else Sign.UNSURE, f"there has never been any{age}")


def read_tripwire(condition: Tripwire, count: int, mark: int, *, known: bool = True) -> Reading:
    """What a count says; `mark` changes with the evidence. Where not all is `known`, it may be more, and never less."""
    below = Sign.CLEAR if known else Sign.ABSENT
    sign = Sign.MET if count >= condition.at_least else below
    days = "a day" if condition.within_days == 1 else f"{condition.within_days} days"
    why = f"{count} counted within {days}, it rings from {condition.at_least} on"
    why += "" if known or sign is Sign.MET else "; nobody has told that there were no more"
    return Reading(sign, why, mark, value=float(count), limit=float(condition.at_least))


def _find(publication: Publication, condition: OddsCondition) -> StatedOdds | None:
    named = condition.scenario, condition.horizon_days
    return next((item for item in publication.odds if (item.scenario, item.horizon_days) == named), None)


def _point(publication: Publication, stated: StatedOdds) -> Point:
    return Point(stated.probability, stated.error, publication.number)


def _compared(
    seen: _Seen, value: float, line: float, clear_line: float, error: float, show: Callable[[float], str]
) -> Reading:
    """A value against the line of ringing, and that of clearing or one that noise alone does not reach."""
    cleared = min(clear_line, line - APART * error)
    if value - SURE * error >= line:
        sign, why = Sign.MET, f"it rings from {show(line)} on"
    elif value + SURE * error <= cleared:
        sign, why = Sign.CLEAR, f"it clears from {show(cleared)} down"
    elif value >= line or value <= cleared:
        sign, why = Sign.UNSURE, f"beyond the line of {show(line if value >= line else cleared)} by noise at most"
    else:
        below = value + SURE * error < line
        sign = Sign.BETWEEN if below else Sign.UNSURE
        why = f"between {show(cleared)}, where it clears, and {show(line)}, where it rings"
        why += "" if below else ", which noise may hide"
    return Reading(sign, f"{show(value)}: {why}", seen.number, value, line, error, seen.point)


def _share(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def _surpassed(chance: float, probability: float) -> str:
    return f"above {_share(probability)} with a chance of {100 * chance:.0f} %"


def _distance(condition: Change, moved: float) -> str:
    return f"{counted(100 * moved, 'point', '.3g')}" if condition.scale is Scale.POINTS else f"{moved:.3g} log-odds"


def _quantile(stated: StatedOdds, chance: float) -> tuple[float, float]:
    """The value that the odds surpass with a chance, which the intervals hold, and its Monte Carlo error."""
    values = {
        0.05: stated.interval90.high,
        0.25: stated.interval50.high,
        0.75: stated.interval50.low,
        0.95: stated.interval90.low,
    }
    return values[chance], stated.error * _QUANTILE_ERRORS[chance]


def _read_change(
    rule: AlertRule, condition: Change, seen: _Seen, alert: Alert, standing: Standing, now: datetime
) -> Reading:
    base = _base(rule, condition, alert, standing, now)
    since_notice = tells_moves(condition)
    if base is None:
        sign = Sign.CLEAR if since_notice else Sign.UNSURE
        return Reading(sign, "there are no earlier odds to compare with", seen.number, odds=seen.point)
    error = math.hypot(_error(condition.scale, base), _error(condition.scale, seen.point))
    moved, clear_line = _moved(condition, base, seen.point), condition.by * (1.0 - _EASED)
    compared = _compared(seen, moved, condition.by, clear_line, error, partial(_distance, condition))
    read = replace(_kept_to_floor(condition, compared, base, seen), base=base)
    if since_notice and read.sign in {Sign.UNSURE, Sign.BETWEEN}:
        # Whoever was told has the odds of then as their new baseline: the next move must not wait for this one to end.
        return replace(read, sign=Sign.CLEAR, why="it has not moved so far since")
    return read


def _kept_to_floor(condition: Change, read: Reading, base: Point, seen: _Seen) -> Reading:
    """What a move says where the higher of its two ends is held to the floor too, with the same care about noise."""
    if not condition.floor or read.sign is Sign.CLEAR:
        return read
    high = max(base, seen.point, key=lambda point: point.probability)
    floor = _compared(seen, high.probability, condition.floor, condition.floor * (1.0 - _EASED), high.error, _share)
    if floor.sign is Sign.MET:
        return read
    sign = floor.sign if read.sign is Sign.MET or floor.sign is Sign.CLEAR else read.sign
    return replace(read, sign=sign, why=f"{read.why}; odds below the floor do not ring, and they are {floor.why}")


def _base(rule: AlertRule, condition: Change, alert: Alert, standing: Standing, now: datetime) -> Point | None:
    """The odds that a change is measured from; None where there are none, or their status may not ring."""
    baseline: Baseline = condition.baseline
    match baseline:
        case SinceNotice():
            return alert.baseline
        case SinceWindow(ago):
            then = standing(now - ago)
        case SinceInstant(instant):
            then = standing(instant)
        case _:
            assert_never(baseline)
    if then is None or then.status not in rule.rings_on:
        return None
    stated = _find(then, condition)
    return None if stated is None else _point(then, stated)


def _moved(condition: Change, base: Point, point: Point) -> float:
    if condition.scale is Scale.POINTS:
        moved = point.probability - base.probability
    else:
        moved = _log_odds(point.probability) - _log_odds(base.probability)
    match condition.direction:
        case Direction.UP:
            return moved
        case Direction.DOWN:
            return -moved
        case Direction.EITHER:
            return abs(moved)


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _FLOOR), 1.0 - _FLOOR)
    return math.log(kept / (1.0 - kept))


def _error(scale: Scale, point: Point) -> float:
    """On the scale of log-odds by the delta method: d ln(p/(1 − p)) = dp / (p(1 − p))."""
    if scale is Scale.POINTS:
        return point.error
    kept = min(max(point.probability, _FLOOR), 1.0 - _FLOOR)
    return point.error / (kept * (1.0 - kept))
