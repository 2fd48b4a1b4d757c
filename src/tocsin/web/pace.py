"""How many requests whoever asks may make: each account or key, and each address that shows neither."""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.exceptions import HTTPException

from tocsin.domain.access import Principal
from tocsin.web.window import MovingWindow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tocsin.settings import Settings

PRINCIPAL = "tocsin.principal"
"""Where a request's scope holds whom it comes from, once that is known."""
EXEMPT = frozenset({"/healthz"})

_WINDOW_SECONDS = 60.0
_MOST_BLOCKED = 10_000  # addresses; beyond that, those whose wait is over are forgotten
_NETWORK_BITS = 64  # of an IPv6 address: whoever has one has all that begin like it


@dataclass(eq=False, slots=True)
class Pace:
    """Counts in a moving window of a minute, in this process.

    A request counts once: for the account or key that it comes from, or else for its address. An address that has used
    up its count is turned away before anybody looks at what it brings, unless that is a credential that is known.
    """

    by_principal: int
    by_address: int
    _taken: MovingWindow[str] = field(default_factory=lambda: MovingWindow(_WINDOW_SECONDS))
    _blocked: dict[str, float] = field(default_factory=dict)
    _blocks_until: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        """As the settings say; 0 means no limit."""
        return cls(settings.requests_per_minute, settings.address_requests_per_minute)

    def refuse_blocked(self, address: str) -> None:
        """HTTPException 429 where an address has used up its count; cheap, as everybody is asked."""
        if not self._blocked or (until := self._blocked.get(address)) is None:
            return
        left = until - time.monotonic()
        if left > 0:
            raise too_many(math.ceil(left))
        self._blocked.pop(address, None)

    @property
    def blocks(self) -> bool:
        """Whether any address has used up its count."""
        return bool(self._blocked) and time.monotonic() < self._blocks_until

    def count(self, address: str, principal: Principal | None) -> int | None:
        """Count a request; the seconds to wait where it is one too many."""
        most = self.by_address if principal is None else self.by_principal
        if not most:
            return None
        key = f"address:{address}" if principal is None else f"principal:{principal.name}"
        seconds = self._taken.take(key, most)
        if seconds is None:
            return None
        wait = max(1, math.ceil(seconds))
        if principal is None:
            self._block(address, wait)
        return wait

    def _block(self, address: str, seconds: int) -> None:
        now = time.monotonic()
        if len(self._blocked) >= _MOST_BLOCKED:
            self._blocked = {other: until for other, until in self._blocked.items() if until > now}
        self._blocked[address] = now + seconds
        self._blocks_until = max(self._blocks_until, now + seconds)


def address_of(scope: Mapping[str, Any]) -> str:
    """Where a request comes from; of an IPv6 address, the network."""
    client = scope.get("client")
    host: str = client[0] if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], _NETWORK_BITS), strict=False))
    except ValueError:
        return host


def note_caller(request: Request, principal: Principal | None) -> None:
    """Note whom a request comes from, and count it, once; HTTPException 429 where it is one too many."""
    if PRINCIPAL in request.scope:  # a route may need to know before its body is read, and again after
        return
    request.scope[PRINCIPAL] = principal
    pace: Pace | None = getattr(request.app.state, "pace", None)
    if pace is None or request.scope["path"] in EXEMPT:
        return
    wait = pace.count(address_of(request.scope), principal)
    if wait is not None:
        raise too_many(wait)


def too_many(wait: int) -> HTTPException:
    """A refusal that says how many seconds to wait."""
    return HTTPException(429, f"too many requests in a minute; wait {wait} s", {"Retry-After": str(wait)})
