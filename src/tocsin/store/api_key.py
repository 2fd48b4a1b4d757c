"""The book of API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row, insert, or_, select, update

from tocsin.domain.access import Role
from tocsin.domain.api_key import ApiKey
from tocsin.store.account import read_theaters, write_theaters
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import api_key as table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.event import Event


class KeyShelf:
    """The port `KeyBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def add(self, key: ApiKey, event: Event) -> None:
        """Write a new key."""
        with writing(self._engine) as connection:
            connection.execute(insert(table), [_row(key)])
            write_events(connection, [event])

    def find(self, key: str) -> ApiKey | None:
        """The key of an id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.id == key)).first()
        return None if row is None else _key(row)

    def every(self) -> list[ApiKey]:
        """Every key, revoked and expired ones too, oldest first."""
        with reading(self._engine) as connection:
            found = [_key(row) for row in connection.execute(select(table))]
        return sorted(found, key=lambda item: (item.created_at, item.id))

    def revoke(self, key: str, now: datetime, event: Event) -> bool:
        """Revoke a key; False where it is revoked already."""
        it = (table.c.id == key, table.c.revoked_at.is_(None))
        with writing(self._engine) as connection:
            revoked = bool(connection.execute(update(table).where(*it).values(revoked_at=now)).rowcount)
            if revoked:
                write_events(connection, [event])
        return revoked

    def note_used(self, used: Mapping[str, datetime]) -> None:
        """Write down when keys were last used, by their ids."""
        with writing(self._engine) as connection:
            for key, at in used.items():
                older = or_(table.c.used_at.is_(None), table.c.used_at < at)
                connection.execute(update(table).where(table.c.id == key, older).values(used_at=at))


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "token": key.token,
        "role": key.role.value,
        "theaters": write_theaters(key.theaters),
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "used_at": key.used_at,
    }


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        token=row.token,
        role=Role(row.role),
        theaters=read_theaters(row.theaters),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
