"""Editions of UCDP GED: how they are named, which comes next, and which of the monthly ones a yearly one judges anew.

A yearly edition such as `26.1` ends with 2025 and is final. A monthly candidate edition such as `26.0.9` is of
September 2026 and provisional (Hegre, Croicu, Eck & Högbladh 2020, Research & Politics 7(3)): the yearly edition of
the next year, 27.1, judges its events anew, and leaves some out.
"""

from __future__ import annotations

import re

_MONTHLY = re.compile(r"([0-9]{2})\.0\.([1-9]|1[0-2])")
_YEARLY = re.compile(r"([0-9]{2})\.1")
_DECEMBER = 12


def is_monthly(name: str | None) -> bool:
    """It names a monthly edition."""
    return name is not None and _MONTHLY.fullmatch(name) is not None


def is_yearly(name: str | None) -> bool:
    """It names a yearly edition."""
    return name is not None and _YEARLY.fullmatch(name) is not None


def next_yearly(edition: str) -> str:
    """The yearly edition after one."""
    return f"{_year(edition) + 1:02d}.1"


def next_monthly(edition: str) -> str:
    """The monthly edition after one."""
    year, month = _year(edition), _month(edition)
    return f"{year + 1:02d}.0.1" if month == _DECEMBER else f"{year:02d}.0.{month + 1}"


def not_before(monthly: str, yearly: str | None) -> str:
    """A monthly edition, or the first one whose events no yearly edition has judged where that comes later."""
    judged = yearly is not None and _year(monthly) < _year(yearly)
    return f"{_year(yearly):02d}.0.1" if yearly is not None and judged else monthly


def judged_anew(yearly: str, first: str, last: str) -> list[str]:
    """The monthly editions from the first to the last that are of the year before a yearly one."""
    year = _year(yearly) - 1
    named = [f"{year:02d}.0.{month}" for month in range(1, _DECEMBER + 1)]
    return [name for name in named if _place(first) <= _place(name) <= _place(last)]


def _year(edition: str) -> int:
    return int(edition.partition(".")[0])


def _month(monthly: str) -> int:
    return int(monthly.rpartition(".")[2])


def _place(monthly: str) -> tuple[int, int]:
    return _year(monthly), _month(monthly)
