"""Indicator files: one shape for each kind, and the domain indicator for a theater's step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, field_validator

from tocsin.catalog.elicited import Day, ElicitedRange, Line, PositiveRange, Rate, Shape, Text, refusal
from tocsin.catalog.spans import steps_in
from tocsin.domain.elicitation import Range
from tocsin.domain.indicator import (
    DEGREES_OF_FREEDOM,
    Baseline,
    Collection,
    Indicator,
    Kind,
    MeasureBaseline,
    OrdinalBaseline,
    RateBaseline,
    Transform,
)

if TYPE_CHECKING:
    from pydantic.config import JsonDict
    from pydantic_core.core_schema import ValidationInfo

    from tocsin.domain.timeline import Step

DEFAULT_DISPERSION = Range(
    0.5, 5.0, "not elicited: from strong bursts (variance μ + 2μ²) to nearly even (variance μ + μ²/5)"
)
"""The dispersion of a count that declares none; a presence carries it unused."""

_HUNDRED = 100.0
_NORMAL = 1_000_000.0  # degrees of freedom: more would change nothing but the rounding
_ROUNDING = 1e-6
_PERCENT = Annotated[float, Field(gt=0, lt=_HUNDRED)]

_SINCE_IFF_CONTINUOUS: JsonDict = {
    "if": {"properties": {"mode": {"const": "continuous"}}},
    "then": {"required": ["since"]},
    "else": {"properties": {"since": False}},
}


class CollectionFile(Shape):
    """How an indicator is looked at."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_SINCE_IFF_CONTINUOUS]})

    mode: Literal["continuous", "occasional"] = Field(
        description="continuous (silence counts as 0) or occasional (only explicit reports count)"
    )
    coverage: float = Field(
        gt=0, le=1, description="a number above 0 and up to 1: the chance that a thing that happened was seen"
    )
    since: Day | None = Field(
        default=None,
        validate_default=True,
        description="the day (YYYY-MM-DD) from which silence counts; for continuous collection only",
    )
    delay_days: int = Field(ge=0, le=365, description="whole days, 0 to 365, until a report usually reaches us")
    expect_every_days: int | None = Field(
        default=None,
        ge=1,
        le=366,
        description="whole days, 1 to 366: how often a report is expected, also of nothing seen; leave it out where "
        "silence is usual",
    )

    @field_validator("since")
    @classmethod
    def _iff_continuous(cls, since: Day | None, info: ValidationInfo) -> Day | None:
        mode = info.data.get("mode")
        if mode == "continuous" and since is None:
            raise refusal("the day (YYYY-MM-DD) from which silence counts, because collection is continuous")
        if mode == "occasional" and since is not None:
            raise refusal("no such line, because silence never counts in occasional collection")
        return since


class OccasionalFile(CollectionFile):
    """How a measure is looked at: its silence cannot be 0."""

    mode: Literal["occasional"] = Field(
        description="occasional: the silence of a measure is no value, so it cannot be collected continuously"
    )


class OrdinalBaselineFile(Shape):
    """The share of steps at each level at normal pressure."""

    shares: list[_PERCENT] = Field(
        min_length=2, description="percentages above 0, one for each level, that add up to 100"
    )
    within_factor: float = Field(
        default=2.0,
        gt=1,
        description="a number above 1: the factor by which the odds of a level may be off (90 %)",
    )
    reason: Line = Field(description="one line that says why the shares are what they are")

    @field_validator("shares")
    @classmethod
    def _whole(cls, shares: list[float]) -> list[float]:
        total = math.fsum(shares)
        if abs(total - _HUNDRED) > _ROUNDING:
            accepted = f"percentages that add up to 100 (these add up to {total:g})"
            raise refusal(accepted)
        return shares


class MeasureBaselineFile(Shape):
    """What is measured at normal pressure, after the transform."""

    mean: ElicitedRange = Field(description="low, high and reason: the mean of the transformed value")
    spread: PositiveRange = Field(
        description="low, high and reason: scale of its scatter, above 0; two readings in three lie within one"
    )
    degrees_of_freedom: float = Field(
        default=DEGREES_OF_FREEDOM,
        gt=2,
        le=_NORMAL,
        description="a number above 2 (below, the variance is infinite) and up to 1000000 (which is normal): how heavy "
        "the tails are",
    )


class IndicatorFile(Shape):
    """What every indicator file has."""

    title: Line = Field(description="a short name in one line")
    definition: Text = Field(description="text that says what counts and what does not")
    unit: Line = Field(description="what the value counts, in a few words")
    collection: CollectionFile = Field(description="mode, coverage, delay_days and, if continuous, since")


class CountFile(IndicatorFile):
    """How many there were in a step."""

    kind: Literal["count"] = Field(description="count, presence, ordinal or measure")
    baseline: Rate = Field(description="low, high, per and reason: how often at normal pressure")
    dispersion: PositiveRange | None = Field(
        default=None, description="low, high and reason: small is bursty; 0.5 to 5 where left out"
    )
    dispersion_power: ElicitedRange | None = Field(
        default=None,
        description="low, high and reason: by what power of the rate the dispersion grows; 0 where left out (equal at "
        "every rate), 1 makes the variance a multiple of the mean",
    )


class PresenceFile(IndicatorFile):
    """Whether it was there in a step."""

    kind: Literal["presence"] = Field(description="count, presence, ordinal or measure")
    baseline: Rate = Field(description="low, high, per and reason: how often at normal pressure")


class OrdinalFile(IndicatorFile):
    """At which of some named, rising levels it was in a step."""

    kind: Literal["ordinal"] = Field(description="count, presence, ordinal or measure")
    levels: list[Line] = Field(min_length=2, description="2 or more level names, lowest first, each once")
    baseline: OrdinalBaselineFile = Field(description="shares, within_factor and reason")

    @field_validator("levels")
    @classmethod
    def _each_once(cls, levels: list[str]) -> list[str]:
        if len(set(levels)) < len(levels):
            raise refusal("level names that differ from each other")
        return levels

    @field_validator("baseline")
    @classmethod
    def _one_share_a_level(cls, baseline: OrdinalBaselineFile, info: ValidationInfo) -> OrdinalBaselineFile:
        levels = info.data.get("levels")
        if levels is not None and len(levels) != len(baseline.shares):
            accepted = f"shares for {len(levels)} levels (there are {len(baseline.shares)})"
            raise refusal(accepted)
        return baseline


class MeasureFile(IndicatorFile):
    """A number on a continuous scale."""

    kind: Literal["measure"] = Field(description="count, presence, ordinal or measure")
    collection: OccasionalFile = Field(description="mode (occasional), coverage and delay_days")
    transform: Literal["none", "log", "log1p", "logit"] = Field(
        default="none",
        description="none, log, log1p or logit: what is done to the value before it is modeled",
    )
    baseline: MeasureBaselineFile = Field(description="mean and spread, each with low, high and reason")


AnyIndicatorFile = Annotated[
    CountFile | PresenceFile | OrdinalFile | MeasureFile,
    Field(discriminator="kind", title="Tocsin indicator"),
]

INDICATOR_SHAPES: dict[str, type[IndicatorFile]] = {
    "count": CountFile,
    "presence": PresenceFile,
    "ordinal": OrdinalFile,
    "measure": MeasureFile,
}


def indicator_of(name: str, declared: AnyIndicatorFile, step: Step) -> Indicator:
    """The indicator with its rates per step of a theater."""
    return Indicator(
        id=name,
        title=declared.title,
        definition=declared.definition,
        kind=Kind(declared.kind),
        unit=declared.unit,
        collection=Collection(declared.collection.mode),
        coverage=declared.collection.coverage,
        since=declared.collection.since,
        delay_days=declared.collection.delay_days,
        baseline=_baseline(declared, step),
        levels=tuple(declared.levels) if isinstance(declared, OrdinalFile) else (),
        transform=Transform(declared.transform) if isinstance(declared, MeasureFile) else Transform.NONE,
        expect_every_days=declared.collection.expect_every_days,
    )


def _baseline(declared: AnyIndicatorFile, step: Step) -> Baseline:
    if isinstance(declared, OrdinalFile):
        shares = tuple(share / _HUNDRED for share in declared.baseline.shares)
        return OrdinalBaseline(shares, declared.baseline.within_factor, declared.baseline.reason)
    if isinstance(declared, MeasureFile):
        measured = declared.baseline
        return MeasureBaseline(measured.mean.plain(), measured.spread.plain(), measured.degrees_of_freedom)
    per_step = declared.baseline.times(1.0 / steps_in(declared.baseline.per, step))
    if not isinstance(declared, CountFile):
        return RateBaseline(per_step, DEFAULT_DISPERSION)
    stated, power = declared.dispersion, declared.dispersion_power
    return RateBaseline(
        per_step,
        DEFAULT_DISPERSION if stated is None else stated.plain(),
        None if power is None else power.plain(),
    )
