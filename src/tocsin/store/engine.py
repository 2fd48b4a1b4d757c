"""Opening a store, and the two kinds of transaction on it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from tocsin.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
"""How long a transaction waits for another process that is writing, before it gives up."""

_ACCEPTED = "sqlite:////folder/tocsin.db or postgresql+psycopg://user@host/name"
_WRITES = "tocsin_writes"
_WRITER_LOCK = 0x746F6373696E  # "tocsin": the number must only differ from other programs' advisory locks
_WAL_FIXED = {(3, 44): 6, (3, 50): 7}
_WAL_FIXED_SINCE = (3, 51, 3)


def open_engine(url: str) -> Engine:
    """An engine for a store; nothing is opened yet. StoreError where Tocsin cannot use the address."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        # The address is not repeated: it may hold a password.
        msg = f"the database address cannot be read; accepted: {_ACCEPTED}"
        raise StoreError(msg) from error
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(address)
    if backend == "postgresql":
        return _open_postgresql(address)
    msg = f"a {backend} database cannot hold a store; accepted: {_ACCEPTED}"
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


def _open_postgresql(address: URL) -> Engine:
    try:
        return create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ImportError as error:
        msg = "a PostgreSQL store needs the package psycopg; run: pip install 'psycopg[binary]'"
        raise StoreError(msg) from error


def _open_sqlite(address: URL) -> Engine:
    engine = create_engine(address)

    # The driver's own BEGIN comes late and is never IMMEDIATE, so it is switched off and ours is sent
    # instead, as SQLAlchemy's SQLite page recommends.
    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        # First, so that the statements after it wait too.
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA journal_mode = {journal_mode(sqlite3.sqlite_version_info)}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Whoever reads first and writes later may find the reading out of date: a writer says so at once.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: everything read in it is of one state of the store."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with _told_plainly(engine), engine.execution_options(**options).begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: it waits to be the only one, and commits at the end or changes nothing."""
    with _told_plainly(engine), engine.execution_options(**{_WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
        yield connection


@contextmanager
def _told_plainly(engine: Engine) -> Iterator[None]:
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:  # the second comes bare while a connection is being set up
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        msg = f"the store at {where} did not do what was asked: {_cause(said)}"
        raise StoreError(msg) from error


def _cause(said: str) -> str:
    advice = {
        "database is locked": f"another process has been writing for {BUSY_SECONDS} s; try again later",
        "unable to open database file": "the folder does not exist or may not be written",
        "no such table": "its tables are missing; run: tocsin db upgrade",
        '" does not exist': "its tables are missing; run: tocsin db upgrade",
        "readonly database": "the file or its folder may not be written by this user",
        "disk is full": "the disk is full; nothing was written",
        "not a database": "the file is no SQLite database; check the address",
    }
    first_line = said.partition("\n")[0]
    return next((f"{first_line}: {what}" for sign, what in advice.items() if sign in said), first_line)
