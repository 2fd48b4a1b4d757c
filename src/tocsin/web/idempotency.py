"""Writes that bear an `Idempotency-Key`: sent again, they are answered again and not done again."""

from __future__ import annotations

import hashlib
import re
import tempfile
from contextlib import asynccontextmanager
from email.message import Message
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast, override

import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from tocsin.domain.answer import AT_WORK, Answer, Keyed, Standing
from tocsin.domain.errors import KeyReusedError, RequestAtWorkError, StoreError, TocsinError
from tocsin.web.access import GuardedRoute, right_of
from tocsin.web.etags import lines_of
from tocsin.web.means import means_of
from tocsin.web.problems import answer_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from starlette.types import Message as AsgiMessage
    from starlette.types import Receive

    from tocsin.usecases.answer_ports import AnswerBook

REPLAYED = "Idempotency-Replayed"
_FORM = r"^[!-~]{1,200}$"
_KEPT_HEADERS = ("content-type", "location", "etag")
_REFUSED = 400
_INSTEAD = "tocsin_kept_instead"
_IN_MEMORY = 1024 * 1024
_SOON_SECONDS = 2  # most writes have ended by then
_PIECE = 64 * 1024


async def describe_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=_FORM,
            description="Up to 200 visible ASCII characters that you choose. The same request under the same key "
            "within 24 hours is not done again: you hear the first answer again, with `Idempotency-Replayed: true`.",
            examples=["4d1f6a52-0d0b-4f0e-9a52-3d8f0f3d0f11"],
        ),
    ] = None,
) -> None:
    """Check the key's form, and put it into the description of the interface."""
    del idempotency_key  # named so that no parameter of a path is named alike


KEYED = [Depends(describe_key)]


class KeyedRoute(GuardedRoute):
    """A route whose requests may bear a key."""

    async def tell_apart(self, request: Request, body: BinaryIO, asker: str, key: str) -> str:  # noqa: ARG002 (for others)
        """What tells requests under one key of somebody apart, in 64 characters: it is kept in the store."""
        return await run_in_threadpool(_digest, request, body)

    def is_decided(self, status: int) -> bool:
        """What was done; otherwise the key is as if it had never been used.

        Whatever was refused may pass once what it was refused for is mended, and to refuse it again changes nothing.
        """
        return status < _REFUSED

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if request.method == "GET" or key is None or re.fullmatch(_FORM, key) is None:
                return await handle(request)  # of a key of another form, the route's own check says so
            allow = right_of(self)
            # Before anything is answered again: whoever has lost the right hears nothing any more.
            principal = None if allow is None else await allow(request)
            if principal is None:
                return await handle(request)
            means = await means_of(request)
            async with _spooled(request) as (again, body):
                mark = await self.tell_apart(request, body, principal.name, key)
                body.seek(0)
                asked = Keyed(principal.name, key, mark, means.clock())
                return await self._once(again, handle, means.service.answers, asked)

        return once

    async def _once(
        self,
        request: Request,
        handle: Callable[[Request], Coroutine[None, None, Response]],
        book: AnswerBook,
        asked: Keyed,
    ) -> Response:
        """Claim the key, answer, and keep the answer.

        1. Where the key has an answer, that is given again. 2. Where it stands for another request, or the same is at
        work, that is refused. 3. Otherwise the request is done, and what was decided is kept. A crash before that is
        harmless: the claim lapses, and what is done again by its content comes to the same. Of an API key alone there
        may be a second one then.
        """
        standing, known = await run_in_threadpool(book.claim, asked)
        if standing is Standing.OTHER:
            raise KeyReusedError(asked.key)
        if standing is Standing.AT_WORK:
            left = known.at + AT_WORK - asked.at
            raise RequestAtWorkError(asked.key, _SOON_SECONDS, max(_SOON_SECONDS, round(left.total_seconds())))
        if known.answer is not None:
            return _response(known.answer)
        try:
            response = await _handled(request, handle)
        except Exception:
            await run_in_threadpool(book.release, asked)
            raise
        if self.is_decided(response.status_code):
            await _keep(book, asked, getattr(request.state, _INSTEAD, response))
        else:
            await run_in_threadpool(book.release, asked)
        return response


def keep_instead(request: Request, response: Response) -> None:
    """Have another answer kept for repetition than the one that is given: that one holds a secret."""
    setattr(request.state, _INSTEAD, response)


async def _handled(request: Request, handle: Callable[[Request], Coroutine[None, None, Response]]) -> Response:
    """The answer, also where it is a refusal."""
    try:
        return await handle(request)
    except (TocsinError, RequestValidationError) as error:
        return await answer_error(request, error)


async def _keep(book: AnswerBook, asked: Keyed, response: Response) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    try:
        await run_in_threadpool(book.keep, asked, Answer(response.status_code, headers, bytes(response.body)))
    except StoreError as error:
        # What was asked for is on disk: to say otherwise would be wrong, and a repetition comes to the same.
        structlog.get_logger("tocsin.web").warning("an answer could not be kept for repetition", problem=str(error))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, headers=dict(answer.headers))
    response.headers[REPLAYED] = "true"
    return response


@asynccontextmanager
async def _spooled(request: Request) -> AsyncIterator[tuple[Request, BinaryIO]]:
    """The request with a body that is read again from where the file stands, which is its beginning, and that file."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
        body = cast("BinaryIO", kept)
        async for piece in request.stream():
            await run_in_threadpool(body.write, piece)
        body.seek(0)
        yield Request(request.scope, _replay(body, request.receive)), body


def _digest(request: Request, body: BinaryIO) -> str:
    """SHA-256 of method, address, type, version that is meant, and body.

    Where parts begin is named anew by each attempt, and left out.
    """
    boundary = _kind(request).get_boundary() or ""
    mark = f"--{boundary}".encode() if boundary else None
    digest = hashlib.sha256("\n".join(head_of(request)).encode() + b"\n")
    while line := body.readline(_PIECE):
        digest.update(b"--" + line[len(mark) :] if mark is not None and line.startswith(mark) else line)
    return digest.hexdigest()


def head_of(request: Request) -> list[str]:
    """Method, address, type and the version that is meant."""
    asked = [request.method, request.url.path, request.url.query, _kind(request).get_content_type()]
    return [*asked, lines_of(request, "if-match") or ""]


def _kind(request: Request) -> Message:
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    return kind


def _replay(body: BinaryIO, receive: Receive) -> Receive:
    """What the client sent, again; then what it sends now."""
    ended = False

    async def again() -> AsgiMessage:
        nonlocal ended
        if ended:
            return await receive()
        piece = await run_in_threadpool(body.read, _PIECE)
        ended = len(piece) < _PIECE
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return again
