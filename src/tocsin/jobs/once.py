"""One job, run now because somebody asks for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.errors import JobBusyError, JobOvertakenError, StoreError
from tocsin.domain.job import State, renewal_seconds
from tocsin.jobs.patience import PatientBook
from tocsin.usecases.run_job import Turn, run_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tocsin.domain.job import JobRun, Worker
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.ports import Progress
    from tocsin.usecases.run_job import Ended, Job


def run_once(
    job: Job,
    *,
    book: JobBook,
    worker: Worker,
    lease: timedelta,
    stopped: threading.Event,
    report: Callable[[Progress], None],
) -> Ended:
    """Run a job for a slot of this instant, under a lease as a worker would.

    JobBusyError where it is running, JobOvertakenError where a later slot of it is on record.
    """
    now = worker.started_at
    run = book.claim(job.name, now, owner=worker.id, now=now, until=now + book.clock_ahead() + lease)
    if run is None:
        raise _refusal(job, book.standing(now), now)
    book.tick(worker)
    try:
        with _renewed(book, run, lease, stopped):
            turn = Turn(run.id, run.slot, now, stopped.is_set, report)
            patient = PatientBook(book, stopped)
            return run_job(job, run, turn=turn, book=patient, clock=lambda: datetime.now(UTC), jitter=lambda: 0.0)
    finally:
        ended = datetime.now(UTC)
        book.tick(replace(worker, ticked_at=ended, stopped_at=ended))


def _refusal(job: Job, standing: Sequence[JobRun], now: datetime) -> JobBusyError | JobOvertakenError:
    """Why it could not be claimed."""
    runs = [run for run in standing if run.job == job.name]
    held = next((run for run in runs if run.state is State.RUNNING), None)
    later = max((run for run in runs if run.slot > now), key=lambda run: run.slot, default=None)
    if held is None and later is not None:
        return JobOvertakenError(job.name, _told(later.slot), later.state, _told(now))
    owner, since = ("another", now) if held is None else (held.owner, held.started_at)
    return JobBusyError(job.name, owner, _told(since))


def _told(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


@contextmanager
def _renewed(book: JobBook, run: JobRun, lease: timedelta, stopped: threading.Event) -> Iterator[None]:
    """Keep the lease from another thread; where it is lost, the work is told to stop."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(renewal_seconds(lease)):
            try:
                kept = book.renew(run, datetime.now(UTC) + book.clock_ahead() + lease)
            except StoreError:  # the store is away: the next renewal may find it
                continue
            if not kept and not over.is_set():
                stopped.set()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
