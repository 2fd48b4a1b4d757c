"""Whether somebody who was let in is still to be, asked while they stay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.access import KEY_PREFIX
from tocsin.domain.api_key import fault_of
from tocsin.domain.session import ABSOLUTE_LIMIT, IDLE_LIMIT, is_open
from tocsin.usecases.identify import Identified

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.usecases.access_ports import Access

_LOOK = timedelta(minutes=1)  # what a session is used for elsewhere moves its idle limit, and tells nobody


def recheck(principal: Principal, *, access: Access, now: datetime) -> Identified | None:
    """Whom the session or key that somebody came by stands for now; None where it is not good any more.

    By its id and not by what was sent: a session goes on with other tokens meanwhile. Nothing is written: to stay is no
    use of a session, and there is no answer that could bring a new token.
    """
    if principal.session is None:
        key = access.keys.find(principal.name.removeprefix(KEY_PREFIX))
        if key is None or fault_of(key, now):
            return None
        until = now + _LOOK if key.expires_at is None else min(key.expires_at, now + _LOOK)
        return Identified(key.principal, until, key.id, key.used_at)
    account = access.accounts.named(principal.name)
    if account is None or account.disabled_at is not None:
        return None
    unclosed = access.sessions.unclosed(account.id)
    session = next((item for item, _ in unclosed if item.id == principal.session and is_open(item, now)), None)
    if session is None:
        return None
    until = min(now + _LOOK, session.seen_at + IDLE_LIMIT, session.opened_at + ABSOLUTE_LIMIT)
    return Identified(account.principal(session.id), until, None, session.seen_at)
