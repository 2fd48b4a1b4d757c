"""Work on the workers of a Dask cluster, behind the same executor as processes of our own."""

from __future__ import annotations

import pickle
import queue
import threading
import time
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override
from uuid import uuid4

import structlog
from distributed import Client, KilledWorker
from distributed.security import Security

from tocsin.domain.errors import FitInterruptedError, SamplerFailedError
from tocsin.executor.dask_there import BEGAN, leave_there, run_there, stop_there
from tocsin.executor.serve import Done, Failed
from tocsin.executor.work import Work
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from distributed import Future

_POLL_SECONDS = 0.05
_GRACE_SECONDS = 0.5
_ANSWER_SECONDS = 10.0
"""How long a scheduler has to answer, and a worker to hand over a result that is there."""
_NOBODY_SECONDS = 60.0
"""For how long work waits where there is no worker at all: as long as a container takes to start again."""
_ASK_SECONDS = 5.0
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM form for an address that begins with tls://: who signs, our certificate, and its key."""

    ca: Path
    cert: Path
    key: Path


@dataclass(eq=False, slots=True)
class _Errand:
    """A piece of work that was sent out: where it is at work, and since when it has been asked to stop."""

    work: Work[Any]
    future: Future[bytes]
    sent: float
    worker: str | None = None
    asked: float | None = None


@dataclass(frozen=True, slots=True)
class _Ended:
    """Dask says that something has become of it."""

    name: str


type _Heard = Work[Any] | _Ended | tuple[str, str, str, int, int]


class DaskPool(Executor):
    """An executor on the workers of a Dask scheduler, whose work can be stopped while it runs.

    The workers run the same version of Tocsin. One that dies is no failure: Dask gives its work to another, a few times
    over, and as the same work has the same result nobody notices. Connecting waits for the first work, and is tried
    anew for each until a scheduler answers.

    Errors of the work: its own; SamplerFailedError where workers died of it repeatedly, it panicked, memory ran out, no
    scheduler answers or no worker is there; FitInterruptedError where it was stopped.
    """

    def __init__(self, address: str, *, certificates: Certificates | None = None) -> None:
        """Remember where the scheduler is, such as tcp://scheduler:8786; nothing is sent to it yet."""
        self._address = address
        self._certificates = certificates
        self._topic = f"tocsin-{uuid4().hex}"
        self._client: Client | None = None
        self._asked, self._workers = 0.0, 0
        self._errands: dict[str, _Errand] = {}
        self._heard: queue.SimpleQueue[_Heard] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._waiting: set[Work[Any]] = set()
        # A daemon, so that a program that forgets to shut the pool down can end.
        self._attendant = threading.Thread(target=self._attend, daemon=True, name="dask-fits")
        self._attendant.start()

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Work[T]:
        """Hand a function to the scheduler; all of it must be picklable. There `around()` tells of the stop."""
        work: Work[T] = Work(pickle.dumps((fn, args, kwargs)))
        with self._closing:
            if self._closed:
                raise RuntimeError("the pool has been shut down and takes no more work")
            self._waiting.add(work)
            self._heard.put(work)
        work.add_done_callback(self._waiting.discard)
        return work

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and let go of the scheduler once what there is has ended; see `Executor.shutdown`."""
        with self._closing:
            self._closed = True
        if cancel_futures:
            for work in list(self._waiting):
                work.cancel()
        if wait:
            self._attendant.join()

    @property
    def starting(self) -> bool:
        """Nothing that a program would wait for at its end is being started; see `ProcessPool.starting`."""
        return False

    def _attend(self) -> None:
        """Hear of all work and look after it, in one thread, until the pool is closed and nothing is left."""
        while not self._closed or self._errands or not self._heard.empty():
            with suppress(queue.Empty):
                heard = self._heard.get(timeout=_POLL_SECONDS)
                self._go_on(self._take, heard)
            for name, errand in list(self._errands.items()):
                self._go_on(self._look_after, name, errand)
        if self._client is not None:
            self._client.close(_ANSWER_SECONDS)

    @staticmethod
    def _go_on[**P](step: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Take a step, and whatever goes wrong with it, go on looking after the others."""
        try:
            step(*args, **kwargs)
        except Exception:  # noqa: BLE001 (as said)
            _LOG.exception("Dask could not be heard or told")

    def _take(self, heard: _Heard) -> None:
        match heard:
            case Work():
                self._send(heard)
            case _Ended(name):
                errand = self._errands.get(name)
                if errand is not None:
                    self._end(name, errand)
            case (name, worker, phase, done, total):
                errand = self._errands.get(name)
                if errand is None:
                    return
                errand.worker = worker
                if phase != BEGAN:
                    errand.work.reports.put(Progress(phase, done, total))
                elif not errand.work.running():
                    errand.work.begin()

    def _send(self, work: Work[Any]) -> None:
        if work.cancelled():
            return
        name = uuid4().hex
        try:
            client = self._connected()
            # The name is its key: the same function of the same arguments is another piece of work each time.
            future = client.submit(run_there, work.parcel, name, self._topic, key=f"tocsin-{name}", pure=False)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            message = f"no Dask scheduler answers at {self._address}: {error}"
            _conclude(work, SamplerFailedError(message))
            return
        self._errands[name] = _Errand(work, future, time.monotonic())
        future.add_done_callback(lambda _: self._heard.put(_Ended(name)))

    def _connected(self) -> Client:
        if self._client is None or self._client.status != "running":
            if self._client is not None:
                self._client.close(_ANSWER_SECONDS)
            self._client = Client(
                self._address,
                timeout=_ANSWER_SECONDS,
                set_as_default=False,
                security=_security(self._certificates),
                name="tocsin",
            )
            self._client.subscribe_topic(self._topic, lambda event: self._heard.put(tuple(event[1])))
        return self._client

    def _end(self, name: str, errand: _Errand) -> None:
        """What has become of it: a result to be fetched, an error of Dask's, or that Dask knows it no more."""
        work, future = errand.work, errand.future
        try:
            if future.status == "finished":
                said = pickle.loads(future.result(_ANSWER_SECONDS))  # noqa: S301 - from a worker of our own cluster
                self._pass_on(said, errand)
            elif future.status == "error":
                _conclude(work, _in_our_words(future.exception(_ANSWER_SECONDS)))
            elif future.status == "cancelled":
                lost = SamplerFailedError(f"the Dask scheduler at {self._address} was lost, and the work with it")
                _conclude(work, FitInterruptedError("it was cancelled") if work.stop_wanted else lost)
            else:  # whoever had the result died before it was fetched, and it is being made again
                raise TimeoutError  # noqa: TRY301 (as where it is told so late)
        except TimeoutError:
            future.add_done_callback(lambda _: self._heard.put(_Ended(name)))
            return
        except Exception as error:  # noqa: BLE001 - told to who waits, whatever it is
            _conclude(work, error)
        del self._errands[name]
        future.release()

    def _pass_on(self, said: Done | Failed, errand: _Errand) -> None:
        if isinstance(said, Done):
            _conclude(errand.work, None, said.result)
            return
        error = said.error()
        error.add_note(f"in the Dask worker {errand.worker}:\n{said.trace}")
        if isinstance(error, SamplerFailedError) and errand.worker is not None:
            _LOG.warning("Dask worker told to leave", worker=errand.worker, reason=str(error))
            self._tell(errand.worker, leave_there)
        _conclude(errand.work, error)

    def _look_after(self, name: str, errand: _Errand) -> None:
        """Stop what is to be stopped, within a second whether or not it listens; give up what nobody takes up."""
        work, now = errand.work, time.monotonic()
        if work.cancelled():
            self._let_go(name, errand)
        elif work.stop_wanted and errand.asked is None:
            errand.asked = now
            if errand.worker is not None:
                self._tell(errand.worker, stop_there, name)
        elif errand.asked is not None and now - errand.asked > _GRACE_SECONDS:
            # A thread of a worker cannot be killed. It goes on until it listens, and what it gives is not wanted.
            _conclude(work, FitInterruptedError("it was cancelled"))
            self._let_go(name, errand)
        elif errand.worker is None and now - errand.sent > _NOBODY_SECONDS and self._nobody(now):
            message = f"the Dask scheduler at {self._address} has no worker, and none came for {_NOBODY_SECONDS:g} s"
            _conclude(work, SamplerFailedError(message))
            self._let_go(name, errand)

    def _nobody(self, now: float) -> bool:
        """Whether there is no worker at all, asked of the scheduler now and then."""
        if self._client is not None and now - self._asked >= _ASK_SECONDS:
            self._asked = now
            self._workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
        return self._workers == 0

    def _let_go(self, name: str, errand: _Errand) -> None:
        del self._errands[name]
        _aside(errand.future.cancel)
        if errand.worker is not None:
            self._tell(errand.worker, stop_there, name)

    def _tell(self, worker: str, what: Callable[..., Any], *args: str) -> None:
        """Have something done in a worker, outside of its work."""
        client = self._client
        if client is not None:
            _aside(lambda: client.run(what, *args, workers=[worker], wait=False, on_error="ignore"))


def _aside(call: Callable[[], object]) -> None:
    """Call in a thread of its own: a worker that compiles answers late, and nothing waits for the answer."""

    def called() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever is wrong there, the work itself tells it
            _LOG.info("Dask did not answer", reason=str(error))

    threading.Thread(target=called, daemon=True, name="dask-aside").start()


def _conclude(work: Work[Any], error: Exception | None, result: object = None) -> None:
    if work.done() or (not work.running() and not work.begin()):
        return
    if error is None:
        work.set_result(result)
    else:
        work.set_exception(error)


def _in_our_words(error: BaseException | None) -> Exception:
    if isinstance(error, KilledWorker):
        return SamplerFailedError("the Dask workers that took it up died one after the other, as when memory runs out")
    return error if isinstance(error, Exception) else SamplerFailedError(f"the work ended without a result: {error!r}")


def _security(certificates: Certificates | None) -> Security | None:
    if certificates is None:
        return None
    return Security(
        require_encryption=True,
        tls_ca_file=str(certificates.ca),
        tls_client_cert=str(certificates.cert),
        tls_client_key=str(certificates.key),
    )
