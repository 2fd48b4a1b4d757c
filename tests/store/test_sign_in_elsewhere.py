"""First sign-ins at an identity provider, at once, on a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from support.access import OPERATOR
from tocsin.domain.access import Role
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.event import EventKind
from tocsin.domain.identity import Identity
from tocsin.store.access import open_access
from tocsin.store.event import EventShelf
from tocsin.usecases.add_account import add_account
from tocsin.usecases.open_session import Visitor
from tocsin.usecases.sign_in_elsewhere import sign_in_elsewhere

if TYPE_CHECKING:
    from sqlalchemy import Engine

pytestmark = pytest.mark.fault(19)

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_HERE = Visitor("192.0.2.1", "a browser")
_ROLES = {"desk": Role.ANALYST}
_TOGETHER = 6


def test_of_first_sign_ins_at_once_one_makes_the_account(engine: Engine) -> None:
    """And all of one person get into it; of two people who are called alike, each has an account."""
    access, all_here = open_access(engine), Barrier(_TOGETHER)

    def sign_in(number: int) -> str:
        identity = Identity("https://id.example", str(number % 2), ("ada",), frozenset({"desk"}))
        all_here.wait()
        return sign_in_elsewhere(identity, _ROLES, _HERE, access=access, now=_NOW).principal.name

    with ThreadPoolExecutor(_TOGETHER) as threads:
        names = list(threads.map(sign_in, range(_TOGETHER)))
    assert len(set(names[0::2])) == len(set(names[1::2])) == 1
    assert names[0] != names[1]
    assert sorted(item.name for item in access.accounts.accounts()) == sorted(set(names))
    events = EventShelf(engine)
    assert len(events.after(0, 100, [EventKind.ACCOUNT_CHANGED])) == 2
    assert len(events.after(0, 100, [EventKind.SIGNED_IN])) == _TOGETHER


def test_nobody_whom_the_provider_means_has_two_accounts(engine: Engine) -> None:
    """The second is refused, and not written."""
    access = open_access(engine)
    key = Identity("https://id.example", "1", (), frozenset()).key
    add = partial(
        add_account,
        password=None,
        role=Role.VIEWER,
        theaters=None,
        actor=OPERATOR,
        access=access,
        now=_NOW,
        identity=key,
    )
    add("ada")
    with pytest.raises(InvalidInputError, match="has an account already"):
        add("bob")
    assert [item.name for item in access.accounts.accounts()] == ["ada"]
