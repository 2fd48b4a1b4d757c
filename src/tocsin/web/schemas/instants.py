"""Instants that are sent."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC; ValueError where it is none of a year that there is."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        msg = "an instant in the years 1 to 9999 of UTC is accepted"
        raise ValueError(msg) from None
