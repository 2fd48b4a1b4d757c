"""Scenarios as bodies."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, Field

from tocsin.domain.indicator import Kind
from tocsin.domain.scenario import Event
from tocsin.web.schemas.elicited import RangeBody

if TYPE_CHECKING:
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater


class ResolutionRuleBody(BaseModel):
    """How it is settled, frozen on the day it opens."""

    opened: date
    rule: str
    does_not_count: list[str]


class OccurrenceBody(BaseModel):
    """A past occurrence."""

    on: date
    reason: str


class EventBody(BaseModel):
    """It occurs at a hazard, and people judge whether it has."""

    base_rate: RangeBody = Field(description="The chance within a year at normal pressure.")
    hazard_link: RangeBody = Field(description="How many times as likely when developing.")
    watched_since: date = Field(description="From this day on it is known that it has not happened.")
    occurrences: list[OccurrenceBody]


class ThresholdBody(BaseModel):
    """It occurs when an indicator is counted often enough, and settles itself."""

    indicator: str
    at_least: int
    within_steps: int


class PressureBody(BaseModel):
    """How its latent pressure moves; a part that is left out is null."""

    fast_half_life: RangeBody | None = Field(description="In steps.")
    slow_half_life: RangeBody | None = Field(description="In steps.")
    slow_share: RangeBody | None = Field(description="Of the variance.")


class LinkBody(BaseModel):
    """What an indicator does when the scenario is developing."""

    indicator: str
    acts_on: Literal["rate", "odds of a higher level", "mean, in baseline spreads"] = Field(
        description="What the range multiplies; of a measure it is a shift, not a factor."
    )
    effect: RangeBody


class ScenarioBody(BaseModel):
    """A scenario as it is declared."""

    id: str = Field(examples=["border-offensive"])
    title: str
    proposition: str
    resolution: ResolutionRuleBody
    horizons: list[int] = Field(description="In days, rising.", examples=[[30, 90, 180]])
    kind: Literal["event", "threshold"]
    event: EventBody | None
    threshold: ThresholdBody | None
    pressure: PressureBody
    links: list[LinkBody]

    @classmethod
    def of(cls, scenario: Scenario, theater: Theater) -> Self:
        """The body of a scenario of a theater."""
        mechanism, pressure, resolution = scenario.mechanism, scenario.pressure, scenario.resolution
        event = threshold = None
        if isinstance(mechanism, Event):
            event = EventBody(
                base_rate=RangeBody.of(mechanism.base_rate),
                hazard_link=RangeBody.of(mechanism.hazard_link),
                watched_since=mechanism.watched_since,
                occurrences=[OccurrenceBody(on=item.on, reason=item.reason) for item in mechanism.occurrences],
            )
        else:
            threshold = ThresholdBody(
                indicator=mechanism.indicator, at_least=mechanism.at_least, within_steps=mechanism.within_steps
            )
        return cls(
            id=scenario.id,
            title=scenario.title,
            proposition=scenario.proposition,
            resolution=ResolutionRuleBody(
                opened=resolution.opened, rule=resolution.rule, does_not_count=list(resolution.does_not_count)
            ),
            horizons=list(scenario.horizons),
            kind="threshold" if event is None else "event",
            event=event,
            threshold=threshold,
            pressure=PressureBody(
                fast_half_life=RangeBody.of_any(pressure.fast_half_life),
                slow_half_life=RangeBody.of_any(pressure.slow_half_life),
                slow_share=RangeBody.of_any(pressure.slow_share),
            ),
            links=[
                LinkBody(
                    indicator=link.indicator,
                    acts_on=_acts_on(theater.indicator(link.indicator).kind),
                    effect=RangeBody.of(link.effect),
                )
                for link in scenario.links
            ],
        )


def _acts_on(kind: Kind) -> Literal["rate", "odds of a higher level", "mean, in baseline spreads"]:
    if kind is Kind.MEASURE:
        return "mean, in baseline spreads"
    return "odds of a higher level" if kind is Kind.ORDINAL else "rate"
