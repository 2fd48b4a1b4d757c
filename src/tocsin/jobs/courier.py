"""The courier: takes what is due out of the outbox, and makes the attempts side by side."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import structlog

from tocsin.domain.delivery import Stage
from tocsin.domain.errors import StoreError
from tocsin.usecases.deliver import deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.domain.delivery import Delivery
    from tocsin.usecases.deliver import DeliveryMeans

AT_ONCE = 8
AT_ONCE_EACH = 2
"""A receiver that answers slowly holds up its own messages, and leaves room for those to all others."""

_STOP_STEP_SECONDS = 0.05


class Courier:
    """Deliveries at work in this process. `look` is called every so often; each attempt has a thread of its own."""

    def __init__(self, means: DeliveryMeans, start: Callable[[Callable[[], None]], object]) -> None:
        """Nothing is at work; `start` starts a function in a thread that does not keep the process alive."""
        self._means = means
        self._start = start
        self._lock = threading.Lock()
        self._at_work: Counter[str] = Counter()
        self._stopping = False
        self._log = structlog.get_logger("tocsin.deliveries")

    @property
    def at_work(self) -> int:
        """How many attempts are under way here."""
        with self._lock:
            return self._at_work.total()

    def look(self) -> None:
        """Begin what is due, as far as there is room; StoreError where the store is away."""
        while (taken := self._take()) is not None:
            self._start(partial(self._go, taken))

    def stop(self, seconds: float) -> bool:
        """Begin nothing more; whether all attempts had ended in so many seconds.

        Those that had not are made again, here or elsewhere, once their lease has ended; with the same id.
        """
        with self._lock:
            self._stopping = True
        until = time.monotonic() + seconds
        while self.at_work and time.monotonic() < until:
            time.sleep(_STOP_STEP_SECONDS)
        return not self.at_work

    def _take(self, over: Delivery | None = None) -> Delivery | None:
        """Claim one, with its place; None where nothing is due, or there is no room. `over` gives its place back."""
        with self._lock:  # one claim at a time, so that what is counted is what was claimed
            if over is not None:
                self._at_work[over.destination] -= 1
            if self._stopping or self._at_work.total() >= AT_ONCE:
                return None
            busy = {name for name, attempts in self._at_work.items() if attempts >= AT_ONCE_EACH}
            for delivery in self._means.book.claim(self._means.clock(), 1, besides=busy):
                self._at_work[delivery.destination] += 1
                return delivery
        return None

    def _go(self, going: Delivery | None) -> None:
        """Make an attempt, and go on with the next that is due for as long as there is one."""
        while going is not None:
            self._attempt(going)
            try:
                going = self._take(over=going)
            except StoreError:  # `look` will tell
                return

    def _attempt(self, delivery: Delivery) -> None:
        log = self._log.bind(message=delivery.message, destination=delivery.destination)
        try:
            after = deliver(delivery, self._means)
        except StoreError as error:
            log.warning("what came of an attempt is not on record; it is made again, with the same id", why=str(error))
        except Exception:  # nothing that one delivery does wrong may end the thread of the next
            log.exception("an attempt failed by a fault of ours")
        else:
            _tell(log, after)


def _tell(log: structlog.stdlib.BoundLogger, after: Delivery | None) -> None:
    if after is None:
        log.warning("another process has taken this delivery over")
    elif after.stage is Stage.DELIVERED:
        log.info("delivered", attempts=after.attempts)
    elif after.stage is Stage.DEAD:
        log.error("given up", attempts=after.attempts, why=after.last_word)
    else:
        log.warning("not delivered yet", attempts=after.attempts, why=after.last_word, again_at=after.due_at)
