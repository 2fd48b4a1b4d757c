"""What a request bears of credentials, found in one pass over its headers: every request is asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tocsin.web.cookies import cookie_name

if TYPE_CHECKING:
    from starlette.types import Scope


class Credential(NamedTuple):
    """The text of an API key, or the token of a session."""

    text: str
    is_key: bool


def credential_of(scope: Scope) -> Credential | None:
    """The API key of a request; where it bears none, the token in the cookie; None where there is neither.

    Whoever sends a key means the key: a bad one is not made good by a cookie.
    """
    cookies = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            key = bearer_in(value.decode("latin-1"))
            if key is not None:
                return Credential(key, is_key=True)
        elif name == b"cookie":
            cookies += b";" + value
    if not cookies:
        return None
    beginning = cookie_name(scope["scheme"]).encode() + b"="
    for part in cookies.split(b";"):
        cookie = part.strip()
        if cookie.startswith(beginning):
            return Credential(cookie[len(beginning) :].decode("latin-1"), is_key=False)
    return None


def bearer_in(header: str) -> str | None:
    """The API key in the header Authorization; None where another scheme is used.

    >>> bearer_in("Bearer abc"), bearer_in("Basic abc")
    ('abc', None)
    """
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
