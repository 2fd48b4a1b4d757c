"""A worker that is told to stop while its store is locked, away, frozen or being backed up ends all the same."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from support.databases import PostgresDatabase
from support.ledgers import FIRST_REPORT
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade
from tocsin.store.observation import ObservationLedger

Start = Callable[..., "subprocess.Popen[str]"]

_WORKER = """
import time
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
import tocsin.cli.worker as command
from tocsin.bootstrap.logs import set_up_logs
from tocsin.domain.slot import Every
from tocsin.jobs.care import back_up_store
from tocsin.settings import read_settings
from tocsin.usecases.run_job import Job

def patient(turn):
    while not turn.cancelled():
        time.sleep(0.02)
    raise RuntimeError("it was cancelled")

settings = read_settings()
run = {"patient": patient, "backup": partial(back_up_store, settings)}[KIND]
command.make_timetable = lambda *_: (Job(KIND, Every(timedelta(days=1)), "test", run),)
command.Fitter = lambda _: nullcontext(SimpleNamespace(starting=False))  # nothing is fitted here
set_up_logs(settings, quiet=False)
command.work(settings)
"""
_WITHIN_SECONDS = 10
_REPORTS = 60_000  # a store whose backup takes longer than a worker may take to stop


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a worker with one job; it is killed at the end of the test."""
    running: list[subprocess.Popen[str]] = []

    def run(kind: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", f"KIND = {kind!r}\n{_WORKER}"],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "TOCSIN_HOME": str(tmp_path)}
            | {"TOCSIN_TICK_SECONDS": "0.2", "TOCSIN_LEASE_SECONDS": "2"}
            | environment,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def _heard(process: "subprocess.Popen[str]", sign: str) -> None:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if sign in line:
            return
    raise AssertionError(said)


def _ends(process: "subprocess.Popen[str]") -> None:
    """Told to stop, it ends in time, and well."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(_WITHIN_SECONDS) == 0


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _away(database: PostgresDatabase) -> Iterator[None]:
    database.server.stop()
    try:
        yield
    finally:
        database.server.start()


@pytest.mark.fault(20)
def test_a_worker_whose_store_is_locked_ends_in_time(tmp_path: Path, start: Start) -> None:
    """Somebody else writes for minutes: what ran is reopened when its lease has expired."""
    upgrade(f"sqlite:///{tmp_path / 'tocsin.db'}")
    worker = start("patient")
    _heard(worker, "run started")
    with _locked(tmp_path / "tocsin.db"):
        time.sleep(1)  # a tick and a renewal wait by now
        _ends(worker)


@pytest.mark.fault(20)
@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_worker_whose_server_is_gone_ends_in_time(
    postgresql: PostgresDatabase, tmp_path: Path, start: Start, how: str
) -> None:
    """Stopped, it says so at once; frozen, it never says anything."""
    del tmp_path
    with postgresql.fresh(upgraded=True) as url:
        worker = start("patient", TOCSIN_DATABASE_URL=url)
        _heard(worker, "run started")
        with _away(postgresql) if how == "stopped" else postgresql.server.frozen():
            time.sleep(1)
            _ends(worker)


@pytest.mark.fault(20)
def test_a_worker_asked_twice_ends_at_once(postgresql: PostgresDatabase, start: Start) -> None:
    """Also where its threads wait for a frozen server, which Python would wait for."""
    with postgresql.fresh(upgraded=True) as url:
        worker = start("patient", TOCSIN_DATABASE_URL=url)
        _heard(worker, "run started")
        with postgresql.server.frozen():
            time.sleep(1)
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(2) == 130


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with many reports, copied from one by SQL."""
    file = tmp_path_factory.mktemp("large") / "tocsin.db"
    upgrade(f"sqlite:///{file}")
    engine = open_engine(f"sqlite:///{file}")
    ObservationLedger(engine).record([FIRST_REPORT])
    names = [column["name"] for column in _columns(file)]
    engine.dispose()
    new = {"id": "'c' || n", "fingerprint": "'f' || n", "origin": "'o' || n"}
    columns, values = ", ".join(names), ", ".join(new.get(name, name) for name in names)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {_REPORTS}) "  # noqa: S608
            f"INSERT INTO observation ({columns}) SELECT {values} FROM observation, many"
        )
    return file


def _columns(file: Path) -> list[dict[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        return [{"name": row[1]} for row in connection.execute("PRAGMA table_info(observation)")]


@pytest.mark.fault(20)
def test_a_worker_ends_in_time_during_its_own_backup_and_leaves_nothing_of_it(
    large: Path, tmp_path: Path, start: Start
) -> None:
    """Of a store so large that the backup takes longer than it has."""
    worker = start("backup", TOCSIN_DATABASE_URL=f"sqlite:///{large}")
    _heard(worker, "copying observation")
    assert list((tmp_path / "backups").iterdir())
    _ends(worker)
    assert list((tmp_path / "backups").iterdir()) == []
    assert list(large.parent.glob(".*")) == []


@pytest.mark.fault(20)
def test_a_backup_at_the_command_line_that_is_told_to_stop_leaves_nothing(large: Path, tmp_path: Path) -> None:
    """By the signal that ends containers and machines, which by itself would leave half a file behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "backup"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TOCSIN_HOME": str(tmp_path), "TOCSIN_DATABASE_URL": f"sqlite:///{large}"},
    )
    with process:
        _heard(process, "copying observation")
        process.send_signal(signal.SIGTERM)
        assert process.wait(_WITHIN_SECONDS) == 130
    assert list((tmp_path / "backups").iterdir()) == []
    assert list(large.parent.glob(".*")) == []
