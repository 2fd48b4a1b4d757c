"""The way to the identity provider and back: what binds it to one browser, and where it ends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from fastapi import Request

LASTS = timedelta(minutes=10)
HOME = "/api/v1/session"
"""Where it ends where nothing else is asked for: who one is now."""
_SECURE, _PLAIN = "__Host-tocsin-oidc", "tocsin-oidc"
# What a browser could take for another host is not in it: no second slash or backslash at the front.
_LOCAL = re.compile(r"/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,499}")
_ACCEPTED = "a path here of up to 500 characters, such as /api/v1/session"


@dataclass(frozen=True, slots=True)
class Trip:
    """One way to the provider and back. The cookie holds its seed; what must stay secret comes of it by our key.

    Attributes:
        state: Comes back with the browser, so that an answer that another browser asked for is not taken.
        nonce: Comes back in the ID token, so that one of another sign-in is not taken.
        verifier: Proves to the provider that who sends the code asked for it (RFC 7636).
        begun: When it began.
        path: Where it ends.
        cookie: What the browser keeps meanwhile.
    """

    state: str
    nonce: str
    verifier: str
    begun: datetime
    path: str
    cookie: str

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier beforehand."""
        return _text(hashlib.sha256(self.verifier.encode("ascii")).digest())

    def is_of(self, state: str) -> bool:
        """Whether a state that came back is this trip's."""
        return hmac.compare_digest(state.encode(), self.state.encode())


class Trips:
    """Begins trips, and knows them again in any process that has the same client secret."""

    def __init__(self, secret: str) -> None:
        """Derive our key from the client secret, under a name of its own."""
        self._key = hmac.digest(secret.encode(), b"tocsin trips to the identity provider", "sha256")

    def begin(self, path: str, now: datetime) -> Trip:
        """A new trip that ends at a path."""
        seed = secrets.token_urlsafe(32)
        body = f"{seed}.{int(now.timestamp())}.{_text(path.encode('ascii'))}"
        return self._trip(seed, now, path, f"{body}.{self._mark('cookie', body)}")

    def known(self, cookie: str, now: datetime) -> Trip | None:
        """The trip of a cookie; None where it is none of ours, or too old."""
        body, _, mark = cookie.rpartition(".")
        if not hmac.compare_digest(mark.encode(), self._mark("cookie", body).encode()):
            return None
        seed, since, path = body.split(".")
        begun = datetime.fromtimestamp(int(since), UTC)
        if not begun <= now < begun + LASTS:
            return None
        return self._trip(seed, begun, _bytes(path).decode("ascii"), cookie)

    def _trip(self, seed: str, begun: datetime, path: str, cookie: str) -> Trip:
        state, nonce, verifier = (self._mark(what, seed) for what in ("state", "nonce", "verifier"))
        return Trip(state, nonce, verifier, begun, path, cookie)

    def _mark(self, what: str, of: str) -> str:
        return _text(hmac.digest(self._key, f"{what} {of}".encode(), "sha256"))


def local_path(text: str) -> str:
    """A path of this site; InvalidInputError for anything that could lead elsewhere.

    >>> local_path("/api/v1/theaters?limit=2")
    '/api/v1/theaters?limit=2'
    """
    if not _LOCAL.fullmatch(text):
        raise InvalidInputError([Problem("", None, "next", repr(text[:100]), _ACCEPTED)])
    return text


def trip_cookie(request: Request) -> str:
    """What the browser kept of a trip; empty where it kept nothing."""
    return request.cookies.get(_name(request), "")


def set_trip_cookie(request: Request, text: str) -> str:
    """The header that has the browser keep a trip; an empty text takes it away."""
    seconds = round(LASTS.total_seconds()) if text else 0
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{_name(request)}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _name(request: Request) -> str:
    return _SECURE if request.url.scheme == "https" else _PLAIN


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
