"""Disks that are full or read only, and stores that somebody else keeps locked."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from support.databases import ONLY_POSTGRESQL, ONLY_SQLITE
from support.ledgers import FIRST_REPORT
from tocsin.domain.errors import StoreError
from tocsin.domain.observation import Observation
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.migrate import upgrade
from tocsin.store.observation import ObservationLedger

_LATE = datetime(2100, 1, 1, tzinfo=UTC)


def _reports(first: int, last: int) -> list[Observation]:
    return [replace(FIRST_REPORT, id=f"{n:06}", origin=f"{n}", summary="x" * 400) for n in range(first, last)]


def _count(engine: Engine) -> int:
    return len(ObservationLedger(engine).observations([FIRST_REPORT.indicator], _LATE))


def _is_sound(engine: Engine) -> bool:
    with reading(engine) as connection:
        return connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["/usr/bin/env", "umount", "--lazy", folder], check=True)


def _mount(*words: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    done = subprocess.run(["/usr/bin/env", "mount", *words], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this machine mounts no disk: {done.stderr.strip()}")


@contextmanager
def _store_on(folder: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{folder / 'tocsin.db'}")
    try:
        upgrade(engine)
        ObservationLedger(engine).record(_reports(0, 20))
        yield engine
    finally:
        engine.dispose()


@pytest.mark.fault(10)
def test_a_full_disk_refuses_what_does_not_fit_and_keeps_what_was_there(disk: Path) -> None:
    """A batch that fills it is taken back whole; with room again, the same batch is recorded."""
    with _store_on(disk) as engine:
        (disk / "ballast").write_bytes(bytes(800_000))
        with pytest.raises(StoreError, match="the disk is full"):
            ObservationLedger(engine).record(_reports(20, 5_000))
        assert _is_sound(engine)
        assert _count(engine) == 20
        (disk / "ballast").unlink()
        assert len(ObservationLedger(engine).record(_reports(20, 500)).added) == 480
        assert _is_sound(engine)


@pytest.mark.fault(10)
@ONLY_SQLITE
def test_a_file_that_may_not_grow_refuses_what_does_not_fit(engine: Engine) -> None:
    """The same where nobody may mount a disk: a limit of SQLite's own."""
    ObservationLedger(engine).record(_reports(0, 20))
    with writing(engine) as connection:  # the pool hands the same connection out again
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreError, match="the disk is full; nothing was written"):
        ObservationLedger(engine).record(_reports(20, 500))
    assert _is_sound(engine)
    assert _count(engine) == 20


@pytest.mark.fault(10)
def test_a_disk_that_turns_read_only_refuses_writes_and_lets_read(disk: Path) -> None:
    """As Linux does with a disk that fails; once mended, the same engine goes on after one refusal at most."""
    with _store_on(disk) as engine:
        engine.dispose()  # nothing may be open for writing while it turns
        _mount("-o", "remount,ro", str(disk))
        with pytest.raises(StoreError, match="may not be written"):
            ObservationLedger(engine).record(_reports(20, 21))
        assert _count(engine) == 20
        _mount("-o", "remount,rw", str(disk))
        with pytest.raises(StoreError, match="may not be written"):  # by the connection that has just read
            ObservationLedger(engine).record(_reports(20, 21))
        assert ObservationLedger(engine).record(_reports(20, 21)).added
        assert _is_sound(engine)


@pytest.mark.fault(10)
@ONLY_SQLITE
def test_a_file_opened_for_reading_only_refuses_writes(engine: Engine) -> None:
    """Where nobody may mount a disk, and root may write whatever the permissions say."""
    ObservationLedger(engine).record(_reports(0, 20))
    read_only = open_engine(f"sqlite:///file:{engine.url.database}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="may not be written by this user"):
        ObservationLedger(read_only).record(_reports(20, 21))
    assert _count(read_only) == 20
    read_only.dispose()
    assert _is_sound(engine)


@pytest.mark.fault(10)
@ONLY_POSTGRESQL
def test_a_standby_server_refuses_writes_and_lets_read(engine: Engine, url: str) -> None:
    """As after a fail-over to a copy."""
    ObservationLedger(engine).record(_reports(0, 20))
    standby = open_engine(f"{url}&options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(StoreError, match="it takes no writes"):
        ObservationLedger(standby).record(_reports(20, 21))
    assert _count(standby) == 20
    standby.dispose()


@pytest.mark.fault(10)
def test_a_store_that_stays_locked_is_waited_for_a_bounded_time(engine: Engine, url: str) -> None:
    """Then it is said why; what had been recorded is read meanwhile, and once it is free the writer goes on."""
    ObservationLedger(engine).record(_reports(0, 20))
    other = open_engine(url, busy_seconds=0.5)
    with writing(engine):
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"another process has been writing for 0\.5 s; try again later"):
            ObservationLedger(other).record(_reports(20, 21))
        assert 0.4 < time.monotonic() - began < 5
        assert _count(other) == 20
    assert ObservationLedger(other).record(_reports(20, 21)).added
    other.dispose()
