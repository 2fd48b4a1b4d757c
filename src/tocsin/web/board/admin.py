"""Administration: accounts and keys. What is not somebody's to see is as if it did not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right, Role
from tocsin.domain.account import disabled
from tocsin.domain.errors import InvalidInputError, LastAdminError, Problem
from tocsin.usecases.add_account import add_account, declared_theaters
from tocsin.usecases.change_account import change_account, set_password
from tocsin.usecases.make_key import MOST_DAYS, make_key
from tocsin.usecases.revoke_key import revoke_key
from tocsin.web.access import Allow
from tocsin.web.board.filled import UNTOUCHED, Filled
from tocsin.web.board.page import PageRoute, go_to, render
from tocsin.web.hashing import hashing
from tocsin.web.means import Acting
from tocsin.web.overseen import overseen, overseen_account, seen_theaters

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.account import Account
    from tocsin.usecases.make_key import MadeKey
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_PersonalAdmin = Annotated[Principal, Depends(Allow(Right.ADMINISTER, keys=False))]
_Operator = Annotated[Principal, Depends(Allow(Right.OPERATE))]
_Text = Annotated[str, Form()]
_REFUSED = 422
_ACCOUNTS, _KEYS = "/admin/accounts", "/admin/keys"


@router.get("/admin")
def show_admin(principal: _Operator) -> Response:
    """The first of its pages that somebody may see."""
    return go_to(_ACCOUNTS if principal.may(Right.ADMINISTER) else "/admin/jobs")


@router.get("/admin/accounts")
def show_accounts(request: Request, means: Acting, principal: _Admin) -> Response:
    """Who may sign in, and as what."""
    return _accounts(request, means, principal)


@router.post("/admin/accounts")
async def add_account_here(
    request: Request,
    means: Acting,
    principal: _PersonalAdmin,
    name: _Text = "",
    password: _Text = "",
    role: _Text = "",
    theaters: _Text = "",
) -> Response:
    """Make an account; nobody gives more than they have."""
    try:
        work = partial(
            add_account,
            name.strip(),
            password,
            role=_role(role),
            theaters=_theaters(theaters, means, principal),
            actor=principal,
            access=means.service.access,
            now=means.clock(),
        )
        await to_thread.run_sync(work, limiter=hashing(request))
    except InvalidInputError as error:
        typed = {"name": name, "role": role, "theaters": theaters}
        return await run_in_threadpool(_accounts, request, means, principal, Filled("add", typed, error.problems))
    return go_to(_ACCOUNTS)


@router.post("/admin/accounts/{name}")
def change_account_here(
    request: Request,
    name: str,
    means: Acting,
    principal: _PersonalAdmin,
    role: _Text = "",
    theaters: _Text = "",
    able: _Text = "",
) -> Response:
    """Give an account another role or other theaters, disable or enable it; it holds at once for open sessions."""
    access, now = means.service.access, means.clock()
    overseen_account(name, principal, access)
    try:
        as_role, seen = _role(role), _theaters(theaters, means, principal)

        def alter(account: Account) -> Account:
            after = replace(account, role=as_role, theaters=seen)
            if able == "no":
                return disabled(after, now)
            return replace(after, disabled_at=None) if able == "yes" else after

        change_account(name, alter, actor=principal, access=access, now=now)
    except (InvalidInputError, LastAdminError) as error:
        problems = error.problems if isinstance(error, InvalidInputError) else [_last(name, error)]
        typed = {"role": role, "theaters": theaters, "able": able}
        return _accounts(request, means, principal, Filled(f"change {name}", typed, problems))
    return go_to(_ACCOUNTS)


@router.post("/admin/accounts/{name}/password")
async def set_password_here(
    request: Request, name: str, means: Acting, principal: _PersonalAdmin, password: _Text = ""
) -> Response:
    """Give an account another password; its sessions are closed."""
    access = means.service.access
    await run_in_threadpool(overseen_account, name, principal, access)
    try:
        work = partial(set_password, name, password, actor=principal, access=access, now=means.clock())
        await to_thread.run_sync(work, limiter=hashing(request))
    except InvalidInputError as error:
        filled = Filled(f"password {name}", problems=error.problems)
        return await run_in_threadpool(_accounts, request, means, principal, filled)
    return go_to(_ACCOUNTS)


@router.get("/admin/keys")
def show_keys(request: Request, means: Acting, principal: _Admin) -> Response:
    """What programs sign in with."""
    return _keys(request, means, principal)


@router.post("/admin/keys")
def make_key_here(
    request: Request,
    means: Acting,
    principal: _Admin,
    name: _Text = "",
    role: _Text = "",
    theaters: _Text = "",
    days: _Text = "",
) -> Response:
    """Make a key; it is shown on this page, and never again."""
    now = means.clock()
    try:
        made = make_key(
            name.strip(),
            role=_role(role),
            theaters=_theaters(theaters, means, principal),
            expires_at=_end(days, now),
            actor=principal,
            access=means.service.access,
            now=now,
        )
    except InvalidInputError as error:
        typed = {"name": name, "role": role, "theaters": theaters, "days": days}
        return _keys(request, means, principal, Filled("make", typed, error.problems))
    return _keys(request, means, principal, made=made)


@router.post("/admin/keys/{key}/revoke")
def revoke_key_here(key: str, means: Acting, principal: _Admin) -> Response:
    """Revoke a key, at once and for good."""
    revoke_key(key, actor=principal, access=means.service.access, now=means.clock())
    return go_to(_KEYS)


def _role(text: str) -> Role:
    if text not in set(Role):
        raise InvalidInputError([Problem("", None, "role", repr(text[:40]), ", ".join(Role))])
    return Role(text)


def _end(days: str, now: datetime) -> datetime | None:
    """When a key ends that is to hold for some days; None where none are typed: never."""
    typed = days.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:9]) <= MOST_DAYS):
        accepted = f"a whole number of days from 1 to {MOST_DAYS:,}, or nothing for a key that does not end"
        raise InvalidInputError([Problem("", None, "days", repr(days[:20]), accepted)])
    return now + timedelta(days=int(typed))


def _theaters(text: str, means: Means, principal: Principal) -> frozenset[str] | None:
    """Those named with commas or blanks between; all where none is."""
    names = text.replace(",", " ").split()
    return declared_theaters(names or None, seen_theaters(principal, means.service.catalog))


def _last(name: str, error: Exception) -> Problem:
    return Problem("", None, "account", name, str(error))


def _accounts(request: Request, means: Means, principal: Principal, filled: Filled = UNTOUCHED) -> Response:
    found = sorted(overseen(means.service.access.accounts.accounts(), principal), key=lambda item: item.name)
    return render(
        request,
        "accounts.html",
        status=_REFUSED if filled.problems else 200,
        accounts=found,
        roles=list(Role),
        filled=filled,
    )


def _keys(
    request: Request,
    means: Means,
    principal: Principal,
    filled: Filled = UNTOUCHED,
    made: MadeKey | None = None,
) -> Response:
    found = sorted(overseen(means.service.access.keys.every(), principal), key=lambda item: item.created_at)
    return render(
        request,
        "keys.html",
        status=_REFUSED if filled.problems else 200,
        keys=list(reversed(found)),
        roles=list(Role),
        filled=filled,
        made=made,
        now=means.clock(),
    )
