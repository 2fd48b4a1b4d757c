"""Slots: the instants at which a job is due, and which one is due now.

A slot is an aware UTC instant that both of two workers compute alike, so that one row may stand for one slot. After a
sleep only the latest slot is due: what was missed runs once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Every:
    """Once in each period; periods are aligned to midnight UTC of the first day of 1970."""

    period: timedelta

    def __str__(self) -> str:
        return f"every {_span(self.period)}"


@dataclass(frozen=True, slots=True)
class Daily:
    """Once on each day of a zone, when its clocks first show a time.

    On a day whose clocks skip the time it is due as long after the skip as it would have been without, so never twice
    and never not at all.
    """

    at: time
    zone: str

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class OnNeed:
    """When it is wanted: looked into in each `check`, put off while news keep coming.

    Attributes:
        check: How often the want is looked into.
        quiet: How long nothing must have come in.
        at_most: After how long it is due although more keeps coming in.
    """

    check: timedelta
    quiet: timedelta
    at_most: timedelta

    def __str__(self) -> str:
        return f"when wanted, after {_span(self.quiet)} without news, {_span(self.at_most)} at most"


@dataclass(frozen=True, slots=True)
class OnOrder:
    """Only when somebody orders it, which puts an open run on record."""

    def __str__(self) -> str:
        return "when ordered"


type Schedule = Every | Daily | OnNeed | OnOrder


@dataclass(frozen=True, slots=True)
class Want:
    """Why a job is wanted, and the news that make it so.

    Attributes:
        reason: In words.
        settled: The instant from which on things are news: what stood by then has been dealt with.
        first_news: When the earliest of the news came; None where there are none.
        last_news: When the latest came.
    """

    reason: str
    settled: datetime | None
    first_news: datetime | None
    last_news: datetime | None


def latest_slot(schedule: Every | Daily, now: datetime) -> datetime:
    """The one slot that is due at an instant: the latest not after it.

    >>> latest_slot(Daily(time(2, 30), "Europe/Berlin"), datetime(2016, 3, 27, 12, tzinfo=UTC)).isoformat()
    '2016-03-27T01:30:00+00:00'
    """
    if isinstance(schedule, Every):
        return _EPOCH + (now - _EPOCH) // schedule.period * schedule.period
    # A day ahead, as the clocks of some zones have jumped across midnight.
    day = now.astimezone(ZoneInfo(schedule.zone)).date() + _DAY
    while (slot := _on(schedule, day)) > now:
        day -= _DAY
    return slot


def next_slot(schedule: Every | Daily, now: datetime) -> datetime:
    """The first slot after an instant."""
    if isinstance(schedule, Every):
        return latest_slot(schedule, now) + schedule.period
    day = now.astimezone(ZoneInfo(schedule.zone)).date() - _DAY
    while (slot := _on(schedule, day)) <= now:
        day += _DAY
    return slot


def wanted_slot(schedule: OnNeed, want: Want, now: datetime, given_up: datetime | None = None) -> datetime | None:
    """The slot at which what is wanted is due, once it has come; None before.

    It follows from the news alone, so two workers find the same one. A want that outlasts its slot (the work did not
    help) has a new slot in each hour. Where the work was given up for a slot, there is none before more has come in
    than it had: it would come to the same.

    Args:
        schedule: The pace.
        want: What is wanted.
        now: The instant.
        given_up: The slot for which the work was given up last; None where it was not.
    """
    if given_up is not None and (want.last_news is None or want.last_news <= given_up):
        return None
    due = None
    if want.first_news is not None and want.last_news is not None:
        due = want.last_news + schedule.quiet
        if given_up is None:  # otherwise the first of the news is not among those that are waited for
            due = min(due, want.first_news + schedule.at_most)
        if due > now:
            return None
    known = (due, want.settled, latest_slot(Every(_HOUR), now))
    return min(now, max(instant for instant in known if instant is not None))


def _on(schedule: Daily, day: date) -> datetime:
    # Of a time that comes twice, fold 0 is the first; one that is skipped counts on from before the skip.
    at = schedule.at.replace(fold=0)
    return datetime.combine(day, at, tzinfo=ZoneInfo(schedule.zone)).astimezone(UTC)


def _span(length: timedelta) -> str:
    """A length in the largest unit that it is a whole number of."""
    seconds = length.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
