"""What runs in a worker process: one piece of work after another, until nobody is at the other end of the pipe."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import SamplerFailedError
from tocsin.executor.work import Around, surrounded

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from tocsin.usecases.ports import Progress

STOP = b""
"""What is sent to stop the work at hand; everything else that is sent is work."""


@dataclass(frozen=True, slots=True)
class Reported:
    """How far the work has come."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Done:
    """The work ended well."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended with an error, taken apart: errors with an `__init__` of their own do not survive pickling.

    Attributes:
        kind: Its class.
        args: Its `args`.
        state: Its other attributes.
        trace: Where it came from.
    """

    kind: type[Exception]
    args: tuple[Any, ...]
    state: dict[str, Any]
    trace: str

    def error(self) -> Exception:
        """The error, put together again."""
        error = self.kind.__new__(self.kind, *self.args)
        error.args = self.args
        error.__dict__.update(self.state)
        return error


Said = Reported | Done | Failed


def serve(pipe: Connection) -> None:
    """Run what comes through the pipe; end with the process at its other end, however that one ends."""
    # Control-C on a terminal reaches the whole group of processes; what becomes of the work is not decided here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped, parcels = threading.Event(), queue.SimpleQueue[bytes]()
    threading.Thread(target=_listen, args=(pipe, parcels, stopped), daemon=True, name="listen").start()
    while True:
        parcel = parcels.get()
        teller = _Teller(pipe)
        teller.end(run_parcel(parcel, Around(stopped.is_set, teller.report)))


class _Teller:
    """Tells of one piece of work until it has ended: a thread of the sampler may report once more after that."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending = threading.Lock()
        self._ended = False

    def report(self, progress: Progress) -> None:
        data = pickle.dumps(Reported(progress))
        with self._sending:
            if not self._ended:
                _send(self._pipe, data)

    def end(self, how: bytes) -> None:
        with self._sending:
            self._ended = True
            _send(self._pipe, how)


def run_parcel(parcel: bytes, surroundings: Around) -> bytes:
    """Do the work in a parcel, and give how it ended, `Done` or `Failed`, pickled; nothing that it raises gets out."""
    try:
        function, args, kwargs = pickle.loads(parcel)  # noqa: S301 - from the process that started this one
        with surrounded(surroundings):
            return pickle.dumps(Done(function(*args, **kwargs)))
    # A panic in Rust code is a bare BaseException; it must be told like any other failure.
    except BaseException as error:  # noqa: BLE001
        return _failed(error)


def _failed(error: BaseException) -> bytes:
    """An error as bytes. What is none of Python's ordinary errors is a breakdown, as is a lack of memory."""
    trace = "".join(traceback.format_exception(error))
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or not isinstance(error, Exception):
        return pickle.dumps(Failed(SamplerFailedError, (words,), {}, trace))
    try:
        return pickle.dumps(Failed(type(error), error.args, dict(vars(error)), trace))
    except Exception:  # noqa: BLE001 - whatever an attribute of it raises when it is pickled
        return pickle.dumps(Failed(RuntimeError, (words,), {}, trace))


def _listen(pipe: Connection, parcels: queue.SimpleQueue[bytes], stopped: threading.Event) -> None:
    """Hear what is to be done while work is being done.

    That the pipe ends is how a process learns that the one that started it is gone, also when that was killed and
    could send no word. It is asked of the pipe because no system but Linux tells a child of its parent's death, and
    there only of the fork server's, whose child this process is.
    """
    while True:
        try:
            data = pipe.recv_bytes()
        except (EOFError, OSError):
            _leave()
        if data == STOP:
            stopped.set()
        else:
            stopped.clear()  # a stop is sent for the work at hand only, and new work only after that has ended
            parcels.put(data)


def _send(pipe: Connection, data: bytes) -> None:
    try:
        pipe.send_bytes(data)
    except OSError:
        _leave()


def _leave() -> None:
    # Not sys.exit: threads that sample or compile would be waited for. Nothing is lost, as nobody waits for the result
    # and the store takes whole fits only.
    os._exit(1)
