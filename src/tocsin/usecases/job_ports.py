"""What running jobs needs from outside: the record of what ran when, and of who holds what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tocsin.domain.job import JobRun, Worker


class RunBook(Protocol):
    """Where what came of a run is recorded.

    A run is told by its id; a lease on it by its attempt and owner. Each change is made only if the lease that the
    given run shows still stands, and says whether it did.
    """

    def finish(self, run: JobRun, outcome: str, now: datetime) -> bool:
        """It ended well."""
        ...

    def fail(self, run: JobRun, problem: str, now: datetime, again_at: datetime | None) -> bool:
        """It failed; it is open again from an instant on, or given up."""
        ...

    def release(self, run: JobRun, now: datetime) -> bool:
        """Its worker stops: it is open at once, and the attempt does not count."""
        ...


class JobBook(RunBook, Protocol):
    """The record of what ran when, and of who holds what under which lease."""

    def clock_ahead(self) -> timedelta:
        """By how much the clock that all workers share is ahead of this machine's; nothing where they are one machine.

        Leases are given and looked at by that clock, as those of two machines differ.
        """
        ...

    def claim(self, job: str, slot: datetime | None, *, owner: str, now: datetime, until: datetime) -> JobRun | None:
        """Take what is to be done about a job by `next_step`, under a lease; None where somebody else has it."""
        ...

    def order(self, job: str, *, theater: str, actor: str, now: datetime) -> tuple[JobRun, bool]:
        """Put an open run of a job on record, with its event FIT_ORDERED, and whether it is new (`ordered`)."""
        ...

    def find(self, run: str) -> JobRun | None:
        """The run of that id."""
        ...

    def renew(self, run: JobRun, until: datetime) -> bool:
        """Keep a lease; False where it is lost, so that the work must stop."""
        ...

    def sweep(self, now: datetime) -> list[JobRun]:
        """Reopen all runs whose lease has expired, or give them up after too many attempts; as they are then."""
        ...

    def standing(self, now: datetime) -> list[JobRun]:
        """All runs that are running or open, and the latest of each job not far ahead of the clock (`next_step`)."""
        ...

    def last_done(self, job: str) -> JobRun | None:
        """The run of a job's latest slot that ended well; None where none did."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove runs that ended, and workers that ticked last, before an instant.

        Of each job the latest stays, and the latest that ended well.
        """
        ...

    def tick(self, worker: Worker) -> None:
        """Write a worker down as it is now."""
        ...

    def workers(self) -> list[Worker]:
        """All workers on record, the one that ticked last first."""
        ...
