"""The book of destinations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from tocsin.domain.delivery import GONE, Destination, DestinationKind
from tocsin.domain.event import Event, EventKind
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import destination as table

if TYPE_CHECKING:
    from datetime import datetime


class DestinationShelf:
    """The port `DestinationBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def put(self, destination: Destination, actor: str, now: datetime) -> None:
        """Set a destination, new or anew."""
        # Neither the secret nor the address, which may hold one, is anything for the stream of events.
        told: dict[str, object] = {"kind": destination.kind.value, "title": destination.title}
        row = _row(destination)
        with writing(self._engine) as connection:
            if not connection.execute(update(table).where(table.c.id == destination.id).values(row)).rowcount:
                connection.execute(insert(table), [row])
            write_events(connection, [_event(destination.id, actor, now, told)])

    def remove(self, destination: str, actor: str, now: datetime) -> bool:
        """Forget a destination; False where there is none of that id. What was sent there stays on record."""
        with writing(self._engine) as connection:
            found = bool(connection.execute(delete(table).where(table.c.id == destination)).rowcount)
            if found:
                write_events(connection, [_event(destination, actor, now, {"removed": True})])
        return found

    def destinations(self) -> list[Destination]:
        """All of them, by id."""
        with reading(self._engine) as connection:
            return read_destinations(connection)


def read_destinations(connection: Connection) -> list[Destination]:
    """All of them, by id."""
    return sorted((_destination(row) for row in connection.execute(select(table))), key=lambda item: item.id)


def is_still(connection: Connection, destination: Destination | None) -> bool:
    """Whether a destination is set to the same receiver as it was; True where it is not known what it was."""
    if destination is None:
        return True
    now = {item.id: item for item in read_destinations(connection)}.get(destination.id)
    return now is not None and (now.address, now.secret) == (destination.address, destination.secret)


def mark_gone(connection: Connection, destination: str, now: datetime) -> bool:
    """Mark that a destination is no longer there, with its event; False where it is marked or not set."""
    marked = update(table).where(table.c.id == destination, table.c.gone.is_(False)).values(gone=True)
    found = bool(connection.execute(marked).rowcount)
    if found:
        write_events(connection, [_event(destination, destination, now, {"gone": True, "why": GONE})])
    return found


def _event(destination: str, actor: str, now: datetime, detail: dict[str, object]) -> Event:
    return Event(EventKind.DESTINATION_CHANGED, now, "", destination, actor, detail)


def _row(item: Destination) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "title": item.title,
        "address": item.address,
        "secret": item.secret,
        "digest_seconds": None if item.digest_every is None else round(item.digest_every.total_seconds()),
        "gone": item.gone,
    }


def _destination(row: Row[Any]) -> Destination:
    every = None if row.digest_seconds is None else timedelta(seconds=row.digest_seconds)
    return Destination(row.id, DestinationKind(row.kind), row.title, row.address, row.secret, every, gone=row.gone)
