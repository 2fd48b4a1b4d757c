"""The book of silences."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, select, update

from tocsin.domain.event import Event, EventKind
from tocsin.domain.instants import write_instant
from tocsin.domain.silence import Silence
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import silence as table

if TYPE_CHECKING:
    from datetime import datetime


class SilenceShelf:
    """The port `SilenceBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def begin(self, silence: Silence, now: datetime) -> None:
        """Write a new silence, with its event."""
        with writing(self._engine) as connection:
            connection.execute(insert(table), [asdict(silence)])
            write_events(connection, [_event(EventKind.SILENCE_BEGUN, silence, silence.author, now)])

    def end(self, silence: str, actor: str, now: datetime) -> Silence | None:
        """Let a silence end now; as it is then. None where there is none of that id, or it has ended already."""
        with writing(self._engine) as connection:
            found = next((item for item in read_silences(connection, now) if item.id == silence), None)
            if found is None:
                return None
            connection.execute(update(table).where(table.c.id == silence).values(ends_at=now))
            write_events(connection, [_event(EventKind.SILENCE_ENDED, found, actor, now)])
        return replace(found, ends_at=now)

    def silences(self, ending_after: datetime) -> list[Silence]:
        """Those that end after an instant, those that end first first."""
        with reading(self._engine) as connection:
            return read_silences(connection, ending_after)


def read_silences(connection: Connection, ending_after: datetime) -> list[Silence]:
    """Those that end after an instant, those that end first first."""
    question = select(table).where(table.c.ends_at > ending_after).order_by(table.c.ends_at, table.c.id)
    return [Silence(**row._mapping) for row in connection.execute(question)]  # noqa: SLF001 (the documented name)


def _event(kind: EventKind, silence: Silence, actor: str, now: datetime) -> Event:
    """It is of a theater where the silence names one, and of several where it has a pattern."""
    theater = "" if any(sign in silence.theater for sign in "*?[") else silence.theater
    detail = {
        "theater": silence.theater,
        "rule": silence.rule,
        "severity": silence.severity,
        "begins_at": write_instant(silence.begins_at),
        "ends_at": write_instant(silence.ends_at),
        "comment": silence.comment,
    }
    return Event(kind, now, theater, silence.id, actor, detail)
