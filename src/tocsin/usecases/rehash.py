"""Hashing a password anew where it would be hashed otherwise today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.event import Event, EventKind
from tocsin.usecases.access_ports import AccountChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.account import Account
    from tocsin.usecases.access_ports import Access


def rehash(account: Account, password: str, *, access: Access, now: datetime) -> None:
    """Keep the same password under today's parameters, unless it has been changed meanwhile; sessions go on."""
    kept = access.passwords.hash(password)

    def decide(present: Account, _others: Sequence[Account]) -> AccountChange:
        if present.password != account.password:
            return AccountChange(present, (), closes=False)
        event = Event(EventKind.ACCOUNT_CHANGED, now, "", present.name, present.name, {"password": "hashed anew"})
        return AccountChange(replace(present, password=kept), (event,), closes=False)

    access.accounts.change(account.name, decide)
