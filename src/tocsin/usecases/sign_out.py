"""Closing sessions: one's own, or somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.session import is_open

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.account import Account
    from tocsin.domain.session import Session
    from tocsin.usecases.access_ports import Access


def open_sessions(
    principal: Principal, *, everybodys: bool, access: Access, now: datetime
) -> list[tuple[Session, Account]]:
    """The sessions that somebody may go on with: their own, or those of everybody who has no more; newest first."""
    found = access.sessions.unclosed()
    return [
        (session, account)
        for session, account in found
        if is_open(session, now)
        and account.disabled_at is None
        and (account.name == principal.name or (everybodys and principal.may_give(account.role, account.theaters)))
    ]


def close_session(session: str, principal: Principal, *, access: Access, now: datetime) -> None:
    """Close a session by its id.

    UnknownNameError where it is not open; for whoever may not administer, other people's are as if they did not exist,
    and for whoever may, those of people who have more.
    """
    everybodys = principal.may(Right.ADMINISTER)
    found = {
        item.id: account for item, account in open_sessions(principal, everybodys=everybodys, access=access, now=now)
    }
    if session not in found:
        raise UnknownNameError("open session", session, sorted(found))
    owner = found[session]
    event = Event(EventKind.SIGNED_OUT, now, "", session, principal.name, {"account": owner.name})
    access.sessions.close(session, now, event)
