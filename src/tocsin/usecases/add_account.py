"""A new account."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tocsin.domain.account import Account, read_name, read_password, refuse_to_give
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.event import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tocsin.domain.access import Principal, Role
    from tocsin.usecases.access_ports import Access


def add_account(
    name: str,
    password: str | None,
    *,
    role: Role,
    theaters: frozenset[str] | None,
    actor: Principal,
    access: Access,
    now: datetime,
    identity: str | None = None,
    first: bool = False,
) -> Account:
    """Make an account.

    Args:
        name: Its name, in any case of letters.
        password: Its password; None where somebody signs in at an identity provider only.
        role: What it is for.
        theaters: The theaters that it may see; None for all.
        actor: Who makes it; they cannot give more than they have.
        access: Everything about who may do what.
        now: The present instant.
        identity: `issuer subject` at an identity provider.
        first: Only where there is no account yet.

    InvalidInputError where name or password cannot be, or the name is taken; NotAllowedError where the actor may not.
    """
    refuse_to_give(actor, role, theaters)
    folded = read_name(name)
    kept = None if password is None else access.passwords.hash(read_password(password, folded))
    account = Account(secrets.token_hex(8), folded, role, theaters, kept, identity, created_at=now)
    detail = {"added": role.value, "theaters": None if theaters is None else sorted(theaters)}
    event = Event(EventKind.ACCOUNT_CHANGED, now, "", folded, actor.name, detail)
    access.accounts.add(account, event, first=first)
    return account


def declared_theaters(named: Collection[str] | None, declared: Collection[str]) -> frozenset[str] | None:
    """Theaters that somebody names, or None for all; InvalidInputError for one that is not declared."""
    if named is None:
        return None
    unknown = sorted(set(named) - set(declared))
    if unknown:
        accepted = f"declared theaters: {', '.join(sorted(declared))}"
        raise InvalidInputError([Problem("", None, "theaters", repr(name), accepted) for name in unknown])
    return frozenset(named)
