"""What the desk answers, and for how long it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.overdue import Reminder
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.read_odds import Reading

FOREVER = datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)  # instants are not finer


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """The odds of a theater, and what is overdue in it.

    Attributes:
        reading: The odds as of one instant.
        overdue: What somebody should look at.
        since: The first instant at which all of it is the same but for `as_of` and ages, as far as the store says.
        until: The first at which it may not be any more.
    """

    reading: Reading
    overdue: tuple[Reminder, ...]
    since: datetime
    until: datetime

    def holds(self, as_of: datetime) -> bool:
        """Whether it is the answer as of an instant too, but for `as_of` and ages."""
        return self.since <= as_of < self.until

    def at(self, as_of: datetime) -> Answer:
        """The answer as of another instant at which it holds."""
        return self if as_of == self.reading.asked else replace(self, reading=_restated(self.reading, as_of))


def _restated(reading: Reading, as_of: datetime) -> Reading:
    odds = tuple(
        replace(
            item,
            # Odds that are not brought up are those of their fit's instant, whenever they are read.
            as_of=item.as_of if item.status is Status.REFIT_WANTED else as_of,
            age_seconds=(as_of - reading.fit.as_of).total_seconds(),
        )
        for item in reading.odds
    )
    return replace(reading, odds=odds, asked=as_of)


def span(timeline: Timeline, as_of: datetime, changes: Iterable[datetime]) -> tuple[datetime, datetime]:
    """From which instant to before which one nothing passes that an answer as of an instant depends on.

    A day that ends is one such thing: its closing instant is another time than those before and after it
    (`Timeline.last_day`, `Timeline.last_ended`). `changes` are the instants of others, such as a report that counts as
    known from then on.
    """
    day = timeline.last_day(as_of)
    close = timeline.close_of(day)
    if as_of == close:
        return as_of, as_of + _TICK
    passed, coming = timeline.close_of(day - timedelta(days=1)) + _TICK, close
    for instant in changes:
        if instant <= as_of:
            passed = max(passed, instant)
        else:
            coming = min(coming, instant)
    return passed, coming
