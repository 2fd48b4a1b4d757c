"""Changing an account: its role, its theaters, its password, or whether anybody may use it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.account import altered, differences, fold_name, fold_password, read_password
from tocsin.domain.errors import NotSignedInError
from tocsin.domain.event import Event, EventKind
from tocsin.usecases.access_ports import AccountChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.domain.account import Account
    from tocsin.usecases.access_ports import Access


def change_account(
    name: str, alter: Callable[[Account], Account], *, actor: Principal, access: Access, now: datetime
) -> Account:
    """Have an account altered by somebody who administers.

    Its sessions are closed where it is disabled or gets another password; a new role or other theaters hold for them at
    once. UnknownNameError, NotAllowedError and LastAdminError leave it as it was.
    """

    def decide(before: Account, others: Sequence[Account]) -> AccountChange:
        after = altered(before, others, actor, alter)
        told = differences(before, after)
        if not told:
            return AccountChange(after, (), closes=False)
        event = Event(EventKind.ACCOUNT_CHANGED, now, "", before.name, actor.name, told)
        closes = "password" in told or told.get("disabled") is True
        return AccountChange(after, (event,), closes=closes, keeps=actor.session)

    return access.accounts.change(fold_name(name) or name, decide)


def set_password(name: str, password: str, *, actor: Principal, access: Access, now: datetime) -> Account:
    """Give an account another password, without knowing the present one."""
    folded = fold_name(name) or name
    kept = access.passwords.hash(read_password(password, folded))
    return change_account(folded, lambda item: replace(item, password=kept), actor=actor, access=access, now=now)


def change_own_password(
    principal: Principal, present: str, password: str, attempt: int, *, access: Access, now: datetime
) -> None:
    """Give one's own account another password; its other sessions are closed.

    Args:
        principal: Whose.
        present: The present password; NotSignedInError where it is wrong.
        password: The new one.
        attempt: What `sign_in.admit` gave: guessing here counts as guessing there.
        access: Everything about who may do what.
        now: The present instant.
    """
    account = access.accounts.named(principal.name)
    wanted = read_password(password, principal.name)
    if account is None or not access.passwords.verify(account.password, fold_password(present)):
        raise NotSignedInError("the present password is another one")
    access.sign_ins.succeeded(attempt)
    kept = access.passwords.hash(wanted)
    change_account(account.name, lambda item: replace(item, password=kept), actor=principal, access=access, now=now)
