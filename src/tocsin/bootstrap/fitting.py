"""Fits in processes, put together: what refits in the background uses."""

from __future__ import annotations

import functools
import math
import os
import queue
import random
import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import structlog

from tocsin.bootstrap.service import open_service
from tocsin.bootstrap.worker import make_sampler
from tocsin.domain.errors import FitInterruptedError, SamplerFailedError
from tocsin.executor.pool import ProcessPool
from tocsin.executor.retry import conclude, wait_before_next
from tocsin.executor.work import Work, around
from tocsin.inference.compiler import prepare_compiler
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.ports import Limits, Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from tocsin.domain.fit import Fit
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Sampler

_POLL_SECONDS = 0.1
PRELOADED = ("tocsin.inference.sample", "tocsin.bootstrap.fitting")
"""What the fork server imports, once for all workers."""

_WAITING = 64  # fits that are waited for at once; a thread that waits costs next to nothing
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Order:
    """Which fit is wanted; see `fit_theater`."""

    theater: str
    as_of: datetime
    now: datetime
    seed: int
    actor: str


class Fitter:
    """Fits in processes of their own, tried again when they break down. A context manager: leaving it stops them.

    Only an accepted fit is ever served, and only once it is recorded whole: whatever happens to a fit here, the last
    accepted one goes on serving.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; the processes start when the context is entered."""
        self._settings = settings
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        """Start the processes, in the background."""
        prepare_compiler(self._settings.cache_folder)  # the fork server imports PyTensor, which reads it then
        calm_fork_server()
        self._pool = ProcessPool(self._settings.fit_processes, preloaded=PRELOADED)
        self._waiters = ThreadPoolExecutor(_WAITING, thread_name_prefix="fit-waiter")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every fit, within seconds, and end the processes."""
        self._closing.set()
        self._waiters.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def starting(self) -> bool:
        """Processes are still being started; see `ProcessPool.starting`."""
        return self._pool.starting

    def fit(
        self,
        theater: str,
        *,
        as_of: datetime,
        now: datetime,
        seed: int,
        actor: str,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Fit:
        """Fit in another process and wait for it; what it gives is recorded already, be it accepted or rejected.

        The deadline runs from when a process takes it up, over all attempts.

        Args:
            theater: Id of the theater.
            as_of: Fit what was known at this instant.
            now: The instant at which the fit is recorded.
            seed: The same seed and evidence give the same odds.
            actor: Who has it fitted.
            report: Called in this thread.
            cancelled: Asked in this thread, several times a second.

        Raises:
            FitInterruptedError: The deadline passed, it was cancelled, or the fitter was closed.
            SamplerFailedError: The process died, panicked or ran out of memory, each time that it was tried.
            TocsinError: What fitting itself refuses, such as an unknown theater or a store that cannot be used.
        """
        clock = _Clock()
        limits = Limits(
            self._settings.fit_deadline_seconds, lambda: self._closing.is_set() or cancelled(), clock.elapsed
        )
        log = _LOG.bind(run=_run_id(), theater=theater, as_of=as_of.isoformat())
        failures: list[Exception] = []
        while True:
            limits.check()
            work = self._pool.submit(fit_here, self._settings, Order(theater, as_of, now, seed, actor))
            try:
                done = _await(work, clock, limits, report)
            except Exception as error:  # which of them are worth another attempt is the policy's to say
                failures.append(error)
                wait = wait_before_next(failures, random.random())  # noqa: S311 - it only spreads the attempts
                log.warning("fit failed", attempt=len(failures), reason=str(error), again_in_seconds=wait)
                if wait is None:
                    raise conclude(failures) from error
                _pause(wait, limits)
            else:
                log.info("fit done", fit=done.id, accepted=done.accepted, attempt=len(failures) + 1)
                return done

    def submit(
        self,
        theater: str,
        *,
        as_of: datetime,
        now: datetime,
        seed: int,
        actor: str,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Future[Fit]:
        """The same without waiting; `report` and `cancelled` are called in another thread."""
        call = functools.partial(
            self.fit, theater, as_of=as_of, now=now, seed=seed, actor=actor, report=report, cancelled=cancelled
        )
        return self._waiters.submit(copy_context().run, call)  # with the names that the log carries


def calm_fork_server() -> None:
    """Keep the fork server to one thread, as a fork copies one only and whatever lock another holds stays locked.

    Of what it imports two libraries start threads. OpenBLAS ends its own before a fork; Arrow's allocator does not, and
    reads this variable when it is loaded.
    """
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")


def fit_here(settings: Settings, order: Order) -> Fit:
    """The fit that was ordered, in this process. The store is opened anew: a connection must not cross a fork."""
    here = around()
    # The deadline is kept outside, where it also holds while this process does not listen.
    limits = Limits(math.inf, here.stopped, lambda: 0.0)
    with open_service(settings) as service:
        return fit_theater(
            service.catalog.theater(order.theater),
            means=Means(service.ledger, service.fits, _sampler(settings), service.codec),
            as_of=order.as_of,
            now=order.now,
            seed=order.seed,
            actor=order.actor,
            limits=limits,
            report=here.report,
        )


@functools.cache
def _sampler(settings: Settings) -> Sampler:
    """One a process: it keeps compiled models."""
    return make_sampler(settings)


def _run_id() -> str:
    """What tells this run in the log: the id of the job that asked for it, where there is one."""
    known = structlog.contextvars.get_contextvars().get("run")
    return uuid4().hex[:12] if known is None else str(known)


class _Clock:
    """Seconds since the first attempt was taken up by a process; 0 before, as waiting in the queue is no fault."""

    def __init__(self) -> None:
        self._began: float | None = None

    def follow(self, work: Work[Fit]) -> None:
        """Begin when this work has begun, where nothing began earlier."""
        if self._began is None and work.elapsed > 0:
            self._began = time.monotonic() - work.elapsed

    def elapsed(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began


def _await(work: Work[Fit], clock: _Clock, limits: Limits, report: Callable[[Progress], None]) -> Fit:
    """What the work gives. Where a limit is met, it is stopped; FitInterruptedError then says which limit it was."""
    try:
        while True:
            with suppress(queue.Empty):
                progress = work.reports.get(timeout=_POLL_SECONDS)
                if progress is None:
                    return _result(work)
                report(progress)
            clock.follow(work)
            limits.check()
    except FitInterruptedError as interrupted:
        work.stop()
        with suppress(FitInterruptedError, SamplerFailedError):
            return _result(work)  # it ended while it was being stopped, and is recorded
        raise interrupted from None
    finally:
        work.stop()


def _result(work: Work[Fit]) -> Fit:
    try:
        return work.result()
    except CancelledError as error:  # it never began
        raise FitInterruptedError("it was cancelled") from error


def _pause(seconds: float, limits: Limits) -> None:
    """Wait, unless a limit is met."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        limits.check()
        time.sleep(min(left, _POLL_SECONDS))
