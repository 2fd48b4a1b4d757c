"""Copying a whole store to another database, with proof that nothing was lost or altered on the way."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, String, Table, delete, func, insert, inspect, literal, or_, select, text

from tocsin.domain.errors import StoreError
from tocsin.store.address import shown
from tocsin.store.engine import reading, writing
from tocsin.store.migrate import require_current, revision
from tocsin.store.snapshot import snapshot
from tocsin.store.tables import account, alert, feed, fit, job_run, metadata, observation, publication, worker
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from sqlalchemy import ColumnElement

_BATCH = 2000  # rows held in memory at once; more would not be faster
# What tells of work that went on, and of nothing that came of it: an alert without a step is only what was read.
_PASSING = (job_run, worker, alert)
_KNOWN_BY_NAME = (observation, fit, publication, account)
_UNIT, _END = b"\x1f", b"\x1e"  # what ASCII has for this: the ends of a field and of a row


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """One table as it is on both sides: its number of rows, and the SHA-256 of all of them in order of their keys."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A store that is on both sides now: its revision and its tables."""

    revision: str
    tables: tuple[CopiedTable, ...]


def copy_store(
    source: Engine,
    target: Engine,
    report: Callable[[Progress], None],
    expected: Sequence[CopiedTable] | None = None,
) -> Copied:
    """Copy every table of a store to another one that is at the same revision and empty, or change nothing.

    1. Both stores must be at the revision that this Tocsin needs; the target must hold nothing (see `require_empty`).
    2. All rows are read from one state of the source, in batches, while others go on writing to it.
    3. They are written in one transaction on the target; a row may name another that comes later.
    4. In the same transaction the target is read back. Each table must have the rows and the SHA-256 of the source, and
       those that are `expected` of it, where it is known what they were before.

    StoreError where one of these does not hold. Draws are files and are not copied.
    """
    for store in (source, target):
        require_current(store)
    with (
        snapshot(source, report) as still,
        reading(still, unhurried=True) as origin,
        writing(target, unhurried=True) as goal,
    ):
        _refuse_rows(goal, metadata.tables)
        _clear_passing(goal)
        _defer_keys(goal)
        copied = tuple(_copy_table(origin, goal, table, report) for table in metadata.sorted_tables)
        _require_expected(copied, expected)
        _check_keys(goal)
        for table, sent in zip(metadata.sorted_tables, copied, strict=True):
            _prove(goal, table, sent, report)
            _count_on(goal, table)
    return Copied(revision(target).head, copied)


def require_empty(target: Engine) -> None:
    """StoreError, with how much there is, where a store at whatever revision holds anything that somebody recorded.

    What a worker leaves behind that has nothing to do yet, its own row, runs of jobs and feeds that never brought
    anything, is no such thing: it is removed when a store is copied there.
    """
    with reading(target) as goal:
        _refuse_rows(goal, inspect(goal).get_table_names())


def _refuse_rows(goal: Connection, present: Collection[str]) -> None:
    for table in metadata.sorted_tables:
        if table.name not in present or table in _PASSING:
            continue
        question = select(literal(1)).select_from(table).limit(1)  # at another revision it has other columns
        if table is feed:
            question = question.where(or_(feed.c.watermark.is_not(None), feed.c.succeeded_at.is_not(None)))
        if goal.execute(question).first() is not None:
            where, held = shown(goal.engine.url), _held(goal, present) or f"something in {table.name}"
            msg = f"the store at {where} is not empty ({held}): give a new TOCSIN_HOME or database. Nothing was copied"
            raise StoreError(msg)


def _held(goal: Connection, present: Collection[str]) -> str:
    """How much there is of what people know by name."""
    counts = {
        table.name: goal.scalar(select(func.count()).select_from(table)) or 0
        for table in _KNOWN_BY_NAME
        if table.name in present
    }
    return ", ".join(f"{count} {name}{'s' if count != 1 else ''}" for name, count in counts.items() if count)


def _clear_passing(goal: Connection) -> None:
    for table in (*_PASSING, feed):  # feeds that brought something have been refused
        goal.execute(delete(table))


def _require_expected(copied: Sequence[CopiedTable], expected: Sequence[CopiedTable] | None) -> None:
    there = {table.name: table for table in copied}
    for table in expected or ():
        if there.get(table.name) != table:
            msg = (
                f"{table.name} is not what it was in the store that was backed up: {table.rows} rows with SHA-256 "
                f"{table.sha256} were noted then; use another backup. Nothing was copied"
            )
            raise StoreError(msg)


def _copy_table(origin: Connection, goal: Connection, table: Table, report: Callable[[Progress], None]) -> CopiedTable:
    total = int(origin.execute(select(func.count()).select_from(table)).scalar_one())
    digest, done = hashlib.sha256(), 0
    with closing(_batches(origin, table)) as batches:
        for rows in batches:
            _add(digest, rows)
            goal.execute(insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in rows])
            done += len(rows)
            report(Progress(f"copying {table.name}", done, total))
    return CopiedTable(table.name, done, digest.hexdigest())


def _prove(goal: Connection, table: Table, sent: CopiedTable, report: Callable[[Progress], None]) -> None:
    digest, done = hashlib.sha256(), 0
    with closing(_batches(goal, table)) as batches:
        for rows in batches:
            _add(digest, rows)
            done += len(rows)
            report(Progress(f"checking {table.name}", done, max(done, sent.rows)))
    if (done, digest.hexdigest()) != (sent.rows, sent.sha256):
        msg = (
            f"{table.name} came out different: {sent.rows} rows with SHA-256 {sent.sha256} were sent, {done} rows with "
            f"{digest.hexdigest()} arrived. Nothing was copied"
        )
        raise StoreError(msg)


def _batches(connection: Connection, table: Table) -> Generator[Sequence[Sequence[Any]]]:
    """All rows in the order of their keys, which is the same on every database; to be closed where one stops early."""
    question = select(table).order_by(*(_in_bytes_order(connection, column) for column in table.primary_key.columns))
    with connection.execute(question, execution_options={"stream_results": True, "yield_per": _BATCH}) as found:
        yield from found.partitions()


def _in_bytes_order(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    # SQLite compares text by its bytes; PostgreSQL does so in this collation, and else in that of the database.
    by_locale = connection.dialect.name == "postgresql" and isinstance(column.type, String)
    return column.collate("C") if by_locale else column


def _defer_keys(goal: Connection) -> None:
    """Let a row name another of its table that comes later: keys are checked at the end."""
    if goal.dialect.name == "sqlite":
        goal.execute(text("PRAGMA defer_foreign_keys = ON"))  # until the transaction ends
    else:
        _alter_own_keys(goal, "DEFERRABLE INITIALLY DEFERRED")


def _check_keys(goal: Connection) -> None:
    """Check on PostgreSQL what was put off, and have keys checked at once from now on; SQLite does so at the commit."""
    if goal.dialect.name == "postgresql":
        goal.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        _alter_own_keys(goal, "NOT DEFERRABLE")


def _alter_own_keys(goal: Connection, how: str) -> None:
    quoted = goal.dialect.identifier_preparer
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table is table:
                name = quoted.format_constraint(key)
                goal.execute(text(f"ALTER TABLE {quoted.format_table(table)} ALTER CONSTRAINT {name} {how}"))


def _count_on(goal: Connection, table: Table) -> None:
    """Have PostgreSQL number the next row after the last one; SQLite looks for itself."""
    numbered = table.autoincrement_column
    if numbered is not None and goal.dialect.name == "postgresql":
        last = goal.execute(select(func.max(numbered))).scalar_one()
        sequence = func.pg_get_serial_sequence(table.name, numbered.name)
        goal.execute(select(func.setval(sequence, func.coalesce(last, 1), last is not None)))


def _add(digest: hashlib._Hash, rows: Sequence[Sequence[Any]]) -> None:
    for row in rows:
        for value in row:
            digest.update(_canonical(value))
            digest.update(_UNIT)
        digest.update(_END)


def _canonical(value: object) -> bytes:
    """A value as bytes that tell its type and its last bit."""
    match value:
        case None | bool() | int():
            said = str(value)
        case float():
            said = (value + 0.0).hex()  # SQLite keeps no sign of zero
        case str():
            said = f"{len(value)}:{value}"
        case bytes():
            said = f"{len(value)}:{value.hex()}"
        case datetime() | date():
            said = value.isoformat()
        case _:
            msg = f"a {type(value).__name__} in a table has no canonical form; store/copy.py must be told of one"
            raise StoreError(msg)
    return f"{type(value).__name__} {said}".encode()
