"""Runs of jobs, workers and feeds as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.feed_record import Outcome
from tocsin.domain.job import State

if TYPE_CHECKING:
    from tocsin.domain.job import JobRun, Worker
    from tocsin.usecases.watch_feeds import Watched


class RunBody(BaseModel):
    """One run of one slot of a job."""

    id: str
    job: str = Field(examples=["refit-nightly/tunisia"])
    slot: datetime
    state: State
    attempt: int
    worker: str = Field(description="Id of the worker that holds it or held it last.")
    leased_until: datetime | None
    started_at: datetime
    ended_at: datetime | None
    next_attempt_at: datetime | None
    outcome: str | None = Field(description="What came of it; null unless it is done.")
    problem: str | None = Field(description="Why the last attempt that failed did so; null where nothing went wrong.")

    @classmethod
    def of(cls, run: JobRun) -> Self:
        """The body of a run."""
        return cls(
            id=run.id,
            job=run.job,
            slot=run.slot,
            state=run.state,
            attempt=run.attempt,
            worker=run.owner,
            leased_until=run.leased_until,
            started_at=run.started_at,
            ended_at=run.ended_at,
            next_attempt_at=run.next_attempt_at,
            outcome=run.outcome,
            problem=run.problem,
        )


class WorkerBody(BaseModel):
    """One process that runs jobs."""

    id: str
    host: str
    pid: int
    started_at: datetime
    ticked_at: datetime = Field(description="When it last looked what is due.")
    stopped_at: datetime | None

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """The body of a worker."""
        return cls(
            id=worker.id,
            host=worker.host,
            pid=worker.pid,
            started_at=worker.started_at,
            ticked_at=worker.ticked_at,
            stopped_at=worker.stopped_at,
        )


class WorkersBody(BaseModel):
    """The workers on record, the one that ticked last first."""

    workers: list[WorkerBody]


class JobsBody(WorkersBody):
    """What is on record of runs and workers."""

    items: list[RunBody]
    next: None = None


class FindingBody(BaseModel):
    """Something about a feed that a person should look at."""

    what: str
    detail: str
    p_value: float | None = Field(description="Of the test that found it; null where none did.")


class FeedBody(BaseModel):
    """How it stands with a feed."""

    id: str = Field(examples=["tunisia/inbox"])
    title: str
    kind: str
    every_seconds: float
    started_at: datetime | None = Field(description="When it was first asked; null where it never was.")
    checked_at: datetime | None
    succeeded_at: datetime | None
    new_at: datetime | None = Field(description="When it last brought something new.")
    due: datetime | None = Field(description="When it is to be asked next; null means now, as it never was.")
    watermark: str | None = Field(description="Up to where it has been taken in.")
    records: dict[Outcome, int] = Field(description="How many records have come to what.")
    failures: int = Field(description="How often in a row it has failed.")
    problem: str = Field(description="What was wrong at the last failure; empty after a success.")
    findings: list[FindingBody]

    @classmethod
    def of(cls, item: Watched) -> Self:
        """The body of a watched feed."""
        feed, state = item.feed, item.state
        return cls(
            id=feed.id,
            title=feed.title,
            kind=feed.kind,
            every_seconds=feed.every.total_seconds(),
            started_at=state.started_at,
            checked_at=state.checked_at,
            succeeded_at=state.succeeded_at,
            new_at=state.new_at,
            due=item.due,
            watermark=state.watermark,
            records={outcome: item.outcomes.get(outcome, 0) for outcome in Outcome},
            failures=state.failures,
            problem=state.problem,
            findings=[FindingBody(what=f.what, detail=f.detail, p_value=f.p_value) for f in item.findings],
        )
