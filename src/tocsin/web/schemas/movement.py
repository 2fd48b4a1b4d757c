"""Why odds moved as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.change import Cause
from tocsin.domain.elicitation import logit
from tocsin.web.schemas.odds import OddsBody

if TYPE_CHECKING:
    from tocsin.usecases.why import Movement


class PartBody(BaseModel):
    """What one cause did."""

    cause: Cause
    subject: str = Field(description="The indicator or scenario; empty where there is none.")
    log_odds: float = Field(description="All parts of a movement sum to its change in log-odds.")
    guessed: bool = Field(description="Too few draws lie between the two instants to be sure of it.")


class MovementBody(BaseModel):
    """Why the odds of a scenario by one horizon moved between two instants."""

    scenario: str
    horizon_days: int
    before: OddsBody
    after: OddsBody
    log_odds_change: float
    points: float = Field(description="Change of the probability, in points: percent now less percent then.")
    noise_expected: float = Field(
        description="Standard deviation of the change in log-odds that Monte Carlo error alone would make."
    )
    parts: list[PartBody]

    @classmethod
    def of(cls, item: Movement) -> Self:
        """The body of a movement."""
        before, after = item.before.probability, item.after.probability
        return cls(
            scenario=item.after.scenario,
            horizon_days=item.after.horizon_days,
            before=OddsBody.of(item.before, item.met_before),
            after=OddsBody.of(item.after, item.met),
            log_odds_change=logit(after) - logit(before),
            points=100.0 * (after - before),
            noise_expected=item.noise,
            parts=[
                PartBody(cause=part.cause, subject=part.subject, log_odds=part.change, guessed=part.guessed)
                for part in item.parts
            ],
        )


class MovedPartBody(BaseModel):
    """A part with the horizon that it is of: a row of the table."""

    scenario: str
    horizon_days: int
    before: OddsBody
    after: OddsBody
    part: PartBody


class MovementsBody(BaseModel):
    """Why the odds of a scenario moved, by horizon."""

    since: datetime
    as_of: datetime
    items: list[MovementBody]
