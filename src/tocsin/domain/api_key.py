"""API keys: how one is written, and whether it is good now."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.domain.access import KEY_PREFIX, Principal, Role
from tocsin.domain.errors import NotSignedInError

if TYPE_CHECKING:
    from datetime import datetime

_ID = re.compile(r"[0-9a-f]{12}")
_FORM = re.compile(r"tocsin_([0-9a-f]{12})_([0-9a-f]{64})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's credential.

    Attributes:
        id: Its id, 12 hexadecimal digits; it is part of the key and no secret.
        name: What it is for.
        token: SHA-256 of the whole key, which holds 32 random bytes: nothing slower is needed against guessing.
        role: What it may do.
        theaters: The theaters that it may see; None for all.
        created_by: Who made it.
        created_at: When.
        expires_at: From when it is not taken any more; None for never.
        revoked_at: When it was revoked; None where it was not.
        used_at: When it was last used, to the minute; None for never.
    """

    id: str
    name: str
    token: str = field(repr=False)
    role: Role
    theaters: frozenset[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """Whom a request with this key comes from."""
        return Principal(f"{KEY_PREFIX}{self.id}", self.role, self.theaters, until=self.expires_at)


def write_key(key: str, secret: bytes) -> str:
    """A key as it is shown once: its id, 32 secret bytes, and a checksum so that a mistyped one is told.

    >>> write_key("00ff00ff00ff", bytes(32))[:30]
    'tocsin_00ff00ff00ff_0000000000'
    """
    head = f"tocsin_{key}_{secret.hex()}"
    return f"{head}{zlib.crc32(head.encode()):08x}"


def is_key_id(text: str) -> bool:
    """Whether a key can have this id."""
    return _ID.fullmatch(text) is not None


def id_in(text: str) -> str:
    """The id in a key; NotSignedInError where the text is no key, or has been altered on its way."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise NotSignedInError("what was sent is no API key; one begins with tocsin_ and has 92 characters")
    if int(found[3], 16) != zlib.crc32(text[:-8].encode()):
        raise NotSignedInError("the API key is mistyped or cut off, as its checksum does not fit it")
    return found[1]


def key_digest(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def fault_of(key: ApiKey, now: datetime) -> str:
    """Why a key is not good at an instant; empty where it is."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and now >= key.expires_at:
        return "expired"
    return ""
