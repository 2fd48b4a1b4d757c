"""How long another side asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_DIGITS = 9


def asked_wait(said: str, its_now: str, now: datetime) -> timedelta | None:
    """What `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3); None where it says neither.

    Args:
        said: The header.
        its_now: The answer's `Date`, by whose clock a date counts; ours where it says none.
        now: The instant by our own clock.

    >>> asked_wait("120", "", datetime(2026, 11, 2, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    """
    said = said.strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=int(said[:_DIGITS]))
    until = _instant(said)
    if until is None:
        return None
    return max(until - (_instant(its_now) or now), timedelta(0))


def _instant(said: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
