"""What a request may bring: how much, how deep, in what time, and how much all of them together."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from tocsin.web.heavy import RETRY_SECONDS
from tocsin.web.pace import PRINCIPAL

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

    from tocsin.domain.access import Principal
    from tocsin.settings import Settings

DEEPEST = 64
"""Levels of lists and objects in JSON. No body of ours has ten; a parser runs out of stack at some thousands."""
MOST_OF_UNKNOWN = 16 * 1024
"""The largest body, in bytes, of somebody of whom nothing is known: the longest name and password to sign in with."""
_SHARE = 2
"""One account or key has this part of the room at most, so that nobody fills it alone."""
_SHARE_OF_UNKNOWN = 16
"""All of whom nothing is known have this part together, so that they keep nobody else out."""

_MIB = 1 << 20
_SOON_READ = 1 << 18  # bytes; more than that is looked through in a thread, so that nobody waits for it
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NO_BRACKETS = re.compile(rb"[^\[\]{}]+")
_IMPORT = re.compile(r"(/api/v1)?/theaters/[^/]+/observations/import")  # no JSON, and no other route, brings as much
_OPENS = frozenset(b"[{")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest body of a request and of an import and the room for all at once, in bytes; the seconds for one."""

    most: int
    most_of_import: int
    room: int
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings say; the room is no less than what lets the largest body in."""
        most, most_of_import = int(settings.body_mib * _MIB), int(settings.import_mib * _MIB)
        room = max(int(settings.bodies_mib * _MIB), _SHARE * most, _SHARE * most_of_import)
        return cls(most, most_of_import, room, settings.body_seconds)


class Room:
    """How many bytes of bodies are held at once in this process, by whom."""

    def __init__(self, most: int) -> None:
        """Nothing is held yet."""
        self._most = most
        self._held: Counter[str | None] = Counter()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """The bytes of all."""
        return self._held.total()

    def take(self, whose: str | None, size: int) -> None:
        """Hold so many more bytes; HTTPException 503 where there is no room for them. None is whoever is not known."""
        share = self._most // (_SHARE_OF_UNKNOWN if whose is None else _SHARE)
        with self._lock:
            full = self._held[whose] + size > share
            known = self._held.total() - self._held[None]
            # The part of those who are not known is kept for them, so that people can sign in whatever others send.
            kept = self._most - self._most // _SHARE_OF_UNKNOWN
            if full or (whose is not None and known + size > kept):
                who = "you send" if full and whose is not None else "is sent"
                detail = f"more {who} at once than there is room for; send it again in {RETRY_SECONDS} s or later"
                raise HTTPException(503, detail, {"Retry-After": str(RETRY_SECONDS)})
            self._held[whose] += size

    def give_back(self, whose: str | None, size: int) -> None:
        """Hold so many bytes less."""
        with self._lock:
            self._held[whose] -= size
            if self._held[whose] == 0:
                del self._held[whose]


class Body:
    """The body of one request, of which nothing is read until somebody wants it: by then it is known whose it is.

    JSON is read whole first, as it is looked through before anybody takes it apart. Anything else is checked while it
    is read. What has come takes its room until the request has been answered.
    """

    def __init__(self, limits: Limits, room: Room, scope: Scope, receive: Receive) -> None:
        """Nothing has been read."""
        self._limits, self._room, self._scope, self._receive = limits, room, scope, receive
        self._json = False
        self._whose: str | None = None
        self._most = 0
        self._until: float | None = None
        self._size = 0
        self._taken = 0
        self._more = True

    async def receive(self) -> Message:
        """The next part; HTTPException where the body is, or is known to become, more than may be brought."""
        if not self._more:
            return await self._receive()  # the body has come: what is left to learn is that the caller has gone
        if self._until is None:
            self._begin()
        return await (self._whole() if self._json else self._part())

    def release(self) -> None:
        """The request has been answered."""
        if self._taken:
            self._room.give_back(self._whose, self._taken)
            self._taken = 0

    def _begin(self) -> None:
        limits = self._limits
        headers = dict(reversed(self._scope["headers"]))  # of two of a name, the first, as all read it
        kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
        self._json = kind.endswith((b"/json", b"+json"))
        principal: Principal | None = self._scope.get(PRINCIPAL)
        self._most = limits.most_of_import if not self._json and _IMPORT.fullmatch(self._scope["path"]) else limits.most
        if principal is None:
            self._most = min(self._most, MOST_OF_UNKNOWN)
        else:
            self._whose = principal.name
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._most:
            raise _too_large(self._most)
        self._until = asyncio.get_running_loop().time() + limits.seconds

    async def _part(self) -> Message:
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the body has not come within {self._limits.seconds:g} s") from None
        if message["type"] != "http.request":
            self._more = False
            return message
        size = len(message.get("body", b""))
        self._size += size
        self._more = message.get("more_body", False)
        if self._size > self._most:
            raise _too_large(self._most)
        self._room.take(self._whose, size)
        self._taken += size
        return message

    async def _whole(self) -> Message:
        parts: list[bytes] = []
        while self._more:
            message = await self._part()
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
        body = b"".join(parts)
        if b"\0" in body[:4]:  # JSON readers take UTF-16 and UTF-32 for what they are; the depth is counted in UTF-8
            raise HTTPException(400, "the body is not UTF-8")
        found = await asyncio.to_thread(depth, body) if len(body) > _SOON_READ else depth(body)
        if found > DEEPEST:
            raise HTTPException(422, f"the JSON lies {found} levels deep; accepted: at most {DEEPEST}")
        return {"type": "http.request", "body": body, "more_body": False}


def depth(body: bytes) -> int:
    r"""How deep lists and objects in JSON lie in each other; of what is no JSON, no less than a parser would go.

    >>> depth(b'{"a": [1, "[[[", {"b": "]\\"["}]}')
    3
    """
    if body.count(b"[") + body.count(b"{") <= 1:
        return body.count(b"[") + body.count(b"{")
    level = deepest = 0
    for mark in _NO_BRACKETS.sub(b"", _STRINGS.sub(b"", body)):
        if mark in _OPENS:
            level += 1
            deepest = max(deepest, level)
        else:
            level -= 1
    return deepest


def _too_large(most: int) -> HTTPException:
    """A refusal that says what would be accepted."""
    return HTTPException(413, f"the body is larger than the {most:,} bytes that are taken here; send less at once")
