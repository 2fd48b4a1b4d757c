"""Scores as bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.bootstrap import FEWEST_BLOCKS, RESAMPLES
from tocsin.domain.consistency import SIMULATED
from tocsin.domain.persistence import RECENT_WINDOWS
from tocsin.domain.scoring import CLIP, ENOUGH_WINDOWS
from tocsin.web.schemas.odds import IntervalBody

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.scored import Mean, Scored
    from tocsin.usecases.score import Counted

_LOG = f"−log p of what came, in nats; p is held between {CLIP:g} and 1 − {CLIP:g}. Lower is better."
_BRIER = "(p − y)², y 1 where it occurred. Lower is better."
_PERSISTENCE = (
    f"The share of yes among the last {RECENT_WINDOWS} windows of the scenario and horizon that had closed before it "
    "opened and do not overlap, with the base rate as one more."
)
_INTERVAL = (
    f"90 %, by {RESAMPLES} resamples of blocks of opening days; null where there are fewer than {FEWEST_BLOCKS} blocks."
)


class SpanBody(BaseModel):
    """From where to where a mean score or a skill lies."""

    low: float
    high: float


class ScoredBody(BaseModel):
    """A settled window, and the scores of what was said first of it."""

    scenario: str
    horizon_days: int
    opened_on: date
    closes_on: date
    publication: int = Field(description="Number of the first publication that stated it on its opening day.")
    stated_at: datetime
    probability: float
    outcome: str = Field(examples=["no"])
    how: str = Field(description="By the rule, or judged.")
    settled_at: datetime
    brier: float = Field(description=_BRIER)
    log: float = Field(description=_LOG)
    base_rate: float = Field(description="The probability before any evidence that the same publication stated.")
    base_rate_brier: float
    base_rate_log: float
    persistence: float = Field(description=_PERSISTENCE)
    persistence_answers: int = Field(description="On how many earlier windows persistence rests; 0: the base rate.")
    persistence_brier: float
    persistence_log: float
    later_statements: int = Field(description="Further statements on its opening day, before it was settled.")
    last_probability: float = Field(description="What the last of them said.")
    last_brier: float
    last_log: float
    time_weighted_brier: float = Field(description="Of all statements, each weighted by how long it stood that day.")
    time_weighted_log: float

    @classmethod
    def of(cls, item: Scored) -> Self:
        """The body of a scored window."""
        window, resolution, later = item.window, item.resolution, item.later
        return cls(
            scenario=window.scenario,
            horizon_days=window.horizon_days,
            opened_on=window.opened_on,
            closes_on=window.closes_on,
            publication=window.publication,
            stated_at=item.stated_at,
            probability=item.probability,
            outcome=resolution.outcome.value,
            how=resolution.how.value,
            settled_at=resolution.settled_at,
            brier=item.scores.brier,
            log=item.scores.log,
            base_rate=item.base_rate,
            base_rate_brier=item.base_rate_scores.brier,
            base_rate_log=item.base_rate_scores.log,
            persistence=item.persistence,
            persistence_answers=item.answers,
            persistence_brier=item.persistence_scores.brier,
            persistence_log=item.persistence_scores.log,
            later_statements=later.statements,
            last_probability=later.last_probability,
            last_brier=later.last.brier,
            last_log=later.last.log,
            time_weighted_brier=later.time_weighted.brier,
            time_weighted_log=later.time_weighted.log,
        )


class ScoresBody(BaseModel):
    """Mean scores."""

    brier: float = Field(description=_BRIER)
    log: float = Field(description=_LOG)


class RivalBody(BaseModel):
    """A rival on the same windows, and by what share we are better."""

    scores: ScoresBody
    brier_skill: float | None = Field(description="1 − ours / its, 0 for no better; null where the rival has 0.")
    brier_skill_interval: SpanBody | None = Field(description=_INTERVAL)
    log_skill: float | None = Field(description="The same in log score.")
    log_skill_interval: SpanBody | None = Field(description=_INTERVAL)
    claim: str = Field(
        description="What may be claimed of the skill in Brier score: better or worse where its interval leaves out 0.",
        examples=["too few to claim"],
    )


class RevisedBody(BaseModel):
    """The windows of which more was said later on their opening day: mean scores of what came first, and last."""

    windows: int
    statements: int = Field(description="Of all of them, after the first.")
    first: ScoresBody
    last: ScoresBody


class PoolBody(BaseModel):
    """A step of the reliability curve."""

    lowest: float = Field(description="The lowest probability stated of these windows.")
    highest: float = Field(description="The highest.")
    windows: int
    occurred: int
    rate: float = Field(description="The share of them that came.")


class BandPointBody(BaseModel):
    """Where the curve of a calibrated forecaster lies at a stated probability, with a chance of 90 %."""

    stated: float
    band: IntervalBody


class DecompositionBody(BaseModel):
    """score = miscalibration − discrimination + uncertainty."""

    score: float
    miscalibration: float = Field(description="What stating the curve's rates would have saved. Lower is better.")
    discrimination: float = Field(description="What those save against one share for all. Higher is better.")
    uncertainty: float = Field(description="The score of stating the share that came, always: of the questions.")


class ReliabilityBody(BaseModel):
    """Whether what was stated came as often as stated: CORP, by isotonic regression."""

    pools: list[PoolBody] = Field(description="The curve, by rising probability.")
    band: list[BandPointBody] = Field(description="By rising probability; windows that overlap come out together.")
    chance: float = Field(
        description=f"The share of {SIMULATED} records of a calibrated forecaster that are as far off."
    )
    brier: DecompositionBody
    log: DecompositionBody
    words: str = Field(examples=["no sign of miscalibration"])


class MeanBody(BaseModel):
    """Mean scores over some windows, of what was said first."""

    scenario: str | None = Field(description="Null for all.")
    horizon_days: int | None = Field(description="Null for all.")
    windows: int
    occurred: int
    blocks: int = Field(description="How many stretches as long as the longest horizon: about as many are independent.")
    enough: bool = Field(description=f"There are at least {ENOUGH_WINDOWS} windows; of fewer a mean says little.")
    stated: float = Field(description="The mean of what was stated, to compare with occurred / windows.")
    scores: ScoresBody
    brier_interval: SpanBody | None = Field(description=_INTERVAL)
    log_interval: SpanBody | None = Field(description=_INTERVAL)
    base_rate: RivalBody
    persistence: RivalBody | None = Field(description="Null where no window had one before it that had closed.")
    answered: int = Field(description="How many windows had one; for the others persistence says the base rate.")
    time_weighted: ScoresBody = Field(description="Of all statements, each weighted by how long it stood that day.")
    revised: RevisedBody | None = Field(description="What was said later, apart; null where nothing was.")
    reliability: ReliabilityBody | None = Field(description="Null where the windows are too few.")

    @classmethod
    def of(cls, item: Mean) -> Self:
        """The body of a mean, which has the same parts."""
        return cls.model_validate(item, from_attributes=True)


class ScoreHeadBody(BaseModel):
    """What stands beside the scores of windows."""

    scored: int = Field(description="Windows that were settled yes or no and have closed.")
    void: int = Field(description="Windows that were settled so that nothing can be scored.")
    foregone: int = Field(
        description="Windows that have closed, whose rule was met already when they were stated: nothing was forecast, "
        "and they are not scored, whatever came."
    )
    early: int = Field(
        description="Windows settled before a no could have been; they are scored once they have closed, so that a yes "
        "is not counted sooner than a no."
    )
    open: int = Field(description="Windows that are not settled.")
    overdue: int = Field(description="Of these, those that have closed: while there are any, scores lean to the rest.")
    enough_windows: int = Field(description="From how many windows on a mean is enough.")
    means: list[MeanBody] = Field(description="Over all windows, then by scenario and horizon.")

    @classmethod
    def of(cls, counted: Counted, means: Iterable[Mean]) -> Self:
        """The head of a score card."""
        return cls(
            scored=counted.scored,
            void=counted.void,
            foregone=counted.foregone,
            early=counted.early,
            open=counted.open,
            overdue=counted.overdue,
            enough_windows=ENOUGH_WINDOWS,
            means=[MeanBody.of(item) for item in means],
        )


class ScoreCardBody(ScoreHeadBody):
    """A page of settled windows with their scores, and the means over all of them, whatever the page."""

    items: list[ScoredBody]
    next: str | None
