"""Reading the part of the ledger that has a bearing on a stretch of days, at the cost of that part.

A window of days is not a range of rows: a report in it may have been moved out of it by a correction, and echoes of one
report count in the step of the best graded, which may lie before the window. So what is read is closed: under echoes of
what the window holds, and under versions.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, select

from tocsin.store.observation_row import from_row
from tocsin.store.supersession import AT_ONCE
from tocsin.store.tables import observation as table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from tocsin.domain.observation import Observation


def read_bearing(
    connection: Connection, indicators: frozenset[str], as_of: datetime, since: date | None, origins: Collection[str]
) -> list[Observation]:
    """What the port `Ledger.observations` promises, in no order."""
    known = table.c.recorded_at <= as_of
    if since is None:
        return _among(connection, table.c.indicator, indicators, known)
    found = {
        item.id: item
        for item in _among(connection, table.c.indicator, indicators, known & (table.c.observed_on >= since))
    }
    older = known & (table.c.observed_on < since)
    heard = {*origins, *(item.origin for item in found.values())}
    echoes = _among(connection, table.c.origin, heard, older)
    found.update((item.id, item) for item in echoes if item.indicator in indicators)
    _add_versions(connection, found, older)
    return list(found.values())


def _add_versions(connection: Connection, found: dict[str, Observation], older: ColumnElement[bool]) -> None:
    """All earlier and later versions of what was found; those of the window's own days are there already."""
    new = list(found.values())
    while new:
        before = {item.supersedes for item in new if item.supersedes is not None} - found.keys()
        versions = [
            *_among(connection, table.c.id, before, older),
            *_among(connection, table.c.supersedes, {item.id for item in new}, older),
        ]
        # A change is of the same indicator as what it changes, so no other comes in here.
        new = [item for item in versions if item.id not in found]
        found.update((item.id, item) for item in new)


def _among(
    connection: Connection, column: ColumnElement[str], names: Iterable[str], condition: ColumnElement[bool]
) -> list[Observation]:
    """The rows whose column holds one of some names, and for which the condition holds."""
    found: list[Observation] = []
    for some in batched(sorted(names), AT_ONCE):
        found.extend(from_row(row) for row in connection.execute(select(table).where(column.in_(some), condition)))
    return found
