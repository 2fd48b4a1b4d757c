"""Spans of time as declarations state them, and how many steps they are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from tocsin.domain.timeline import Step

Unit = Literal["day", "week", "month", "year"]

SPAN_PATTERN = r"^[1-9][0-9]{0,3} (day|week|month|year)s?$"

ROUNDING = 0.05
"""A rule's span may differ from whole steps by this share: "52 weeks" is 12 months, "10 days" is no week."""


def steps_in(unit: Unit, step: Step) -> float:
    """Steps in one unit, by the mean Gregorian year; exactly 1 where the unit is the step.

    >>> steps_in("week", Step.WEEK), round(steps_in("year", Step.WEEK), 2)
    (1.0, 52.18)
    """
    return step.per_year / (1.0 if unit == "year" else Step(unit).per_year)


def whole_steps(span: str, step: Step) -> int | None:
    """A span such as "8 weeks" in whole steps; None where it is not near a whole number of them.

    >>> whole_steps("8 weeks", Step.WEEK), whole_steps("10 days", Step.WEEK)
    (8, None)
    """
    match = re.fullmatch(SPAN_PATTERN, span)
    if match is None:
        return None
    exact = int(span.split(" ", maxsplit=1)[0]) * steps_in(_unit(match.group(1)), step)
    rounded = max(1, round(exact))
    return rounded if abs(rounded - exact) <= ROUNDING * exact else None


def interval_of(text: str) -> timedelta:
    """The interval that a text states.

    >>> interval_of("6 hours")
    datetime.timedelta(seconds=21600)
    """
    count, unit = text.split(" ")
    return timedelta(**{f"{unit.removesuffix('s')}s": int(count)})


def _unit(text: str) -> Unit:
    units: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year"}
    return units[text]
