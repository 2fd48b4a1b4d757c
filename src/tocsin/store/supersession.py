"""Which observation a change names, and whether somebody has changed it already."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, select

from tocsin.domain.errors import ConflictError, Problem
from tocsin.store.observation_row import from_row
from tocsin.store.tables import observation as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tocsin.domain.observation import Observation

AT_ONCE = 500
"""Names in one question: databases limit them, the strictest build of SQLite to 999."""


def broken_changes(connection: Connection, fresh: Sequence[Observation]) -> list[Problem]:
    """A problem for each change that names no earlier observation of the same indicator, or gives no reason."""
    indicator_of = {item.id: item.indicator for item in _named(connection, table.c.id, fresh)}
    problems: list[Problem] = []
    for item in fresh:
        if item.supersedes is not None:
            if indicator_of.get(item.supersedes) != item.indicator:
                accepted = f"the id of an observation of {item.indicator} that is in the ledger"
                problems.append(Problem("", None, "supersedes", repr(item.supersedes), accepted))
            if not item.reason:
                problems.append(Problem("", None, "reason", "empty", f"why {item.supersedes} is changed"))
        indicator_of[item.id] = item.indicator
    return problems


def first_conflict(connection: Connection, fresh: Sequence[Observation]) -> ConflictError | None:
    """The first change of a version that is superseded or withdrawn already, in the ledger or earlier in the batch."""
    withdrawn = {item.id: item for item in _named(connection, table.c.id, fresh) if item.withdrawn}
    next_of = {item.supersedes: item for item in _named(connection, table.c.supersedes, fresh)}
    for item in fresh:
        if item.supersedes is not None:
            after = next_of.get(item.supersedes) or withdrawn.get(item.supersedes)
            if after is not None:
                standing = _last(connection, after, next_of)
                return ConflictError(item.supersedes, item.version(), standing.version())
            next_of[item.supersedes] = item
        if item.withdrawn:
            withdrawn[item.id] = item
    return None


def _last(connection: Connection, version: Observation, batch: Mapping[str | None, Observation]) -> Observation:
    """What the changes of a version, recorded and in the batch, have led to."""
    while True:
        row = connection.execute(select(table).where(table.c.supersedes == version.id)).first()
        following = batch.get(version.id) if row is None else from_row(row)
        if following is None:
            return version
        version = following


def _named(
    connection: Connection, column: ColumnElement[str | None], fresh: Iterable[Observation]
) -> list[Observation]:
    """The recorded observations whose id, or whose `supersedes`, is one that these changes supersede."""
    names = sorted({item.supersedes for item in fresh if item.supersedes is not None})
    found: list[Observation] = []
    for ids in batched(names, AT_ONCE):
        found.extend(from_row(row) for row in connection.execute(select(table).where(column.in_(ids))))
    return found
