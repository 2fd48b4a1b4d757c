"""Signing in and out, on pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from tocsin.domain.errors import InvalidInputError, NotSignedInError, TooManyAttemptsError
from tocsin.usecases.sign_out import close_session
from tocsin.web.access import Allow
from tocsin.web.board.page import SIGN_IN, PageRoute, Reader, go_to, render
from tocsin.web.cookies import hand_out
from tocsin.web.demo_gate import DemoGate
from tocsin.web.means import Acting
from tocsin.web.oidc_trip import local_path
from tocsin.web.password_sign_in import open_by_password

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_HOME = "/theaters"
_Next = Annotated[str, Query(alias="next")]
_WRONG = 401
_INCOMPLETE = 422
_TOO_MANY = 429


@router.get(SIGN_IN, dependencies=[Depends(Allow(None))])
def show_sign_in(request: Request, means: Acting, end: _Next = _HOME) -> Response:
    """Where people say who they are."""
    if isinstance(means.gate, DemoGate):
        return go_to(_HOME)
    return _form(request, _local(end))


@router.post(SIGN_IN, dependencies=[Depends(Allow(None))])
async def sign_in_here(
    request: Request,
    means: Acting,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    end: Annotated[str, Form(alias="next")] = _HOME,
) -> Response:
    """Sign in by name and password; the answer sets the session's cookie and leads on."""
    if not name or not password:
        return _form(request, _local(end), name, "Both are needed: a name and a password.", _INCOMPLETE)
    try:
        opened = await open_by_password(request, means, name, password)
    except NotSignedInError:
        return _form(request, _local(end), name, "The name or the password is wrong.", _WRONG)
    except TooManyAttemptsError as error:
        answer = _form(request, _local(end), name, str(error), _TOO_MANY)
        answer.headers["retry-after"] = str(error.wait_seconds)
        return answer
    hand_out(request, opened.token)
    return go_to(_local(end))


@router.post("/sign-out")
def sign_out_here(request: Request, means: Acting, principal: Reader) -> RedirectResponse:
    """Close the session that the request came by."""
    if principal.session is not None:
        close_session(principal.session, principal, access=means.service.access, now=means.clock())
        hand_out(request, None)
    return go_to(SIGN_IN)


def _form(request: Request, end: str, name: str = "", wrong: str = "", status: int = 200) -> Response:
    elsewhere = request.app.state.oidc is not None
    return render(request, "sign_in.html", status=status, end=end, name=name, wrong=wrong, elsewhere=elsewhere)


def _local(end: str) -> str:
    """Where to go on; a link that somebody was sent may name another site, and then it is the start."""
    try:
        return local_path(end)
    except InvalidInputError:
        return _HOME
