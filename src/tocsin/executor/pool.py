"""Long-lived worker processes, each on its own: what becomes of one does not touch the others."""

from __future__ import annotations

import pickle
import queue
import threading
import time
from concurrent.futures import Executor
from typing import TYPE_CHECKING, override

import structlog

from tocsin.domain.errors import FitInterruptedError, SamplerFailedError
from tocsin.executor.serve import Done, Failed, Reported
from tocsin.executor.work import Work
from tocsin.executor.worker import Worker, preload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_POLL_SECONDS = 0.05
_GRACE_SECONDS = 0.5
_STARTING_SECONDS = 1.0
"""How long a shutdown waits for workers that are only being started: the fork server imports for seconds."""
_LOG = structlog.get_logger()


class ProcessPool(Executor):
    """An executor whose work can be stopped while it runs, and whose workers die alone.

    `concurrent.futures.ProcessPoolExecutor` is not used, as one killed worker breaks it whole and takes all other work
    along, and as it cannot stop what runs. Here each slot is a thread that attends one process through a pipe of its
    own. A process that dies, breaks down or does not stop is replaced, and only its own work ends.

    Errors of the work: its own; SamplerFailedError where the process died, ran out of memory or panicked;
    FitInterruptedError where it was stopped.
    """

    def __init__(self, processes: int, *, preloaded: Sequence[str] = ()) -> None:
        """Start the workers, in the background.

        Args:
            processes: How many pieces of work run at once.
            preloaded: Modules to import once, in the fork server; see `preload`.
        """
        if preloaded:
            preload(preloaded)
        self._waiting: queue.SimpleQueue[Work[object] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._starting: set[threading.Thread] = set()
        # Daemons, so that a program that forgets to shut the pool down can end; the workers end with it.
        self._slots = [
            threading.Thread(target=self._attend_slot, daemon=True, name=f"fit-slot-{number}")
            for number in range(processes)
        ]
        for slot in self._slots:
            slot.start()

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Work[T]:
        """Queue a function, to be called in a worker; all of it must be picklable. There `around()` tells of the stop.

        A worker's memory and modules stay from one call to the next.
        """
        work: Work[T] = Work(pickle.dumps((fn, args, kwargs)))
        with self._closing:
            if self._closed:
                raise RuntimeError("the pool has been shut down and takes no more work")
            self._waiting.put(work)  # type: ignore[arg-type]  # the queue holds work of any kind
        return work

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and end the workers once what there is has ended; see `Executor.shutdown`.

        A worker that is only being started is not waited for: it has no work, and leaves when its pipe ends.
        """
        with self._closing:
            if not self._closed:
                self._closed = True
                if cancel_futures:
                    self._cancel_waiting()
                for _ in self._slots:
                    self._waiting.put(None)
        if wait:
            until = time.monotonic() + _STARTING_SECONDS
            for slot in self._slots:
                while slot.is_alive() and (slot not in self._starting or time.monotonic() < until):
                    slot.join(_POLL_SECONDS)

    @property
    def starting(self) -> bool:
        """Workers are being started: Python would wait at its end for their fork server to have imported everything."""
        return bool(self._starting)

    def _cancel_waiting(self) -> None:
        while not self._waiting.empty():
            work = self._waiting.get()
            if work is not None:
                work.cancel()

    def _attend_slot(self) -> None:
        worker = self._start_ahead()
        while (work := self._waiting.get()) is not None:
            if not work.begin():
                continue
            if worker is not None and not worker.alive:  # it died while it was idle, which is no fault of this work
                worker.kill()
                worker = None
            try:
                worker = Worker() if worker is None else worker
                sound = _attend(worker, work)
            except Exception as error:  # noqa: BLE001 - told to who waits, so that the slot outlives whatever comes
                work.set_exception(error)
                sound = False
            if not sound and worker is not None:
                _LOG.warning("fit process replaced", pid=worker.pid)
                worker.kill()
                worker = self._start_ahead()
        if worker is not None:
            worker.kill()

    def _start_ahead(self) -> Worker | None:
        """A worker that is ready before there is work; None where none can be started now, to be tried again then."""
        self._starting.add(threading.current_thread())
        try:
            return Worker()
        except SamplerFailedError as error:
            _LOG.warning("fit process not started", reason=str(error))
            return None
        finally:
            self._starting.discard(threading.current_thread())


def _attend(worker: Worker, work: Work[object]) -> bool:
    """See work through; False where the worker must be replaced. SamplerFailedError where it has died."""
    worker.begin(work.parcel)
    asked: float | None = None
    while True:
        said = worker.hear(_POLL_SECONDS)
        match said:
            case Reported(progress):
                work.reports.put(progress)
            case Done(result):
                work.set_result(result)
                return True
            case Failed():
                return _pass_on(said, work)
        now = time.monotonic()
        if asked is None and work.stop_wanted:
            worker.ask_to_stop()
            asked = now
        # Sampling stops when it is asked to; compiling cannot be interrupted, and a wedged library does not listen.
        # Killing is safe: compiled code enters its cache, and a fit the store, whole or not at all.
        if asked is not None and now - asked > _GRACE_SECONDS:
            worker.kill()
            work.set_exception(FitInterruptedError("it was cancelled"))
            return False


def _pass_on(failed: Failed, work: Work[object]) -> bool:
    error = failed.error()
    error.add_note(f"in the fit process:\n{failed.trace}")
    work.set_exception(error)
    # After a panic or without memory, what the process holds cannot be relied on any more.
    return not isinstance(error, SamplerFailedError)
