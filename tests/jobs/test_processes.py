"""Real worker processes on one SQLite file: two at once, one killed, one told to stop."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from support.databases import PostgresDatabase
from support.processes import wait_until
from tocsin.store.engine import open_engine, reading
from tocsin.store.tables import job_run

Start = Callable[..., "subprocess.Popen[str]"]

_WORKER = """
import random, signal, sys, threading, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tocsin.domain.slot import Every
from tocsin.jobs.alarm import Alarm
from tocsin.jobs.bell import Bell
from tocsin.jobs.courier import Courier
from tocsin.jobs.runner import in_a_thread
from tocsin.jobs.worker import run_worker
from tocsin.settings import Settings
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf
from tocsin.store.engine import open_engine
from tocsin.store.event import EventShelf
from tocsin.store.job import JobRecord
from tocsin.usecases.deliver import DeliveryMeans
from tocsin.usecases.run_job import Job

def work(name):
    def run(turn):
        with Path(sys.argv[2], name + ".log").open("a") as file:
            file.write(turn.slot.isoformat() + "\\n")
        time.sleep(0.05)
        return "done"
    return run

stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
jobs = [Job(name, Every(timedelta(seconds=2)), "test", work(name)) for name in ("one", "two", "three")]
engine = open_engine(sys.argv[1])
now = lambda: datetime.now(UTC)
outbox = DeliveryMeans(DeliveryShelf(engine), DestinationShelf(engine), {}, now, random.random)
alarm = Alarm(Bell([], EventShelf(engine), None, now, time.monotonic), Courier(outbox, in_a_thread))
run_worker(jobs, JobRecord(engine), Settings(tick_seconds=0.1, lease_seconds=10), stopped, alarm)
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process; whatever still runs at the end of the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def run(*words: str, **environment: str) -> "subprocess.Popen[str]":
        path = os.pathsep.join(entry for entry in sys.path if entry)
        process = subprocess.Popen(
            [sys.executable, *words],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path} | environment,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


@pytest.mark.fault(8)
@pytest.mark.fault(11)
def test_two_workers_on_one_store_run_each_slot_once(engine: Engine, url: str, tmp_path: Path, start: Start) -> None:
    """Three jobs every two seconds: no slot twice, and none lost between the first and the last."""
    workers = [start("-c", _WORKER, url, str(tmp_path)) for _ in range(2)]
    until = time.monotonic() + 60
    while time.monotonic() < until and _lines(tmp_path / "three.log") < 7:
        time.sleep(0.1)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    for worker in workers:
        assert worker.wait(timeout=10) == 0
    with reading(engine) as connection:
        rows = connection.execute(select(job_run)).all()
    assert all(row.state == "done" and row.attempt == 1 for row in rows)
    for name in ("one", "two", "three"):
        ran = (tmp_path / f"{name}.log").read_text(encoding="utf-8").split()
        assert len(ran) >= 7
        assert len(set(ran)) == len(ran)
        seconds = [datetime.fromisoformat(slot).timestamp() for slot in sorted(ran)]
        assert seconds == [seconds[0] + 2 * number for number in range(len(seconds))]
        assert set(ran) == {row.slot.isoformat() for row in rows if row.job == name}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").split()) if path.exists() else 0


_AWAY_SECONDS = 4
"""An outage of a minute differs from it in nothing but its length: what is tried again is tried again."""


@pytest.mark.fault(9)
def test_a_worker_outlives_a_server_that_is_stopped_for_a_while(
    postgresql: PostgresDatabase, tmp_path: Path, start: Start
) -> None:
    """Nobody starts it again: its jobs run before and after, and what it was at then is brought to an end."""
    log = tmp_path / "three.log"
    with postgresql.fresh(upgraded=True) as url:
        worker = start("-c", _WORKER, url, str(tmp_path))
        wait_until(lambda: _lines(log) >= 2, 60, "runs before")
        postgresql.server.stop()
        time.sleep(_AWAY_SECONDS)
        postgresql.server.start()
        goal = _lines(log) + 3
        wait_until(lambda: _lines(log) >= goal, 30, "runs after")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        engine = open_engine(url)
        with reading(engine) as connection:
            states = {row.state for row in connection.execute(select(job_run))}
        engine.dispose()
    assert states <= {"done", "skipped"}


@pytest.fixture
def home(tmp_path: Path, start: Start) -> Path:
    """A store with an old fit and a report of today, so that the nightly refit has something to sample."""
    home = tmp_path / "home"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for words in (
        ("db", "upgrade"),
        ("fit", "tunisia", "--as-of", "2026-01-01"),
        ("observe", "tunisia", "society/protest", "2", "--on", "2026-01-05", "--grade", "B2", "--history"),
        ("observe", "tunisia", "society/protest", "2", "--on", today, "--grade", "B2"),
    ):
        done = start("-m", "tocsin", *words, TOCSIN_HOME=str(home))
        assert done.wait(timeout=120) == 0, done.stderr.read() if done.stderr else ""
    return home


def _worker(start: Start, home: Path) -> "subprocess.Popen[str]":
    return start("-m", "tocsin", "worker", TOCSIN_HOME=str(home), TOCSIN_LEASE_SECONDS="12", TOCSIN_TICK_SECONDS="0.5")


def _read_until(process: "subprocess.Popen[str]", *signs: str) -> str:
    """The lines of a process up to the one that holds all signs."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if all(sign in line for sign in signs):
            return said
    raise AssertionError(said)


def _tocsin(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        env=os.environ | {"TOCSIN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _refit(home: Path) -> dict[str, object]:
    listed = json.loads(_tocsin(home, "jobs", "--json").stdout)
    (last,) = (item["last"] for item in listed["jobs"] if item["job"] == "refit-nightly/tunisia")
    assert isinstance(last, dict)
    return last


@pytest.mark.fault(2)
def test_a_refit_whose_worker_is_killed_leaves_the_last_odds_and_is_run_again(home: Path, start: Start) -> None:
    """`kill -9` while it samples; a worker started then runs it again within a minute."""
    first = _worker(start, home)
    _read_until(first, "sampling", "refit-nightly")
    first.kill()
    assert first.wait() == -signal.SIGKILL
    odds = _tocsin(home, "odds", "tunisia", "--json")
    assert odds.returncode == 0, odds.stderr
    assert '"age_seconds"' in odds.stdout
    began = time.monotonic()
    second = _worker(start, home)
    _read_until(second, "run started", "refit-nightly", "attempt=2")
    assert time.monotonic() - began < 60
    _read_until(second, "run done", "refit-nightly")
    assert (_refit(home)["state"], _refit(home)["attempt"]) == ("done", 2)


@pytest.mark.fault(20)
def test_a_worker_told_to_stop_ends_within_ten_seconds_and_releases_its_refit(home: Path, start: Start) -> None:
    """SIGTERM while it samples: exit 0, the run open for whoever comes, the worker marked as stopped."""
    worker = _worker(start, home)
    _read_until(worker, "sampling", "refit-nightly")
    worker.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    assert worker.wait(timeout=30) == 0
    assert time.monotonic() - sent < 10
    last = _refit(home)
    assert (last["state"], last["attempt"], last["leased_until"]) == ("open", 0, None)
    assert json.loads(_tocsin(home, "jobs", "--json").stdout)["workers"][0]["stopped_at"] is not None


@pytest.mark.fault(20)
def test_a_worker_told_to_stop_while_it_starts_ends_within_ten_seconds(tmp_path: Path, start: Start) -> None:
    """Its fork server imports the sampler, which takes longer than that on a busy machine."""
    home = tmp_path / "home"
    assert start("-m", "tocsin", "db", "upgrade", TOCSIN_HOME=str(home)).wait(timeout=120) == 0
    worker = _worker(start, home)
    _read_until(worker, "worker started")
    worker.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    assert worker.wait(timeout=120) == 0
    assert time.monotonic() - sent < 10
