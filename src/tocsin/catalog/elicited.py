"""Shapes of elicited ranges, and of the text and dates that every declaration shares.

A field's description is what the field accepts: editors show it, and refusals quote it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from tocsin.catalog.spans import Unit
from tocsin.domain.elicitation import Range

if TYPE_CHECKING:
    from pydantic_core.core_schema import ValidationInfo

_DAY_FORM = "a day of the calendar as YYYY-MM-DD"

Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\S")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\n]*\S[^\n]*$")]


def refusal(accepted: str) -> PydanticCustomError:
    """The error by which a shape says what it would accept."""
    return PydanticCustomError("refused", "{accepted}", {"accepted": accepted})


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == len("YYYY-MM-DD"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise refusal(_DAY_FORM)


Day = Annotated[date, BeforeValidator(_day)]


class Shape(BaseModel):
    """Strict: no unknown key, no text for a number, no NaN, nothing changed after reading."""

    # Put together when the first file has it: no catalog has every kind of feed, and there are many.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


class ElicitedRange(Shape):
    """A 90 % range: 5 % of the belief lies below low, 5 % above high."""

    low: float = Field(description="a finite number: 5 % of the belief lies below it")
    high: float = Field(description="a finite number above low: 5 % of the belief lies above it")
    reason: Line = Field(description="one line that says why the range is what it is")

    @field_validator("high")
    @classmethod
    def _above_low(cls, high: float, info: ValidationInfo) -> float:
        low = info.data.get("low")
        if low is not None and high <= low:
            accepted = f"a number above low, which is {low}"
            raise refusal(accepted)
        return high

    def times(self, factor: float) -> Range:
        """The range in another unit, as the domain keeps it."""
        return Range(self.low * factor, self.high * factor, self.reason)

    def plain(self) -> Range:
        """The range as the domain keeps it."""
        return self.times(1.0)


class PositiveRange(ElicitedRange):
    """A 90 % range of a quantity that is always above 0."""

    low: float = Field(gt=0, description="a finite number above 0: 5 % of the belief lies below it")


class ShareRange(ElicitedRange):
    """A 90 % range of a share or chance, strictly between 0 and 1."""

    low: float = Field(gt=0, lt=1, description="a share strictly between 0 and 1 (5 % is written 0.05)")
    high: float = Field(gt=0, lt=1, description="a share above low and below 1 (5 % is written 0.05)")


class BaseRate(ShareRange):
    """The chance that an event occurs within a span at normal pressure."""

    within: Literal["year", "month", "week"] = Field(description="year, month or week")


class HalfLife(PositiveRange):
    """The time in which half of a departure from normal is gone."""

    unit: Literal["days", "weeks", "months"] = Field(description="days, weeks or months")

    @property
    def singular(self) -> Unit:
        """The unit as spans name it."""
        names: dict[str, Unit] = {"days": "day", "weeks": "week", "months": "month"}
        return names[self.unit]


class Rate(PositiveRange):
    """How often something is there to be seen at normal pressure."""

    per: Unit = Field(description=f"one of {', '.join(get_args(Unit))}")
