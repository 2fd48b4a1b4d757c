"""Indicators as bodies."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.indicator import Collection, Kind, MeasureBaseline, OrdinalBaseline, Transform
from tocsin.web.schemas.elicited import RangeBody

if TYPE_CHECKING:
    from tocsin.domain.indicator import Baseline, Indicator


class BaselineBody(BaseModel):
    """What is normal; which fields are there depends on the kind, the others are null."""

    per_step: RangeBody | None = Field(default=None, description="count, presence: how often in one step.")
    dispersion: RangeBody | None = Field(default=None, description="count: a small one means bursts.")
    dispersion_power: RangeBody | None = Field(
        default=None, description="count: by what power of the rate the dispersion grows; null where it does not."
    )
    shares: list[float] | None = Field(default=None, description="ordinal: the share of steps at each level.")
    within_factor: float | None = Field(
        default=None, description="ordinal: by what factor the odds of levels may be off."
    )
    reason: str | None = Field(default=None, description="ordinal: why, in one line.")
    mean: RangeBody | None = Field(default=None, description="measure: of the transformed value.")
    spread: RangeBody | None = Field(default=None, description="measure: its scale around the mean.")
    degrees_of_freedom: float | None = Field(
        default=None, description="measure: how heavy its tails are; few are heavy."
    )

    @classmethod
    def of(cls, baseline: Baseline) -> Self:
        """The body of a baseline."""
        if isinstance(baseline, OrdinalBaseline):
            return cls(shares=list(baseline.shares), within_factor=baseline.within_factor, reason=baseline.reason)
        if isinstance(baseline, MeasureBaseline):
            return cls(
                mean=RangeBody.of(baseline.mean),
                spread=RangeBody.of(baseline.spread),
                degrees_of_freedom=baseline.degrees_of_freedom,
            )
        power = baseline.dispersion_power
        return cls(
            per_step=RangeBody.of(baseline.per_step),
            dispersion=RangeBody.of(baseline.dispersion),
            dispersion_power=None if power is None else RangeBody.of(power),
        )


class IndicatorBody(BaseModel):
    """An indicator as it is declared, per step of the theater."""

    id: str = Field(examples=["violence/border-attack"])
    title: str
    definition: str
    kind: Kind
    unit: str
    collection: Collection = Field(description="Whether silence means anything: continuous does, occasional does not.")
    coverage: float = Field(description="The chance that a thing that happened would have been seen.", examples=[0.9])
    since: date | None = Field(description="The day from which silence counts.")
    delay_days: int = Field(description="Usual days until a report of it reaches us.")
    expect_every_days: int | None = Field(description="The rhythm in which reports are expected, where there is one.")
    levels: list[str] = Field(description="Of an ordinal indicator, from level 0 up.")
    transform: Transform = Field(description="Of a measure, before it is modeled.")
    baseline: BaselineBody

    @classmethod
    def of(cls, indicator: Indicator) -> Self:
        """The body of an indicator."""
        return cls(
            id=indicator.id,
            title=indicator.title,
            definition=indicator.definition,
            kind=indicator.kind,
            unit=indicator.unit,
            collection=indicator.collection,
            coverage=indicator.coverage,
            since=indicator.since,
            delay_days=indicator.delay_days,
            expect_every_days=indicator.expect_every_days,
            levels=list(indicator.levels),
            transform=indicator.transform,
            baseline=BaselineBody.of(indicator.baseline),
        )
