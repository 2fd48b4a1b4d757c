"""Which right a route needs, and whether who asks has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, override

from fastapi import Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Host, Mount

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import NotAllowedError, NotSignedInError, SessionWantedError, UnknownNameError
from tocsin.web.means import means_of
from tocsin.web.pace import note_caller
from tocsin.web.parameters import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from fastapi import Response
    from starlette.routing import BaseRoute

    from tocsin.web.means import Means


class Allow:
    """A dependency that lets a request pass if who asks has a right; None lets everybody pass.

    Where the path names a theater, it must be one that they may see: another is answered as if it did not exist, so
    that names do not leak.
    """

    def __init__(self, right: Right | None, *, keys: bool = True) -> None:
        """Name the right, and whether an API key may use it here."""
        self.right = right
        self.keys = keys

    async def __call__(self, request: Request) -> Principal | None:
        """The principal; NotSignedInError, NotAllowedError or SessionWantedError where they may not.

        InvalidInputError where the address has parameters that the route does not know. Routes that everybody may use
        pass those over: what comes back from an identity provider has some of its own.
        """
        if self.right is None:
            note_caller(request, None)
            return None
        means = await means_of(request)
        try:
            principal = await _identified(means, request)
        except NotSignedInError:
            note_caller(request, None)
            raise
        note_caller(request, principal)
        if principal is None:
            raise NotSignedInError("no credential was sent")
        if not principal.may(self.right):
            raise NotAllowedError(principal.name, self.right.value)
        if principal.is_key and not self.keys:
            raise SessionWantedError(principal.name)
        theater = request.path_params.get("theater")
        if theater is not None and not principal.may(self.right, theater):
            seen = [name for name in means.service.catalog.theaters if principal.may(Right.READ, name)]
            raise UnknownNameError("theater", theater, seen)
        refuse_unknown(request)
        return principal


async def _identified(means: Means, request: Request) -> Principal | None:
    """Whom a request comes from, asked once: a route may need to know before its body is read, and again after."""
    if not hasattr(request.state, "principal"):
        request.state.principal = await means.gate.identify(request)
    return cast("Principal | None", request.state.principal)


class GuardedRoute(APIRoute):
    """A route that asks who may before it reads anything of the body, as the framework would read all of it first."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            allow = right_of(self)
            if allow is not None:
                await allow(request)
            return await handle(request)

        return guarded


def right_of(route: APIRoute | RouteContext) -> Allow | None:
    """What a route says of who may use it; None where it says nothing."""
    return next((item.call for item in route.dependant.dependencies if isinstance(item.call, Allow)), None)


def refuse_open_routes(routes: Iterable[BaseRoute]) -> None:
    """RuntimeError that names every route without a policy: deny by default, and find out at the start.

    Routes of included routers are looked at as well. A mounted application would have policies of its own, or none.
    """
    forgotten = [str(found.path) for found in iter_route_contexts(list(routes)) if not _has_policy(found)]
    if forgotten:
        msg = f"routes without a policy: {', '.join(forgotten)}; add a dependency Allow(…) to each"
        raise RuntimeError(msg)
    hasty = [str(found.path) for found in iter_route_contexts(list(routes)) if _reads_first(found)]
    if hasty:
        msg = f"routes that read a body before they ask who may: {', '.join(hasty)}; make each a GuardedRoute"
        raise RuntimeError(msg)


def _reads_first(found: RouteContext) -> bool:
    route, allow = found.original_route, right_of(found)
    read = isinstance(route, APIRoute) and route.body_field is not None
    return read and not isinstance(route, GuardedRoute) and allow is not None and allow.right is not None


def _has_policy(found: RouteContext) -> bool:
    if isinstance(found.original_route, Mount | Host):
        return False
    return isinstance(found.original_route, APIRoute) and right_of(found) is not None
