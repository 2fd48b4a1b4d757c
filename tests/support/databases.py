"""Fresh stores for tests, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from support.postgresql import PostgresServer, Unavailable
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Marks a test of something that PostgreSQL does not have."""
ONLY_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""Marks a test of something that SQLite does not have."""


class Database(Protocol):
    """A kind of database that holds stores."""

    name: str

    def fresh(self, *, upgraded: bool) -> contextlib.AbstractContextManager[str]:
        """The address of a new store, empty or with its tables; it is gone at the end."""
        ...


class SqliteDatabase:
    """Stores as files in a folder."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        """Make one store with its tables, to be copied."""
        self._folder, self._template = folder, folder / "template.db"
        upgrade(f"sqlite:///{self._template}")

    @contextlib.contextmanager
    def fresh(self, *, upgraded: bool) -> Iterator[str]:
        """The address of a new file in a folder of its own."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            file = Path(folder) / "tocsin.db"
            if upgraded:
                shutil.copyfile(self._template, file)
            yield f"sqlite:///{file}"


class PostgresDatabase:
    """Stores as databases of one server."""

    name = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        """Make one store with its tables, to be copied."""
        self.server = server
        self._numbers = itertools.count(1)
        server.execute("CREATE DATABASE upgraded")
        upgrade(server.url("upgraded"))
        server.make_template("upgraded")

    @contextlib.contextmanager
    def fresh(self, *, upgraded: bool) -> Iterator[str]:
        """The address of a new database."""
        name, template = f"test_{next(self._numbers)}", "upgraded" if upgraded else "template1"
        with self.server.database(name, template) as address:
            yield address


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresDatabase]:
    """One PostgreSQL server for the whole session; tests that need it are skipped where it cannot run."""
    try:
        server = PostgresServer()
    except Unavailable as reason:
        pytest.skip(f"PostgreSQL cannot run here: {reason}")
    try:
        server.start()
        yield PostgresDatabase(server)
    finally:
        server.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Each test that uses it runs on both."""
    if request.param == "postgresql":
        found: PostgresDatabase = request.getfixturevalue("postgresql")
        return found
    return SqliteDatabase(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def url(database: Database, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh store: with its tables where the test uses `engine` too, empty where it does not."""
    with database.fresh(upgraded="engine" in request.fixturenames) as address:
        yield address


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine on a fresh store with its tables."""
    opened = open_engine(url)
    yield opened
    opened.dispose()
