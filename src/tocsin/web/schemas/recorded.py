"""What was recorded, and what it did, as bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.usecases.correct import Changes
from tocsin.web.schemas.change import ChangeBody
from tocsin.web.schemas.texts import Day, Id, Name, Number, Text

if TYPE_CHECKING:
    from tocsin.domain.observation import Observation


class EntryBody(BaseModel):
    """A version of an observation as it stands in the ledger."""

    id: str
    indicator: str
    observed_on: date
    through: date | None = Field(description="The last day of a total; none for a report of one day.")
    value: float
    grade: str
    origin: str
    summary: str
    source: str
    coverage: float | None
    links: list[str]
    author: str
    recorded_at: datetime = Field(description="The instant from which it counts as known.")
    entered_at: datetime | None = Field(description="When it was really written down, where that was later.")
    supersedes: str | None
    withdrawn: bool
    reason: str

    @classmethod
    def of(cls, item: Observation) -> Self:
        """The body of an observation."""
        return cls(
            id=item.id,
            indicator=item.indicator,
            observed_on=item.observed_on,
            through=item.through,
            value=item.value,
            grade=str(item.grade),
            origin=item.origin,
            summary=item.summary,
            source=item.source,
            coverage=item.coverage,
            links=list(item.links),
            author=item.author,
            recorded_at=item.recorded_at,
            entered_at=item.entered_at,
            supersedes=item.supersedes,
            withdrawn=item.withdrawn,
            reason=item.reason,
        )


class RecordedBody(BaseModel):
    """What was recorded, and what that did to the odds."""

    observations: list[EntryBody] = Field(
        description="All that were sent, in order, as they stand in the ledger, whoever recorded them first."
    )
    added: list[str] = Field(description="Ids of those that were new.")
    known_already: int = Field(description="How many were in the ledger, or earlier in the request.")
    change: ChangeBody | None = Field(description="The odds before and after; none where there are none.")
    no_odds: str | None = Field(description="Why there are none, and what to do; none where there are.")


class ChangedBody(BaseModel):
    """A change of an observation, and what that did to the odds."""

    before: EntryBody
    after: EntryBody = Field(description="The version that supersedes it.")
    added: bool = Field(description="False where the same change was in the ledger already.")
    change: ChangeBody | None = Field(description="The odds before and after; none where there are none.")
    no_odds: str | None = Field(description="Why there are none, and what to do; none where there are.")


class _Reasoned(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text = Field(description="Why, for whoever reads the ledger later.")
    version: Id | None = Field(None, description="Id of the version that you saw; refused where another one stands.")


class RetractionBody(_Reasoned):
    """Why an observation is withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The ministry has denied it."}]})


class CorrectionBody(_Reasoned):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"value": 3, "grade": "B2", "reason": "The ministry has counted again."}]}
    )

    observed_on: Day | None = None
    through: Day | None = Field(None, description="Null, where it is given, for a report of one day.")
    value: Number | None = None
    grade: Name | None = None
    origin: Text | None = None
    summary: Text | None = None
    source: Text | None = None
    coverage: Number | None = Field(None, gt=0, le=1, description="Null, where it is given, for the indicator's own.")
    links: list[Text] | None = Field(None, max_length=50, description="In place of all there are.")

    def _through(self) -> str | None:
        if self.through is not None:
            return self.through.isoformat()
        return "" if "through" in self.model_fields_set else None

    def changes(self) -> Changes:
        """This as text."""
        coverage = None if self.coverage is None else repr(self.coverage)
        return Changes(
            observed_on=None if self.observed_on is None else self.observed_on.isoformat(),
            value=None if self.value is None else repr(self.value),
            grade=self.grade,
            origin=self.origin,
            summary=self.summary,
            source=self.source,
            coverage="" if coverage is None and "coverage" in self.model_fields_set else coverage,
            links=None if self.links is None else " ".join(self.links),
            through=self._through(),
        )
