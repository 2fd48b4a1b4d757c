"""The runner: claims what is due, runs it in threads, keeps the leases, and lets go of everything when it stops."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from tocsin.domain.errors import StoreError
from tocsin.domain.job import given_up, next_step, renewal_seconds
from tocsin.jobs.due import due_slot
from tocsin.jobs.patience import PatientBook
from tocsin.jobs.wants import Wants
from tocsin.usecases.run_job import Ending, Lane, Turn, run_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tocsin.domain.job import JobRun, Worker
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.ports import Progress
    from tocsin.usecases.run_job import Ended, Job

_STEP = timedelta(seconds=5)
"""By how much the clock and the time that passed must differ for it to be called a step."""
_JITTER = random.SystemRandom()


@dataclass(eq=False, slots=True)
class _Held:
    """A run at work here; `cancelled` tells it to stop."""

    job: Job
    run: JobRun
    began: float  # in seconds that passed, which no clock step changes
    renewed: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    lost: bool = False

    @property
    def lease(self) -> tuple[str, int]:
        """What tells its lease from all others: a run may be attempted again while the thread of the last is here."""
        return self.run.id, self.run.attempt


@dataclass(frozen=True, slots=True)
class Means:
    """What a runner acts through.

    Attributes:
        book: The record of runs.
        now: The clock.
        elapsed: Seconds since some moment, which no clock step changes.
        start: Starts a function elsewhere, in a thread that does not keep the process alive.
    """

    book: JobBook
    now: Callable[[], datetime]
    elapsed: Callable[[], float]
    start: Callable[[Callable[[], None]], object]


def in_a_thread(work: Callable[[], None]) -> None:
    """Start a function in a thread that does not keep the process alive."""
    threading.Thread(target=work, daemon=True).start()


class Runner:
    """One worker. `tick` looks what is due, `beat` keeps the leases: each is called every few seconds."""

    def __init__(
        self, timetable: Sequence[Job], worker: Worker, means: Means, *, lease: timedelta, room: Mapping[Lane, int]
    ) -> None:
        """Nothing runs yet; `room` is how many runs of each lane may be at work at once."""
        self._timetable = timetable
        self._worker = worker
        self._means = means
        self._lease = lease
        self._room = room
        self._held: dict[tuple[str, int], _Held] = {}
        self._wants = Wants(means.start, worker.id)
        self._lock = threading.Lock()
        self._ticking = threading.Lock()
        self._stopping = threading.Event()
        self._seen: tuple[datetime, float] | None = None
        self._sweep_from = 0.0
        self._ahead = timedelta()
        self._log = structlog.get_logger("tocsin.jobs").bind(worker=worker.id)

    @property
    def running(self) -> tuple[str, ...]:
        """Names of the jobs at work here."""
        with self._lock:
            return tuple(held.job.name for held in self._held.values())

    def tick(self) -> None:
        """Write down that this worker is there, reopen what others left behind, and begin what is due."""
        with self._ticking:
            if not self._stopping.is_set():
                self._holding_the_sweep(self._tick)

    def _tick(self) -> None:
        now = self._look_at_clock()
        book = self._means.book
        # Before the sweep: after a time in which nothing could be renewed it would take away what is at work here.
        self._renew(now, after=renewal_seconds(self._lease))
        self._worker = replace(self._worker, ticked_at=now)
        book.tick(self._worker)
        if self._means.elapsed() >= self._sweep_from:
            for run in book.sweep(now + self._ahead):
                self._log.warning("lease expired", job=run.job, run=run.id, state=run.state.value, problem=run.problem)
        standing = book.standing(now)
        runs = {job.name: [run for run in standing if run.job == job.name] for job in self._timetable}
        wanting = [job for job in self._timetable if job.want is not None and self._has_room(job)]
        started_at = self._worker.started_at
        self._wants.look([(job, given_up(runs[job.name], now, started_at)) for job in wanting], now)
        for job in self._timetable:
            try:
                self._consider(job, runs[job.name], now)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 (whatever is wrong with one job, those after it must not starve)
                self._log.exception("cannot tell whether it is due", job=job.name)

    def beat(self) -> None:
        """Renew the leases of what runs here; what has lost its lease is told to stop."""
        self._holding_the_sweep(lambda: self._renew(self._look_at_clock()))

    def _renew(self, now: datetime, after: float = 0.0) -> None:
        """Renew what was not renewed for so many seconds. StoreError, after all were tried, where some could not be."""
        self._compare_clocks(self._means.book.clock_ahead())
        with self._lock:
            held = [item for item in self._held.values() if not item.lost]
        failed: StoreError | None = None
        for item in held:
            elapsed = self._means.elapsed()
            try:
                if elapsed - item.began > item.job.deadline.total_seconds():
                    self._give_up(item, now)
                elif elapsed - item.renewed < after:
                    continue
                elif self._means.book.renew(item.run, self._lease_end(now)):
                    item.renewed = elapsed
                elif item.lease in self._held:  # what ended meanwhile holds nothing either
                    self._lose(item)
            except StoreError as error:
                failed = error
        if failed is not None:
            raise failed

    def _give_up(self, item: _Held, now: datetime) -> None:
        """What is past its deadline is told to stop and shown as failed, whether it hears that or not."""
        item.cancelled.set()
        problem = (
            f"it was still at work after {item.job.deadline} (hours:minutes:seconds), was told to stop, and is given "
            f"up for this slot; worker {self._worker.id} does not begin it again before it has ended there"
        )
        if self._means.book.fail(item.run, problem, now, None):
            self._log.error("given up past its deadline", job=item.job.name, run=item.run.id, problem=problem)
        item.lost = True

    def _lose(self, item: _Held) -> None:
        item.lost = True
        item.cancelled.set()
        self._log.warning("lease lost, stopping the run", job=item.job.name, run=item.run.id)

    def _holding_the_sweep(self, call: Callable[[], None]) -> None:
        """Call; where the store is away, nobody's lease is swept for one lease's length after that.

        Who could not be renewed by us could not be by others either.
        """
        try:
            call()
        except StoreError:
            self._hold_sweep()
            raise

    def _hold_sweep(self) -> None:
        self._sweep_from = self._means.elapsed() + self._lease.total_seconds()

    def stop(self, patience: float) -> bool:
        """Stop claiming, cancel what runs, wait so many seconds for it, and release what does not end.

        Whether everything has ended: what has not may still be computing, but what comes of it is not recorded. Where
        the store is away nothing can be released, and what ran here is reopened once its lease has expired.
        """
        self._stopping.set()
        with self._lock:
            held = list(self._held.values())
        for item in held:
            item.cancelled.set()
        until = self._means.elapsed() + patience
        ticked = self._ticking.acquire(timeout=patience)  # a claim that is being made would escape us
        if ticked:
            self._ticking.release()  # whatever ticks from here on sees that we stop
        wait = threading.Event()
        while self.running and self._means.elapsed() < until:
            wait.wait(0.02)
        with self._lock:
            left = list(self._held.values())
        try:
            self._let_go(left)
        except StoreError as error:
            self._log.warning("stopped while the store is away", problem=str(error))
            return False
        return ticked and not left

    def _let_go(self, left: Sequence[_Held]) -> None:
        now = self._means.now()
        for item in left:
            if self._means.book.release(item.run, now):
                self._log.warning("released while it was still at work", job=item.job.name, run=item.run.id)
        self._means.book.tick(replace(self._worker, ticked_at=now, stopped_at=now))

    def _lease_end(self, now: datetime) -> datetime:
        """By the clock that all workers share."""
        return now + self._ahead + self._lease

    def _compare_clocks(self, ahead: timedelta) -> None:
        """Leases go by the store's clock; where this machine's is another, slots are found too early or too late."""
        if abs(ahead) > _STEP and abs(ahead - self._ahead) > _STEP:
            self._log.warning("this clock is not the store's", store_ahead_seconds=ahead.total_seconds())
        self._ahead = ahead

    def _look_at_clock(self) -> datetime:
        """The instant; after a sleep or a clock step nobody's lease is swept until its holder could have renewed it."""
        now, elapsed = self._means.now(), self._means.elapsed()
        if self._seen is not None:
            passed = timedelta(seconds=elapsed - self._seen[1])
            step = now - self._seen[0] - passed
            if abs(step) > _STEP:
                self._log.warning("the clock stepped, or the machine slept", seconds=step.total_seconds())
                self._hold_sweep()
                self._wants.forget()
        self._seen = now, elapsed
        return now

    def _has_room(self, job: Job) -> bool:
        """Nothing of the job is at work here, and its lane is not full.

        A run whose lease was lost may be at work still, until it hears that it is to stop: another worker may take it,
        but here it would be at work twice.
        """
        with self._lock:
            held = {item.job.name: item.job for item in self._held.values()}
        lane = sum(other.lane is job.lane for other in held.values())
        return job.name not in held and lane < self._room[job.lane]

    def _consider(self, job: Job, runs: Sequence[JobRun], now: datetime) -> None:
        """Begin a job if something of it is due and there is room."""
        if not self._has_room(job):
            return
        slot = due_slot(job, now) if job.want is None else self._wants.take(job)
        if next_step(runs, slot, now) is None:
            return
        until = self._lease_end(now)
        run = self._means.book.claim(job.name, slot, owner=self._worker.id, now=now, until=until)
        if run is not None:
            self._begin(job, run)

    def _begin(self, job: Job, run: JobRun) -> None:
        began = self._means.elapsed()
        held = _Held(job, run, began, renewed=began)
        with self._lock:
            self._held[held.lease] = held
            if self._stopping.is_set():  # it was claimed while we were told to stop
                held.cancelled.set()
        self._means.start(lambda: self._work(held))

    def _work(self, held: _Held) -> None:
        run, log = held.run, self._log.bind(job=held.job.name, run=held.run.id, attempt=held.run.attempt)
        log.info("run started", slot=run.slot.isoformat())
        turn = Turn(run.id, run.slot, run.started_at, held.cancelled.is_set, _phases(log))
        try:
            ended = self._run(held, turn)
            level = log.info if ended.ending in {Ending.DONE, Ending.RELEASED} else log.warning
            level(f"run {ended.ending}", said=ended.said)
        except StoreError as error:
            log.exception("what came of the run could not be recorded; it will run again", problem=str(error))
        finally:
            with self._lock:
                self._held.pop(held.lease, None)

    def _run(self, held: _Held, turn: Turn) -> Ended:
        book = PatientBook(self._means.book, held.cancelled)
        return run_job(held.job, held.run, turn=turn, book=book, clock=self._means.now, jitter=_JITTER.random)


def _phases(log: structlog.stdlib.BoundLogger) -> Callable[[Progress], None]:
    """A line for each phase of long work."""
    told: set[str] = set()

    def report(progress: Progress) -> None:
        if progress.phase not in told:
            told.add(progress.phase)
            log.info(progress.phase, total=progress.total)

    return report
