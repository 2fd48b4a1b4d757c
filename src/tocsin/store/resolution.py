"""The book of resolutions."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, insert, select

from tocsin.domain.errors import StoreError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.resolution import How, Outcome, Resolution, standing
from tocsin.store.engine import reading, writing
from tocsin.store.event import write_events
from tocsin.store.tables import resolution as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class ResolutionShelf:
    """The port `ResolutionBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def record(self, resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
        """Write in one transaction those that still follow how their window stands settled; they are given back."""
        recorded: list[Resolution] = []
        with writing(self._engine) as connection:
            for item in resolutions:
                stands = _stands(connection, item)
                if (None if stands is None else stands.id) == item.supersedes:
                    connection.execute(insert(table), [_row(item)])
                    recorded.append(item)
            write_events(connection, map(_event_of, recorded))
        return tuple(recorded)

    def resolutions(self, theater: str, as_of: datetime) -> list[Resolution]:
        """Every version recorded by an instant, in order of instant and id."""
        question = select(table).where(table.c.theater == theater, table.c.settled_at <= as_of)
        with reading(self._engine) as connection:
            found = [read_resolution(row) for row in connection.execute(question)]
        return sorted(found, key=lambda item: (item.settled_at, item.id))


def _event_of(item: Resolution) -> Event:
    return Event(
        kind=EventKind.WINDOW_SETTLED,
        at=item.settled_at,
        theater=item.theater,
        subject=item.id,
        actor=item.author,
        detail={
            "scenario": item.scenario,
            "opened_on": item.opened_on.isoformat(),
            "horizon_days": item.horizon_days,
            "outcome": item.outcome.value,
        },
    )


def _stands(connection: Connection, item: Resolution) -> Resolution | None:
    question = select(table).where(
        table.c.theater == item.theater,
        table.c.scenario == item.scenario,
        table.c.opened_on == item.opened_on,
        table.c.horizon_days == item.horizon_days,
    )
    return standing(read_resolution(row) for row in connection.execute(question)).get(item.key)


def _row(item: Resolution) -> dict[str, Any]:
    plain = {field.name: getattr(item, field.name) for field in fields(item)}
    return plain | {"outcome": item.outcome.value, "how": item.how.value, "reports": json.dumps(item.reports)}


def read_resolution(row: Row[Any]) -> Resolution:
    """The resolution that a row holds; StoreError where it holds none."""
    content = dict(row._mapping)  # noqa: SLF001 (public: the underscore keeps it clear of column names)
    try:
        content |= {
            "outcome": Outcome(content["outcome"]),
            "how": How(content["how"]),
            "reports": tuple(json.loads(content["reports"])),
        }
    except (TypeError, ValueError) as error:
        msg = f"resolution {row.id} cannot be read; run: tocsin verify"
        raise StoreError(msg) from error
    return Resolution(**content)
