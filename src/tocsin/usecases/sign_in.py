"""Signing in: from a name and a password to a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.account import fold_name, fold_password
from tocsin.domain.errors import NotSignedInError
from tocsin.domain.throttle import address_group
from tocsin.usecases.open_session import Opened, Visitor, open_session
from tocsin.usecases.rehash import rehash

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.usecases.access_ports import Access

_WRONG = "name and password do not belong together, or the account is disabled"


def admit(name: str, address: str, *, access: Access, now: datetime) -> int:
    """The number of an attempt to sign in; TooManyAttemptsError, at once and for little, where none may be made."""
    return access.sign_ins.admit(fold_name(name), address_group(address), now)


def sign_in(name: str, password: str, attempt: int, visitor: Visitor, *, access: Access, now: datetime) -> Opened:
    """A session for whoever knows an account's password.

    Args:
        name: What was typed as the name, in any case of letters.
        password: What was typed as the password.
        attempt: What `admit` gave.
        visitor: Where it comes from.
        access: Everything about who may do what.
        now: The present instant.

    NotSignedInError, the same after the same time, whether there is no such account, it is disabled, or it has another
    password.
    """
    account = access.accounts.named(fold_name(name))
    kept = None if account is None or account.disabled_at is not None else account.password
    typed = fold_password(password)
    if not access.passwords.verify(kept, typed) or account is None:
        raise NotSignedInError(_WRONG)
    opened = open_session(account, visitor, access=access, now=now, attempt=attempt)
    if opened is None:
        raise NotSignedInError(_WRONG)
    if kept is not None and access.passwords.outdated(kept):
        rehash(account, typed, access=access, now=now)
    return opened
