"""Small theaters for tests, with every kind of indicator, both kinds of scenario, and couplings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tocsin.domain.elicitation import Range, hazard_prior
from tocsin.domain.indicator import (
    Collection,
    Indicator,
    Kind,
    MeasureBaseline,
    OrdinalBaseline,
    RateBaseline,
    Transform,
)
from tocsin.domain.scenario import Event, Link, Occurrence, Pressure, Resolution, Scenario, Threshold
from tocsin.domain.theater import Coupling, Theater
from tocsin.domain.timeline import Step, Timeline

REASON = "chosen for a test"


def span(low: float, high: float) -> Range:
    """A range whose reason is that a test needs one."""
    return Range(low, high, REASON)


def indicator(name: str, kind: Kind, **changes: object) -> Indicator:
    """An indicator of a kind, with a plausible baseline."""
    rate = RateBaseline(span(0.1, 0.6), span(0.5, 5.0))
    baselines = {
        Kind.COUNT: rate,
        Kind.PRESENCE: rate,
        Kind.ORDINAL: OrdinalBaseline((0.5, 0.35, 0.15), 2.0, REASON),
        Kind.MEASURE: MeasureBaseline(span(1.0, 2.0), span(0.3, 0.9), degrees_of_freedom=7.5),
    }
    fields: dict[str, object] = {
        "id": name,
        "title": name,
        "definition": name,
        "kind": kind,
        "unit": "reports",
        "collection": Collection.OCCASIONAL if kind is Kind.MEASURE else Collection.CONTINUOUS,
        "coverage": 0.7,
        "since": None if kind is Kind.MEASURE else date(2015, 1, 1),
        "delay_days": 1,
        "baseline": baselines[kind],
        "levels": ("none", "some", "much") if kind is Kind.ORDINAL else (),
        "transform": Transform.LOG if kind is Kind.MEASURE else Transform.NONE,
    }
    return Indicator(**(fields | changes))  # type: ignore[arg-type]


def event(occurrences: tuple[Occurrence, ...] = ()) -> Event:
    """An event scenario's mechanism: 5 to 20 % a year, 4 to 15 times when developing."""
    base = span(0.05, 0.2)
    return Event(base, hazard_prior(base, 52.1775), span(4.0, 15.0), date(2015, 6, 1), occurrences)


def scenario(name: str, mechanism: Event | Threshold, links: tuple[Link, ...], pressure: Pressure) -> Scenario:
    """A scenario with horizons of 30, 90 and 180 days."""
    resolution = Resolution(date(2016, 3, 8), "as the test says", ("anything else",))
    return Scenario(name, name, name, resolution, (30, 90, 180), mechanism, pressure, links)


BOTH_PARTS = Pressure(span(4, 14), span(100, 500), span(0.2, 0.7))


def full_theater(window: int = 30) -> Theater:
    """Every kind of indicator, an event with both parts, a threshold with the fast part, an event with the slow one."""
    attack = Link("field/attack", span(3.0, 12.0))
    return Theater(
        id="full",
        title="Full",
        timeline=Timeline(Step.WEEK, window, "Africa/Tunis"),
        scenarios=(
            scenario(
                "coup",
                event((Occurrence(date(2015, 12, 1), REASON),)),
                (
                    Link("field/attack", span(1.5, 3.0)),
                    Link("field/claim", span(2.0, 9.0)),
                    Link("field/alert", span(2.0, 6.0)),
                ),
                BOTH_PARTS,
            ),
            scenario(
                "offensive",
                Threshold("field/attack", 4, 6),
                (attack, Link("field/price", span(0.5, 1.5)), Link("field/alert", span(0.4, 0.9))),
                Pressure(span(4, 14), None, None),
            ),
            scenario(
                "decline",
                event(),
                (Link("field/price", span(-1.5, 1.0)),),
                Pressure(None, span(50, 200), None),
            ),
        ),
        indicators=(
            indicator("field/attack", Kind.COUNT),
            indicator("field/claim", Kind.PRESENCE),
            indicator("field/alert", Kind.ORDINAL),
            indicator("field/price", Kind.MEASURE),
            indicator("field/quiet", Kind.COUNT),
        ),
        couplings=(
            Coupling("offensive", "coup", span(0.3, 1.0)),
            Coupling("coup", "offensive", span(0.1, 0.6)),
        ),
    )


def steadying_theater(window: int = 30) -> Theater:
    """The same, but the dispersion of attacks grows with their rate."""
    theater = full_theater(window)
    attack = theater.indicator("field/attack")
    baseline = RateBaseline(span(0.1, 0.6), span(0.5, 5.0), dispersion_power=span(0.4, 0.9))
    return replace(theater, indicators=(replace(attack, baseline=baseline), *theater.indicators[1:]))


def contradicting_theaters() -> dict[str, tuple[Theater, str, str]]:
    """One for each rule that finds contradictions, with the file and field to be found."""
    whole = full_theater()
    coup, offensive, decline = whole.scenarios
    attack = whole.indicator("field/attack")

    def scenarios(*changed: Scenario) -> Theater:
        by_id = {item.id: item for item in changed}
        return replace(whole, scenarios=tuple(by_id.get(item.id, item) for item in whole.scenarios))

    def rate(low: float, high: float) -> Theater:
        """The attacks at another rate, on which no rule stands; only the offensive is linked."""
        other = replace(attack, baseline=RateBaseline(span(low, high), span(0.5, 5.0)))
        free = replace(offensive, mechanism=event())
        theater = scenarios(replace(coup, links=coup.links[1:]), free)
        return replace(theater, indicators=(other, *whole.indicators[1:]))

    low, rare = span(0.002, 0.01), span(1e-7, 1e-6)
    swinging = Event(low, hazard_prior(low, 52.1775), span(40.0, 400.0), date(2015, 6, 1))
    never = replace(event(), base_rate=rare, base_hazard=hazard_prior(rare, 52.1775))
    sure = span(0.99999, 0.9999999)
    certain = replace(event(), base_rate=sure, base_hazard=hazard_prior(sure, 2.0))
    weak = Link("field/claim", span(0.95, 1.05))
    loud = Coupling("offensive", "coup", span(4.0, 6.0))
    folder = "models/full/scenarios"
    return {
        "base rate": (scenarios(replace(decline, mechanism=swinging)), f"{folder}/decline.yaml", "hazard_link"),
        "half-lives": (
            scenarios(replace(coup, pressure=Pressure(span(300, 900), span(100, 500), span(0.2, 0.7)))),
            f"{folder}/coup.yaml",
            "pressure.fast_half_life",
        ),
        "couplings": (replace(whole, couplings=(loud,)), "models/full/theater.yaml", "couplings[0].adds"),
        "out of reach": (scenarios(replace(decline, mechanism=never)), f"{folder}/decline.yaml", "horizons"),
        "foregone": (scenarios(replace(decline, mechanism=certain)), f"{folder}/decline.yaml", "horizons"),
        "met in normal years": (
            scenarios(replace(offensive, mechanism=Threshold("field/attack", 3, 6))),
            f"{folder}/offensive.yaml",
            "resolution.threshold.at_least",
        ),
        "tells nothing": (
            scenarios(replace(coup, links=(*coup.links[:1], weak, *coup.links[2:]))),
            f"{folder}/coup.yaml",
            "links[1].multiplier",
        ),
        "never seen": (rate(1e-7, 1e-6), f"{folder}/offensive.yaml", "links[0].multiplier"),
        "more than the ledger takes": (rate(1e6, 1e7), "indicators/field/attack.yaml", "baseline"),
    }
