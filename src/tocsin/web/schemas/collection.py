"""Collection priorities as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.odds import Status
from tocsin.web.schemas.odds import IntervalBody

if TYPE_CHECKING:
    from collections.abc import Collection

    from tocsin.ensemble.collect import Amount, Outlook
    from tocsin.usecases.collect import Ranking, Target, Worth


class OutlookBody(BaseModel):
    """What a reading may do to the odds of one scenario."""

    crossing: float = Field(description="The chance of a reading that moves the odds across a line.")
    undecided: float = Field(description="The chance of one so near to a line that Monte Carlo error leaves it open.")
    crossed_by: list[tuple[float, float]] = Field(description="The first and last of each run of readings that do.")
    high_from: float = Field(description="A reading of this or more is high.")
    high: float = Field(description="The chance of a high reading.")
    if_high: float = Field(description="The odds after a high reading.")
    if_low: float = Field(description="The odds after any other.")

    @classmethod
    def of(cls, outlook: Outlook) -> Self:
        """The body of an outlook."""
        return cls(
            crossing=outlook.crossing,
            undecided=outlook.undecided,
            crossed_by=[(run.first, run.last) for run in outlook.crossed_by],
            high_from=outlook.high_from,
            high=outlook.high,
            if_high=outlook.if_high,
            if_low=outlook.if_low,
        )


class BitsBody(BaseModel):
    """Expected information in bits, with its Monte Carlo error."""

    bits: float
    error: float
    below_noise: bool = Field(description="It cannot be told from nothing.")


class ToldBody(BitsBody):
    """What a reading tells about one scenario."""

    scenario: str
    horizon_days: int
    probability: float
    interval90: IntervalBody = Field(description="Where the probability itself lies, with a chance of 90 %.")
    prior_driven: bool
    outlook: OutlookBody | None = Field(description="Null where nothing leads from the indicator to the scenario.")

    @classmethod
    def of(cls, target: Target, amount: Amount, outlook: Outlook | None, *, prior_driven: bool) -> Self:
        """The body of an amount about a target."""
        return cls(
            bits=amount.bits,
            error=amount.error,
            below_noise=amount.below_noise,
            scenario=target.scenario,
            horizon_days=target.horizon_days,
            probability=target.odds.probability,
            interval90=IntervalBody(low=target.odds.low90, high=target.odds.high90),
            prior_driven=prior_driven,
            outlook=None if outlook is None else OutlookBody.of(outlook),
        )


class WorthBody(BitsBody):
    """What the next reading of one indicator is worth, about all scenarios asked about together."""

    indicator: str
    last_report_days: int | None = Field(description="Days since the last report; null where there is none.")
    scenarios: list[ToldBody]

    @classmethod
    def of(cls, worth: Worth, ranking: Ranking, driven: Collection[str]) -> Self:
        """The body of what an indicator is worth in a ranking; `driven` are the scenarios that are prior-driven."""
        told = zip(ranking.targets, worth.each, worth.outlooks, strict=True)
        return cls(
            bits=worth.total.bits,
            error=worth.total.error,
            below_noise=worth.total.below_noise,
            indicator=worth.indicator,
            last_report_days=worth.last_report_days,
            scenarios=[
                ToldBody.of(target, amount, outlook, prior_driven=target.scenario in driven)
                for target, amount, outlook in told
            ],
        )


class ToldRowBody(BaseModel):
    """What the next reading of an indicator tells about one scenario: a row of the table, in order of rank."""

    indicator: str
    last_report_days: int | None
    total_bits: float
    told: ToldBody


class RankingHeadBody(BaseModel):
    """What a ranking was computed from."""

    theater: str
    as_of: datetime
    status: Status
    reason: str | None = Field(description="Why a refit is wanted; null where it is not.")
    fit: str
    age_seconds: float
    grade: str = Field(description="The grade that a reading would have.", examples=["B2"])
    trust: float
    threshold: float | None

    @classmethod
    def of(cls, ranking: Ranking) -> Self:
        """The head of a ranking."""
        standing = ranking.standing
        return cls(
            theater=standing.fit.theater,
            as_of=standing.as_of,
            status=standing.status,
            reason=standing.reason,
            fit=standing.fit.id,
            age_seconds=(ranking.asked - standing.fit.as_of).total_seconds(),
            grade=str(ranking.question.grade),
            trust=ranking.trust,
            threshold=ranking.question.threshold,
        )


class RankingBody(RankingHeadBody):
    """Indicators by what their next reading would tell, most first."""

    items: list[WorthBody]
    next: None = None
