"""Sessions: signing in and out, who am I, and who else is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import NotAllowedError
from tocsin.usecases.sign_out import close_session, open_sessions
from tocsin.web.access import Allow
from tocsin.web.cookies import hand_out
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.means import Acting
from tocsin.web.password_sign_in import open_by_password
from tocsin.web.schemas.session import PrincipalBody, SessionBody, SignIn
from tocsin.web.tables import Asked, PageBody, after, cut

router = APIRouter(tags=["sessions"])
_Everybodys = Annotated[bool, Query(alias="all", description="Everybody's and not only yours; for administrators.")]
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]


@router.post("/session", status_code=201, dependencies=[Depends(Allow(None))])
async def open_session(body: SignIn, request: Request, means: Acting) -> PrincipalBody:
    """Sign in with a name and a password; the answer sets the session's cookie."""
    opened = await open_by_password(request, means, body.name, body.password.get_secret_value())
    hand_out(request, opened.token)
    return PrincipalBody.of(opened.principal)


@router.get("/session")
def show_session(principal: _Reader) -> PrincipalBody:
    """Who you are, and what you may do."""
    return PrincipalBody.of(principal)


@router.delete("/session", status_code=204)
def leave_session(request: Request, means: Acting, principal: _Reader) -> None:
    """Sign out. A key has no session to leave; nothing is done then."""
    if principal.session is not None:
        close_session(principal.session, principal, access=means.service.access, now=means.clock())
        hand_out(request, None)


@router.get("/sessions", response_model=PageBody[SessionBody], responses=TABLE)
def list_sessions(
    asked: Asked,
    means: Acting,
    principal: _Reader,
    everybodys: _Everybodys = False,  # noqa: FBT002 - FastAPI makes a parameter of the query of it
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """The sessions that are open, oldest first."""
    if everybodys and not principal.may(Right.ADMINISTER):
        raise NotAllowedError(principal.name, Right.ADMINISTER.value)
    question = {"list": "sessions", "of": (principal.name, everybodys)}
    begun = read_cursor(cursor, question, (datetime, str))
    found = open_sessions(principal, everybodys=everybodys, access=means.service.access, now=means.clock())
    bodies = sorted((SessionBody.of(session, account, principal) for session, account in found), key=_place)
    return asked.page(SessionBody, cut(after(bodies, begun, _place), limit, question, _place), lambda body: body)


def _place(body: SessionBody) -> tuple[datetime, str]:
    return body.opened_at, body.id


@router.delete("/sessions/{session}", status_code=204)
def end_session(session: str, means: Acting, principal: _Reader) -> None:
    """Close one of your sessions, or, as an administrator, anybody's."""
    close_session(session, principal, access=means.service.access, now=means.clock())
