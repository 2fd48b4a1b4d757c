"""Odds as bodies."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, Field

from tocsin.domain.odds import Status
from tocsin.domain.wording import word

if TYPE_CHECKING:
    from tocsin.domain.met_rule import MetRule
    from tocsin.domain.odds import Interval, JointOdds, Odds
    from tocsin.domain.overdue import Reminder
    from tocsin.domain.publication import StatedOdds
    from tocsin.ensemble.influence import Influence
    from tocsin.usecases.desk_answer import Answer
    from tocsin.usecases.read_odds import Reading

Chance = Annotated[float, Field(ge=0, le=1, examples=[0.33])]


class IntervalBody(BaseModel):
    """Where a probability itself lies; the name of the field says with what chance, in percent."""

    low: Chance
    high: Chance

    @classmethod
    def of(cls, interval: Interval) -> Self:
        """The body of an interval."""
        return cls(low=interval.low, high=interval.high)


class ChanceBody(BaseModel):
    """The probability that a scenario happens within a horizon, with all that must be shown beside the number."""

    scenario: str
    horizon_days: int
    probability: Chance
    interval50: IntervalBody = Field(description="Where the probability itself lies, with a chance of 50 %.")
    interval90: IntervalBody = Field(description="The same with a chance of 90 %.")
    prior: Chance = Field(description="The same probability before any evidence.")
    prior_driven: bool = Field(description="Slightly other ranges would move it as much as all the evidence has.")
    error: float = Field(description="Monte Carlo standard error of `probability`.")
    words: str = Field(description="ICD 203's words for it.")
    warning: str | None = Field(description="What the words leave out; null where they leave out nothing.")

    @classmethod
    def of_stated(cls, odds: StatedOdds) -> Self:
        """The body of what was stated."""
        return cls(**_said(odds))


class MetRuleBody(BaseModel):
    """A threshold rule that is met already, so that the odds of its scenario are no forecast."""

    indicator: str
    at_least: int
    within_steps: int
    counted: int = Field(description="What the indicator is counted at in the steps that the rule looks at.")
    since: date = Field(description="The first day of the step in which it became so.")

    @classmethod
    def of(cls, met: MetRule) -> Self:
        """The body of a rule that is met."""
        return cls(**asdict(met.rule), counted=met.counted, since=met.since)


class AgedOddsBody(ChanceBody):
    """A probability with how far it can be relied on, what it counts, and its age."""

    status: Status = Field(description="How far it can be relied on.")
    as_of: datetime = Field(description="The instant whose evidence is in it.")
    fit: str = Field(description="Id of the fit that states it.")
    age_seconds: float = Field(description="From the instant whose evidence was fitted to the one asked about.")


class OddsBody(AgedOddsBody):
    """Odds as they stand at an instant. The same wherever odds are, but for what was stated at its time."""

    rule_met: MetRuleBody | None = Field(
        description="The scenario's threshold rule where it is met already, so that the odds are no forecast; or null."
    )

    @classmethod
    def of(cls, odds: Odds, met: MetRule | None) -> Self:
        """The body of one statement of odds; `met` is the scenario's rule where it was met then."""
        return cls(
            **_said(odds),
            status=odds.status,
            as_of=odds.as_of,
            fit=odds.fit,
            age_seconds=odds.age_seconds,
            rule_met=None if met is None else MetRuleBody.of(met),
        )


def _said(odds: Odds | StatedOdds) -> dict[str, Any]:
    """What odds say, whether or not it was published."""
    low, high = odds.interval90.low, odds.interval90.high
    return {
        "scenario": odds.scenario,
        "horizon_days": odds.horizon_days,
        "probability": odds.probability,
        "interval50": IntervalBody.of(odds.interval50),
        "interval90": IntervalBody.of(odds.interval90),
        "prior": odds.prior,
        "prior_driven": odds.prior_driven,
        "error": odds.error,
        "words": odds.words,
        "warning": word(odds.probability, low, high).warning,
    }


class JointOddsBody(BaseModel):
    """Two scenarios within one horizon: that both happen, and that the first does if the second does."""

    first: str
    second: str
    horizon_days: int
    both: Chance
    given: Chance | None = Field(description="P(first | second); null where the second almost never happens.")

    @classmethod
    def of(cls, odds: JointOdds) -> Self:
        """The body of one pair."""
        return cls(
            first=odds.first, second=odds.second, horizon_days=odds.horizon_days, both=odds.both, given=odds.given
        )


class OverdueBody(BaseModel):
    """Something that somebody should look at."""

    indicator: str | None = Field(description="null where it is about the whole theater.")
    urgency: str = Field(examples=["soon", "overdue", "unwatched"])
    last_on: str | None
    age_days: int | None
    due_on: str | None
    why: str
    advice: str

    @classmethod
    def of(cls, reminder: Reminder) -> Self:
        """The body of one reminder."""
        return cls(
            indicator=reminder.indicator,
            urgency=reminder.urgency.value,
            last_on=None if reminder.last_on is None else reminder.last_on.isoformat(),
            age_days=reminder.age_days,
            due_on=None if reminder.due_on is None else reminder.due_on.isoformat(),
            why=reminder.why,
            advice=reminder.advice,
        )


class InfluenceBody(BaseModel):
    """By how much an indicator's recent reports, or its silence, changed the log-odds of one scenario."""

    indicator: str
    silent: bool
    change: float
    beyond_reach: bool = Field(description="Too few draws would be left without it, so that it can only be guessed.")

    @classmethod
    def of(cls, influence: Influence) -> Self:
        """The body of one influence."""
        return cls(
            indicator=influence.indicator,
            silent=influence.silent,
            change=influence.change,
            beyond_reach=influence.beyond_reach,
        )


class ReadingBody(BaseModel):
    """The odds of a theater as of an instant."""

    theater: str
    as_of: datetime = Field(description="Whose evidence the odds count: the instant asked about, or of the fit.")
    asked_at: datetime
    fit: str
    fitted_as_of: datetime
    age_seconds: float
    status: Status
    reason: str | None = Field(description="Why a refit is wanted; null where it is not.")
    odds: list[OddsBody]

    @classmethod
    def of(cls, theater: str, reading: Reading) -> Self:
        """The body of a reading."""
        return cls(**_read(theater, reading))


class TheaterOddsBody(ReadingBody):
    """The odds of a theater as of an instant, alone and together, and what is overdue then."""

    joint: list[JointOddsBody]
    overdue: list[OverdueBody]
    counted_most: dict[str, list[InfluenceBody]] | None = Field(
        default=None, description="By scenario, what moved its odds most; only where it was asked for."
    )

    @classmethod
    def of_answer(cls, theater: str, answer: Answer, *, reasons: bool) -> Self:
        """The body of an answer."""
        reading = answer.reading
        most = {name: [InfluenceBody.of(item) for item in found] for name, found in reading.counted_most.items()}
        return cls(
            **_read(theater, reading),
            joint=[JointOddsBody.of(item) for item in reading.joint],
            overdue=[OverdueBody.of(item) for item in answer.overdue],
            counted_most=most if reasons else None,
        )


def _read(theater: str, reading: Reading) -> dict[str, Any]:
    first = reading.odds[0]
    return {
        "theater": theater,
        "as_of": first.as_of,
        "asked_at": reading.asked,
        "fit": reading.fit.id,
        "fitted_as_of": reading.fit.as_of,
        "age_seconds": first.age_seconds,
        "status": first.status,
        "reason": reading.reason,
        "odds": [OddsBody.of(item, reading.met.get(item.scenario)) for item in reading.odds],
    }
