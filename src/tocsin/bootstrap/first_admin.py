"""The first start: an administrator, where there is no account yet."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError
from tocsin.usecases.add_account import add_account

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.bootstrap.service import Service

_NAME = "admin"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that looks like another
_GROUPS, _GROUP = 5, 5  # 32 letters, 25 times: 125 bits
_STARTER = Principal("first-start", Role.ADMIN, theaters=None)


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The account, and its password, which is to be shown this once."""

    name: str
    password: str = field(repr=False)


def make_first_admin(service: Service, now: datetime) -> FirstAdmin | None:
    """An administrator with a password that nobody knows; None where there is an account already.

    Of two processes that start at once, one makes it.
    """
    if service.access.accounts.accounts():
        return None
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    made = FirstAdmin(_NAME, "-".join(groups))
    try:
        add_account(
            made.name,
            made.password,
            role=Role.ADMIN,
            theaters=None,
            actor=_STARTER,
            access=service.access,
            now=now,
            first=True,
        )
    except InvalidInputError:  # the other one was quicker
        return None
    return made
