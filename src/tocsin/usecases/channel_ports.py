"""What deliveries need from outside; see `ports`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.delivery import Destination, Message, Outcome


class Channel(Protocol):
    """One way to tell somebody."""

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:
        """Make one attempt, of bounded time, and say what came of it.

        Nothing that a receiver or a network does raises. The same message has the same id at each attempt, so that a
        receiver who got it already can tell.
        """
        ...
