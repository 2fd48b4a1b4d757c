"""What was used last, within so many bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Recent[K: Hashable, V]:
    """Values by key, of which those that were used longest ago go when they take more than so many bytes.

    Threads may share it.
    """

    def __init__(self, most_bytes: int, size: Callable[[V], int]) -> None:
        """Say how much may be kept, and how much a value takes. A value larger than that is not kept."""
        self._most, self._size = most_bytes, size
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """The value of a key, which is used by that; None where it is not kept."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._remove(key)
            self._kept[key] = value
            self._bytes += self._size(value)
            while self._bytes > self._most:
                self._remove(next(iter(self._kept)))

    def drop(self, wanted: Callable[[K], bool]) -> None:
        """Remove the values whose keys are wanted gone."""
        with self._lock:
            for key in [key for key in self._kept if wanted(key)]:
                self._remove(key)

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def _remove(self, key: K) -> None:
        if key in self._kept:
            self._bytes -= self._size(self._kept.pop(key))
