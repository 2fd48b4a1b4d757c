"""One's own account: the password, and where else one is signed in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import RIGHTS, Principal, Right
from tocsin.domain.account import read_password
from tocsin.domain.errors import InvalidInputError, NotSignedInError, Problem
from tocsin.usecases.change_account import change_own_password
from tocsin.usecases.sign_in import admit
from tocsin.usecases.sign_out import close_session, open_sessions
from tocsin.web.access import Allow
from tocsin.web.board.page import PageRoute, go_to, render
from tocsin.web.hashing import hashing
from tocsin.web.means import Acting
from tocsin.web.password_sign_in import visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Person = Annotated[Principal, Depends(Allow(Right.READ, keys=False))]
_Text = Annotated[str, Form()]
_REFUSED = 422


@router.get("/account")
def show_account(request: Request, means: Acting, principal: _Person) -> Response:
    """Who one is here, what one may do, and where else one is signed in."""
    return _page(request, means, principal)


@router.post("/account/password")
async def change_password_here(
    request: Request, means: Acting, principal: _Person, present: _Text = "", password: _Text = ""
) -> Response:
    """Another password, which takes the present one; all other sessions are closed."""
    access, now = means.service.access, means.clock()
    try:
        read_password(password, principal.name)  # one that cannot be is no guess at the present one
        address = visitor_of(request).address
        attempt = await run_in_threadpool(admit, principal.name, address, access=access, now=now)
        work = partial(change_own_password, principal, present, password, attempt, access=access, now=now)
        await to_thread.run_sync(work, limiter=hashing(request))
    except InvalidInputError as error:
        return await run_in_threadpool(_page, request, means, principal, error.problems)
    except NotSignedInError as error:
        wrong = [Problem("", None, "present", "what was typed", str(error))]
        return await run_in_threadpool(_page, request, means, principal, wrong)
    return await run_in_threadpool(_page, request, means, principal, changed=True)


@router.post("/account/sessions/{session}/end")
def end_session_here(session: str, means: Acting, principal: _Person) -> Response:
    """Close a session of one's own, or as an administrator anybody's."""
    close_session(session, principal, access=means.service.access, now=means.clock())
    return go_to("/account")


def _page(
    request: Request,
    means: Means,
    principal: Principal,
    problems: Sequence[Problem] = (),
    *,
    changed: bool = False,
) -> Response:
    everybodys = principal.may(Right.ADMINISTER)
    found = open_sessions(principal, everybodys=everybodys, access=means.service.access, now=means.clock())
    return render(
        request,
        "own_account.html",
        status=_REFUSED if problems else 200,
        sessions=found,
        everybodys=everybodys,
        rights=sorted(RIGHTS[principal.role]),
        problems=problems,
        changed=changed,
    )
