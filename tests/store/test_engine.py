import sqlite3
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect, text

from support.databases import ONLY_POSTGRESQL, ONLY_SQLITE
from tocsin.domain.errors import StoreError
from tocsin.store.address import read_address, secrets_in, shown
from tocsin.store.engine import journal_mode, open_engine, reading, writing


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 9), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 0), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_the_library_has_the_fix(version: tuple[int, int, int], mode: str) -> None:
    """A store must not depend on a journal that can lose what was committed."""
    assert journal_mode(version) == mode


@given(st.tuples(st.just(3), st.sampled_from([44, 50, 51, 52]), st.integers(0, 20)))
def test_a_patch_release_never_loses_the_fix(version: tuple[int, int, int]) -> None:
    """Within one branch the decision changes at most once, from TRUNCATE to WAL."""
    if journal_mode(version) == "WAL":
        assert journal_mode((version[0], version[1], version[2] + 1)) == "WAL"


@ONLY_SQLITE
def test_a_connection_is_set_up_to_keep_promises(engine: Engine) -> None:
    """Foreign keys hold, commits reach the disk, and a busy store is waited for."""
    with reading(engine) as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "synchronous", "busy_timeout", "journal_mode")
        }
    mode = journal_mode(sqlite3.sqlite_version_info[:3]).lower()
    assert found == {"foreign_keys": 1, "synchronous": 2, "busy_timeout": 30_000, "journal_mode": mode}


@ONLY_POSTGRESQL
def test_a_server_is_waited_for_a_bounded_time(engine: Engine) -> None:
    """Commits reach the disk, locks are waited for as on SQLite, and options in the address hold too."""
    more = open_engine(f"{engine.url.render_as_string()}&options=-c%20work_mem%3D8MB&connect_timeout=3", 2.5)
    found = {}
    for each in (engine, more):
        with reading(each) as connection:
            names = ("synchronous_commit", "lock_timeout", "transaction_isolation", "transaction_read_only", "work_mem")
            found[each] = [connection.execute(text(f"SHOW {name}")).scalar() for name in names]
    more.dispose()
    assert found[engine] == ["on", "30s", "repeatable read", "on", "4MB"]
    assert found[more] == ["on", "2500ms", "repeatable read", "on", "8MB"]


@ONLY_POSTGRESQL
def test_a_writer_sees_what_was_committed_while_it_waited(url: str) -> None:
    """Also where the server's default would show it the state from before it waited."""
    strict = open_engine(f"{url}&options=-c%20default_transaction_isolation%3Dserializable")
    with writing(strict) as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
    strict.dispose()


def test_what_fails_inside_a_writing_transaction_leaves_nothing(engine: Engine) -> None:
    """All or nothing, tables included."""

    def fail_half_way() -> None:
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE half (written INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with reading(engine) as connection:
        assert not inspect(connection).has_table("half")


def test_the_writers_lock_is_taken_when_the_transaction_begins(engine: Engine, url: str) -> None:
    """Nobody else can write between a writer's reading and its writing."""
    other = open_engine(url, busy_seconds=0.1)
    with writing(engine):
        with pytest.raises(StoreError, match=r"another process has been writing for 0\.1 s"), writing(other):
            pass
        with reading(other) as connection:  # nothing was written yet, so readers go on
            connection.execute(text("SELECT count(*) FROM observation"))
    other.dispose()


def test_a_missing_folder_is_told_with_its_cause(tmp_path: Path) -> None:
    """The commonest mistake in an address."""
    engine = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'tocsin.db'}")
    with pytest.raises(StoreError, match="the folder does not exist"), reading(engine):
        pass


def test_a_file_that_is_no_database_is_told_so(tmp_path: Path) -> None:
    """Somebody pointed at the wrong file."""
    (tmp_path / "notes.txt").write_text("these are notes and no database\n" * 50)
    engine = open_engine(f"sqlite:///{tmp_path / 'notes.txt'}")
    with pytest.raises(StoreError, match="no SQLite database"), reading(engine):
        pass
    engine.dispose()


def test_a_postgresql_store_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teams use PostgreSQL; the driver is not needed by anybody else."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="needs the package psycopg"):
        open_engine("postgresql://u@host/x")


@pytest.mark.parametrize("url", ["nonsense", "oracle://u:secret@host/x", "mysql://u:secret@host/x"])
def test_an_address_that_cannot_hold_a_store_is_refused_without_its_password(url: str) -> None:
    """An error message may end up in a log."""
    with pytest.raises(StoreError, match="accepted: sqlite:") as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_an_address_is_shown_without_what_is_secret_in_it() -> None:
    """In any place where a password may stand, and with the rest as it is."""
    address = "postgresql://u:p%5Bss@host:5/x?password=a&sslpassword=b&passfile=/c&sslmode=require"
    told = shown(read_address(address))
    assert told == "postgresql://u:***@host:5/x?passfile=***&password=***&sslmode=require&sslpassword=***"
    assert secrets_in(address) == {"p[ss", "a", "b", "/c", address}
    assert secrets_in("sqlite:////srv/tocsin.db") == set()
