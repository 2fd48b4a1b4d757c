"""Evidence as bodies."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.theater import Theater


class AlternativeBody(BaseModel):
    """A value that may be what was there to be seen, and the trust that it is; measures are transformed already."""

    value: float
    trust: float


class CellBody(BaseModel):
    """What is known about one indicator in one step."""

    indicator: str
    step: int = Field(description="Counted from 0, the first of the window.")
    first_day: date
    coverage: float = Field(description="The chance that a thing that happened would have been seen by now.")
    alternatives: list[AlternativeBody]
    reports: list[str] = Field(description="Ids of the observations behind it; none for silence.")
    silent: bool = Field(description="Nothing was reported, and somebody would have.")
    silence_stands: bool = Field(description="What trust is left over is for silence, and not for nothing known.")

    @classmethod
    def of(cls, cell: Cell, evidence: Evidence, theater: Theater) -> Self:
        """The body of a cell of a theater's evidence."""
        return cls(
            indicator=cell.indicator,
            step=cell.step,
            first_day=theater.timeline.start_of(evidence.first_step + cell.step),
            coverage=cell.coverage,
            alternatives=[AlternativeBody(value=item.value, trust=item.trust) for item in cell.alternatives],
            reports=list(cell.reports),
            silent=cell.silent,
            silence_stands=cell.silence_stands,
        )
