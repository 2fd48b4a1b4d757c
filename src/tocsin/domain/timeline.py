"""Steps of time: how days become step numbers, and what an instant lets us know.

Instants are aware and in UTC; days are plain dates in the theater's time zone.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS = 12
_DAYS_A_WEEK = 7
_DAYS_A_YEAR = 365.2425


class Step(StrEnum):
    """The length of one step."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def per_year(self) -> float:
        """Steps in a mean Gregorian year."""
        return {"day": _DAYS_A_YEAR, "week": _DAYS_A_YEAR / _DAYS_A_WEEK, "month": float(_MONTHS)}[self.value]

    @property
    def mean_days(self) -> float:
        """Mean length in days."""
        return _DAYS_A_YEAR / self.per_year


@dataclass(frozen=True, slots=True)
class Timeline:
    """A calendar of steps: weeks run Monday to Sunday, months are calendar months.

    Step numbers are absolute (they count from year 1), so that they do not move when the window rolls on.

    >>> weeks = Timeline(Step.WEEK, window=156, zone="Africa/Tunis")
    >>> weeks.start_of(weeks.number(date(2016, 3, 8)))
    datetime.date(2016, 3, 7)
    """

    step: Step
    window: int
    zone: str

    @property
    def looks_back(self) -> str:
        """How far back evidence goes, for people.

        >>> Timeline(Step.WEEK, window=156, zone="Africa/Tunis").looks_back
        '156 weeks'
        """
        return f"{self.window} {self.step}s"

    def number(self, day: date) -> int:
        """The number of the step that holds a day."""
        if self.step is Step.DAY:
            return day.toordinal()
        if self.step is Step.WEEK:
            return (day.toordinal() - 1) // _DAYS_A_WEEK  # 0001-01-01 was a Monday, ordinal 1
        return day.year * _MONTHS + day.month - 1

    def start_of(self, number: int) -> date:
        """The first day of a step."""
        if self.step is Step.DAY:
            return date.fromordinal(number)
        if self.step is Step.WEEK:
            return date.fromordinal(number * _DAYS_A_WEEK + 1)
        return date(number // _MONTHS, number % _MONTHS + 1, 1)

    def end_of(self, number: int) -> date:
        """The last day of a step."""
        return self.start_of(number + 1) - timedelta(days=1)

    def days_in(self, number: int) -> int:
        """Days in a step."""
        return (self.start_of(number + 1) - self.start_of(number)).days

    def steps_in(self, days: int) -> int:
        """Whole steps that a duration in days spans, rounded to the nearest, at least one.

        A rule's "8 weeks" is 8 steps of a week, and "12 months" written as 365 days is 12 steps of a month.
        """
        return max(1, math.floor(days / self.step.mean_days + 0.5))

    def close_of(self, day: date) -> datetime:
        """The instant at which a day ends in the theater's time zone."""
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(self.zone))
        return midnight.astimezone(UTC)

    def last_day(self, as_of: datetime) -> date:
        """The last day that has begun by an instant; an instant at midnight closes the day before.

        >>> weeks = Timeline(Step.WEEK, window=156, zone="Africa/Tunis")
        >>> weeks.last_day(weeks.close_of(date(2016, 3, 8)))
        datetime.date(2016, 3, 8)
        """
        return (as_of - timedelta(microseconds=1)).astimezone(ZoneInfo(self.zone)).date()

    def name_instant(self, instant: datetime) -> str:
        """The shortest text that names an instant: the day that it ends, or the instant itself."""
        day = self.last_day(instant)
        return day.isoformat() if self.close_of(day) == instant else instant.isoformat(timespec="seconds")

    def last_ended(self, as_of: datetime) -> date:
        """The last day that has ended by an instant."""
        day = self.last_day(as_of)
        return day if self.close_of(day) <= as_of else day - timedelta(days=1)


def read_day(text: str) -> date | None:
    """The day that YYYY-MM-DD states, or None: no week dates, no other digits, no day that the calendar lacks."""
    try:
        return date.fromisoformat(text) if _DAY_FORM.fullmatch(text) else None
    except ValueError:
        return None


def known_since(timeline: Timeline, observed: date, delay_days: int) -> datetime:
    """When shipped history without a recording instant counts as known: the end of its day plus the delay."""
    return timeline.close_of(observed + timedelta(days=delay_days))
