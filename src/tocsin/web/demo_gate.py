"""The gate of a demonstration: everybody on this machine may do everything, and nobody else anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError, NotSignedInError, Problem
from tocsin.web.cookies import came_by_proxy, is_loopback

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.types import Scope

_VISITOR = Principal("demo", Role.ADMIN, theaters=None)


class DemoGate:
    """The port `Gate` without credentials."""

    async def identify(self, request: Request) -> Principal | None:
        """An administrator; NotSignedInError where the address asked is not this machine's.

        A page elsewhere could have its own name lead to this machine, and read what the browser then gets.
        """
        if not is_loopback(request.headers.get("host", "")):
            raise NotSignedInError("a demonstration answers at localhost only")
        if came_by_proxy(request):
            raise NotSignedInError("a demonstration answers nobody whom a proxy has brought")
        return _VISITOR

    def knows(self, scope: Scope) -> bool:  # noqa: ARG002 (the port's)
        """Nobody has a credential."""
        return False

    async def still(self, principal: Principal) -> Principal | None:
        """The same administrator: nobody takes anything from them."""
        return principal

    def look_again(self) -> None:
        """Nothing is kept that could be too old."""


def demo_gate(host: str) -> DemoGate:
    """A gate for a server that listens on a host; InvalidInputError where others than this machine could reach it."""
    if not is_loopback(host):
        accepted = "127.0.0.1, ::1 or localhost in a demonstration, which lets everybody in; elsewhere: tocsin serve"
        raise InvalidInputError([Problem("", None, "host", repr(host), accepted)])
    return DemoGate()
