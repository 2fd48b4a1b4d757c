"""Revoking an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.api_key import is_key_id
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.event import Event, EventKind

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.usecases.access_ports import Access


def revoke_key(key: str, *, actor: Principal, access: Access, now: datetime) -> bool:
    """Revoke a key at once, in every process; False where it was revoked before; UnknownNameError.

    A key of more than the actor has is as if it did not exist.
    """
    found = access.keys.find(key) if is_key_id(key) else None
    if found is None or not actor.may_give(found.role, found.theaters):
        seen = [item.id for item in access.keys.every() if actor.may_give(item.role, item.theaters)]
        raise UnknownNameError("API key", key, seen)
    event = Event(EventKind.KEY_CHANGED, now, "", key, actor.name, {"revoked": True, "name": found.name})
    return access.keys.revoke(key, now, event)
