"""Elicited ranges as bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from tocsin.domain.elicitation import Range


class RangeBody(BaseModel):
    """A range that holds 90 % of the belief, 5 % below it and 5 % above."""

    low: float = Field(examples=[2.0])
    high: float = Field(examples=[6.0])
    reason: str = Field(description="Why, in one line.")

    @classmethod
    def of(cls, elicited: Range) -> Self:
        """The body of a range."""
        return cls(low=elicited.low, high=elicited.high, reason=elicited.reason)

    @classmethod
    def of_any(cls, elicited: Range | None) -> Self | None:
        """The body of a range that may be left out."""
        return None if elicited is None else cls.of(elicited)
