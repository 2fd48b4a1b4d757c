"""Scores as bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.scoring import CLIP, ENOUGH_WINDOWS

if TYPE_CHECKING:
    from tocsin.usecases.score import Mean, ScoreCard, Scored

_LOG = f"−log p of what came, in nats; p is held between {CLIP:g} and 1 − {CLIP:g}. Lower is better."
_BRIER = "(p − y)², y 1 where it occurred. Lower is better."


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

    @classmethod
    def of(cls, item: Scored) -> Self:
        """The body of a scored window."""
        window, resolution = item.window, item.resolution
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
            brier=item.brier,
            log=item.log,
            base_rate=item.base_rate,
            base_rate_brier=item.base_rate_brier,
            base_rate_log=item.base_rate_log,
        )


class MeanBody(BaseModel):
    """Mean scores over some windows."""

    scenario: str | None = Field(description="Null for all.")
    horizon_days: int | None = Field(description="Null for all.")
    windows: int
    occurred: int
    enough: bool = Field(description=f"There are at least {ENOUGH_WINDOWS} windows; of fewer a mean says little.")
    brier: float = Field(description=_BRIER)
    log: float = Field(description=_LOG)
    base_rate_brier: float
    base_rate_log: float
    brier_skill: float | None = Field(description="1 − brier / base_rate_brier; null where the base rate has 0.")
    log_skill: float | None = Field(description="The same in log score.")

    @classmethod
    def of(cls, item: Mean) -> Self:
        """The body of a mean."""
        return cls(
            scenario=item.scenario,
            horizon_days=item.horizon_days,
            windows=item.windows,
            occurred=item.occurred,
            enough=item.enough,
            brier=item.brier,
            log=item.log,
            base_rate_brier=item.base_rate_brier,
            base_rate_log=item.base_rate_log,
            brier_skill=item.brier_skill,
            log_skill=item.log_skill,
        )


class ScoreHeadBody(BaseModel):
    """What stands beside the scores of windows."""

    void: int = Field(description="Windows that were settled so that nothing can be scored.")
    open: int = Field(description="Windows that are not settled.")
    enough_windows: int = Field(description="From how many windows on a mean is enough.")
    means: list[MeanBody]

    @classmethod
    def of(cls, card: ScoreCard) -> Self:
        """The head of a score card."""
        return cls(
            void=card.void,
            open=card.open,
            enough_windows=ENOUGH_WINDOWS,
            means=[MeanBody.of(item) for item in card.means],
        )


class ScoreCardBody(ScoreHeadBody):
    """A page of settled windows with their scores, and the means over all of them, whatever the page."""

    items: list[ScoredBody]
    next: str | None
