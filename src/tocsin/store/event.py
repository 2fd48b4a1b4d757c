"""The record of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, Row, func, insert, select

from tocsin.domain.event import Event, EventKind
from tocsin.store.engine import reading
from tocsin.store.tables import event as table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any


class EventShelf:
    """The port `EventBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def last(self) -> int:
        """The number of the last event; 0 where there is none."""
        with reading(self._engine) as connection:
            return _last(connection)

    def after(
        self,
        number: int,
        limit: int,
        kinds: Collection[EventKind] = (),
        actor: str | None = None,
        subject: str | None = None,
    ) -> list[Event]:
        """The events that came after one, in order: of these kinds, by this actor, on this subject, or of all."""
        question = select(table).where(table.c.number > number).order_by(table.c.number).limit(limit)
        if kinds:
            question = question.where(table.c.kind.in_(sorted(kind.value for kind in kinds)))
        if actor is not None:
            question = question.where(table.c.actor == actor)
        if subject is not None:
            question = question.where(table.c.subject == subject)
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(question)]


def write_events(connection: Connection, events: Iterable[Event]) -> None:
    """Number events and write them, in the transaction of the changes that they tell of.

    The connection must be a writing one: its lock is what gives the numbers their order.
    """
    last = _last(connection)
    rows = [
        {
            "number": number,
            "at": item.at,
            "kind": item.kind.value,
            "theater": item.theater,
            "subject": item.subject,
            "actor": item.actor,
            "detail": json.dumps(item.detail, ensure_ascii=False),
        }
        for number, item in enumerate(events, start=last + 1)
    ]
    if rows:
        connection.execute(insert(table), rows)


def _last(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one())


def _event(row: Row[Any]) -> Event:
    return Event(
        EventKind(row.kind), row.at, row.theater, row.subject, row.actor, json.loads(row.detail), number=row.number
    )
