"""The gate: whom a request comes from, by API key or by session, from memory where nothing has changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from tocsin.domain.errors import NotSignedInError
from tocsin.domain.event import EventKind
from tocsin.domain.session import digest
from tocsin.usecases.identify import Identified, identify_key, identify_session
from tocsin.usecases.recheck import recheck
from tocsin.web.cookies import hand_out
from tocsin.web.credentials import credential_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fastapi import Request
    from starlette.types import Scope

    from tocsin.domain.access import Principal
    from tocsin.usecases.access_ports import Access
    from tocsin.usecases.freshness import Freshness
    from tocsin.usecases.ports import EventBook
    from tocsin.web.credentials import Credential

_NOTED_EVERY = timedelta(minutes=1)
_REMEMBERED = 10_000
_TURNING = (EventKind.ACCOUNT_CHANGED, EventKind.KEY_CHANGED, EventKind.SIGNED_OUT)


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a credential stood for as of an event's number."""

    found: Identified
    number: int


class StoreGate:
    """The port `Gate` on a store.

    What was found out once is kept in memory and holds until an account, a key or a session is changed, in whatever
    process: the number of the last event tells, and is looked at every 20 ms at most.
    """

    def __init__(self, access: Access, events: EventBook, freshness: Freshness, clock: Callable[[], datetime]) -> None:
        """Use a store; `close` when done with it."""
        self._access = access
        self._events = events
        self._freshness = freshness
        self._clock = clock
        self._known: dict[str, _Known] = {}
        # What is known holds if it was found out at or after the last turning event, `turned`; `checked` is up to where
        # events have been looked through for one.
        self._turned = self._checked = -1
        self._noted: dict[str, datetime] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="last-used")

    async def identify(self, request: Request) -> Principal | None:
        """The principal, or None where the request bears no credential; NotSignedInError where it bears a bad one."""
        sent = credential_of(request.scope)
        if sent is None:
            return None
        mark = _mark(sent)
        now = self._clock()
        found = self._remembered(mark, now) if self._freshness.recent() == self._checked else None
        if found is None:
            found = await run_in_threadpool(self._look, sent, mark, now)
            if found.token is not None:
                hand_out(request, found.token)
        self._note(found, now)
        return found.principal

    def knows(self, scope: Scope) -> bool:
        """Whether a request bears a credential that was good when it was last looked at; waits for nothing.

        Also where something has changed since: whether it is still good is found out by `identify`.
        """
        sent = credential_of(scope)
        known = None if sent is None else self._known.get(_mark(sent))
        return known is not None and self._clock() < known.found.until

    async def still(self, principal: Principal) -> Principal | None:
        """Whom somebody who was let in stands for now; None where they are to go. It is no use of what they came by."""
        name, now = principal.session or principal.name, self._clock()
        found = self._remembered(name, now) if self._freshness.recent() == self._checked else None
        if found is None:
            found = await run_in_threadpool(self._look_after, principal, name, now)
        return None if found is None else found.principal

    def look_again(self) -> None:
        """Have the next request look whether anything has changed: this process may just have changed it."""
        self._freshness.look_again()

    def close(self) -> None:
        """Write down what is still to be written."""
        self._writer.shutdown()

    def _remembered(self, mark: str, now: datetime) -> Identified | None:
        known = self._known.get(mark)
        return known.found if known is not None and known.number >= self._turned and now < known.found.until else None

    def _look(self, sent: Credential, mark: str, now: datetime) -> Identified:
        number = self._catch_up()
        found = self._remembered(mark, now)
        if found is None:
            identify = identify_key if sent.is_key else identify_session
            try:
                found = identify(sent.text, access=self._access, now=now)
            except NotSignedInError:
                self._known.pop(mark, None)
                raise
            # Without the new token: it goes to the one request that had it made, and not to whoever sends the old one.
            self._remember(mark, replace(found, token=None), number)
        return found

    def _look_after(self, principal: Principal, name: str, now: datetime) -> Identified | None:
        number = self._catch_up()
        found = self._remembered(name, now)
        if found is None:
            found = recheck(principal, access=self._access, now=now)
            if found is not None:
                self._remember(name, found, number)
        return found

    def _catch_up(self) -> int:
        """The number of the last event, up to which it has been looked whether what is known still holds."""
        number = self._freshness.number()
        if number != self._checked:
            turns = self._checked < 0 or self._events.after(self._checked, 1, _TURNING)
            if turns:  # to the present number and not to the turn's own: what was found out in between may be too old
                self._turned = max(self._turned, number)
            self._checked = number
        return number

    def _remember(self, mark: str, found: Identified, number: int) -> None:
        """Keep what was found with the number from before the reading: a change since then makes it too old at once."""
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[mark] = _Known(found, number)

    def _note(self, found: Identified, now: datetime) -> None:
        """Have the last use written down, once a minute at most, by a thread that nobody waits for."""
        name = found.principal.session if found.key is None else found.key
        if name is None:
            return
        noted = self._noted.get(name, found.noted)
        if noted is not None and now - noted < _NOTED_EVERY:
            return
        if len(self._noted) >= _REMEMBERED:
            self._noted.clear()
        self._noted[name] = now
        write = self._access.sessions.note_seen if found.key is None else self._access.keys.note_used
        self._writer.submit(write, {name: now})


def _mark(sent: Credential) -> str:
    """What a credential is remembered by: a session's token is no key, though it opens as much."""
    return f"{'key' if sent.is_key else 'session'} {digest(sent.text)}"


@contextmanager
def open_gate(
    access: Access, events: EventBook, freshness: Freshness, clock: Callable[[], datetime]
) -> Iterator[StoreGate]:
    """A gate, and what it has still to write written at the end."""
    gate = StoreGate(access, events, freshness, clock)
    try:
        yield gate
    finally:
        gate.close()
