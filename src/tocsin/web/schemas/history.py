"""What we said as bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, Field

from tocsin.web.schemas.odds import AgedOddsBody, ChanceBody

if TYPE_CHECKING:
    from tocsin.domain.publication import Publication, StatedOdds
    from tocsin.domain.resolution import Resolution
    from tocsin.usecases.restate import Restated


class RestatedBody(BaseModel):
    """What we would have said at that instant with today's corrections."""

    followed: bool = Field(description="Whether weights can follow the corrections; where not, there are no odds.")
    changed: bool = Field(description="Whether a correction has a bearing; where none has, it is what we said.")
    reason: str = Field(description="Why weights cannot follow; empty where they can.")
    odds: AgedOddsBody | None = Field(description="Of the fit of that time that states it, and as old as then.")

    @classmethod
    def of(cls, item: Restated, scenario: str, horizon_days: int) -> Self:
        """The body of what was restated of one scenario and horizon."""
        odds = next((o for o in item.odds if (o.scenario, o.horizon_days) == (scenario, horizon_days)), None)
        missing = "" if odds is not None else item.reason or "the fit of that time does not state it"
        return cls(
            followed=odds is not None,
            changed=item.changed,
            reason=missing,
            odds=None if odds is None else _aged(odds, item),
        )


def _aged(odds: StatedOdds, item: Restated) -> AgedOddsBody:
    said: dict[str, Any] = ChanceBody.of_stated(odds).model_dump()
    said |= {"status": item.status, "as_of": item.as_of, "fit": item.fit, "age_seconds": item.age_seconds}
    return AgedOddsBody(**said)


class StatedBody(AgedOddsBody):
    """What one publication said of one scenario by one horizon."""

    number: int = Field(description="Of the publication, in the chain of the whole store.")
    theater: str
    stated_at: datetime = Field(description="After as_of where a refit was wanted.")
    reason: str = Field(description="Why it was published.")
    note: str = Field(description="Why a refit was wanted; empty where it was not.")
    opens_on: date = Field(description="The first day that the horizon counts.")
    foresight: bool = Field(description="Stated on that day; what was stated later never opens a window.")
    closes_on: date
    rule: str = Field(description="The rule by which it settles itself; empty where people judge.")
    outcome: str | None = Field(description="Of the window that this opened; null where it opened none or it is open.")

    @classmethod
    def of_publication(cls, item: Publication, odds: StatedOdds, resolution: Resolution | None) -> Self:
        """The body of odds that a publication states; the resolution is that of the window that it opened."""
        return cls(
            **ChanceBody.of_stated(odds).model_dump(),
            status=item.status,
            as_of=item.as_of,
            fit=item.fit,
            age_seconds=item.age_seconds,
            number=item.number,
            theater=item.theater,
            stated_at=item.stated_at,
            reason=item.reason,
            note=item.note,
            opens_on=item.opens_on,
            foresight=item.foresight,
            closes_on=odds.closes_on,
            rule=odds.rule,
            outcome=None if resolution is None else resolution.outcome.value,
        )


class HistoryBody(StatedBody):
    """What one publication said, and what it would have said had it known today's corrections."""

    restated: RestatedBody | None = Field(description="Null where `restated` was not asked for.")

    @classmethod
    def of_both(cls, stated: StatedBody, restated: Restated | None) -> Self:
        """The body with what was restated of the whole publication."""
        then = None if restated is None else RestatedBody.of(restated, stated.scenario, stated.horizon_days)
        return cls(**stated.model_dump(), restated=then)
