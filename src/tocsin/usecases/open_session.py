"""Opening a session for somebody who has proven who they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.domain.event import Event, EventKind
from tocsin.domain.session import Session, digest

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.domain.account import Account
    from tocsin.usecases.access_ports import Access

_TOKEN_BYTES = 32
_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: its network address, and what the browser calls itself."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as it is handed out: its token is shown this once."""

    principal: Principal
    session: Session
    token: str = field(repr=False)


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def open_session(
    account: Account, visitor: Visitor, *, access: Access, now: datetime, attempt: int | None = None
) -> Opened | None:
    """A new session of an account; None where the account has been changed or disabled since it was read."""
    token = new_token()
    session = Session(
        id=secrets.token_hex(8),
        account=account.id,
        token=digest(token),
        previous=None,
        opened_at=now,
        rotated_at=now,
        seen_at=now,
        closed_at=None,
        agent=visitor.agent.replace("\0", "")[:_LONGEST_AGENT],  # PostgreSQL has no text with a zero in it
        address=visitor.address[:64],
    )
    event = Event(EventKind.SIGNED_IN, now, "", session.id, account.name, {"address": session.address})
    if not access.sessions.open(session, account.password, event, attempt):
        return None
    return Opened(account.principal(session.id), session, token)
