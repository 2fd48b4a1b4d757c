"""Alert rules: what must hold before somebody is told, for how long, and how it is read off what was published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from datetime import datetime

CHANCES = (0.05, 0.25, 0.75, 0.95)
"""The chances that a certainty rule may ask for: those whose quantiles every publication holds, in its intervals."""


class Scale(StrEnum):
    """How a change of odds is measured."""

    POINTS = "points"
    """Differences of probabilities: 0.05 is five points."""
    LOG_ODDS = "log-odds"
    """Differences of ln(p / (1 − p)): 0.7 is about a doubling of rare odds."""


class Direction(StrEnum):
    """Which changes count."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


class Watched(StrEnum):
    """What may become stale."""

    FIT = "fit"
    FEED = "feed"
    INDICATOR = "indicator"


@dataclass(frozen=True, slots=True)
class Level:
    """The odds are at or above `at`, until they are at or below `clear_at`, which is less (hysteresis)."""

    scenario: str
    horizon_days: int
    at: float
    clear_at: float


@dataclass(frozen=True, slots=True)
class Certainty:
    """P(odds > above) is at least `chance`, over what is uncertain about the present; one of `CHANCES`."""

    scenario: str
    horizon_days: int
    above: float
    chance: float


@dataclass(frozen=True, slots=True)
class SinceNotice:
    """Against the odds when this rule last said that it fires, or those that it saw first."""


@dataclass(frozen=True, slots=True)
class SinceWindow:
    """Against the odds that stood a while ago."""

    ago: timedelta


@dataclass(frozen=True, slots=True)
class SinceInstant:
    """Against the odds that stood at an instant."""

    instant: datetime


type Baseline = SinceNotice | SinceWindow | SinceInstant


@dataclass(frozen=True, slots=True)
class Change:
    """The odds have moved by at least `by` (> 0) from a baseline.

    Attributes:
        floor: A probability: odds that were and are below it do not ring, however much they move.
    """

    scenario: str
    horizon_days: int
    by: float
    scale: Scale
    direction: Direction
    baseline: Baseline
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Staleness:
    """Something is older than it should be.

    Attributes:
        of: What may become stale.
        subject: Id of the feed or indicator; empty for the fit.
        older_than: Since the evidence that the fit saw, or the feed's last news; None for an indicator, which is
            overdue against the rhythm that its own file declares.
    """

    of: Watched
    subject: str
    older_than: timedelta | None


@dataclass(frozen=True, slots=True)
class Tripwire:
    """At least so many events were counted of an indicator, within so many days up to today."""

    indicator: str
    at_least: int
    within_days: int


type OddsCondition = Level | Certainty | Change
type Condition = OddsCondition | Staleness | Tripwire


class Severity(StrEnum):
    """How loudly it rings."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class ActiveHours:
    """Hours of days of the week, by the clocks of a zone.

    Attributes:
        days: Of the week on which they begin, from 0 for Monday.
        begin: The time at which they begin.
        end: The time before which they end: on the next day where it is not after `begin`.
        zone: Name of the time zone.
    """

    days: frozenset[int]
    begin: time
    end: time
    zone: str

    def hold(self, instant: datetime) -> bool:
        """Whether an instant lies in them."""
        local = instant.astimezone(ZoneInfo(self.zone))
        clock, today = local.time(), local.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= clock < self.end
        yesterday = (today - 1) % 7
        return (today in self.days and clock >= self.begin) or (yesterday in self.days and clock < self.end)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A condition, and how patient it is.

    Attributes:
        id: Unique in its theater.
        theater: Id of the theater.
        title: What it is about, as a notice begins.
        reason: Why somebody wants to be told.
        condition: What must hold.
        severity: How loudly it rings.
        owner: The account or team that answers for it; empty for nobody.
        destinations: Ids of those who are told.
        pending_for: How long the condition must hold before it rings; zero for at once.
        pending_publications: How many publications in a row must meet it; 1 for the first. Of the two, both must hold.
        keep_firing_for: How long it must have cleared before the alert ends.
        rings_on: The statuses of odds that may ring. Odds of another status leave everything as it was.
        absent_after: After how long without a publication there are no data.
        escalate_after: How long it may fire without an acknowledgement before others are told; None for ever.
        escalates_to: Ids of the destinations that are told then.
        repeat_every: How often it is told again while it fires without an acknowledgement; None for never.
        active: When its notices are told; outside, they wait. None for always.
        inhibited_by: Ids of rules of the theater whose firing says it already.
    """

    id: str
    theater: str
    title: str
    reason: str
    condition: Condition
    severity: Severity = Severity.WARNING
    owner: str = ""
    destinations: tuple[str, ...] = ()
    pending_for: timedelta = timedelta(0)
    pending_publications: int = 1
    keep_firing_for: timedelta = timedelta(0)
    rings_on: frozenset[Status] = frozenset({Status.FITTED, Status.LIVE})
    absent_after: timedelta = timedelta(hours=36)
    escalate_after: timedelta | None = None
    escalates_to: tuple[str, ...] = ()
    repeat_every: timedelta | None = None
    active: ActiveHours | None = None
    inhibited_by: tuple[str, ...] = ()

    @property
    def condition_key(self) -> str:
        """The same for rules that ask the same: what was read for one condition says nothing of another."""
        return hashlib.sha256(repr(self.condition).encode()).hexdigest()[:16]


def tells_moves(condition: Condition) -> bool:
    """Whether each episode is a move of its own, from where the odds were when the last one was told."""
    return isinstance(condition, Change) and isinstance(condition.baseline, SinceNotice)
