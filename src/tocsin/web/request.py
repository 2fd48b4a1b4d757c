"""What is done with every request, around everything else."""

from __future__ import annotations

import asyncio
import random
import re
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from structlog.contextvars import bind_contextvars

from tocsin.web.body import Body
from tocsin.web.head import as_get, without_body
from tocsin.web.headers import REQUEST_ID, finished
from tocsin.web.pace import EXEMPT, PRINCIPAL, address_of
from tocsin.web.problems import internal_problem, of_http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tocsin.web.body import Limits, Room
    from tocsin.web.pace import Pace
    from tocsin.web.traffic import Traffic

_SANE = re.compile(rb"[A-Za-z0-9._-]{8,64}")  # what may stand in a log and in a header as it is
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_GONE = 499  # whoever asked went away before there was an answer
_TAKEN_SECONDS = 15.0  # in which a reader must take the next part of an answer
_LARGE = 262_144  # bytes of an answer above which it is sent in pieces
_PIECE = 65_536  # bytes; few enough for a slow line to take one in time


class RequestCare:
    """One layer for all of it, as each layer costs every request: a plain ASGI application around another.

    1. A request id: the caller's where it is a sane one, else a new one; in the log, in the answer and in problems.
    2. An address that has asked too often is turned away, unless it shows a credential that is known. A body that is
    too large, too deep or too slow, or for which there is no room, is refused when it is read: see `Body`.
    3. Every answer has the headers that it must have.
    4. A reader that takes nothing of an answer is cut off; a large one goes out in pieces, so that this is noticed.
    5. What nobody caught becomes a problem.
    6. The request is counted and logged, and where it may have written, whoever follows is told to look.
    7. HEAD is judged and answered as GET is, without the body.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        traffic: Traffic,
        pace: Pace,
        limits: Limits,
        room: Room,
        known: Callable[[Scope], bool],
        written: Callable[[], None],
    ) -> None:
        """Stand around an application.

        Args:
            app: The application.
            traffic: Counts and logs.
            pace: How many requests whoever asks may make.
            limits: What a request may bring.
            room: What all requests together may bring.
            known: Whether a request bears a credential that is known to be good, told without waiting for anything.
            written: Called after a request that may have changed the store.
        """
        self.app = app
        self._traffic = traffic
        self._pace = pace
        self._limits = limits
        self._room = room
        self._known = known
        self._written = written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        request = _request_id(scope)
        bind_contextvars(request=request.decode("ascii"))
        secure = scope.get("scheme") == "https"
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = finished(message.get("headers", ()), request, secure=secure)
                await send(message)
                return
            for piece in _pieces(message):
                async with asyncio.timeout(_TAKEN_SECONDS):
                    await send(piece)

        method = scope["method"]
        asked, answer = (as_get(scope), without_body(sending)) if method == "HEAD" else (scope, sending)
        body = Body(self._limits, self._room, scope, receive)
        writes = method in _WRITING
        try:
            await self._answer(asked, body.receive if writes else receive, answer)
        except Exception:
            if not status:
                await internal_problem()(asked, receive, answer)
            raise
        finally:
            body.release()
            principal = asked.get(PRINCIPAL)
            seconds = perf_counter() - began
            asked["method"] = method
            self._traffic.note(asked, status or _GONE, seconds, None if principal is None else principal.name)
            if writes:
                self._written()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] not in EXEMPT and not (self._pace.blocks and self._known(scope)):
                self._pace.refuse_blocked(address_of(scope))
        except HTTPException as error:
            await of_http(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _pieces(message: Message) -> Iterator[Message]:
    """A part of an answer as it goes out: a server waits for the reader between messages, and never within one."""
    body = message.get("body", b"")
    if len(body) <= _LARGE:
        yield message
        return
    last = len(body) - _PIECE
    for begin in range(0, len(body), _PIECE):
        more = begin < last or message.get("more_body", False)
        yield {**message, "body": body[begin : begin + _PIECE], "more_body": more}


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            given: bytes = value
            return given if _SANE.fullmatch(given) else _new_id()
    return _new_id()


def _new_id() -> bytes:
    return b"%016x" % random.getrandbits(64)  # a name and no secret: the system's own source would be waited for
