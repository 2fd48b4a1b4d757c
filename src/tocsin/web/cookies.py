"""The cookie of a session: how it is named, set and read."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.session import ABSOLUTE_LIMIT

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tocsin.web.means import Gate

_SECURE = "__Host-tocsin"
_PLAIN = "tocsin"
_HANDED_OUT = "tocsin_session_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def cookie_name(scheme: str) -> str:
    """`__Host-` binds it to this host and to https; without https a browser does not take such a one."""
    return _SECURE if scheme == "https" else _PLAIN


def hand_out(request: Request, token: str | None) -> None:
    """Have the answer set the cookie to a token, or take it away."""
    request.scope["state"][_HANDED_OUT] = "" if token is None else token


def is_loopback(host: str) -> bool:
    """Whether a host, as an address or as the header Host has it, is this machine.

    >>> [is_loopback(host) for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "::1", "0.0.0.0", "tocsin.org")]
    [True, True, True, True, False, False]
    """
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host
    if name.count(":") == 1:
        name = name.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def came_by_proxy(request: Request) -> bool:
    """Whether a proxy says that it has brought a request: it comes from elsewhere then, whatever host it names."""
    return any(name == "forwarded" or name.startswith("x-forwarded-") for name in request.headers)


def refuse_bare_http(request: Request) -> None:
    """InvalidInputError where a password came, and a cookie would go, over a network in the clear."""
    here = is_loopback(request.headers.get("host", "")) and not came_by_proxy(request)
    if request.url.scheme != "https" and not here:
        accepted = (
            "https, or http on this machine; a proxy that speaks https must say so (X-Forwarded-Proto: https), and be "
            "named in TOCSIN_TRUSTED_PROXIES"
        )
        raise InvalidInputError([Problem("", None, "scheme", request.url.scheme, accepted)])


class SessionCookie:
    """Middleware: sets the cookie that a request was handed, and has the gate look again after what may change it."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        """Stand before an application."""
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                if scope["method"] not in SAFE_METHODS:
                    self._gate.look_again()
                token = state.get(_HANDED_OUT)
                if token is not None:
                    line = _set_cookie(token, scope["scheme"]).encode("ascii")
                    message["headers"] = [*message.get("headers", ()), (b"set-cookie", line)]
            await send(message)

        await self._app(scope, receive, answer)


def _set_cookie(token: str, scheme: str) -> str:
    seconds = round(ABSOLUTE_LIMIT.total_seconds()) if token else 0
    secure = "; Secure" if scheme == "https" else ""
    return f"{cookie_name(scheme)}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
