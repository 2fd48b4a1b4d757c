"""A database server that is gone for a while: what callers hear, and what is there when it is back."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from support.databases import ONLY_POSTGRESQL, PostgresDatabase
from support.ledgers import FIRST_REPORT
from tocsin.domain.errors import StoreError
from tocsin.store import postgresql
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.observation import ObservationLedger

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_GONE = "the database cannot be reached; check that it runs"
_CRASH, _ORDERLY = signal.SIGQUIT, signal.SIGINT


def _ids(engine: Engine) -> list[str]:
    return [item.id for item in ObservationLedger(engine).observations([FIRST_REPORT.indicator], _LATE)]


@contextmanager
def _stopped(database: PostgresDatabase, how: signal.Signals) -> Iterator[None]:
    database.server.stop(how)
    try:
        yield
    finally:
        database.server.start()


class _Writer(threading.Thread):
    """Reports one thing after the other, each until it hears that it is recorded."""

    def __init__(self, engine: Engine, name: str) -> None:
        super().__init__(name=name)
        self._ledger = ObservationLedger(engine)
        self.done = threading.Event()
        self.accepted: list[str] = []
        self.told: list[str] = []

    def run(self) -> None:
        while not self.done.is_set():
            name = f"{self.name}-{len(self.accepted)}"
            try:
                self._ledger.record([replace(FIRST_REPORT, id=name, origin=name)])
                self.accepted.append(name)
            except StoreError as error:
                self.told.append(str(error))
                self.done.wait(0.05)

    def wait_for_more(self) -> None:
        """Until three more things are recorded: it works."""
        goal, deadline = len(self.accepted) + 3, time.monotonic() + 30
        while len(self.accepted) < goal:
            assert time.monotonic() < deadline, self.told[-1:]
            time.sleep(0.01)


@pytest.mark.fault(9)
@ONLY_POSTGRESQL
@pytest.mark.parametrize("how", [_CRASH, _ORDERLY])
def test_writers_hear_that_the_database_is_gone_and_go_on_when_it_is_back(
    database: PostgresDatabase, engine: Engine, how: signal.Signals
) -> None:
    """Nobody starts them again; each thing that was accepted is there, once, and nothing else is."""
    writers = [_Writer(engine, "a"), _Writer(engine, "b")]
    for writer in writers:
        writer.start()
    try:
        for writer in writers:
            writer.wait_for_more()
        with _stopped(database, how):
            time.sleep(1.5)  # the gap: long enough to be refused many times
        for writer in writers:
            writer.wait_for_more()
    finally:
        for writer in writers:
            writer.done.set()
            writer.join(30)
    for writer in writers:
        assert len(writer.told) > 3
        assert [told for told in writer.told if _GONE not in told] == []
    assert sorted(_ids(engine)) == sorted(writers[0].accepted + writers[1].accepted)


@pytest.mark.fault(9)
@ONLY_POSTGRESQL
@pytest.mark.parametrize("how", [_CRASH, _ORDERLY])
def test_what_was_not_committed_when_the_database_went_is_not_there(
    database: PostgresDatabase, engine: Engine, how: signal.Signals
) -> None:
    """The same engine reads and writes again, without a failed attempt in between."""
    ObservationLedger(engine).record([FIRST_REPORT])

    def write_in_two_halves() -> None:
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE half (written INTEGER)"))
            with _stopped(database, how):
                pass
            connection.execute(text("INSERT INTO half VALUES (1)"))

    with pytest.raises(StoreError, match=_GONE):
        write_in_two_halves()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT to_regclass('half')")).scalar() is None
    assert _ids(engine) == ["first"]


@pytest.mark.fault(9)
@ONLY_POSTGRESQL
@pytest.mark.parametrize("how", [_CRASH, _ORDERLY])
def test_a_connection_that_was_idle_when_the_database_went_is_replaced_unnoticed(
    database: PostgresDatabase, engine: Engine, how: signal.Signals
) -> None:
    """Nobody asked in the meantime, so nobody has to hear of it."""
    ObservationLedger(engine).record([FIRST_REPORT])
    with _stopped(database, how):
        pass
    assert _ids(engine) == ["first"]
    with _stopped(database, how):
        pass
    assert ObservationLedger(engine).record([replace(FIRST_REPORT, id="second", origin="x")]).added


@pytest.mark.fault(9)
def test_a_server_that_takes_the_connection_and_is_silent_is_given_up() -> None:
    """A machine that hangs must not hang us."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_engine(f"postgresql://nobody@127.0.0.1:{port}/none?sslmode=disable")
        began = time.monotonic()
        with pytest.raises(StoreError, match=_GONE), reading(engine):
            pass
        assert time.monotonic() - began < 15
        engine.dispose()


@pytest.mark.fault(9)
@ONLY_POSTGRESQL
def test_a_server_that_freezes_half_way_is_given_up(
    database: PostgresDatabase, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine goes on acknowledging what is sent, so only we can count the seconds; then the engine goes on."""
    monkeypatch.setattr(postgresql, "_CANCELLING_SECONDS", -59.0)
    ObservationLedger(engine).record([FIRST_REPORT])

    def ask() -> None:
        with reading(engine) as connection, database.server.frozen():
            connection.execute(text("SELECT 1"))

    began = time.monotonic()
    with pytest.raises(StoreError, match=r"has not answered for 1 s.*the database cannot be reached"):
        ask()
    assert time.monotonic() - began < 10
    assert _ids(engine) == ["first"]


@pytest.mark.fault(9)
@ONLY_POSTGRESQL
def test_a_server_that_is_frozen_when_it_is_asked_is_given_up(
    database: PostgresDatabase, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a connection that was idle, and with a new one, which takes ten seconds."""
    monkeypatch.setattr(postgresql, "REACH_SECONDS", 1.0)
    assert _ids(engine) == []
    began = time.monotonic()
    with database.server.frozen(), pytest.raises(StoreError, match=_GONE):
        _ids(engine)
    assert time.monotonic() - began < 20
    assert _ids(engine) == []


@ONLY_POSTGRESQL
def test_a_statement_that_takes_too_long_is_given_up_unless_nobody_is_in_a_hurry(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies, backups and migrations may take as long as they take."""
    del engine
    monkeypatch.setattr(postgresql, "PATIENCE_SECONDS", 0.3)
    hurried = open_engine(url, busy_seconds=0.1)
    for begin in (reading, writing):
        with pytest.raises(StoreError, match="the database takes too long"), begin(hurried) as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        with begin(hurried, unhurried=True) as connection:
            connection.execute(text("SELECT pg_sleep(0.6)"))
    hurried.dispose()


@pytest.mark.fault(9)
@pytest.mark.parametrize(
    "hidden",
    ["duty:secret@{}/tocsin", "duty@{}/tocsin?password=secret", "duty@{}/tocsin?sslpassword=secret&sslmode=disable"],
)
def test_nobody_listening_is_told_without_the_password(hidden: str) -> None:
    """Where it was looked for, that it is not there, and what to check."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    engine = open_engine(f"postgresql://{hidden.format(f'127.0.0.1:{port}')}")
    with pytest.raises(StoreError, match=_GONE) as caught, reading(engine):
        pass
    assert f"127.0.0.1:{port}/tocsin" in str(caught.value)
    assert "secret" not in str(caught.value)
    engine.dispose()


@ONLY_POSTGRESQL
def test_a_database_that_is_not_there_is_told_by_name(database: PostgresDatabase) -> None:
    """The server runs, the name is wrong: no tables are missing."""
    engine = open_engine(database.server.url("nowhere"))
    with pytest.raises(StoreError, match=r'"nowhere" does not exist.*check the name'), reading(engine):
        pass
    engine.dispose()


@ONLY_POSTGRESQL
def test_a_column_that_is_not_there_is_no_database_that_is_not_there(engine: Engine) -> None:
    """Both are said in the same words."""
    with pytest.raises(StoreError, match='column "nothing" does not exist') as caught, reading(engine) as connection:
        connection.execute(text("SELECT nothing FROM observation"))
    assert "TOCSIN_DATABASE_URL" not in str(caught.value)
