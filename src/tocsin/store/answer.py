"""The record of answers that are kept for repetition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, insert, select, update

from tocsin.domain.answer import Answer, Keyed, Standing, standing_of
from tocsin.store.engine import writing
from tocsin.store.tables import answer as table

if TYPE_CHECKING:
    from datetime import datetime


class AnswerShelf:
    """The port `AnswerBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def claim(self, asked: Keyed) -> tuple[Standing, Keyed]:
        """Take a request up if its key is new, and how it stands; the writer's lock makes one of several new."""
        with writing(self._engine) as connection:
            known = _read(connection, asked)
            standing = standing_of(known, asked)
            if standing is not Standing.NEW:
                return standing, asked if known is None else known
            connection.execute(delete(table).where(_named(asked)))
            row = {"principal": asked.principal, "key": asked.key, "request": asked.request, "at": asked.at}
            connection.execute(insert(table), [row])
        return standing, asked

    def keep(self, asked: Keyed, answer: Answer) -> None:
        """Keep what was answered, unless the request has been taken up by somebody else meanwhile."""
        values = {"status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": answer.body}
        with writing(self._engine) as connection:
            connection.execute(update(table).where(_ours(asked)).values(values))

    def release(self, asked: Keyed) -> None:
        """Nothing was decided: the key is as if it had never been used."""
        with writing(self._engine) as connection:
            connection.execute(delete(table).where(_ours(asked)))

    def forget(self, before: datetime) -> int:
        """Remove what was taken up before an instant; how many those were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(table).where(table.c.at < before)).rowcount


def _named(asked: Keyed) -> ColumnElement[bool]:
    return and_(table.c.principal == asked.principal, table.c.key == asked.key)


def _ours(asked: Keyed) -> ColumnElement[bool]:
    """The row of this very attempt, while nothing is answered."""
    return and_(_named(asked), table.c.request == asked.request, table.c.at == asked.at, table.c.status.is_(None))


def _read(connection: Connection, asked: Keyed) -> Keyed | None:
    row = connection.execute(select(table).where(_named(asked))).first()
    return None if row is None else _keyed(row)


def _keyed(row: Row[Any]) -> Keyed:
    answer = None if row.status is None else Answer(row.status, json.loads(row.headers), row.body)
    return Keyed(row.principal, row.key, row.request, row.at, answer)
