"""What is overdue, told from the part of the ledger that bears on a theater's window."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.indicator import Collection as Watch
from tocsin.domain.observation import effective
from tocsin.domain.overdue import reminders, trusted_days

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.overdue import Reminder
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger

_FURTHER = 4  # each look goes so many times as far back as the one before


def overdue(
    theater: Theater, known: Sequence[Observation], since: date, as_of: datetime, *, ledger: Ledger
) -> tuple[Reminder, ...]:
    """What `remind` says, without reading the whole ledger where there is no need.

    Args:
        theater: The theater.
        known: What bears on the days from `since` on.
        since: The first of these days.
        as_of: The instant.
        ledger: Asked for older reports of what has none in `known` that counts, further and further back.
    """
    names = [indicator.id for indicator in theater.indicators]
    seen, first, days = known, since, (theater.timeline.last_day(as_of) - since).days
    while _falls_short(theater, seen, first, as_of):
        days *= _FURTHER
        if days >= since.toordinal():
            return reminders(theater, ledger.observations(names, as_of), as_of)
        first = since - timedelta(days=days)
        seen = ledger.observations(names, as_of, first)
    return reminders(theater, seen, as_of)


def _falls_short(theater: Theater, seen: Sequence[Observation], first: date, as_of: datetime) -> bool:
    """Whether the last report that counts may lie before the first day, of something whose last one is asked for."""
    told = effective(seen, as_of)

    def late(indicators: Collection[str]) -> bool:
        days = trusted_days(theater, (item for item in told if item.indicator in indicators))
        return not days or days[-1] < first

    whole = any(indicator.collection is Watch.CONTINUOUS for indicator in theater.indicators)
    rhythmic = [indicator.id for indicator in theater.indicators if indicator.expect_every_days is not None]
    return (whole and late({indicator.id for indicator in theater.indicators})) or any(
        late({name}) for name in rhythmic
    )
