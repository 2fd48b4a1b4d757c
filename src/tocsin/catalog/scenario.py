"""Scenario files: one shape for each kind, and the domain scenario for a theater's step."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from tocsin.catalog.elicited import (
    BaseRate,
    Day,
    ElicitedRange,
    HalfLife,
    Line,
    PositiveRange,
    Shape,
    ShareRange,
    Text,
    refusal,
)
from tocsin.catalog.spans import SPAN_PATTERN, steps_in, whole_steps
from tocsin.domain.elicitation import Range, hazard_prior
from tocsin.domain.scenario import Event, Link, Occurrence, Pressure, Resolution, Scenario, Threshold

if TYPE_CHECKING:
    from pydantic.config import JsonDict
    from pydantic_core.core_schema import ValidationInfo

    from tocsin.domain.timeline import Step

LONGEST_HORIZON = 730
"""Days. Beyond two years the futures are the prior's, whatever was observed."""

_Horizon = Annotated[int, Field(ge=1, le=LONGEST_HORIZON)]
_EXACTLY_ONE: JsonDict = {"oneOf": [{"required": ["multiplier"]}, {"required": ["shift"]}]}


class ResolutionFile(Shape):
    """How a scenario is settled."""

    rule: Text = Field(description="text that says what settles the scenario")
    does_not_count: list[Text] = Field(min_length=1, description="a list of what does not settle it, 1 or more")


class ThresholdFile(Shape):
    """A rule over the counts of one indicator."""

    indicator: Line = Field(description="the id of a count that the theater watches")
    at_least: int = Field(ge=1, le=500, description="a whole number from 1 to 500")
    within: Annotated[str, StringConstraints(pattern=SPAN_PATTERN)] = Field(
        description='a span such as "8 weeks" (days, weeks, months or years)'
    )


class ThresholdResolutionFile(ResolutionFile):
    """How a threshold scenario settles itself."""

    threshold: ThresholdFile = Field(description="indicator, at_least and within")


class PressureFile(Shape):
    """How the pressure moves: a fast part, a slow part, or both with the slow part's share."""

    fast_half_life: HalfLife | None = Field(
        default=None, description="low, high, unit and reason; leave it out for pressure without a fast part"
    )
    slow_half_life: HalfLife | None = Field(
        default=None, description="low, high, unit and reason; leave it out for pressure without a slow part"
    )
    slow_share: ShareRange | None = Field(
        default=None,
        validate_default=True,
        description="low, high and reason: the slow part's share of variance; only with both parts",
    )

    @field_validator("slow_share")
    @classmethod
    def _iff_both(cls, share: ShareRange | None, info: ValidationInfo) -> ShareRange | None:
        if not {"fast_half_life", "slow_half_life"} <= set(info.data):
            return share  # one of them was refused already: what it would have been is not known
        parts = sum(info.data[name] is not None for name in ("fast_half_life", "slow_half_life"))
        if parts == 1 and share is not None:
            raise refusal("no such line, because one part has all of the variance")
        if parts == 2 and share is None:  # noqa: PLR2004 - fast and slow
            raise refusal("low, high and reason: the slow part's share of variance, because both parts are there")
        return share

    @model_validator(mode="after")
    def _any_part(self) -> Self:
        if self.fast_half_life is None and self.slow_half_life is None:
            raise refusal("fast_half_life, slow_half_life, or both with slow_share")
        return self


class LinkFile(Shape):
    """What a developing scenario does to an indicator."""

    model_config = ConfigDict(json_schema_extra=_EXACTLY_ONE)

    indicator: Line = Field(description="the id of an indicator that the theater watches")
    multiplier: PositiveRange | None = Field(
        default=None, description="low, high and reason: by what factor when developing; not for measures"
    )
    shift: ElicitedRange | None = Field(
        default=None,
        description="low, high and reason: by how many of the indicator's scales (spread); for measures only",
    )

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if (self.multiplier is None) == (self.shift is None):
            raise refusal("one of multiplier (count, presence, ordinal) or shift (measure)")
        return self

    @property
    def effect(self) -> Range:
        """The range, whichever it is."""
        stated = self.multiplier or self.shift
        if stated is None:
            message = "a link was read without its effect"
            raise AssertionError(message)
        return stated.plain()


class OccurrenceFile(Shape):
    """A past occurrence of an event."""

    on: Day = Field(description="a day of the calendar as YYYY-MM-DD")
    reason: Line = Field(description="one line that says why this counts as an occurrence")


class ScenarioFile(Shape):
    """What every scenario file has."""

    title: Line = Field(description="a short name in one line")
    proposition: Text = Field(description="text that can turn out true or false")
    opened: Day = Field(description="the day (YYYY-MM-DD) on which proposition and resolution were frozen")
    horizons: list[_Horizon] = Field(
        min_length=1,
        description=f"whole days from 1 to {LONGEST_HORIZON}, strictly rising, such as [30, 90, 180]",
    )
    resolution: ResolutionFile = Field(description="a mapping with rule and does_not_count (threshold: also threshold)")
    pressure: PressureFile = Field(description="fast_half_life, slow_half_life, or both with slow_share")
    links: list[LinkFile] = Field(default=[], description="a list of indicator with multiplier or shift")

    @field_validator("horizons")
    @classmethod
    def _rising(cls, horizons: list[int]) -> list[int]:
        if any(later <= earlier for earlier, later in pairwise(horizons)):
            raise refusal("days that rise strictly, such as [30, 90, 180]")
        return horizons


class EventFile(ScenarioFile):
    """Occurs at a hazard; settled by judgement."""

    kind: Literal["event"] = Field(description="event or threshold")
    base_rate: BaseRate = Field(description="low, high, within and reason: the chance at normal pressure")
    hazard_link: PositiveRange = Field(description="low, high and reason: by what factor when developing")
    watched_since: Day = Field(description="the day (YYYY-MM-DD) from which its absence is known")
    occurrences: list[OccurrenceFile] = Field(default=[], description="a list of past occurrences: on and reason")

    @field_validator("watched_since")
    @classmethod
    def _before_it_opens(cls, since: Day, info: ValidationInfo) -> Day:
        opened = info.data.get("opened")
        if opened is not None and since > opened:
            accepted = f"a day not after opened, which is {opened}"
            raise refusal(accepted)
        return since

    @field_validator("occurrences")
    @classmethod
    def _while_watched(cls, occurrences: list[OccurrenceFile], info: ValidationInfo) -> list[OccurrenceFile]:
        since = info.data.get("watched_since")
        days = [occurrence.on for occurrence in occurrences]
        if len(set(days)) < len(days):
            raise refusal("occurrences on different days")
        if since is not None and any(day < since for day in days):
            accepted = f"occurrences not before watched_since, which is {since}"
            raise refusal(accepted)
        return occurrences


class ThresholdScenarioFile(ScenarioFile):
    """Occurs when counts cross a rule; settles itself."""

    kind: Literal["threshold"] = Field(description="event or threshold")
    resolution: ThresholdResolutionFile = Field(description="a mapping with rule, does_not_count and threshold")


AnyScenarioFile = Annotated[EventFile | ThresholdScenarioFile, Field(discriminator="kind", title="Tocsin scenario")]

SCENARIO_SHAPES: dict[str, type[ScenarioFile]] = {"event": EventFile, "threshold": ThresholdScenarioFile}


def scenario_of(name: str, declared: AnyScenarioFile, step: Step) -> Scenario:
    """The scenario with its spans and rates in steps of a theater. A threshold's span must be whole steps."""
    return Scenario(
        id=name,
        title=declared.title,
        proposition=declared.proposition,
        resolution=Resolution(declared.opened, declared.resolution.rule, tuple(declared.resolution.does_not_count)),
        horizons=tuple(declared.horizons),
        mechanism=_event(declared, step) if isinstance(declared, EventFile) else _threshold(declared, step),
        pressure=_pressure(declared.pressure, step),
        links=tuple(Link(link.indicator, link.effect) for link in declared.links),
    )


def _event(declared: EventFile, step: Step) -> Event:
    base_rate = declared.base_rate.plain()
    return Event(
        base_rate=base_rate,
        base_hazard=hazard_prior(base_rate, steps_in(declared.base_rate.within, step)),
        hazard_link=declared.hazard_link.plain(),
        watched_since=declared.watched_since,
        occurrences=tuple(Occurrence(item.on, item.reason) for item in declared.occurrences),
    )


def _threshold(declared: ThresholdScenarioFile, step: Step) -> Threshold:
    rule = declared.resolution.threshold
    steps = whole_steps(rule.within, step)
    if steps is None:
        message = f"{rule.within} was let through as whole steps of a {step}"
        raise AssertionError(message)
    return Threshold(rule.indicator, rule.at_least, steps)


def _pressure(declared: PressureFile, step: Step) -> Pressure:
    def in_steps(half_life: HalfLife | None) -> Range | None:
        return None if half_life is None else half_life.times(steps_in(half_life.singular, step))

    share = declared.slow_share
    return Pressure(
        fast_half_life=in_steps(declared.fast_half_life),
        slow_half_life=in_steps(declared.slow_half_life),
        slow_share=None if share is None else share.plain(),
    )
