"""HEAD: what GET would answer, without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

_LISTENING = "2.3"  # of ASGI: by this version a stream asks whether its reader has gone, and ends


def as_get(scope: Scope) -> Scope:
    """A HEAD as the GET that it asks about, in a scope of its own: a server goes on by the one that it gave."""
    return {**scope, "method": "GET", "asgi": {**scope.get("asgi", {}), "spec_version": _LISTENING}}


def without_body(send: Send) -> Send:
    """Send an answer's head and end it there: to a stream it is as if its reader had gone."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sending
