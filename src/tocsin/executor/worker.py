"""A worker process, seen from the process that started it."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import threading
import time
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from tocsin.domain.errors import SamplerFailedError
from tocsin.executor.serve import STOP, Said, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_REAPED_SECONDS = 5.0
_AGAIN_SECONDS = (0.05, 0.2, 1.0)
# Starting a process polls all others, and two threads that poll one process at once can lose how it ended.
_STARTING = threading.Lock()


def preload(modules: Sequence[str]) -> None:
    """Have these modules imported in the fork server, once for all workers that will be forked from it.

    It has an effect until the fork server runs: until the first worker of this process was started.
    """
    _CONTEXT.set_forkserver_preload(list(modules))


def _start() -> tuple[Connection, ForkServerProcess]:
    """A process that serves a pipe, and our end of it; SamplerFailedError where the system refuses.

    A fork server that was killed may be asked before the kernel has told that it is dead, and nothing answers: it is
    found dead, and another started, a moment later.
    """
    for seconds in _AGAIN_SECONDS:
        try:
            return _start_once()
        except (ConnectionError, EOFError):
            time.sleep(seconds)
    try:
        return _start_once()
    except (OSError, EOFError) as error:  # no memory or no descriptors left
        raise SamplerFailedError(f"no process could be started: {error}") from error


def _start_once() -> tuple[Connection, ForkServerProcess]:
    ours, theirs = _CONTEXT.Pipe()
    try:
        process = _CONTEXT.Process(target=serve, args=(theirs,), daemon=True, name="tocsin-fit")
        with _STARTING:
            process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours, process


class Worker:
    """One process, and the pipe to it. Used by one thread at a time."""

    def __init__(self) -> None:
        """Start it; SamplerFailedError where the system refuses."""
        self._pipe, self._process = _start()

    @property
    def pid(self) -> int | None:
        """The id of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """It still runs, and says nothing that nobody asked for."""
        return not wait([self._pipe, self._process.sentinel], timeout=0)

    def begin(self, parcel: bytes) -> None:
        """Give it work; SamplerFailedError where it has died."""
        self._send(parcel)

    def ask_to_stop(self) -> None:
        """Ask the work at hand to stop; SamplerFailedError where it has died."""
        self._send(STOP)

    def hear(self, seconds: float) -> Said | None:
        """What it says next; None where it says nothing for so long; SamplerFailedError, at once, where it has died."""
        if not wait([self._pipe, self._process.sentinel], timeout=seconds):
            return None
        if not self._pipe.poll():  # the process is gone, and what it said before has been heard
            raise self._death()
        try:
            said: Said = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - from a process that this one started
        except (EOFError, OSError) as error:
            raise self._death() from error
        return said

    def kill(self) -> None:
        """End it at once, and wait until it has ended."""
        # Closed first: where the fork server was killed, the process can no longer be waited for, but it leaves.
        self._pipe.close()
        self._process.kill()
        self._process.join(_REAPED_SECONDS)

    def _send(self, data: bytes) -> None:
        try:
            self._pipe.send_bytes(data)
        except OSError as error:
            raise self._death() from error

    def _death(self) -> SamplerFailedError:
        # The pipe ends a moment before the fork server has noticed.
        wait([self._process.sentinel], timeout=_REAPED_SECONDS)
        with _STARTING:
            code = self._process.exitcode
        if code == -signal.SIGKILL:
            return SamplerFailedError("its process was killed (SIGKILL), as the kernel does when memory runs out")
        how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        return SamplerFailedError(f"its process ended {how}")
