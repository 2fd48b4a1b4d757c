"""Theaters as bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.web.schemas.elicited import RangeBody

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater


class CouplingBody(BaseModel):
    """The pressure that the occurrence of one scenario adds to another."""

    source: str
    target: str
    adds: RangeBody = Field(description="In standard deviations of pressure; +2 is developing.")


class TheaterBody(BaseModel):
    """A theater as it is declared."""

    id: str = Field(examples=["tunisia"])
    title: str
    step: str = Field(description="Length of a step of time: day, week or month.", examples=["week"])
    window: int = Field(description="Steps that the model looks back.", examples=[156])
    zone: str = Field(description="Time zone of its days.", examples=["Africa/Tunis"])
    scenarios: list[str] = Field(description="Ids, in the order of declaration.")
    indicators: list[str] = Field(description="Ids, in the order of declaration.")
    couplings: list[CouplingBody]

    @classmethod
    def of(cls, theater: Theater) -> Self:
        """The body of a theater."""
        timeline = theater.timeline
        return cls(
            id=theater.id,
            title=theater.title,
            step=timeline.step.value,
            window=timeline.window,
            zone=timeline.zone,
            scenarios=[item.id for item in theater.scenarios],
            indicators=[item.id for item in theater.indicators],
            couplings=[
                CouplingBody(source=item.source, target=item.target, adds=RangeBody.of(item.adds))
                for item in theater.couplings
            ],
        )
