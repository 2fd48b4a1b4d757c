"""A record of runs in memory, equal to the one in a database, and a clock that a test turns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.domain.errors import StoreError
from tocsin.domain.job import (
    JobRun,
    State,
    Worker,
    after_expiry,
    expired,
    free_slot,
    next_step,
    order_of,
    ordered,
    retaken,
)


class MemoryJobs:
    """The port `JobBook`, which forgets with its process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.runs: dict[str, JobRun] = {}
        self.known: dict[str, Worker] = {}
        self.ahead = timedelta()
        self._made = 0

    def clock_ahead(self) -> timedelta:
        """As a test says."""
        return self.ahead

    def claim(self, job: str, slot: datetime | None, *, owner: str, now: datetime, until: datetime) -> JobRun | None:
        """By `next_step` over all runs of the job."""
        step = next_step([run for run in self.runs.values() if run.job == job], slot, now)
        if step is None:
            return None
        for run in step.skipped:
            said = f"the slot of {step.slot:%Y-%m-%d %H:%M} UTC came before it could be attempted again"
            self.runs[run.id] = replace(run, state=State.SKIPPED, next_attempt_at=None, problem=said)
        if step.again is None:
            self._made += 1
            run = JobRun(f"{self._made}", job, step.slot, State.RUNNING, 1, owner, until, now)
            if any((item.job, item.slot) == (job, step.slot) for item in self.runs.values()):
                return None
        else:
            run = retaken(step.again, owner, now, until)
        self.runs[run.id] = run
        return run

    def order(self, job: str, *, theater: str, actor: str, now: datetime) -> tuple[JobRun, bool]:
        """By `ordered` over all runs of the job; events are none of its business."""
        del theater, actor
        fresh = order_of(f"{self._made + 1}", job, now)
        run = ordered([run for run in self.runs.values() if run.job == job], fresh)
        if run.id != fresh.id:
            return run, False
        slots = {run.slot for run in self.runs.values() if run.job == job}
        run = replace(run, slot=free_slot(run.slot, lambda slot: slot in slots))
        self._made += 1
        self.runs[run.id] = run
        return run, True

    def find(self, run: str) -> JobRun | None:
        """The run of that id."""
        return self.runs.get(run)

    def renew(self, run: JobRun, until: datetime) -> bool:
        """If the lease stands."""
        return self._change(run, leased_until=until)

    def finish(self, run: JobRun, outcome: str, now: datetime) -> bool:
        """It ended well."""
        return self._change(
            run, state=State.DONE, leased_until=None, ended_at=now, outcome=outcome, problem=None, next_attempt_at=None
        )

    def fail(self, run: JobRun, problem: str, now: datetime, again_at: datetime | None) -> bool:
        """It failed."""
        state = State.FAILED if again_at is None else State.OPEN
        return self._change(
            run, state=state, leased_until=None, ended_at=now, problem=problem, next_attempt_at=again_at
        )

    def release(self, run: JobRun, now: datetime) -> bool:
        """It is let go."""
        return self._change(
            run, state=State.OPEN, leased_until=None, ended_at=now, next_attempt_at=now, attempt=run.attempt - 1
        )

    def _change(self, run: JobRun, **changes: object) -> bool:
        there = self.runs.get(run.id)  # None where it was given up and is forgotten
        if there is None or (there.state, there.attempt, there.owner) != (State.RUNNING, run.attempt, run.owner):
            return False
        self.runs[run.id] = replace(there, **changes)  # type: ignore[arg-type]
        return True

    def sweep(self, now: datetime) -> list[JobRun]:
        """Reopen what has expired."""
        swept = [after_expiry(run, now) for run in self.runs.values() if expired(run, now)]
        self.runs |= {run.id: run for run in swept}
        return swept

    def standing(self, now: datetime) -> list[JobRun]:
        """What is not over, and the latest of each job not far ahead."""
        latest: dict[str, JobRun] = {}
        for run in self.runs.values():
            if run.slot <= now + timedelta(hours=2) and (run.job not in latest or latest[run.job].slot < run.slot):
                latest[run.job] = run
        unended = {run.id: run for run in self.runs.values() if run.state in {State.RUNNING, State.OPEN}}
        found = unended | {run.id: run for run in latest.values()}
        return sorted(found.values(), key=lambda run: (run.job, run.slot))

    def last_done(self, job: str) -> JobRun | None:
        """The latest that ended well."""
        done = [run for run in self.runs.values() if run.job == job and run.state is State.DONE]
        return max(done, key=lambda run: run.slot, default=None)

    def forget(self, before: datetime) -> int:
        """Remove what is long over."""
        self.known = {item.id: item for item in self.known.values() if item.ticked_at >= before}
        last = {run.job: max(item.slot for item in self.runs.values() if item.job == run.job) for run in self.all()}
        old = [
            run
            for run in self.runs.values()
            if run.ended_at is not None
            and run.ended_at < before
            and run.state not in {State.RUNNING, State.OPEN}
            and run.slot < last[run.job]
            and run != self.last_done(run.job)
        ]
        for run in old:
            del self.runs[run.id]
        return len(old)

    def tick(self, worker: Worker) -> None:
        """Write a worker down."""
        self.known[worker.id] = worker

    def workers(self) -> list[Worker]:
        """The one that ticked last first."""
        return sorted(self.known.values(), key=lambda item: (-item.ticked_at.timestamp(), item.id))

    def all(self) -> list[JobRun]:
        """Everything on record."""
        return list(self.runs.values())


@dataclass
class Hands:
    """A clock and the seconds that pass, both turned by hand; threads that run when they are told to."""

    now: datetime
    elapsed: float = 0.0
    waiting: list[object] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Time passes, for the clock and in truth."""
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds

    def step(self, seconds: float) -> None:
        """The clock is set, or the machine sleeps: no time passes for the process."""
        self.now += timedelta(seconds=seconds)


class UnsteadyJobs(MemoryJobs):
    """The same, which can be told to be away: then it refuses everything, or what concerns one job."""

    def __init__(self) -> None:
        """At hand."""
        super().__init__()
        self.away = False
        self.refused: str | None = None

    def _answer(self, job: str | None = None) -> None:
        if self.away or (job is not None and job == self.refused):
            raise StoreError("the store is away")

    def claim(self, job: str, slot: datetime | None, *, owner: str, now: datetime, until: datetime) -> JobRun | None:
        """Where it is at hand."""
        self._answer(job)
        return super().claim(job, slot, owner=owner, now=now, until=until)

    def renew(self, run: JobRun, until: datetime) -> bool:
        """Where it is at hand."""
        self._answer(run.job)
        return super().renew(run, until)

    def sweep(self, now: datetime) -> list[JobRun]:
        """Where it is at hand."""
        self._answer()
        return super().sweep(now)

    def standing(self, now: datetime) -> list[JobRun]:
        """Where it is at hand."""
        self._answer()
        return super().standing(now)

    def tick(self, worker: Worker) -> None:
        """Where it is at hand."""
        self._answer()
        super().tick(worker)
