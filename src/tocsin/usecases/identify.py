"""Whom a credential stands for, and until when that need not be asked again."""

from __future__ import annotations

import contextlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.api_key import fault_of, id_in, key_digest
from tocsin.domain.errors import NotSignedInError, StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.session import GRACE, SAID, Standing, digest, judge, next_look
from tocsin.usecases.open_session import new_token

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.domain.account import Account
    from tocsin.domain.session import Session
    from tocsin.usecases.access_ports import Access

_TOLD_EVERY = timedelta(hours=1)
_KEY_LOOK = timedelta(minutes=15)
_UNKNOWN_SESSION = "this session is not known"


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom a credential stands for.

    Attributes:
        principal: Whom.
        until: From when to ask again, provided that no account, key or session has been changed.
        key: Id of the key; None where it was a session.
        noted: When the last use that is written down was.
        token: A new token that takes the place of the one that was sent; None for none.
    """

    principal: Principal
    until: datetime
    key: str | None
    noted: datetime | None
    token: str | None = field(default=None, repr=False)


def identify_key(text: str, *, access: Access, now: datetime) -> Identified:
    """Whom an API key stands for; NotSignedInError where it is none, or is not good."""
    found = access.keys.find(id_in(text))
    if found is None or not hmac.compare_digest(found.token, key_digest(text)):
        raise NotSignedInError("this API key is not known")
    fault = fault_of(found, now)
    if fault:
        _tell(found.id, found.principal.name, fault, access, now)
        raise NotSignedInError(f"API key {found.id} is {fault}")
    until = now + _KEY_LOOK if found.expires_at is None else min(found.expires_at, now + _KEY_LOOK)
    return Identified(found.principal, until, found.id, found.used_at)


def identify_session(token: str, *, access: Access, now: datetime) -> Identified:
    """Whom a session's token stands for, which is replaced where it is due; NotSignedInError where it is not good."""
    mark = digest(token)
    found = access.sessions.find(mark)
    if found is None:
        raise NotSignedInError(_UNKNOWN_SESSION)
    session, account = found
    standing = _good_standing(session, account, mark, access, now)
    principal = account.principal(session.id)
    if standing is not Standing.DUE:
        if mark == session.token and not session.taken_up:
            # Where that cannot be written down, the next request does it; until then the former one is taken too.
            with contextlib.suppress(StoreError):
                access.sessions.take_up(session)
        return Identified(principal, next_look(session, mark), None, session.seen_at)
    new = new_token()
    try:
        rotated = access.sessions.rotate(session, mark, digest(new), now)
    except StoreError:  # a store that takes no writes now is no reason to sign people out
        rotated = False
    # Where another request was quicker, this one is within the grace; the token that comes with that answer goes on.
    return Identified(principal, now + GRACE, None, now, new if rotated else None)


def _good_standing(session: Session, account: Account, mark: str, access: Access, now: datetime) -> Standing:
    if account.disabled_at is not None:
        _tell(session.id, account.name, "disabled", access, now)
        raise NotSignedInError("this account is disabled")
    standing = judge(session, mark, now)
    if standing in {Standing.CLOSED, Standing.REUSED}:
        _tell(session.id, account.name, standing.value, access, now)
    if not standing.is_good:
        raise NotSignedInError(SAID[standing])
    return standing


def _tell(subject: str, actor: str, why: str, access: Access, now: datetime) -> None:
    event = Event(EventKind.CREDENTIAL_REFUSED, now, "", subject, actor, {"why": why})
    access.refusals.note(event, now - _TOLD_EVERY)
