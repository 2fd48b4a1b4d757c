"""Fits in an executor, put together: what refits in the background uses."""

from __future__ import annotations

import functools
import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import structlog

from tocsin.bootstrap.attempts import see_through
from tocsin.bootstrap.executors import open_executor, settings_here, settings_there, store_name
from tocsin.bootstrap.service import open_service
from tocsin.bootstrap.worker import make_sampler
from tocsin.executor.work import around
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from tocsin.domain.fit import Fit
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Progress, Sampler

_WAITING = 64  # fits that are waited for at once; a thread that waits costs next to nothing
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Order:
    """Which fit is wanted, see `fit_theater`, and the store that it is for, by `store_name`."""

    theater: str
    as_of: datetime
    now: datetime
    seed: int
    actor: str
    store: str


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
        """Start the processes, in the background; with Dask, the first fit connects."""
        self._pool = open_executor(self._settings, self._settings.fit_processes)
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
        log = _LOG.bind(run=_run_id(), theater=theater, as_of=as_of.isoformat())
        order = Order(theater, as_of, now, seed, actor, store_name(self._settings))
        done, attempt = see_through(
            lambda: self._pool.submit(fit_here, settings_there(self._settings), order),
            deadline_seconds=self._settings.fit_deadline_seconds,
            cancelled=lambda: self._closing.is_set() or cancelled(),
            report=report,
            log=log,
        )
        log.info("fit done", fit=done.id, accepted=done.accepted, attempt=attempt)
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


def fit_here(sent: Settings | None, order: Order) -> Fit:
    """The fit that was ordered, in this process. The store is opened anew: a connection must not cross a fork."""
    here = around()
    settings = settings_here(sent, order.store)
    # The deadline is kept outside, where it also holds while this process does not listen.
    limits = Limits(math.inf, here.stopped, lambda: 0.0)
    with open_service(settings) as service:
        return fit_theater(
            service.catalog.theater(order.theater),
            means=Means(service.ledger, service.fits, sampler_here(settings), service.codec),
            as_of=order.as_of,
            now=order.now,
            seed=order.seed,
            actor=order.actor,
            limits=limits,
            report=here.report,
        )


@functools.cache
def sampler_here(settings: Settings) -> Sampler:
    """One a process: it keeps compiled models."""
    return make_sampler(settings)


def _run_id() -> str:
    """What tells this run in the log: the id of the job that asked for it, where there is one."""
    known = structlog.contextvars.get_contextvars().get("run")
    return uuid4().hex[:12] if known is None else str(known)
