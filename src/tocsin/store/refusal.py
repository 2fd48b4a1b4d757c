"""The record of refusals, each told now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, exists, select

from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import event as table

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.event import Event


class RefusalShelf:
    """The port `RefusalBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def note(self, event: Event, since: datetime) -> None:
        """Write an event, unless one of its kind and subject was written since an instant."""
        with reading(self._engine) as connection:
            if _told(connection, event, since):
                return
        with writing(self._engine) as connection:
            if not _told(connection, event, since):
                write_events(connection, [event])


def _told(connection: Connection, event: Event, since: datetime) -> bool:
    alike = (table.c.kind == event.kind.value, table.c.subject == event.subject, table.c.at > since)
    return bool(connection.execute(select(exists().where(*alike))).scalar_one())
