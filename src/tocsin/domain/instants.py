"""Instants as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.timeline import Timeline, read_day

_ACCEPTED = "a day (2016-03-08, meaning its end) or an instant with its offset (2016-03-08T18:00:00+01:00)"

_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_TWO_DAYS = timedelta(days=2)  # after so long it is another day in every time zone


def read_as_of(text: str | None, timeline: Timeline, now: datetime, option: str = "--as-of") -> datetime:
    """The instant that an option names: the end of a day in the theater's time zone, an aware instant, or now."""
    if text is None:
        return now
    instant = _instant(text, timeline)
    if instant is None:
        raise InvalidInputError([Problem("", None, option, repr(text), _ACCEPTED)])
    if instant < _FIRST:  # no calendar has the days to which a window that ends with the first of them reaches back
        raise InvalidInputError([Problem("", None, option, repr(text), "an instant or a day since 1900")])
    # The end of today is still to come: what is known of today is what is known now.
    if instant > now + _TWO_DAYS or (instant > now and timeline.last_day(instant) > timeline.last_day(now)):
        accepted = f"an instant that has passed, or the day that has begun: {timeline.last_day(now)}"
        raise InvalidInputError([Problem("", None, option, repr(text), accepted)])
    return min(instant, now)


def _instant(text: str, timeline: Timeline) -> datetime | None:
    try:
        day = read_day(text)
        if day is not None:
            return timeline.close_of(day)
        instant = datetime.fromisoformat(text)
        return None if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_instant(instant: datetime) -> str:
    """An instant for programs: in UTC, as RFC 3339 has it.

    >>> write_instant(datetime.fromisoformat("2016-03-09T00:00:00+01:00"))
    '2016-03-08T23:00:00Z'
    """
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def show_instant(instant: datetime, timeline: Timeline) -> str:
    """An instant for people: the day that it closes, or the minute in UTC."""
    day = timeline.last_day(instant)
    return f"the end of {day}" if timeline.close_of(day) == instant else f"{instant:%Y-%m-%d %H:%M} UTC"


def show_age(seconds: float) -> str:
    """An age for people, in its two largest units.

    >>> show_age(0.0), show_age(259_260.0)
    ('0 s', '3 d 0 h')
    """
    left = int(seconds)
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
