"""Theater files: their shape."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import ConfigDict, Field, field_validator

from tocsin.catalog.elicited import ElicitedRange, Line, Shape, Text, refusal
from tocsin.catalog.names import nearest

LONGEST_WINDOW = 2_000
"""Steps. A fit's work grows with the window, and nothing this old says anything about pressure today."""

_Trust = Annotated[float, Field(gt=0, lt=1)]
_GradeText = Annotated[str, Field(pattern=r"^[A-F][1-6]$")]


class CouplingFile(Shape):
    """The pressure that the occurrence of one scenario adds to another."""

    source: Line = Field(alias="from", description="the id of a scenario of this theater")
    target: Line = Field(alias="to", description="the id of another scenario of this theater, with a fast part")
    adds: ElicitedRange = Field(description="low, high and reason: pressure added (developing is 2)")


class TheaterFile(Shape):
    """One warning problem."""

    model_config = ConfigDict(title="Tocsin theater")

    title: Line = Field(description="a short name in one line")
    summary: Text = Field(description="text that says what the problem is")
    step: Literal["day", "week", "month"] = Field(description="day, week or month")
    window: int = Field(ge=2, le=LONGEST_WINDOW, description=f"whole steps from 2 to {LONGEST_WINDOW}")
    time_zone: Line = Field(description="a time zone by its IANA name, such as Africa/Tunis")
    indicators: list[Line] = Field(min_length=1, description="a list of indicator ids, such as violence/protest")
    couplings: list[CouplingFile] = Field(default=[], description="a list of from, to and adds")
    grades: dict[_GradeText, _Trust] = Field(
        default={},
        description="trusts strictly between 0 and 1 by Admiralty grade, such as A1: 0.98",
        json_schema_extra={"additionalProperties": False},
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        zones = available_timezones()
        if zone not in zones:
            accepted = f"a time zone by its IANA name{nearest(zone, zones)}"
            raise refusal(accepted)
        return zone
