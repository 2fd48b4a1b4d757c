"""Whether anything has changed in the store, asked often and looked up seldom."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.usecases.ports import EventBook

LOOK_EVERY_SECONDS = 0.02
"""What another process changed is noticed after so long at most."""


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """When it was looked up, what was found, and after which change; one object, so that no thread sees half of it."""

    began: float
    number: int
    change: object


class Freshness:
    """The number of the last event of a store; whoever kept an answer keeps the number with it.

    One for all who ask about a store, so that they share its looks. Threads may: at worst, two of them look at once.
    """

    def __init__(self, events: EventBook, seconds: Callable[[], float] = time.monotonic) -> None:
        """Follow a store's events; `seconds` is a clock that only goes forward."""
        self._events = events
        self._seconds = seconds
        # Another object after each change: a look that began before one is told by it, however late it ends.
        self._change = object()
        self._lock = Lock()
        self._look: _Look | None = None

    def recent(self, asked: float | None = None) -> int | None:
        """The number without a query, as young as it must be when it was `asked` for, by `seconds`, if that is not now.

        None where it is time to look again, which may wait for the store.
        """
        return self._within(LOOK_EVERY_SECONDS, asked)

    def number(self) -> int:
        """The number, looked up where that was not done within the last 20 ms."""
        return self._looked_up(LOOK_EVERY_SECONDS)

    @property
    def ages(self) -> bool:
        """Whether `recent` will soon have nothing, unless somebody calls `renew`."""
        return self._within(LOOK_EVERY_SECONDS / 2) is None

    def renew(self) -> None:
        """Look the number up already where half of its time has passed, so that nobody has to wait for that."""
        self._looked_up(LOOK_EVERY_SECONDS / 2)

    def look_again(self) -> None:
        """Have the next question looked up: this process has just changed something."""
        self._change = object()

    def _within(self, seconds: float, asked: float | None = None) -> int | None:
        look = self._look
        if look is None or look.change is not self._change:
            return None
        now = self._seconds() if asked is None else asked
        return None if now - look.began >= seconds else look.number

    def _looked_up(self, within: float) -> int:
        number = self._within(within)
        if number is None:
            change = self._change
            began = self._seconds()  # what changes during the look may be missed, so it counts from its beginning
            number = self._events.last()
            with self._lock:
                # A look that began earlier and ends later knows less: numbers never go back.
                if self._look is None or self._look.began <= began:
                    self._look = _Look(began, number, change)
                number = max(number, self._look.number)
        return number
