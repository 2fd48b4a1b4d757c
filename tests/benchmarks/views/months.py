"""Months as the VIEWS challenge numbers them, and windows: month 1 is January 1980."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

_EPOCH_YEAR = 1980
_MONTHS = 12
_OCTOBER = 10
FIRST_AHEAD, LAST_AHEAD = 3, 14
"""A window's January and December, in months after its origin."""


def number(year: int, month: int) -> int:
    """The number of a month.

    >>> number(1980, 1), number(2018, 1)
    (1, 457)
    """
    return (year - _EPOCH_YEAR) * _MONTHS + month


def year_of(month: int) -> int:
    """The year that holds a month.

    >>> year_of(456), year_of(457)
    (2017, 2018)
    """
    return _EPOCH_YEAR + (month - 1) // _MONTHS


def origin_of(window: int) -> int:
    """The last month that a forecast of a year may know: October of the year before.

    >>> origin_of(2018)
    454
    """
    return number(window - 1, _OCTOBER)


def months_of(window: int) -> range:
    """The twelve months of a year."""
    return range(number(window, 1), number(window, _MONTHS) + 1)


def first_day(month: int) -> date:
    """The first day of a month."""
    return date(year_of(month), (month - 1) % _MONTHS + 1, 1)


def last_day(month: int) -> date:
    """The last day of a month.

    >>> last_day(458).isoformat()
    '2018-02-28'
    """
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])
