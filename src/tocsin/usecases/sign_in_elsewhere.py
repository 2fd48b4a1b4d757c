"""Signing in at an identity provider: from somebody whom it vouches for to a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError, NotSignedInError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.identity import given_role, proposed_names
from tocsin.usecases.add_account import add_account
from tocsin.usecases.change_account import change_account
from tocsin.usecases.open_session import Opened, Visitor, open_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.account import Account
    from tocsin.domain.identity import Identity
    from tocsin.usecases.access_ports import Access

_NO_ROLE = "the identity provider knows you, but no group of yours there has a role here; ask whoever keeps the groups"
_DISABLED = "this account is disabled"


def sign_in_elsewhere(
    identity: Identity, roles: Mapping[str, Role], visitor: Visitor, *, access: Access, now: datetime
) -> Opened:
    """A session for somebody whom the identity provider vouches for.

    1. The account is found by issuer and subject, never by a name: names at the provider may be anybody's choice.
    2. A disabled account stays out, whatever the provider says.
    3. Whose groups give no role stays out, and what sessions they still have are closed.
    4. Where there is no account, one is made; where there is one, its role becomes what the groups give.

    NotSignedInError where they stay out; LastAdminError where the groups would take away the last administrator.
    """
    found = access.accounts.identified(identity.key)
    if found is not None and found.disabled_at is not None:
        raise NotSignedInError(_DISABLED)
    role = given_role(identity.groups, roles)
    if role is None:
        if found is not None:
            _close_sessions(found, access, now)
        raise NotSignedInError(_NO_ROLE)
    # It gives what it was trusted with; the colon makes it nobody's name.
    provider = Principal(f"oidc:{identity.issuer}", Role.ADMIN, theaters=None)
    account = found or _made(identity, role, provider, access, now)
    account = change_account(
        account.name, lambda item: replace(item, role=role), actor=provider, access=access, now=now
    )
    opened = open_session(account, visitor, access=access, now=now)
    if opened is None:
        raise NotSignedInError(_DISABLED)  # it was, in between
    return opened


def _made(identity: Identity, role: Role, provider: Principal, access: Access, now: datetime) -> Account:
    """A new account without a password; of two first sign-ins at once, both get the one that is made."""
    first, second = proposed_names(identity)
    for name in (first, second):
        try:
            return add_account(
                name,
                None,
                role=role,
                theaters=None,
                actor=provider,
                access=access,
                now=now,
                identity=identity.key,
            )
        except InvalidInputError:
            other = access.accounts.identified(identity.key)
            if other is not None:
                return other
            if name == second:
                raise
    raise AssertionError  # the loop returns or raises


def _close_sessions(account: Account, access: Access, now: datetime) -> None:
    for session, _ in access.sessions.unclosed(account.id):
        told = {"why": "no group at the identity provider gives a role any more"}
        access.sessions.close(session.id, now, Event(EventKind.SIGNED_OUT, now, "", session.id, account.name, told))
