"""Work that is done before somebody waits for it."""

from __future__ import annotations

import contextlib
import time
from threading import Condition, Thread
from typing import TYPE_CHECKING

from tocsin.domain.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type Proceed = Callable[[], None]
    type Task = Callable[[Proceed], None]

_QUIET_SECONDS = 0.3  # who records one report often records the next one right away
_GIVE_WAY_SECONDS = 0.002


class _StoppedError(Exception):
    """The desk is closed."""


class Ahead:
    """Does one task at a time in a thread of its own, while nobody waits for an answer."""

    def __init__(self) -> None:
        """Nothing runs until something is wanted."""
        self._wanted: dict[str, Task] = {}
        self._wanted_at = 0.0
        self._changed = Condition()
        self._thread: Thread | None = None
        self._answering = 0
        self._closed = False

    def want(self, name: str, task: Task) -> None:
        """Do a task when it is quiet; of one name, the last that was wanted."""
        with self._changed:
            if self._closed:
                return
            self._wanted[name] = task
            self._wanted_at = time.monotonic()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="desk ahead", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """While somebody waits for what the body computes, the thread gives way."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1

    def finish(self) -> None:
        """Wait until everything that is wanted is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wanted or self._closed)

    def close(self) -> None:
        """Stop, within a fraction of a second."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _proceed(self) -> None:
        while self._answering and not self._closed:
            time.sleep(_GIVE_WAY_SECONDS)
        if self._closed:
            raise _StoppedError

    def _work(self) -> None:
        while (found := self._next()) is not None:
            name, task = found
            # Whoever asks for the answer itself hears of what went wrong.
            with contextlib.suppress(TocsinError, _StoppedError):
                task(self._proceed)
            with self._changed:
                if self._wanted.get(name) is task:
                    del self._wanted[name]
                self._changed.notify_all()

    def _next(self) -> tuple[str, Task] | None:
        with self._changed:
            while not self._closed:
                quiet_for = time.monotonic() - self._wanted_at
                if self._wanted and quiet_for >= _QUIET_SECONDS:
                    return next(iter(self._wanted.items()))
                self._changed.wait(_QUIET_SECONDS - quiet_for if self._wanted else None)
        return None
