"""The review queue as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.domain.review import Action, Decision
from tocsin.usecases.correct import Changes
from tocsin.web.schemas.change import ChangeBody
from tocsin.web.schemas.recorded import EntryBody
from tocsin.web.schemas.texts import Day, Name, Number, Text

if TYPE_CHECKING:
    from tocsin.domain.review import ReviewItem


class ItemBody(BaseModel):
    """One thing to decide, or that was decided."""

    id: str
    feed: str
    queued_at: datetime
    action: Action = Field(description="What confirming it does.")
    indicator: str
    observed_on: str
    through: str = Field(description="The last day of a total; empty for a report of one day.")
    value: str
    grade: str
    origin: str
    summary: str
    source: str
    coverage: str = Field(description="Empty for the indicator's own.")
    links: list[str]
    target: str | None = Field(description="Id of the observation that would be changed; none for a new report.")
    why: str = Field(description="Why a person must decide.")
    decision: Decision
    decided_at: datetime | None
    decided_by: str
    reason: str
    observation: str | None = Field(description="Id of the observation that it became.")

    @classmethod
    def of(cls, item: ReviewItem) -> Self:
        """The body of an item."""
        draft = item.draft
        return cls(
            id=item.id,
            feed=item.feed,
            queued_at=item.queued_at,
            action=item.action,
            indicator=draft.indicator,
            observed_on=draft.observed_on,
            through=draft.through,
            value=draft.value,
            grade=draft.grade,
            origin=draft.origin,
            summary=draft.summary,
            source=draft.source,
            coverage=draft.coverage,
            links=draft.links.split(),
            target=item.target,
            why=item.why,
            decision=item.decision,
            decided_at=item.decided_at,
            decided_by=item.decided_by,
            reason=item.reason,
            observation=item.observation,
        )


class DecidedBody(BaseModel):
    """What was decided, and what that did to the odds."""

    item: ItemBody
    observation: EntryBody | None = Field(description="The observation that it became; none where it was dismissed.")
    added: bool = Field(description="False where you had decided so already.")
    change: ChangeBody | None = Field(description="The odds before and after; none where there are none.")
    no_odds: str | None = Field(description="Why there are none; none where there are, or nothing was to be told.")


class ConfirmationBody(BaseModel):
    """What you see otherwise than the draft; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"grade": "C3"}]})

    observed_on: Day | None = None
    value: Number | None = None
    grade: Name | None = None
    origin: Text | None = None
    summary: Text | None = None
    coverage: Annotated[Number, Field(gt=0, le=1)] | None = None

    def changes(self) -> Changes:
        """This as text."""
        return Changes(
            observed_on=None if self.observed_on is None else self.observed_on.isoformat(),
            value=None if self.value is None else repr(self.value),
            grade=self.grade,
            origin=self.origin,
            summary=self.summary,
            coverage=None if self.coverage is None else repr(self.coverage),
        )


class DismissalBody(BaseModel):
    """Why it does not count."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "About another town of that name"}]}
    )

    reason: Text
