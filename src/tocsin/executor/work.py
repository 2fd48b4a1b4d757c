"""A piece of work that runs elsewhere: what who ordered it holds, and what it finds around itself there."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.usecases.ports import Progress


class Work[T](Future[T]):
    """A future that can be stopped while it runs, and that hears how far it has come.

    Attributes:
        parcel: The function and its arguments, pickled.
        reports: The progress reported so far, oldest first; None is the end.
    """

    def __init__(self, parcel: bytes) -> None:
        super().__init__()
        self.parcel = parcel
        self.reports: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._began: float | None = None
        self.add_done_callback(lambda _: self.reports.put(None))

    def stop(self) -> None:
        """Cancel it where it waits, and stop it where it runs: it then ends with FitInterruptedError, within a second.

        `Future.cancel` keeps its meaning, which leaves alone what runs.
        """
        self._stop.set()
        self.cancel()

    @property
    def stop_wanted(self) -> bool:
        """Somebody has asked for it to be stopped."""
        return self._stop.is_set()

    def begin(self) -> bool:
        """Say that it runs from now on; False where it was cancelled, and must not."""
        if not self.set_running_or_notify_cancel():
            return False
        self._began = time.monotonic()
        return True

    @property
    def elapsed(self) -> float:
        """Seconds since it began to run: 0 while it waits, as a queue is nobody's fault."""
        return 0.0 if self._began is None else time.monotonic() - self._began


@dataclass(frozen=True, slots=True)
class Around:
    """What work finds around itself where it runs: whether it is to stop, and whom to tell how far it has come."""

    stopped: Callable[[], bool]
    report: Callable[[Progress], None]


_ALONE = Around(stopped=lambda: False, report=lambda _: None)
_AROUND: ContextVar[Around] = ContextVar("around", default=_ALONE)


def around() -> Around:
    """What is around the calling work. Ask in its first thread and hand it on: other threads find nothing around."""
    return _AROUND.get()


@contextmanager
def surrounded(by: Around) -> Iterator[None]:
    """Put this around the work called within."""
    token = _AROUND.set(by)
    try:
        yield
    finally:
        _AROUND.reset(token)
