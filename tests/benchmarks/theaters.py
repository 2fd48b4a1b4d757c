"""Generated theaters of any size with a ledger to match: the same size is the same theater, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from support.theaters import BOTH_PARTS, event, indicator, scenario, span
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Kind
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Event, Link, Threshold
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline

DAY = date(2016, 3, 8)
_KINDS = (Kind.COUNT, Kind.PRESENCE, Kind.COUNT, Kind.PRESENCE, Kind.ORDINAL, Kind.MEASURE)
_LINKS = 4
_RULE_EVERY = 4  # scenarios: one in four is a threshold
_GRADES = ("A1", "A2", "B2", "B3", "C3")


@dataclass(frozen=True)
class Size:
    """How large a theater is; each axis is varied alone around this one."""

    observations: int = 1000
    scenarios: int = 4
    indicators: int = 24
    steps: int = 104


def theater_of(size: Size) -> Theater:
    """A theater with four links a scenario, one scenario in four a threshold, every kind of indicator."""
    since = DAY - timedelta(weeks=size.steps + 1)
    indicators = tuple(
        indicator(_name(number), kind, since=None if kind is Kind.MEASURE else since)
        for number, kind in ((number, _KINDS[number % len(_KINDS)]) for number in range(size.indicators))
    )
    scenarios = tuple(
        scenario(f"scenario-{number}", _mechanism(number, size, since), _links(number, size), BOTH_PARTS)
        for number in range(size.scenarios)
    )
    return Theater("generated", "Generated", Timeline(Step.WEEK, size.steps, "UTC"), scenarios, indicators)


def ledger_of(size: Size) -> list[Observation]:
    """Reports spread evenly over window and indicators, with values as at normal pressure.

    There is at most one origin for every two cells, as common as baselines make plausible; what is more is echoes.
    """
    random = np.random.default_rng([size.observations, size.scenarios, size.indicators, size.steps])
    origins = min(size.observations, size.indicators * size.steps // 2)
    first: list[Observation] = []
    for number in range(origins):
        of = int(random.integers(size.indicators))
        day = DAY - timedelta(days=int(random.integers(1, 7 * size.steps - 7)))
        grade = _GRADES[int(random.integers(len(_GRADES)))]
        first.append(report(of, f"report {number}", day, _value(_KINDS[of % len(_KINDS)], random), grade))
    echoes = (replace(first[number % origins], id=f"report {number}") for number in range(origins, size.observations))
    return [*first, *(replace(echo, summary=echo.id) for echo in echoes)]


def report(number: int, name: str, day: date, value: float, grade: str = "B2") -> Observation:
    """One report about an indicator, known at the end of its day."""
    known = Timeline(Step.WEEK, 1, "UTC").close_of(day)
    return Observation(name, _name(number), day, value, Grade(*grade), name, "", "", "benchmark", known)


def _name(number: int) -> str:
    return f"field/indicator-{number}"


def _mechanism(number: int, size: Size, since: date) -> Event | Threshold:
    if number % _RULE_EVERY == _RULE_EVERY - 1:
        counts = [place for place in range(size.indicators) if _KINDS[place % len(_KINDS)] is Kind.COUNT]
        return Threshold(_name(counts[number % len(counts)]), 6, 8)
    return replace(event(), watched_since=since)


def _links(number: int, size: Size) -> tuple[Link, ...]:
    """Indicators next to each other, so that neighboring scenarios share some where there are few."""
    first = number * size.indicators // size.scenarios
    linked = [(first + place) % size.indicators for place in range(_LINKS)]
    return tuple(
        Link(_name(of), span(0.3, 1.5) if _KINDS[of % len(_KINDS)] is Kind.MEASURE else span(2.0, 6.0)) for of in linked
    )


def _value(kind: Kind, random: np.random.Generator) -> float:
    if kind is Kind.COUNT:
        return float(1 + random.poisson(0.3))
    if kind is Kind.PRESENCE:
        return 1.0
    if kind is Kind.ORDINAL:
        return float(random.choice(3, p=(0.5, 0.35, 0.15)))
    return float(np.exp(random.normal(1.5, 0.5)))
