"""The book of alert rules that were set other than by files."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import Engine, and_, func, insert, select

from tocsin.domain.event import Event, EventKind
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import alert_rule as table
from tocsin.usecases.alert_ports import SetRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


class RuleShelf:
    """The port `RuleBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def rules(self, theater: str) -> list[SetRule]:
        """The last version of each rule of a theater, removed ones too, by id."""
        last = (
            select(table.c.rule, func.max(table.c.version).label("version"))
            .where(table.c.theater == theater)
            .group_by(table.c.rule)
            .subquery()
        )
        same = and_(table.c.theater == theater, table.c.rule == last.c.rule, table.c.version == last.c.version)
        with reading(self._engine) as connection:
            rows = connection.execute(select(table).join(last, same))
            return sorted((SetRule(**row._mapping) for row in rows), key=lambda item: item.rule)  # noqa: SLF001 (its name)

    def versions(self, theater: str, rule: str) -> list[SetRule]:
        """Every version of a rule, oldest first."""
        question = select(table).where(table.c.theater == theater, table.c.rule == rule).order_by(table.c.version)
        with reading(self._engine) as connection:
            return [SetRule(**row._mapping) for row in connection.execute(question)]  # noqa: SLF001 (its name)

    def put(self, version: SetRule, seen: Mapping[str, int]) -> bool:
        """Write a version, with its event; False where any rule of the theater has another version than was seen."""
        with writing(self._engine) as connection:
            if _last(connection, version.theater) != dict(seen):
                return False
            connection.execute(insert(table), [asdict(version)])
            detail = {"version": version.version, "removed": version.document is None, "rule": version.document}
            event = Event(EventKind.RULE_CHANGED, version.at, version.theater, version.rule, version.by, detail)
            write_events(connection, [event])
        return True


def _last(connection: Connection, theater: str) -> dict[str, int]:
    """The number of the last version of each rule of a theater."""
    numbered = select(table.c.rule, func.max(table.c.version).label("last")).where(table.c.theater == theater)
    return {row.rule: row.last for row in connection.execute(numbered.group_by(table.c.rule))}
