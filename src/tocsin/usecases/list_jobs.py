"""List what runs when and why, what came of it last, and who runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.job import CLOCK_STEP, JobRun, State, Worker, given_up
from tocsin.domain.slot import OnNeed, OnOrder, Want, latest_slot, next_slot, wanted_slot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.run_job import Job


@dataclass(frozen=True, slots=True)
class Entry:
    """One job as it stands.

    Attributes:
        job: The line of the timetable.
        last: Its latest run, running or not; None where it has never run.
        want: Why it is wanted; None where it is not, or has a fixed schedule.
        due_at: When it is due next, now where it is overdue; None where it is due when it is wanted and is not, or
            waits for news: to end or, where it was given up for what it had, to come.
        problem: Why it cannot be told whether it is wanted; None where it can.
    """

    job: Job
    last: JobRun | None
    want: Want | None
    due_at: datetime | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """All jobs in the order of the timetable, and the workers, the one that ticked last first."""

    entries: tuple[Entry, ...]
    workers: tuple[Worker, ...]


def list_jobs(timetable: Sequence[Job], *, book: JobBook, now: datetime) -> Listing:
    """Every job with its last run and when it is due next."""
    standing = book.standing(now)
    workers = tuple(book.workers())
    started = max((worker.started_at for worker in workers if worker.stopped_at is None), default=None)
    entries = tuple(_entry(job, [run for run in standing if run.job == job.name], now, started) for job in timetable)
    return Listing(entries, workers)


def _entry(job: Job, runs: Sequence[JobRun], now: datetime, started: datetime | None) -> Entry:
    # What runs is shown even where, after a clock step, a later slot is on record; what a wrong clock left open far
    # ahead only where there is nothing else.
    last = max(runs, key=lambda run: (run.state is State.RUNNING, run.slot <= now + CLOCK_STEP, run.slot), default=None)
    if last is not None and last.state is State.OPEN:
        return Entry(job, last, None, max(now, last.next_attempt_at or now))
    if isinstance(job.schedule, OnOrder):
        return Entry(job, last, None, None)
    if isinstance(job.schedule, OnNeed):
        try:
            want = None if job.want is None else job.want(now)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one job, the others are shown)
            return Entry(job, last, None, None, f"{type(error).__name__}: {error}")
        slot = None if want is None else wanted_slot(job.schedule, want, now, given_up(runs, now, started))
        return Entry(job, last, want, slot)
    overdue = last is None or last.slot < latest_slot(job.schedule, now)
    return Entry(job, last, None, now if overdue else next_slot(job.schedule, now))
