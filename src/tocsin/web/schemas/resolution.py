"""How windows came out, as bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.domain.resolution import How, Outcome, judged_by
from tocsin.usecases.judge import Judgement
from tocsin.web.schemas.texts import Day, Id, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.resolution import Resolution, Window


class JudgementBody(BaseModel):
    """What somebody says became of a window."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "opened_on": "2016-03-09",
                    "horizon_days": 30,
                    "outcome": "no",
                    "reason": "The government stayed in office and the assembly met throughout.",
                }
            ]
        },
    )

    opened_on: Day = Field(description="The first day of the window.")
    horizon_days: Annotated[int, Field(strict=True, gt=0, le=36_525)] = Field(description="How many days it has.")
    outcome: Literal["yes", "no", "void"] = Field(description="What became of it; void where it cannot be told.")
    reason: Text = Field(description="Why, for whoever reads the score card later.")
    supersedes: Id | None = Field(None, description="Id of the resolution that this one replaces, where one stands.")

    def judgement(self, scenario: str) -> Judgement:
        """This about a scenario."""
        outcome = Outcome(self.outcome)
        return Judgement(scenario, self.opened_on, self.horizon_days, outcome, self.reason, self.supersedes)


class ResolutionBody(BaseModel):
    """One version of how a window was settled."""

    id: str
    scenario: str
    opened_on: date
    horizon_days: int
    publication: int = Field(description="Number of the publication that opened the window.")
    outcome: Outcome
    settled_at: datetime
    how: How
    author: str
    reason: str
    reports: list[str] = Field(description="Ids of the observations that met the rule.")
    supersedes: str | None
    stands: bool = Field(description="No later version replaces it.")
    judged_by: list[str] = Field(
        description="Who has judged so, the first first: two people where somebody has judged the same, superseding "
        "the first judgement. Empty where a rule settled it."
    )

    @classmethod
    def of(cls, item: Resolution, versions: Iterable[Resolution], *, stands: bool) -> Self:
        """The body of a resolution among all versions of its theater."""
        return cls(
            id=item.id,
            scenario=item.scenario,
            opened_on=item.opened_on,
            horizon_days=item.horizon_days,
            publication=item.publication,
            outcome=item.outcome,
            settled_at=item.settled_at,
            how=item.how,
            author=item.author,
            reason=item.reason,
            reports=list(item.reports),
            supersedes=item.supersedes,
            stands=stands,
            judged_by=list(judged_by(item, versions)),
        )


class JudgedBody(BaseModel):
    """The resolution that stands."""

    resolution: ResolutionBody
    added: bool = Field(description="False where the same judgement stood already.")


class WindowBody(BaseModel):
    """A window that is not settled."""

    scenario: str
    opened_on: date
    horizon_days: int
    closes_on: date = Field(description="Its last day.")
    rule: str = Field(description="The rule by which it settles itself; empty where people judge.")
    publication: int

    @classmethod
    def of(cls, window: Window) -> Self:
        """The body of a window."""
        return cls(
            scenario=window.scenario,
            opened_on=window.opened_on,
            horizon_days=window.horizon_days,
            closes_on=window.closes_on,
            rule=window.rule,
            publication=window.publication,
        )
