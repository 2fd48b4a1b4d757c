"""What runs in a Dask worker: one piece of work at a time, told of and stopped as in a process of our own."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from tocsin.executor.serve import run_parcel
from tocsin.executor.work import Around

if TYPE_CHECKING:
    from distributed import Worker

    from tocsin.usecases.ports import Progress

BEGAN = "began"
"""The first thing that is told of a piece of work; then come the phases of its progress."""

# A worker may have been given several threads. Compilers and caches of compiled models are not made for two at once.
_ONE_AT_A_TIME = threading.Lock()
_STOPPED: set[str] = set()
_LEAVE_SECONDS = 0.1


def run_there(parcel: bytes, name: str, topic: str) -> bytes:
    """Do the work in a parcel and give how it ended, pickled; on the way it is told under a topic how it goes.

    Args:
        parcel: The function and its arguments, pickled.
        name: What the work is called in what is told, and by `stop_there`.
        topic: The topic of events that who ordered it listens to.
    """
    from distributed import get_worker  # noqa: PLC0415 - who orders names this function without Dask being there

    with _ONE_AT_A_TIME:
        teller = _Teller(get_worker(), name, topic)
        teller.tell(BEGAN, os.getpid(), 0)
        try:
            return run_parcel(parcel, Around(lambda: name in _STOPPED, teller.report))
        finally:
            teller.end()
            _STOPPED.discard(name)


async def stop_there(name: str) -> None:
    """Ask a piece of work to stop, if it is at work here."""
    _STOPPED.add(name)


async def leave_there() -> None:
    """End this process: after a panic or without memory, what it holds cannot be relied on any more."""
    await asyncio.sleep(_LEAVE_SECONDS)  # until the answer to who asked for it has left
    os._exit(1)


class _Teller:
    """Tells of one piece of work until it has ended: a thread of the sampler may report once more after that."""

    def __init__(self, worker: Worker, name: str, topic: str) -> None:
        self._worker, self._name, self._topic = worker, name, topic
        self._telling = threading.Lock()
        self._ended = False

    def tell(self, phase: str, done: int, total: int) -> None:
        with self._telling:
            if not self._ended:
                self._worker.log_event(self._topic, [self._name, self._worker.address, phase, done, total])

    def report(self, progress: Progress) -> None:
        self.tell(progress.phase, progress.done, progress.total)

    def end(self) -> None:
        with self._telling:
            self._ended = True
