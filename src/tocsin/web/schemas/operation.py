"""How it stands with the service, as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from tocsin.usecases.read_odds import Reading


class Alive(BaseModel):
    """The process lives."""

    status: Literal["alive"]


class EntranceBody(BaseModel):
    """Where things are: addresses on this server."""

    description: str = Field(description="Of the API, by OpenAPI.")
    theaters: str
    session: str = Field(description="To sign in.")
    problems: str = Field(description="What each type of problem means.")
    health: str
    readiness: str
    metrics: str


class FitStanding(BaseModel):
    """The last accepted fit of a theater; without one, only the theater's name."""

    theater: str
    fit: str | None = None
    as_of: datetime | None = None
    recorded_at: datetime | None = None
    since_recorded_seconds: float | None = Field(
        default=None, description="From its record to now; the age of the odds is from the instant that it is of."
    )

    @classmethod
    def of(cls, theater: str, reading: Reading | None, now: datetime) -> Self:
        """The standing of a theater by what answers for it."""
        if reading is None:
            return cls(theater=theater)
        fit = reading.fit
        since = (now - fit.recorded_at).total_seconds()
        return cls(
            theater=theater, fit=fit.id, as_of=fit.as_of, recorded_at=fit.recorded_at, since_recorded_seconds=since
        )


class FeedStanding(BaseModel):
    """A feed that fails."""

    feed: str
    failures: int
    problem: str
    succeeded_at: datetime | None = None


class ReadyDetails(BaseModel):
    """How it stands with workers, fits and feeds."""

    at: datetime
    last_tick: datetime | None = None
    tick_age_seconds: float | None = None
    fits: list[FitStanding]
    feeds_failing: list[FeedStanding]


class Ready(BaseModel):
    """The store can be used."""

    status: Literal["ready"]
    details: ReadyDetails | None = None


class ProblemTypeBody(BaseModel):
    """What a type of problem means, and what to do about it."""

    type: str
    meaning: str
    to_do: str
