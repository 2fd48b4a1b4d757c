"""A store that stands still while it is read for long."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.store.engine import open_engine, told_plainly, waits_seconds
from tocsin.store.room import room
from tocsin.usecases.ports import Progress, in_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

_RETRY_SECONDS = 0.05


@contextmanager
def snapshot(engine: Engine, report: Callable[[Progress], None] = in_silence) -> Iterator[Engine]:
    """An engine on the store as it is now: PostgreSQL's own, and on SQLite that of a copy beside the file.

    PostgreSQL shows a long transaction one state and lets others write. SQLite makes writers wait for readers, and
    without WAL readers for those writers too; its pages are copied in seconds where rows are read in minutes.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        yield engine
        return
    with room(Path(file).parent, "snapshot") as place:
        _copy_pages(engine, place / "store.db", report)
        still = open_engine(f"sqlite:///{place / 'store.db'}")
        try:
            yield still
        finally:
            still.dispose()


def _copy_pages(engine: Engine, file: Path, report: Callable[[Progress], None]) -> None:
    until = time.monotonic() + waits_seconds(engine)

    def busy(_: int, remaining: int, total: int) -> None:
        # Only called while somebody else writes: otherwise all pages are copied in one go.
        report(Progress("taking a snapshot", total - remaining, max(total, 1)))
        if time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    with told_plainly(engine):
        connection = engine.raw_connection()
        source = connection.driver_connection
        assert isinstance(source, sqlite3.Connection)  # noqa: S101 (for the types; the dialect has only this driver)
        connection.detach()  # it is not used again, so it may wait for locks in its own way
        try:
            source.execute("PRAGMA busy_timeout = 0")  # `busy` waits, and can be told to stop
            with closing(sqlite3.connect(file)) as target:
                source.backup(target, progress=busy, sleep=_RETRY_SECONDS)
        finally:
            connection.close()
