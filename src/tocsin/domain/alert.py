"""Alerts: the state of a rule over time, by a pure function of the rule, the state before, a reading and the instant.

    normal ──met──▶ pending ──lasted──▶ firing ──clear──▶ recovering ──stayed clear──▶ normal
       ▲              │ not met any more   ▲                  │ met again
       └──────────────┘                    └──────────────────┘

From every one of them to `no data` where readings fail, and back to what was held meanwhile where they return: what is
not known any more is neither over nor new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.alert_rule import tells_moves

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule


class Sign(StrEnum):
    """What a reading says of a rule's condition."""

    MET = "met"
    CLEAR = "clear"
    BETWEEN = "between"
    """Surely below the line of ringing, and not yet where it clears: nothing begins, and nothing ends."""
    UNSURE = "unsure"
    """Within the Monte Carlo error of a line, or from odds of a status that may not ring: all stays."""
    ABSENT = "absent"
    """There is nothing to read."""


@dataclass(frozen=True, slots=True)
class Point:
    """A probability, its Monte Carlo standard error, and the number of the publication that states it; 0 for none."""

    probability: float
    error: float
    publication: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule's condition, read at an instant.

    Attributes:
        sign: What it says.
        why: In words.
        mark: What was read: the number of a publication, or of whatever else counts up when something new is to be
            read. The same mark is the same reading.
        value: What was compared; None where nothing is there.
        limit: What it was compared with.
        error: Its Monte Carlo standard error; 0 where it is exact.
        odds: The odds that it is about; None where it is about none, or where their status may not ring.
        base: The odds that these were compared with, for a change.
    """

    sign: Sign
    why: str
    mark: int = 0
    value: float | None = None
    limit: float | None = None
    error: float = 0.0
    odds: Point | None = None
    base: Point | None = None


class Phase(StrEnum):
    """Where an alert stands."""

    NORMAL = "normal"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    NO_DATA = "no data"


class Cause(StrEnum):
    """Why an alert went from one phase to another."""

    MET = "the condition is met"
    LASTED = "it was met for long enough"
    FELL_BACK = "it was not met any more before it had lasted"
    CLEARED = "it has cleared"
    MET_AGAIN = "it is met again before it had stayed clear"
    MOVED_ON = "the odds have moved as far again since that was told"
    STAYED_CLEAR = "it has stayed clear for long enough"
    TOLD = "the move has been told, and the next one is measured from here"
    VANISHED = "there are no data"
    NEAR_AGAIN = "the odds are not so far any more from those that were told last"
    RETURNED = "there are data again"
    WITHDRAWN = "there is no such rule any more"


ENDS = frozenset({Cause.STAYED_CLEAR, Cause.NEAR_AGAIN, Cause.MOVED_ON, Cause.WITHDRAWN})
"""The causes of steps by which an episode is over, if one goes on."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The state of a rule.

    Attributes:
        phase: Where it stands.
        since: Since when.
        met_since: Since when the condition is met without having cleared; None where it is not.
        met_count: How many readings in a row met it.
        clear_since: Since when it is clear without having been met; None where it is not.
        mark: Of the last reading; 0 before the first.
        held: What an alert without data comes back to: normal or firing; None where there are data.
        episode: How often it has begun to fire. Together with the rule it names one alert for people.
        baseline: The odds that a change since the last notice is measured from: those that were read when the last
            episode was said to fire; before that, those that were read first.
        crossed_from: The mark that was read last before the condition was met; 0 where there was none.
    """

    phase: Phase
    since: datetime
    met_since: datetime | None = None
    met_count: int = 0
    clear_since: datetime | None = None
    mark: int = 0
    held: Phase | None = None
    episode: int = 0
    baseline: Point | None = None
    crossed_from: int = 0

    @property
    def rings(self) -> bool:
        """Whether the alert goes on for whoever was told of it."""
        return self.phase in {Phase.FIRING, Phase.RECOVERING} or self.held is Phase.FIRING


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an alert, for the record."""

    before: Phase
    after: Phase
    cause: Cause
    at: datetime
    reading: Reading


def advance(rule: AlertRule, alert: Alert, reading: Reading, now: datetime) -> tuple[Alert, tuple[Transition, ...]]:
    """The state after a reading, and the steps to it, at most one for each pair of phases.

    1. Nothing to read: no data. Whether it fires is held; what was under way begins anew, as nobody saw it last.
    2. Something to read again: what was held.
    3. A sure reading that meets the condition begins or goes on with `met_since`; one of a new mark counts. One that is
       surely below its line ends both. An unsure one leaves them; so does time.
    4. Pending once met; firing once that lasted, in time and in readings, and the last sure reading still meets it.
    5. Recovering once clear while firing; normal once that lasted; firing again where it is met before. What is met
       again of a change since the last notice is another change: it is pending, and then an episode of its own. Such
       a change recovers from when it is told (`announce`); one that is taken back before is over.

    The same reading at the same instant changes nothing more. A clock that was put back makes nothing last longer.
    """
    steps: list[Transition] = []
    if reading.sign is Sign.ABSENT:
        return lose(alert, reading, now)
    if alert.phase is Phase.NO_DATA:
        back = replace(alert, held=None)
        alert = _go(back, alert.held or Phase.NORMAL, Cause.RETURNED, reading, now, steps)
    alert = _taken(alert, reading, now)
    while (cause := _next(rule, alert, reading, now)) is not None:
        alert = _go(alert, _AFTER[cause], cause, reading, now, steps)
    return alert, tuple(steps)


def lose(alert: Alert, reading: Reading, now: datetime) -> tuple[Alert, tuple[Transition, ...]]:
    """The state once there is nothing to read, which the reading says."""
    steps: list[Transition] = []
    if alert.phase is not Phase.NO_DATA:
        held = Phase.FIRING if alert.rings else Phase.NORMAL
        kept = replace(alert, held=held, met_since=None, met_count=0, clear_since=None)
        alert = _go(kept, Phase.NO_DATA, Cause.VANISHED, reading, now, steps)
    return alert, tuple(steps)


def announce(rule: AlertRule, alert: Alert, reading: Reading, now: datetime) -> tuple[Alert, tuple[Transition, ...]]:
    """The state once it was said that an alert fires: moves are measured from what was read then.

    So a move that is told is over, and the alert recovers from it, unless there are no data, or it did so before.
    """
    steps: list[Transition] = []
    alert = replace(alert, baseline=reading.odds)
    if tells_moves(rule.condition) and alert.phase is Phase.FIRING:
        alert = replace(alert, met_since=None, met_count=0, clear_since=now)
        alert = _go(alert, Phase.RECOVERING, Cause.TOLD, reading, now, steps)
    return alert, tuple(steps)


def read_anew(alert: Alert) -> Alert:
    """The alert of a rule whose condition is another now: it is what it was until that one is read.

    Nothing that was read counts toward it: neither how long the former condition was met, nor which odds it saw.
    """
    return replace(alert, met_since=None, met_count=0, mark=0, baseline=None, crossed_from=0)


def withdraw(alert: Alert, now: datetime) -> tuple[Alert, tuple[Transition, ...]]:
    """The state once there is no rule any more: normal, by one step where it was anything else."""
    steps: list[Transition] = []
    if alert.phase is not Phase.NORMAL:
        reading = Reading(Sign.ABSENT, "nobody asks any more")
        gone = replace(read_anew(alert), held=None, clear_since=None)
        alert = _go(gone, Phase.NORMAL, Cause.WITHDRAWN, reading, now, steps)
    return alert, tuple(steps)


_AFTER = {
    Cause.MET: Phase.PENDING,
    Cause.LASTED: Phase.FIRING,
    Cause.FELL_BACK: Phase.NORMAL,
    Cause.CLEARED: Phase.RECOVERING,
    Cause.MET_AGAIN: Phase.FIRING,
    Cause.MOVED_ON: Phase.PENDING,
    Cause.NEAR_AGAIN: Phase.NORMAL,
    Cause.STAYED_CLEAR: Phase.NORMAL,
}


def _taken(alert: Alert, reading: Reading, now: datetime) -> Alert:
    """With what a reading says of the condition."""
    fresh, before = reading.mark != alert.mark, alert.mark
    baseline = reading.odds if alert.baseline is None else alert.baseline
    alert = replace(alert, mark=reading.mark, baseline=baseline)
    if reading.sign is Sign.MET:
        crossed = before if alert.met_since is None and fresh else alert.crossed_from
        begun = now if alert.met_since is None else alert.met_since
        counted = alert.met_count + (fresh or not alert.met_count)
        return replace(alert, met_since=begun, met_count=counted, clear_since=None, crossed_from=crossed)
    if reading.sign is Sign.CLEAR:
        begun = now if alert.clear_since is None else alert.clear_since
        return replace(alert, met_since=None, met_count=0, clear_since=begun)
    if reading.sign is Sign.BETWEEN:
        return replace(alert, met_since=None, met_count=0)
    return alert


def _next(rule: AlertRule, alert: Alert, reading: Reading, now: datetime) -> Cause | None:
    """The cause of the next step; None where it stays."""
    met, clear = reading.sign is Sign.MET, alert.clear_since is not None
    if alert.phase is Phase.NORMAL:
        return Cause.MET if met else None
    if alert.phase is Phase.PENDING:
        if alert.met_since is None:
            return Cause.FELL_BACK
        lasted = _passed(alert.met_since, now) >= rule.pending_for and alert.met_count >= rule.pending_publications
        return Cause.LASTED if met and lasted else None
    if alert.phase is Phase.FIRING:
        cleared = Cause.NEAR_AGAIN if tells_moves(rule.condition) else Cause.CLEARED
        return cleared if clear else None
    if not clear:
        return Cause.MOVED_ON if tells_moves(rule.condition) else Cause.MET_AGAIN
    return Cause.STAYED_CLEAR if _passed(alert.clear_since, now) >= rule.keep_firing_for else None


def _passed(since: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if since is None else max(timedelta(0), now - since)


def _go(alert: Alert, after: Phase, cause: Cause, reading: Reading, now: datetime, steps: list[Transition]) -> Alert:
    steps.append(Transition(alert.phase, after, cause, now, reading))
    return replace(alert, phase=after, since=now, episode=alert.episode + (cause is Cause.LASTED))
