"""A moving window: how many of something there were in the last minute, by whom."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class MovingWindow[K: Hashable]:
    """Exact counts by key in the seconds before now. Used by one thread.

    Not by the package `limits`: its moving window looks through all that it holds every 10 ms, in a thread that it
    starts anew each time, which costs the more the more is asked.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing; `clock` gives seconds and only goes forward."""
        self._seconds, self._clock = seconds, clock
        self._taken: OrderedDict[K, deque[float]] = OrderedDict()  # those that asked last stand last

    def take(self, key: K, most: int) -> float | None:
        """Count one more for a key; where that is more than `most`, count nothing and give the seconds to wait."""
        now = self._clock()
        self._forget(now)
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = deque()
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= most:
            return taken[len(taken) - most] + self._seconds - now
        taken.append(now)
        self._taken.move_to_end(key)
        return None

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._taken)

    def _forget(self, now: float) -> None:
        """Those who have nothing in their window any more; each key is looked at once for each time that it asked."""
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if taken and taken[-1] > now - self._seconds:
                return
            del self._taken[key]
