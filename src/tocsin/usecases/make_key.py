"""A new API key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.account import refuse_to_give
from tocsin.domain.api_key import ApiKey, key_digest, write_key
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.event import Event, EventKind

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.access import Principal, Role
    from tocsin.usecases.access_ports import Access

_LONGEST_NAME = 200
MOST_DAYS = 36_500
"""After so many days at most a key ends, where it ends at all."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key, and its text, which is shown this once."""

    key: ApiKey
    text: str = field(repr=False)


def make_key(
    name: str,
    *,
    role: Role,
    theaters: frozenset[str] | None,
    expires_at: datetime | None,
    actor: Principal,
    access: Access,
    now: datetime,
) -> MadeKey:
    """Make a key for a program.

    Args:
        name: What it is for.
        role: What it may do.
        theaters: The theaters that it may see; None for all.
        expires_at: From when it is not taken any more; None for never.
        actor: Who makes it; they cannot give more than they have, nor for longer.
        access: Everything about who may do what.
        now: The present instant.
    """
    refuse_to_give(actor, role, theaters)
    problems = []
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        accepted = f"what the key is for, in 1 to {_LONGEST_NAME} printable characters"
        problems.append(Problem("", None, "name", repr(name[:_LONGEST_NAME]), accepted))
    if expires_at is not None and not now < expires_at <= now + timedelta(days=MOST_DAYS):
        accepted = f"an instant that is still to come, in {MOST_DAYS:,} days at most"
        problems.append(Problem("", None, "expires_at", repr(expires_at.isoformat()), accepted))
    elif actor.until is not None and (expires_at is None or expires_at > actor.until):
        found = "never" if expires_at is None else expires_at.isoformat()
        accepted = f"an instant up to {actor.until.isoformat()}, when the key ends that makes this one"
        problems.append(Problem("", None, "expires_at", repr(found), accepted))
    if problems:
        raise InvalidInputError(problems)
    key = secrets.token_hex(6)
    text = write_key(key, secrets.token_bytes(32))
    made = ApiKey(key, name.strip(), key_digest(text), role, theaters, actor.name, now, expires_at)
    detail = {"made": role.value, "name": made.name, "theaters": None if theaters is None else sorted(theaters)}
    access.keys.add(made, Event(EventKind.KEY_CHANGED, now, "", key, actor.name, detail))
    return MadeKey(made, text)
