"""A look at everything that a store holds: does it still hang together?"""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, ForeignKeyConstraint, Table, and_, func, or_, select, text
from sqlalchemy.exc import DatabaseError

from tocsin.domain.errors import StoreError
from tocsin.store.engine import reading
from tocsin.store.fit import read_fit
from tocsin.store.observation_row import from_row
from tocsin.store.resolution import read_resolution
from tocsin.store.snapshot import snapshot
from tocsin.store.tables import (
    acknowledgement,
    alert_step,
    event,
    feed_record,
    fit,
    message,
    metadata,
    notice,
    observation,
    publication,
    resolution,
)
from tocsin.usecases.ports import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.domain.fit import Fit

_AT_ONCE = 1000
_APPEND_ONLY = (observation, publication, resolution, event, alert_step, acknowledgement, message, notice)
_WRITTEN = (
    observation.c.recorded_at,
    observation.c.entered_at,
    fit.c.recorded_at,
    publication.c.stated_at,
    resolution.c.settled_at,
    alert_step.c.at,
    acknowledgement.c.at,
    message.c.at,
)
_SWITCHES = ("fsync", "synchronous_commit", "full_page_writes")
_DRAWS_ENDING = ".zarr.zip"


class StoreInspection:
    """The port `Inspection` on a database and the folder of draws beside it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine
        self._folder = folder

    def faults(self) -> Iterator[Fault]:
        """Rows that name no row, content that is not what its hash says, and triggers that are gone."""
        with snapshot(self._engine) as still, reading(still, unhurried=True) as connection:
            yield from _damaged_file(connection)
            yield from _missing_triggers(connection)
            for table in metadata.sorted_tables:
                for key in sorted(table.foreign_key_constraints, key=lambda item: str(item.name)):
                    yield from _orphans(connection, table, key)
            yield from _altered_observations(connection)
            yield from _altered_resolutions(connection)
            yield from _altered_records(connection)
            yield from _unreadable_fits(connection)

    def fits(self) -> Iterator[Fit]:
        """Every fit that can be read, rejected ones too, in order of id; `faults` tells the others."""
        with reading(self._engine) as connection:  # and no longer: whoever asks may look at the draws of each
            rows = connection.execute(select(fit).order_by(fit.c.id)).all()
        for row in rows:
            with suppress(StoreError):
                yield read_fit(row)

    def draws(self) -> dict[str, datetime]:
        """The SHA-256 by which each file of draws is named, in order, and when the file was written."""
        found = {}
        for file in sorted(self._folder.glob(f"*{_DRAWS_ENDING}")):
            with suppress(FileNotFoundError):  # somebody has just taken it away
                found[file.name.removesuffix(_DRAWS_ENDING)] = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return found

    def newest(self) -> datetime | None:
        """The latest instant at which anything was written down; None for an empty store."""
        with reading(self._engine) as connection:
            found = [connection.execute(select(func.max(column))).scalar_one() for column in _WRITTEN]
        return max((instant for instant in found if instant is not None), default=None)


def database_version(engine: Engine) -> str:
    """Which database serves a store, its version, and on SQLite how it keeps its journal; StoreError if it does not."""
    with reading(engine) as connection:
        if connection.dialect.name == "sqlite":
            version, mode = (
                connection.execute(text(asked)).scalar_one()
                for asked in ("SELECT sqlite_version()", "PRAGMA journal_mode")
            )
            return f"SQLite {version}, journal mode {str(mode).upper()}"
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def server_switches(engine: Engine) -> dict[str, str]:
    """What decides whether a PostgreSQL server waits for the disk; empty on SQLite, which does."""
    with reading(engine) as connection:
        if connection.dialect.name == "sqlite":
            return {}
        return {name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in _SWITCHES}


def server_clock(engine: Engine) -> datetime | None:
    """The time at a PostgreSQL server; None on SQLite, which is here."""
    with reading(engine) as connection:
        if connection.dialect.name == "sqlite":
            return None
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)


def _damaged_file(connection: Connection) -> Iterator[Fault]:
    """What the database itself finds wrong with its pages; PostgreSQL checks those as it reads them."""
    if connection.dialect.name == "sqlite":
        try:
            for said in connection.execute(text("PRAGMA integrity_check")).scalars():
                if said != "ok":
                    yield Fault("database", "", str(said))
        except DatabaseError as error:
            yield Fault("database", "", str(error.orig))


def _missing_triggers(connection: Connection) -> Iterator[Fault]:
    question = (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    found = {(str(table), str(name)) for table, name in connection.execute(text(question))}
    wanted = ("update", "delete", "replace") if connection.dialect.name == "sqlite" else ("change", "truncate")
    for table in _APPEND_ONLY:
        for what in wanted:
            if (table.name, f"{table.name}_refuses_{what}") not in found:
                yield Fault(table.name, f"{table.name}_refuses_{what}", "the trigger that refuses changes is gone")


def _orphans(connection: Connection, table: Table, key: ForeignKeyConstraint) -> Iterator[Fault]:
    parent = key.referred_table.alias("parent")
    joined = [(table.c[element.parent.name], parent.c[element.column.name]) for element in key.elements]
    question = (
        select(*table.primary_key.columns, *(column for column, _ in joined))
        .select_from(table.outerjoin(parent, and_(*(column == named for column, named in joined))))
        .where(or_(*(named.is_(None) for _, named in joined)), *(column.is_not(None) for column, _ in joined))
        .order_by(*table.primary_key.columns)
    )
    width = len(table.primary_key.columns)
    for row in connection.execute(question):
        place, names = ", ".join(map(str, row[:width])), ", ".join(map(str, row[width:]))
        columns = ", ".join(column.name for column, _ in joined)
        yield Fault(table.name, place, f"{columns} names {key.referred_table.name} {names}, which is not there")


def _altered_observations(connection: Connection) -> Iterator[Fault]:
    question = select(observation).order_by(observation.c.id).execution_options(yield_per=_AT_ONCE)
    with connection.execute(question) as rows:
        for row in rows:
            try:
                if from_row(row).fingerprint() != row.fingerprint:
                    yield Fault(observation.name, row.id, "its content is not what its fingerprint says")
            except (StoreError, TypeError, ValueError) as error:
                yield Fault(observation.name, row.id, f"it cannot be read: {error}")


def _altered_resolutions(connection: Connection) -> Iterator[Fault]:
    for row in connection.execute(select(resolution).order_by(resolution.c.id)):
        try:
            found = read_resolution(row)
        except StoreError as error:
            yield Fault(resolution.name, row.id, str(error))
            continue
        if found.named().id != row.id:
            yield Fault(resolution.name, row.id, "its content is not what its id says")


def _altered_records(connection: Connection) -> Iterator[Fault]:
    columns = select(feed_record.c.id, feed_record.c.sha256, feed_record.c.content)
    with connection.execute(columns.order_by(feed_record.c.id).execution_options(yield_per=_AT_ONCE)) as rows:
        for row in rows:
            try:
                content = zlib.decompress(row.content)
            except (TypeError, zlib.error) as error:
                yield Fault(feed_record.name, row.id, f"its content cannot be unpacked: {error}")
                continue
            if hashlib.sha256(content).hexdigest() != row.sha256:
                yield Fault(feed_record.name, row.id, "its content is not what its SHA-256 says")


def _unreadable_fits(connection: Connection) -> Iterator[Fault]:
    for row in connection.execute(select(fit).order_by(fit.c.id)):
        try:
            read_fit(row)
        except StoreError as error:
            yield Fault(fit.name, row.id, str(error))
