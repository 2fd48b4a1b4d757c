"""Run one job that has been claimed, and record what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.errors import (
    DamagedStoreError,
    FeedRefusedError,
    FeedUnavailableError,
    FitInterruptedError,
    FitRejectedError,
    JobInterruptedError,
    SamplerFailedError,
)
from tocsin.domain.job import reopened_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.job import JobRun
    from tocsin.domain.slot import Schedule, Want
    from tocsin.usecases.job_ports import RunBook
    from tocsin.usecases.ports import Progress

_LASTING = (DamagedStoreError, FeedRefusedError, FitRejectedError, FitInterruptedError, SamplerFailedError)
"""Trying again does not help, for this slot: somebody must mend the store or renew a credential, or other evidence must
come in; whoever fits has tried a breakdown again already, and what took longer than its deadline would again."""


class Lane(StrEnum):
    """What a job waits for: fits must not hold up everything else."""

    FITS = "fits"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a job is handed when it runs.

    Attributes:
        run: Id of the run.
        slot: The slot that it runs for; what is done twice for one slot must come to the same.
        now: The instant at which this attempt began.
        cancelled: Asked often by long work: True once it must stop, which an error is the answer to.
        report: Told how far long work has come.
    """

    run: str
    slot: datetime
    now: datetime
    cancelled: Callable[[], bool]
    report: Callable[[Progress], None]

    def check(self) -> None:
        """JobInterruptedError once it must stop: to be called between pieces of work."""
        if self.cancelled():
            raise JobInterruptedError(f"{self.slot:%Y-%m-%d %H:%M} UTC")


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable.

    `run` does the work and says in a sentence what came of it. A lease can be lost while it works, and the work be
    begun again elsewhere, so it must be idempotent: fits are by their recipe, feeds by id and revision.

    Attributes:
        name: What it does, and to what: `refit/tunisia`.
        schedule: When it is due.
        why: Why it is due then.
        run: The work.
        lane: What it waits for.
        want: Whether it is wanted at an instant; with the schedule OnNeed, and only with it.
        deadline: After how long at work it is told to stop and given up for its slot: long beyond what it ever takes.
    """

    name: str
    schedule: Schedule
    why: str
    run: Callable[[Turn], str]
    lane: Lane = Lane.OTHER
    want: Callable[[datetime], Want | None] | None = None
    deadline: timedelta = timedelta(hours=1)


class Ending(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    RETRY = "failed, will be attempted again"
    FAILED = "failed, given up"
    RELEASED = "released"
    LOST = "lease lost"


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended, and the outcome or problem in words."""

    ending: Ending
    said: str


def run_job(
    job: Job, run: JobRun, *, turn: Turn, book: RunBook, clock: Callable[[], datetime], jitter: Callable[[], float]
) -> Ended:
    """Run a claimed job and record how it ended.

    1. Do the work. 2. Where its worker stops meanwhile, release it: the attempt does not count. 3. Where it fails,
    open it again after a wait, unless asking again does not help. 4. Where the lease was lost meanwhile, nothing is
    recorded: the run is somebody else's, and the work done twice comes to the same.
    """
    try:
        outcome = job.run(turn)
    except Exception as error:  # noqa: BLE001 (whatever one job does wrong, the others go on; it is recorded)
        if turn.cancelled():
            held = book.release(run, clock())
            return Ended(Ending.RELEASED, "its worker stops") if held else Ended(Ending.LOST, str(error))
        return _failed(run, error, book, clock(), jitter())
    held = book.finish(run, outcome, clock())
    return Ended(Ending.DONE if held else Ending.LOST, outcome)


def _failed(run: JobRun, error: Exception, book: RunBook, now: datetime, jitter: float) -> Ended:
    wait = error.retry_after_seconds if isinstance(error, FeedUnavailableError) else None
    again_at = None if isinstance(error, _LASTING) else reopened_at(run.attempt, now, jitter, wait)
    problem = f"{type(error).__name__}: {error}"
    if not book.fail(run, problem, now, again_at):
        return Ended(Ending.LOST, problem)
    return Ended(Ending.FAILED if again_at is None else Ending.RETRY, problem)
