"""The book of publications."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, Select, insert, select

from tocsin.domain.errors import StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.odds import Status
from tocsin.domain.publication import Publication, odds_text, read_odds_text
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import publication as table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

_AT_ONCE = 200  # rows of a few kilobytes each


class PublicationShelf:
    """The port `PublicationBook` on a database. Numbers and hashes are given under the writer's lock."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def append(self, stated: Publication, after: int | None) -> Publication | None:
        """Chain a statement to the last and record it, or None where it no longer follows what it was decided on."""
        with writing(self._engine) as connection:
            if (same := _same(connection, stated)) is not None:
                return same
            newest = connection.execute(_last(select(table).where(table.c.theater == stated.theater))).first()
            if (None if newest is None else newest.number) != after:
                return None
            before = connection.execute(_last(select(table))).first()
            linked = stated.chained(None if before is None else _publication(before))
            connection.execute(insert(table), [_row(linked)])
            write_events(connection, [_event_of(linked)])
            return linked

    def latest(self, theater: str, as_of: datetime) -> Publication | None:
        """The last publication of a theater that was stated by an instant."""
        question = _last(select(table).where(table.c.theater == theater, table.c.stated_at <= as_of))
        with reading(self._engine) as connection:
            row = connection.execute(question).first()
        return None if row is None else _publication(row)

    def newest(self, theater: str) -> Publication | None:
        """The last publication of a theater, whenever it was stated."""
        with reading(self._engine) as connection:
            row = connection.execute(_last(select(table).where(table.c.theater == theater))).first()
        return None if row is None else _publication(row)

    def publications(self, theater: str, as_of: datetime) -> list[Publication]:
        """The publications of a theater stated by an instant, in order of number."""
        question = select(table).where(table.c.theater == theater, table.c.stated_at <= as_of).order_by(table.c.number)
        with reading(self._engine) as connection:
            return [_publication(row) for row in connection.execute(question)]

    def page(self, theaters: Collection[str], as_of: datetime, after: int, limit: int) -> list[Publication]:
        """At most `limit` publications of these theaters stated by an instant, of numbers above `after`, in order."""
        asked = (table.c.theater.in_(sorted(theaters)), table.c.stated_at <= as_of, table.c.number > after)
        with reading(self._engine) as connection:
            rows = connection.execute(select(table).where(*asked).order_by(table.c.number).limit(limit))
            return [_publication(row) for row in rows]

    def chain(self) -> Iterator[Publication]:
        """Every publication of the store, in order of number; StoreError at a row that holds none."""
        question = select(table).order_by(table.c.number).execution_options(yield_per=_AT_ONCE)
        # Whoever stops half way leaves nothing open on the server.
        with reading(self._engine) as connection, connection.execute(question) as rows:
            for row in rows:
                yield _publication(row)


def _event_of(stated: Publication) -> Event:
    return Event(
        kind=EventKind.ODDS_PUBLISHED,
        at=stated.stated_at,
        theater=stated.theater,
        subject=str(stated.number),
        actor="",
        detail={"fit": stated.fit, "status": stated.status.value, "reason": stated.reason},
    )


def _last(question: Select[Any]) -> Select[Any]:
    return question.order_by(table.c.number.desc()).limit(1)


def _same(connection: Connection, stated: Publication) -> Publication | None:
    """What says the same already: the statement of a client that did not hear that it was recorded."""
    question = select(table).where(
        table.c.theater == stated.theater,
        table.c.fit == stated.fit,
        table.c.as_of == stated.as_of,
        table.c.evidence == stated.evidence,
        table.c.status == stated.status.value,
    )
    row = connection.execute(question).first()
    return None if row is None else _publication(row)


def _row(item: Publication) -> dict[str, Any]:
    plain = {field.name: getattr(item, field.name) for field in fields(item)}
    return plain | {"status": item.status.value, "odds": odds_text(item.odds)}


def _publication(row: Row[Any]) -> Publication:
    content = dict(row._mapping)  # noqa: SLF001 (public: the underscore keeps it clear of column names)
    try:
        content["status"] = Status(content["status"])
        content["odds"] = read_odds_text(content["odds"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"publication {row.number} holds no odds that can be read; run: tocsin verify"
        raise StoreError(msg) from error
    return Publication(**content)
