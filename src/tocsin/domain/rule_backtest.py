"""What an alert rule would have been worth: episodes against events, of what was stated and what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.alert import ENDS, Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.alert import Transition
    from tocsin.domain.alert_rule import AlertRule, OddsCondition
    from tocsin.domain.publication import Publication
    from tocsin.domain.timeline import Timeline

FEW_PUBLICATIONS = 60
FEW_EVENTS = 3
"""With fewer of either, rates and lead times say little."""
MONTH = timedelta(days=365.2425 / 12)
_FLAP = timedelta(hours=24)


class Came(StrEnum):
    """What came of an episode."""

    YES = "came"
    NO = "false alarm"
    UNKNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Episode:
    """One firing.

    Attributes:
        fired_at: When it began to fire.
        ended_at: When it was over; None where it was not, at the end.
        peak: The highest odds stated meanwhile, of the rule's scenario and horizon.
        came: Whether the event came within the horizon.
        flap: It began soon after the last one ended: `flap_span`.
    """

    fired_at: datetime
    ended_at: datetime | None
    peak: float
    came: Came
    flap: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the rule's scenario, as resolutions tell it.

    Attributes:
        day: When; where only windows bound it, the first day that all of them allow.
        exact: No other day is possible.
        warned_at: When the alert began to fire that warned of it; None for one that was missed.
        lead: From then to the beginning of its day.
    """

    day: date
    exact: bool
    warned_at: datetime | None
    lead: timedelta | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of replaying a rule.

    Attributes:
        rule: The rule.
        begin: The first publication that was replayed.
        end: The last one.
        publications: How many there were.
        episodes: In order.
        events: In order.
        notices: How many notices would have been told.
    """

    rule: AlertRule
    begin: datetime
    end: datetime
    publications: int
    episodes: tuple[Episode, ...]
    events: tuple[Happened, ...]
    notices: int

    @property
    def rang(self) -> timedelta:
        """How long it rang in all."""
        return sum(((item.ended_at or self.end) - item.fired_at for item in self.episodes), timedelta(0))

    @property
    def months(self) -> float:
        """Its span, in mean months of the calendar."""
        return (self.end - self.begin) / MONTH

    @property
    def false_alarms_per_month(self) -> float | None:
        """None where the span is nothing."""
        return self.count(Came.NO) / self.months if self.months else None

    @property
    def flaps(self) -> int:
        """How many episodes were flaps."""
        return sum(item.flap for item in self.episodes)

    @property
    def missed(self) -> int:
        """How many events no firing came before."""
        return sum(item.warned_at is None for item in self.events)

    def count(self, came: Came) -> int:
        """How many episodes came to that."""
        return sum(item.came is came for item in self.episodes)


def flap_span(rule: AlertRule) -> timedelta:
    """An episode that begins so soon after the last one ended is a flap: `keep_firing`, or a day where that is less."""
    return max(rule.keep_firing_for, _FLAP)


def episodes_of(
    rule: AlertRule,
    condition: OddsCondition,
    steps: Iterable[tuple[Transition, int | None]],
    stated: Sequence[Publication],
    came: Mapping[int, Came],
) -> list[Episode]:
    """The episodes that steps tell.

    Args:
        rule: The rule.
        condition: Its condition.
        steps: The steps of its alert, each with the number of the publication that was read.
        stated: The publications.
        came: What came of the window that each publication opened, by number.
    """
    found: list[Episode] = []
    begun: tuple[datetime, int | None] | None = None
    for step, number in steps:
        if step.cause is Cause.LASTED:
            begun = step.at, number
        elif step.cause in ENDS and begun is not None:
            found.append(_episode(rule, condition, begun, step.at, stated, came, found))
            begun = None
    if begun is not None:
        found.append(_episode(rule, condition, begun, None, stated, came, found))
    return found


def _episode(
    rule: AlertRule,
    condition: OddsCondition,
    begun: tuple[datetime, int | None],
    ended_at: datetime | None,
    stated: Sequence[Publication],
    came: Mapping[int, Came],
    before: Sequence[Episode],
) -> Episode:
    fired_at, number = begun
    seen = [item for item in stated if number is not None and item.number >= number]
    peak = max(
        odds.probability
        for item in seen
        if ended_at is None or item.stated_at <= ended_at
        for odds in item.odds
        if (odds.scenario, odds.horizon_days) == (condition.scenario, condition.horizon_days)
    )
    last = before[-1].ended_at if before else None
    flap = last is not None and fired_at - last <= flap_span(rule)
    return Episode(fired_at, ended_at, peak, came.get(number or 0, Came.UNKNOWN), flap)


@dataclass(frozen=True, slots=True)
class Span:
    """The days within which an event happened that settled a window yes, both included."""

    first: date
    last: date


def events_of(spans: Iterable[Span]) -> list[Span]:
    """The fewest events that explain all windows that were settled yes, in order: what overlaps is one event.

    >>> from datetime import date
    >>> days = [date(2016, 3, day) for day in (1, 4, 9, 20, 25)]
    >>> found = events_of([Span(days[0], days[2]), Span(days[1], days[2]), Span(days[3], days[4])])
    >>> [(item.first.day, item.last.day) for item in found]
    [(4, 9), (20, 25)]
    """
    found: list[Span] = []
    for item in sorted(spans, key=lambda span: (span.last, span.first)):
        if found and item.first <= found[-1].last:
            found[-1] = Span(max(found[-1].first, item.first), found[-1].last)
        else:
            found.append(item)
    return found


def warned(
    events: Iterable[Span], episodes: Sequence[Episode], horizon_days: int, timeline: Timeline
) -> list[Happened]:
    """Each event, with the first firing that warned of it.

    Of an event within some days the first is taken, so that no lead time is too long. A firing warned of it that began
    before that day did, and still went on then or had begun at most a horizon before.
    """
    found: list[Happened] = []
    for item in events:
        begins = timeline.close_of(item.first - timedelta(days=1))
        early = begins - timedelta(days=horizon_days)
        before = [
            episode.fired_at
            for episode in episodes
            if episode.fired_at < begins
            and (episode.fired_at >= early or episode.ended_at is None or episode.ended_at > begins)
        ]
        at = min(before, default=None)
        lead = None if at is None else begins - at
        found.append(Happened(item.first, exact=item.first == item.last, warned_at=at, lead=lead))
    return found
