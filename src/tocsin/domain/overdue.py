"""Which indicators are overdue for a report, and until when silence counts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.evidence import ATTENTION_DAYS, COUNTED_TRUST
from tocsin.domain.indicator import Collection
from tocsin.domain.observation import effective
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater

WARNING_DAYS = 14
"""So long before silence stops to count somebody is told: a fortnight is time to find who collects it."""


class Urgency(StrEnum):
    """How late it is."""

    SOON = "soon"
    """Silence still counts, and will stop to unless something is reported."""
    OVERDUE = "overdue"
    """A report was expected and has not come."""
    UNWATCHED = "unwatched"
    """Silence has stopped to count: the odds drift back to the prior."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that somebody should look at.

    Attributes:
        indicator: Its id; None where it is about the whole theater.
        urgency: How late it is.
        last_on: The day of the last report that counts; None where there is none.
        age_days: Days since then, or since it is collected; None where neither is known.
        due_on: The day by which a report is or was due; None where nothing was ever reported or promised.
        why: What is overdue, in words.
        advice: What to do.
    """

    indicator: str | None
    urgency: Urgency
    last_on: date | None
    age_days: int | None
    due_on: date | None
    why: str
    advice: str


def reminders(theater: Theater, observations: Iterable[Observation], as_of: datetime) -> tuple[Reminder, ...]:
    """What is overdue in a theater at an instant: attention to the whole first, then indicators, the oldest first.

    Silence of everything that is collected continuously counts within a quarter year of some report that counts, of
    whatever indicator (`ATTENTION_DAYS`); so that is about the theater. An indicator by itself is overdue only against
    the rhythm that its file declares (`collection.expect_every_days`): most are rare, and silence is what they are
    watched for.
    """
    today = theater.timeline.last_day(as_of)
    told = effective(observations, as_of)
    days = trusted_days(theater, told)
    whole = _attention(theater, days[-1] if days else None, today)
    single = [
        found for indicator in theater.indicators if (found := _rhythm(theater, indicator, told, today)) is not None
    ]
    oldest_first = sorted(single, key=lambda item: -1 if item.age_days is None else -item.age_days)
    return (*([] if whole is None else [whole]), *oldest_first)


def trusted_days(theater: Theater, told: Iterable[Observation]) -> list[date]:
    """The days of the reports that show that somebody looked, in order."""
    watched = {indicator.id for indicator in theater.indicators}
    return sorted(
        item.observed_on
        for item in told
        if item.indicator in watched and theater.grades.trust(item.grade) >= COUNTED_TRUST
    )


def unattended_day(days: Sequence[date], first: date, last: date) -> date | None:
    """The first day of a span that lies further than a quarter year from every report that counts; None for none."""
    near = timedelta(days=ATTENTION_DAYS)
    day = first
    while day <= last:
        after = bisect_left(days, day - near)
        if after == len(days) or days[after] > day + near:
            return day
        day = days[after] + near + timedelta(days=1)
    return None


def _attention(theater: Theater, last_on: date | None, today: date) -> Reminder | None:
    if not any(indicator.collection is Collection.CONTINUOUS for indicator in theater.indicators):
        return None
    advice = f"report what was seen, or what was looked for and not seen (value 0): tocsin observe {theater.id} …"
    if last_on is None:
        why = "nothing that counts has been reported for any indicator, so nobody is known to be looking"
        return Reminder(None, Urgency.UNWATCHED, None, None, None, why, advice)
    age, due_on = (today - last_on).days, last_on + timedelta(days=ATTENTION_DAYS)
    if age > ATTENTION_DAYS:
        why = f"no report that counts for {counted(age, 'day')}: silence has not counted since {due_on}"
        return Reminder(None, Urgency.UNWATCHED, last_on, age, due_on, why, advice)
    if age >= ATTENTION_DAYS - WARNING_DAYS:
        why = f"no report that counts for {counted(age, 'day')}: silence stops to count after {due_on}"
        return Reminder(None, Urgency.SOON, last_on, age, due_on, why, advice)
    return None


def _rhythm(theater: Theater, indicator: Indicator, told: Iterable[Observation], today: date) -> Reminder | None:
    every = indicator.expect_every_days
    if every is None:
        return None
    days = trusted_days(theater, (item for item in told if item.indicator == indicator.id))
    last_on = days[-1] if days else None
    advice = f"report it, or ask who collects it: tocsin observe {theater.id} {indicator.id} …"
    begun = indicator.since if last_on is None else last_on
    if begun is None:
        why = f"a report is expected every {counted(every, 'day')}, and none that counts was ever made"
        return Reminder(indicator.id, Urgency.OVERDUE, None, None, None, why, advice)
    age, due_on = (today - begun).days, begun + timedelta(days=every + indicator.delay_days)
    if today <= due_on:
        return None
    said = f"none that counts was ever made since {begun}" if last_on is None else f"the last that counts is of {begun}"
    why = f"a report is expected every {counted(every, 'day')}; {said}, so the next was due by {due_on}"
    if indicator.delay_days:
        why += f", the usual {counted(indicator.delay_days, 'day')} until it is here included"
    return Reminder(indicator.id, Urgency.OVERDUE, last_on, age, due_on, why, advice)
