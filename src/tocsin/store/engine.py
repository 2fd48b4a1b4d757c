"""Opening a store, and the two kinds of transaction on it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from tocsin.domain.errors import StoreError
from tocsin.store.address import ACCEPTED, read_address, shown
from tocsin.store.cause import told_cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL
    from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30.0
"""How long a transaction waits for another process that is writing, before it gives up."""

_WRITES = "tocsin_writes"
_BUSY = "tocsin_busy_seconds"
_WRITER_LOCK = 0x746F6373696E  # "tocsin": the number must only differ from other programs' advisory locks
_WAL_FIXED = {(3, 44): 6, (3, 50): 7}
_WAL_FIXED_SINCE = (3, 51, 3)


def open_engine(url: str, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine for a store; nothing is opened yet. StoreError where Tocsin cannot use the address."""
    address = read_address(url)
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(address, busy_seconds)
    if backend == "postgresql":
        return _open_postgresql(address, busy_seconds)
    msg = f"a {backend} database cannot hold a store; accepted: {ACCEPTED}"
    raise StoreError(msg)


def journal_mode(sqlite_version: tuple[int, int, int]) -> str:
    """WAL where this SQLite has the fix of the WAL-reset bug, which could lose commits; TRUNCATE elsewhere.

    Fixed in 3.51.3, and in the maintained branches with 3.44.6 and 3.50.7 (https://sqlite.org/wal.html).

    >>> journal_mode((3, 50, 7)), journal_mode((3, 51, 2))
    ('WAL', 'TRUNCATE')
    """
    branch, patch = sqlite_version[:2], sqlite_version[2]
    fixed = sqlite_version >= _WAL_FIXED_SINCE or (branch in _WAL_FIXED and patch >= _WAL_FIXED[branch])
    return "WAL" if fixed else "TRUNCATE"


def _open_postgresql(address: URL, busy_seconds: float) -> Engine:
    try:
        # Imported here: most stores are SQLite files, and the driver takes a while to load.
        from tocsin.store.postgresql import open_postgresql  # noqa: PLC0415

        return open_postgresql(address, {_BUSY: busy_seconds})
    except ImportError as error:
        msg = "a PostgreSQL store needs the package psycopg; run: pip install 'psycopg[binary]'"
        raise StoreError(msg) from error


def _open_sqlite(address: URL, busy_seconds: float) -> Engine:
    engine = create_engine(address, execution_options={_BUSY: busy_seconds})

    # The driver's own BEGIN comes late and is never IMMEDIATE, so it is switched off and ours is sent
    # instead, as SQLAlchemy's SQLite page recommends.
    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        # First, so that the statements after it wait too.
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * busy_seconds)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA journal_mode = {journal_mode(sqlite3.sqlite_version_info)}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Whoever reads first and writes later may find the reading out of date: a writer says so at once.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def forget_read_only(context: ExceptionContext) -> None:
        # SQLite opens a file that may not be written for reading, and stays so: once that is mended, only a new
        # connection notices.
        if "readonly database" in str(context.original_exception):
            context.is_disconnect = True

    return engine


@contextmanager
def reading(engine: Engine, *, unhurried: bool = False) -> Iterator[Connection]:
    """A transaction that only reads: everything read in it is of one state of the store.

    A statement that PostgreSQL does not answer in a minute is given up, unless whoever asks is unhurried.
    """
    of_one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    options = of_one_state if engine.dialect.name == "postgresql" else {}
    with told_plainly(engine), engine.execution_options(**options).begin() as connection:
        _limit(connection, engine, unhurried=unhurried)
        yield connection


@contextmanager
def writing(engine: Engine, *, unhurried: bool = False) -> Iterator[Connection]:
    """A transaction that writes: it waits to be the only one, and commits at the end or changes nothing.

    Unhurried as in `reading`; it waits for other writers no longer than any.
    """
    # Said whatever a server's default is: a stricter level would show the state before the lock was waited for.
    level = {"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {}
    with told_plainly(engine), engine.execution_options(**level, **{_WRITES: True}).begin() as connection:
        _limit(connection, engine, unhurried=unhurried)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
        yield connection


def _limit(connection: Connection, engine: Engine, *, unhurried: bool) -> None:
    if connection.dialect.name == "postgresql":
        from tocsin.store.postgresql import limit  # noqa: PLC0415 - as above

        limit(connection, waits_seconds(engine), unhurried=unhurried)


def waits_seconds(engine: Engine) -> float:
    """How long whoever uses an engine waits for another that is writing."""
    return float(engine.get_execution_options()[_BUSY])


@contextmanager
def told_plainly(engine: Engine) -> Iterator[None]:
    """StoreError, with the cause and what to do, for whatever the database says went wrong inside."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:  # the second comes bare while a connection is being set up
        cause = error.orig if isinstance(error, DBAPIError) else error
        msg = f"the store at {shown(engine.url)} did not do what was asked: {told_cause(cause, waits_seconds(engine))}"
        raise StoreError(msg) from error
