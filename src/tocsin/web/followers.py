"""Open event streams, and the one look at the store that all of them share."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from starlette.exceptions import HTTPException

from tocsin.domain.access import Right
from tocsin.domain.errors import TocsinError
from tocsin.usecases.desk_changes import CHANGES_ODDS
from tocsin.web.telling import KINDS, NEEDED, Told, tell, tell_gap, tell_odds, watching_theaters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.domain.event import Event
    from tocsin.web.means import Means
    from tocsin.web.traffic import Traffic

LOOK_SECONDS = 0.25
"""How often the store is looked at while somebody follows; a write in this process is told of at once."""
MOST_WAITING = 256
"""Messages that may wait for one reader; one that lets more pile up is cut off, and goes on by its last id."""
MOST_MISSED = 1_000
"""Events that are told again to a reader who comes back."""
MOST_OF_ONE = 20
"""Open streams of one account or key."""
MOST_STREAMS = 500
"""Open streams of one process."""

_AT_ONCE = 500
_RETRY_SECONDS = 10
_AWAY_SECONDS = 5.0  # between looks at a store that does not answer


@dataclass(eq=False, slots=True)
class Follower:
    """One open stream.

    Attributes:
        seen: The theaters that it is told of.
        everything: It is told of events that concern no theater as well.
        rights: What its reader may do.
        since: The number of the last event before its own began.
        ended: Nothing more comes: it was cut off, or this process stops.
    """

    seen: frozenset[str]
    everything: bool
    rights: frozenset[Right] = frozenset({Right.READ})
    since: int = 0
    ended: bool = False
    _waiting: deque[Told] = field(default_factory=deque)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def follows(self, told: Told) -> bool:
        """Whether a message is for this stream."""
        if NEEDED.get(told.kind, Right.READ) not in self.rights:
            return False
        return not self.seen.isdisjoint(told.theaters) if told.theaters else self.everything

    def offer(self, told: Told) -> bool:
        """Put a message in line; False where the reader is so far behind that it is cut off."""
        if self.ended or not self.follows(told):
            return True
        if told.number is not None and told.number <= self.since:
            return True  # it came while this stream began, and is among what was missed
        if len(self._waiting) >= MOST_WAITING:
            self.end()
            return False
        self._waiting.append(told)
        self._ready.set()
        return True

    def end(self) -> None:
        """Let nothing more come."""
        self.ended = True
        self._waiting.clear()
        self._ready.set()

    async def take(self, seconds: float) -> list[Told]:
        """What waits, once something does; nothing after so many seconds, or when it has ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        except TimeoutError:
            return []
        self._ready.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Followers:
    """All open streams of this process. The store is looked at only while there are some."""

    def __init__(self, means: Means, traffic: Traffic) -> None:
        """Follow the store of these means."""
        self._means = means
        self._traffic = traffic
        self._watching = watching_theaters(means.service.catalog)
        self._open: set[Follower] = set()
        self._seats: Counter[str] = Counter()
        self._number: int | None = None
        self._woken = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @contextmanager
    def seat(self, name: str) -> Iterator[None]:
        """A place for a stream of an account or key; HTTPException 429 where there is none."""
        if self._seats[name] >= MOST_OF_ONE or self._seats.total() >= MOST_STREAMS:
            whose = "of yours" if self._seats[name] >= MOST_OF_ONE else "in all"
            most = MOST_OF_ONE if self._seats[name] >= MOST_OF_ONE else MOST_STREAMS
            detail = f"{most} streams {whose} are open already; close one, or come back in {_RETRY_SECONDS} s"
            raise HTTPException(429, detail, {"Retry-After": str(_RETRY_SECONDS)})
        self._seats[name] += 1
        try:
            yield
        finally:
            self._seats[name] -= 1
            if not self._seats[name]:
                del self._seats[name]

    async def join(self, follower: Follower) -> None:
        """Tell a stream of everything from now on."""
        if self._number is None:
            number = await asyncio.to_thread(self._means.service.events.last)
            if self._number is None:  # nobody else has come meanwhile
                self._number = number
        follower.since = self._number
        self._open.add(follower)
        self._traffic.streams.set(len(self._open))
        if self._closed:
            follower.end()
        elif self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_again())

    def leave(self, follower: Follower) -> None:
        """Tell a stream nothing more."""
        self._open.discard(follower)
        self._traffic.streams.set(len(self._open))
        if not self._open:
            self._stop_looking()

    def wake(self) -> None:
        """Look at once: something may have been written."""
        if self._open:
            self._woken.set()

    def close(self) -> None:
        """End all streams, as this process stops."""
        self._closed = True
        self._stop_looking()
        for follower in self._open:
            follower.end()

    async def missed(self, follower: Follower, after: int) -> list[Told]:
        """What came after an event and before the stream began, or a gap where that cannot be told."""
        until = follower.since
        if after > until:
            return [tell_gap(after, until, "this store has no event of that number: it is another, or older")]
        events = await asyncio.to_thread(self._means.service.events.after, after, MOST_MISSED + 1, tuple(KINDS))
        events = [event for event in events if event.number <= until]
        if len(events) > MOST_MISSED:
            return [tell_gap(after, until, f"more than {MOST_MISSED} events have been missed; read anew")]
        return [told for told in await asyncio.to_thread(self._tell, events, follower.seen) if follower.follows(told)]

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._number = None

    async def _look_again(self) -> None:
        log = structlog.get_logger("tocsin.web")
        while self._number is not None:
            wait = LOOK_SECONDS
            try:
                full = await self._look(self._number)
                wait = 0.0 if full else wait
            except TocsinError as error:
                log.warning("the store cannot be followed", problem=str(error))
                wait = _AWAY_SECONDS
            except Exception:
                # Nobody foresaw it, and what was not told cannot be told any more: whoever follows comes back by its
                # last id, and the next stream looks anew.
                log.exception("following the store has failed")
                self._number = None
                for follower in self._open:
                    follower.end()
                return
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()

    async def _look(self, number: int) -> bool:
        """Tell what is new; whether there may be more."""
        events = await asyncio.to_thread(self._means.service.events.after, number, _AT_ONCE, tuple(KINDS))
        if events:
            self._number = events[-1].number
            followed = frozenset[str]().union(*(follower.seen for follower in self._open))
            for told in await asyncio.to_thread(self._tell, events, followed):
                for follower in tuple(self._open):
                    if not follower.offer(told):
                        self._traffic.cut.inc()
        return len(events) == _AT_ONCE

    def _tell(self, events: Iterable[Event], followed: frozenset[str]) -> list[Told]:
        """Events as messages, and before them the odds of each theater that they change, once."""
        told = [(event.kind, tell(event, self._watching)) for event in events]
        changed = frozenset[str]().union(*(item.theaters for kind, item in told if kind in CHANGES_ODDS))
        odds = [self._odds(name) for name in sorted(changed & followed)]
        return [*(item for item in odds if item is not None), *(item for _, item in told)]

    def _odds(self, name: str) -> Told | None:
        means = self._means
        theater = means.service.catalog.theaters.get(name)
        try:
            return None if theater is None else tell_odds(name, means.desk.read(theater, means.clock()))
        except TocsinError:
            return None  # there is no fit, or it cannot answer: whoever asks for the odds is told why
