"""What a change did to the odds, as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.odds import Status
from tocsin.domain.shift import Shift, shifts
from tocsin.usecases.want_refit import why_refit
from tocsin.web.schemas.odds import OddsBody

if TYPE_CHECKING:
    from tocsin.usecases.read_odds import Reading


class ShiftBody(BaseModel):
    """The odds of one scenario and horizon, before and after."""

    scenario: str
    horizon_days: int
    before: OddsBody
    after: OddsBody
    log_odds_change: float | None = Field(description="In nats; none where a probability is 0 or 1.")
    beyond_noise: bool = Field(description="They moved by more than two Monte Carlo errors of both together.")

    @classmethod
    def of(cls, shift: Shift, before: Reading, after: Reading) -> Self:
        """The body of a shift between two readings."""
        scenario = shift.after.scenario
        return cls(
            scenario=scenario,
            horizon_days=shift.after.horizon_days,
            before=OddsBody.of(shift.before, before.met.get(scenario)),
            after=OddsBody.of(shift.after, after.met.get(scenario)),
            log_odds_change=shift.log_odds,
            beyond_noise=shift.beyond_noise,
        )


class ChangeBody(BaseModel):
    """The odds before and after, as of one instant."""

    asked: datetime = Field(description="The instant that both are as of.")
    status: Status = Field(description="How far those after can be relied on.")
    refit_wanted: str | None = Field(description="Why a refit is wanted; none where it is not.")
    shifts: list[ShiftBody]
    others_between: bool = Field(
        description="Whether something else came in between the two, such as another's observations or a fit: the "
        "shifts hold what that did as well.",
        examples=[False],
    )

    @classmethod
    def of(cls, before: Reading, after: Reading, *, others_between: bool = False) -> Self:
        """The body of the change from one reading to another."""
        status = after.odds[0].status
        return cls(
            asked=after.asked,
            status=status,
            refit_wanted=why_refit(status, after.reason),
            shifts=[ShiftBody.of(item, before, after) for item in shifts(before.odds, after.odds)],
            others_between=others_between,
        )
