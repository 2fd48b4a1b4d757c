"""Accounts: who may sign in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.account import disabled, fold_name, read_password
from tocsin.domain.errors import InvalidInputError, NotAllowedError, Problem
from tocsin.usecases.add_account import add_account, declared_theaters
from tocsin.usecases.change_account import change_account, change_own_password, set_password
from tocsin.usecases.sign_in import admit
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.hashing import hashing
from tocsin.web.idempotency import KEYED
from tocsin.web.means import Acting
from tocsin.web.overseen import overseen, overseen_account, seen_theaters
from tocsin.web.password_route import PasswordRoute
from tocsin.web.password_sign_in import visitor_of
from tocsin.web.schemas.account import AccountBody, AccountChanges, NewAccount, NewPassword
from tocsin.web.schemas.problem import problems
from tocsin.web.tables import Asked, PageBody, after, cut

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.account import Account

router = APIRouter(tags=["accounts"], route_class=PasswordRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
# What somebody gives an account stays: a key that ends, or is revoked, must not have given anything.
_PersonalReader = Annotated[Principal, Depends(Allow(Right.READ, keys=False))]
_PersonalAdmin = Annotated[Principal, Depends(Allow(Right.ADMINISTER, keys=False))]


@router.get("/accounts", response_model=PageBody[AccountBody], responses=TABLE)
def list_accounts(
    asked: Asked, means: Acting, principal: _Admin, cursor: AskedCursor = None, limit: Limit = 100
) -> Response:
    """Every account that sees no more theaters than you do, disabled ones too, by name."""
    question = {"list": "accounts", "of": principal.name}
    begun = read_cursor(cursor, question, (str,))
    found = sorted(overseen(means.service.access.accounts.accounts(), principal), key=_place)
    return asked.page(AccountBody, cut(after(found, begun, _place), limit, question, _place), AccountBody.of)


def _place(account: Account) -> tuple[str]:
    return (account.name,)


@router.post("/accounts", status_code=201, responses=problems(409, 422), dependencies=KEYED)
async def make_account(body: NewAccount, request: Request, means: Acting, principal: _PersonalAdmin) -> AccountBody:
    """Make an account; you cannot give more than you have. Not for API keys."""
    work = partial(
        add_account,
        body.name,
        body.password.get_secret_value(),
        role=body.role,
        theaters=declared_theaters(body.theaters, seen_theaters(principal, means.service.catalog)),
        actor=principal,
        access=means.service.access,
        now=means.clock(),
    )
    return AccountBody.of(await to_thread.run_sync(work, limiter=hashing(request)))


@router.get("/accounts/{name}")
def show_account(name: str, means: Acting, principal: _Admin) -> AccountBody:
    """One account."""
    return AccountBody.of(overseen_account(name, principal, means.service.access))


@router.patch("/accounts/{name}", responses=problems(404, 409, 422), dependencies=KEYED)
def alter_account(name: str, body: AccountChanges, means: Acting, principal: _PersonalAdmin) -> AccountBody:
    """Give an account another role or other theaters, or disable or enable it. It holds at once for open sessions.

    Not for API keys.
    """
    now, access = means.clock(), means.service.access
    overseen_account(name, principal, access)
    alter = _altering(body, declared_theaters(body.theaters, seen_theaters(principal, means.service.catalog)), now)
    return AccountBody.of(change_account(name, alter, actor=principal, access=access, now=now))


def _altering(body: AccountChanges, theaters: frozenset[str] | None, now: datetime) -> Callable[[Account], Account]:
    def alter(account: Account) -> Account:
        after = account if body.role is None else replace(account, role=body.role)
        if "theaters" in body.model_fields_set:  # null is a value: all of them
            after = replace(after, theaters=theaters)
        if body.disabled is None:
            return after
        return disabled(after, now) if body.disabled else replace(after, disabled_at=None)

    return alter


@router.post("/accounts/{name}/password", status_code=204, responses=problems(404, 409, 422), dependencies=KEYED)
async def change_password(
    name: str, body: NewPassword, request: Request, means: Acting, principal: _PersonalReader
) -> None:
    """Give your own account another password, which takes the present one, or, as an administrator, anybody's.

    All other sessions of the account are closed. Not for API keys.
    """
    access, now, password = means.service.access, means.clock(), body.password.get_secret_value()
    if fold_name(name) != principal.name:
        if not principal.may(Right.ADMINISTER):
            raise NotAllowedError(principal.name, Right.ADMINISTER.value)
        await run_in_threadpool(overseen_account, name, principal, access)
        work = partial(set_password, name, password, actor=principal, access=access, now=now)
        await to_thread.run_sync(work, limiter=hashing(request))
        return
    present = _given(body.present)
    read_password(password, principal.name)  # one that cannot be is no guess at the present one
    attempt = await run_in_threadpool(admit, principal.name, visitor_of(request).address, access=access, now=now)
    own = partial(change_own_password, principal, present, password, attempt, access=access, now=now)
    await to_thread.run_sync(own, limiter=hashing(request))


def _given(present: SecretStr | None) -> str:
    if present is None:
        accepted = "the present password, as this is your own account"
        raise InvalidInputError([Problem("", None, "present", "left out", accepted)])
    return present.get_secret_value()
