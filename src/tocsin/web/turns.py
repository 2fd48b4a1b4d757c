"""Turns: what threads of this process do one after another, in the order in which they came."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from threading import Event, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """A line of threads for each name. Whoever has waited long enough goes on without a turn."""

    def __init__(self) -> None:
        """Begin without lines."""
        self._lock = Lock()
        self._lines: dict[str, deque[Event]] = {}

    @contextmanager
    def turn(self, name: str, seconds: float) -> Iterator[bool]:
        """Wait for one's turn, so many seconds at most, and have it until the end; whether it came."""
        mine = Event()
        with self._lock:
            line = self._lines.setdefault(name, deque())
            line.append(mine)
            line[0].set()
        try:
            yield mine.wait(seconds)
        finally:
            with self._lock:
                line.remove(mine)
                if line:
                    line[0].set()
                else:
                    del self._lines[name]
