"""Signing in at an identity provider: the way there, and the way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tocsin.usecases.sign_in_elsewhere import sign_in_elsewhere
from tocsin.web.access import Allow
from tocsin.web.cookies import hand_out, refuse_bare_http
from tocsin.web.means import Acting
from tocsin.web.oidc_trip import HOME, local_path, set_trip_cookie, trip_cookie
from tocsin.web.password_sign_in import visitor_of
from tocsin.web.schemas.problem import problems

if TYPE_CHECKING:
    from tocsin.web.oidc import Oidc

router = APIRouter(tags=["sessions"], dependencies=[Depends(Allow(None))])
_FOUND = 302
_Next = Annotated[str, Query(alias="next", description="A path of this site where the sign-in ends.")]
_Brought = Annotated[str | None, Query(description="What the identity provider sends along.")]


@router.get("/session/oidc", status_code=_FOUND, response_class=RedirectResponse, responses=problems(404, 422))
async def leave_for_provider(request: Request, means: Acting, end: _Next = HOME) -> RedirectResponse:
    """Sign in at the identity provider: go there with this address in a browser."""
    oidc = _set_up(request)
    refuse_bare_http(request)
    trip = oidc.trips.begin(local_path(end), means.clock())
    answer = RedirectResponse(await oidc.address(trip), _FOUND)
    answer.headers["set-cookie"] = set_trip_cookie(request, trip.cookie)
    return answer


@router.get(
    "/session/oidc/callback", status_code=_FOUND, response_class=RedirectResponse, responses=problems(404, 409, 422)
)
async def come_back_from_provider(
    request: Request,
    means: Acting,
    state: _Brought = None,
    code: _Brought = None,
    error: _Brought = None,
    iss: _Brought = None,
) -> RedirectResponse:
    """Where the identity provider sends the browser back to; the answer sets the session's cookie."""
    oidc = _set_up(request)
    refuse_bare_http(request)
    now = means.clock()
    brought = {"state": state, "code": code, "error": error, "iss": iss}
    given = {name: text for name, text in brought.items() if text is not None}
    trip, proof = oidc.came_back(trip_cookie(request), given, now)
    identity = await oidc.identity(trip, proof, now)
    visitor, access = visitor_of(request), means.service.access
    work = partial(sign_in_elsewhere, identity, oidc.settings.roles, visitor, access=access, now=now)
    try:
        opened = await run_in_threadpool(work)
    finally:
        means.gate.look_again()  # nobody expects a GET to have changed an account
    hand_out(request, opened.token)
    answer = RedirectResponse(trip.path, _FOUND)
    answer.headers["set-cookie"] = set_trip_cookie(request, "")
    return answer


def _set_up(request: Request) -> Oidc:
    oidc: Oidc | None = request.app.state.oidc
    if oidc is None:
        raise HTTPException(404, "no identity provider is set up here; sign in with: POST /api/v1/session")
    return oidc
