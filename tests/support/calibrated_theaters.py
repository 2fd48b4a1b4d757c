"""Three theaters to calibrate on: their priors are proper and narrow enough that simulated counts stay sane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from support.theaters import indicator, scenario, span
from tocsin.domain.elicitation import hazard_prior
from tocsin.domain.indicator import Kind, RateBaseline
from tocsin.domain.scenario import Event, Link, Pressure, Scenario, Threshold
from tocsin.domain.theater import Coupling, Theater
from tocsin.domain.timeline import Step, Timeline

FAST = Pressure(span(3, 10), None, None)
SLOW = Pressure(None, span(30, 120), None)
BOTH = Pressure(span(3, 10), span(30, 120), span(0.2, 0.7))
_KINDS = {"c": Kind.COUNT, "p": Kind.PRESENCE, "o": Kind.ORDINAL, "m": Kind.MEASURE}
_EFFECTS = {Kind.COUNT: span(3, 8), Kind.PRESENCE: span(2, 9), Kind.ORDINAL: span(3, 15), Kind.MEASURE: span(1, 5)}


@dataclass(frozen=True)
class Case:
    """A theater and the day at whose end it is fitted; 90 days from there end with a step."""

    theater: Theater
    day: date


def tiny() -> Case:
    """One event with the fast part alone, one indicator of each kind, 12 weeks; fitted on a Monday."""
    return _weekly("tiny", 12, "c1 p1 o1 m1", (_scenario("coup", _event(52.2), "c1 p1 o1 m1", FAST),))


def small() -> Case:
    """Two events and a threshold, coupled, on six indicators over 26 months; fitted at the end of a month."""
    scenarios = (
        _scenario("coup", _event(12.0), "c1 p1 o1", BOTH),
        _scenario("offensive", Threshold("c1", 6, 3), "c1 c2 m1", FAST),
        _scenario("decline", _event(12.0), "o1 m1 p2", SLOW),
    )
    couplings = (
        Coupling("offensive", "coup", span(0.3, 1.2)),
        Coupling("coup", "offensive", span(0.2, 1.0)),
        Coupling("decline", "coup", span(-0.6, 0.6)),
    )
    months = Timeline(Step.MONTH, 26, "Africa/Tunis")
    return Case(_theater("small", months, "c1 c2 p1 p2 o1 m1", scenarios, couplings), date(2016, 1, 31))


def medium() -> Case:
    """Two events and two thresholds, coupled, on twelve indicators over 52 weeks; fitted on a Monday."""
    scenarios = (
        _scenario("coup", _event(52.2), "c1 p1 p2 o1 m1", BOTH),
        _scenario("offensive", Threshold("c1", 8, 4), "c1 c2 p2 o2", BOTH),
        _scenario("strike", Threshold("c3", 5, 2), "c3 p3 m2", FAST),
        _scenario("decline", _event(52.2), "o1 o3 m1 m3 c2", SLOW),
    )
    couplings = (
        Coupling("offensive", "coup", span(0.3, 1.0)),
        Coupling("strike", "offensive", span(0.1, 0.8)),
        Coupling("coup", "strike", span(-0.5, 1.0)),
    )
    return _weekly("medium", 52, "c1 c2 c3 p1 p2 p3 o1 o2 o3 m1 m2 m3", scenarios, couplings)


def _weekly(
    name: str, weeks: int, indicators: str, scenarios: tuple[Scenario, ...], couplings: tuple[Coupling, ...] = ()
) -> Case:
    timeline = Timeline(Step.WEEK, weeks, "Africa/Tunis")
    return Case(_theater(name, timeline, indicators, scenarios, couplings), date(2016, 3, 7))


def _theater(
    name: str, timeline: Timeline, indicators: str, scenarios: tuple[Scenario, ...], couplings: tuple[Coupling, ...]
) -> Theater:
    rate = {"baseline": RateBaseline(span(0.4, 1.2), span(1.0, 6.0))}
    declared = tuple(
        indicator(item, _KINDS[item[0]], **(rate if item[0] in "cp" else {})) for item in indicators.split()
    )
    return Theater(name, name, timeline, scenarios, declared, couplings)


def _scenario(name: str, mechanism: Event | Threshold, indicators: str, pressure: Pressure) -> Scenario:
    links = tuple(Link(item, _EFFECTS[_KINDS[item[0]]]) for item in indicators.split())
    return scenario(name, mechanism, links, pressure)


def _event(steps_a_year: float) -> Event:
    base = span(0.3, 0.8)
    return Event(base, hazard_prior(base, steps_a_year), span(2.0, 8.0), date(2015, 1, 1))
