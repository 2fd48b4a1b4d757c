"""What the ledger holds as bodies: observations as they stood, and the sources behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.observation import State

if TYPE_CHECKING:
    from tocsin.domain.origin import Sources
    from tocsin.domain.theater import Theater
    from tocsin.usecases.list_ledger import Entry


class EntryBody(BaseModel):
    """An observation, and what had become of it."""

    id: str = Field(examples=["3f2a9c04d1b7e865"])
    observed_on: date = Field(description="The day that it is about.")
    through: date | None = Field(description="The last day of a total; none for a report of one day.")
    indicator: str = Field(examples=["violence/border-attack"])
    value: float
    grade: str = Field(description="Admiralty code.", examples=["B2"])
    trust: float = Field(description="What the grade is worth in this theater.", examples=[0.91])
    origin: str = Field(description="Reports of one origin are echoes and count once.")
    summary: str
    source: str
    coverage: float | None = Field(description="Null where the indicator's own holds.")
    links: list[str]
    known_since: datetime = Field(description="The instant from which it counts as known.")
    written_at: datetime = Field(description="The instant at which it was really written down.")
    author: str
    state: State
    by: str | None = Field(description="Which observation did that to it; of a retraction, which it withdraws.")
    supersedes: str | None
    reason: str = Field(description="Why it changes what it supersedes.")

    @classmethod
    def of(cls, entry: Entry, theater: Theater) -> Self:
        """The body of an entry of a theater's ledger."""
        item = entry.observation
        return cls(
            id=item.id,
            observed_on=item.observed_on,
            through=item.through,
            indicator=item.indicator,
            value=item.value,
            grade=str(item.grade),
            trust=theater.grades.trust(item.grade),
            origin=item.origin,
            summary=item.summary,
            source=item.source,
            coverage=item.coverage,
            links=list(item.links),
            known_since=item.recorded_at,
            written_at=item.written_at,
            author=item.author,
            state=entry.state,
            by=entry.by,
            supersedes=item.supersedes,
            reason=item.reason,
        )


class VersionsBody(BaseModel):
    """An observation with all its versions, the first one first."""

    observation: EntryBody
    versions: list[EntryBody]


class SourcesBody(BaseModel):
    """Who stands behind what is known of one indicator in one step."""

    indicator: str
    first_day: date
    last_day: date
    reports: int = Field(description="Echoes included.")
    origins: list[list[str]] = Field(description="Ids of the reports of each origin, the one that counts last.")
    effective_sources: float = Field(description="The expected number of independent origins that are right.")

    @classmethod
    def of(cls, item: Sources, theater: Theater) -> Self:
        """The body of sources in a theater."""
        return cls(
            indicator=item.indicator,
            first_day=theater.timeline.start_of(item.step),
            last_day=theater.timeline.end_of(item.step),
            reports=item.reports,
            origins=[list(reports) for reports in item.origins],
            effective_sources=item.effective,
        )
