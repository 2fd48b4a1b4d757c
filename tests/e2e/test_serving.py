"""A real server process on loopback: what it answers, what it streams, and how it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import httpx2
import pytest

from support.processes import offspring, runs, wait_until
from support.serving import Message, Server, events_logged, follow, free_port, running
from tocsin.bootstrap.service import open_service
from tocsin.domain.observation import Draft
from tocsin.settings import Settings
from tocsin.usecases.observe import observe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import PostgresDatabase
    from support.kit import FittedStore

_STREAM = "/api/v1/events"
_TUNISIA = "/api/v1/theaters/tunisia"
_STOP_SECONDS = 10.0


@pytest.fixture
def home(tmp_path: Path, fitted_store: FittedStore) -> Path:
    """A data folder with the kit's store and one fit."""
    fitted_store.copy(tmp_path / "home")
    return tmp_path / "home"


def _observe(home: Path, origin: str) -> str:
    """Record an observation, as another process would; its id."""
    with open_service(Settings(home=home)) as service:
        theater = service.catalog.theater("tunisia")
        recorded = observe(
            [Draft("violence/border-attack", "2016-03-07", "1", "B2", origin=origin)],
            indicators=service.catalog.indicators("tunisia"),
            timeline=theater.timeline,
            ledger=service.ledger,
            now=datetime.now(UTC),
            author="tester",
            history=True,
        )
        return recorded.added[0]


def _take(stream: Iterator[Message], kind: str) -> Message:
    return next(item for item in stream if item.kind == kind)


def test_a_server_answers_and_logs_what_it_answered(home: Path) -> None:
    """With the headers that every answer has, and the id under which the log has it."""
    with running(home) as server:
        answer = server.get("/api/v1/theaters/tunisia", **{"X-Request-Id": "probe-12345"})
        assert answer.json()["id"] == "tunisia"
        assert answer.headers["x-request-id"] == "probe-12345"
        assert "server" not in answer.headers
        code, seconds = server.stop()
        told = [item for item in events_logged(server) if item.get("request") == "probe-12345"]
    assert (code, seconds < _STOP_SECONDS) == (0, True)
    assert told[0]["route"] == "/api/v1/theaters/{theater}"
    assert (told[0]["status"], told[0]["principal"], told[0]["event"]) == (200, "tester", "request")


def test_a_head_leaves_the_connection_in_order(home: Path) -> None:
    """On one connection, that of a stream too: its headers, nothing else, and then the next answer."""
    with (
        running(home) as server,
        closing(HTTPConnection(server.address.removeprefix("http://"), timeout=60)) as connection,
    ):

        def ask(method: str, path: str) -> tuple[int, str | None, bytes]:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-length"], answer.read()

        status, length, body = ask("GET", _TUNISIA)
        begun = connection.sock
        assert (status, length) == (200, str(len(body)))
        assert ask("HEAD", _TUNISIA) == (200, length, b"")
        assert ask("HEAD", _STREAM) == (200, None, b"")
        assert ask("GET", _TUNISIA) == (status, length, body)
        assert connection.sock is begun


def test_a_stream_goes_on_where_it_was_cut_off_by_a_restart(home: Path) -> None:
    """What came while the server was away is told, once; the odds come before what changed them."""
    port = free_port()
    with running(home, port=port) as server, httpx2.Client() as client:
        stream = follow(client, server.address + _STREAM)
        begun = next(stream)
        assert begun.id is not None
        first = _observe(home, "first")
        odds = next(stream)
        assert (odds.kind, odds.id, odds.data["theater"]) == ("odds", None, "tunisia")
        assert len(odds.data["odds"]) >= 5
        seen = next(stream)
        assert (seen.kind, seen.data["detail"]["ids"]) == ("observations", [first])
        server.stop()
        assert list(stream) == []
    second = _observe(home, "second")
    with running(home, port=port) as server, httpx2.Client() as client:
        stream = follow(client, server.address + _STREAM, **{"Last-Event-ID": str(seen.id)})
        missed = _take(stream, "observations")
        assert missed.data["detail"]["ids"] == [second]
        assert int(str(missed.id)) == int(str(seen.id)) + 1
        third = _observe(home, "third")
        assert _take(stream, "observations").data["detail"]["ids"] == [third]


@pytest.mark.fault(20)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_open_streams_and_a_request_under_way_stops_in_time(home: Path, number: int) -> None:
    """The streams end, the request is answered whole, and nothing is logged as an error."""
    with running(home) as server, httpx2.Client() as client:
        streams = [follow(client, server.address + _STREAM) for _ in range(3)]
        for stream in streams:
            next(stream)
        answers: list[httpx2.Response] = []

        def ask_slowly() -> None:
            def body() -> Iterator[bytes]:
                yield b"{"
                time.sleep(1.5)
                yield b"}"

            sent = httpx2.post(server.address + "/api/v1/nothing", content=body(), timeout=30)
            answers.append(sent)

        asking = threading.Thread(target=ask_slowly)
        asking.start()
        time.sleep(0.5)  # until it is under way
        code, seconds = server.stop(number)
        asking.join(30)
        assert [list(stream) for stream in streams] == [[], [], []]
        assert [answer.status_code for answer in answers] == [404]
        assert (code, seconds < _STOP_SECONDS) == (0, True)
        assert [item for item in events_logged(server) if item["level"] == "error"] == []


def test_two_processes_over_one_store_answer_the_same_bytes(home: Path, postgresql: PostgresDatabase) -> None:
    """Before and after a report that one of them took, on either kind of database."""
    report = {"indicator": "group/pledge-publication", "observed_on": "2016-03-10", "value": 1, "grade": "C3"}
    with postgresql.fresh(upgraded=False) as address:
        command = [sys.executable, "-m", "tocsin", "db", "copy", f"sqlite:///{home / 'tocsin.db'}", address]
        copied = subprocess.run(command, env=os.environ | {"TOCSIN_HOME": str(home)}, capture_output=True, check=False)
        assert copied.returncode == 0, copied.stderr
        for store in ({}, {"TOCSIN_DATABASE_URL": address}):
            with running(home, **store) as first, running(home, **store) as second:
                before = _read_alike(first, second)
                sent = {**report, "history": True}
                written = httpx2.post(f"{first.address}{_TUNISIA}/observations", json=sent, timeout=120)
                assert written.status_code == 201, written.text
                time.sleep(0.1)  # the other one looks every 20 ms
                after = _read_alike(second, first)
                assert after[0] == before[0]
                assert after[1] != before[1]


def _read_alike(one: Server, other: Server) -> list[bytes]:
    """The odds as of two instants, and the history, of which both say the same."""
    paths = ("odds?as_of=2016-03-08&reasons=true", "odds?as_of=2016-03-11", "scenarios/border-offensive/history")
    told = [[server.get(f"{_TUNISIA}/{path}") for path in paths] for server in (one, other)]
    assert [[answer.status_code for answer in answers] for answers in told] == [[200] * len(paths)] * 2
    first, second = ([answer.content for answer in answers] for answers in told)
    assert first == second
    return first


def test_a_worker_that_dies_is_started_again_and_all_stop_together(home: Path) -> None:
    """Under `tocsin serve`, whose own stop leaves nothing behind."""
    with running(home, "-m", "tocsin", "serve", TOCSIN_TICK_SECONDS="0.2") as server:

        def started() -> list[int]:
            told = events_logged(server)
            return [
                item["pid"] for item in told if item["event"] == "child process started" and item["child"] == "worker"
            ]

        wait_until(lambda: len(started()) == 1, 60, "the worker is started")
        os.kill(started()[0], signal.SIGKILL)
        wait_until(lambda: len(started()) == 2, 60, "the worker is started again")
        assert server.get("/healthz").status_code == 200
        family = offspring(server.process.pid)
        assert started()[1] in family
        code, seconds = server.stop()
        # The children have 8.5 s before they are killed; the rest is two interpreters that end on a busy machine.
        assert (code, seconds < _STOP_SECONDS + 5) == (0, True)
        wait_until(lambda: not any(map(runs, family)), 30, "nothing is left behind")


def test_children_stop_when_what_started_them_is_killed(home: Path) -> None:
    """Else they would hold the port against the next start."""
    with running(home, "-m", "tocsin", "web", "--workers", "2") as server:
        family = offspring(server.process.pid)
        assert len(family) == 2
        server.process.kill()
        server.process.wait(10)
        wait_until(lambda: not any(map(runs, family)), 60, "the children have stopped")


def test_a_port_that_is_taken_is_refused_in_words(home: Path) -> None:
    """Naming the setting."""
    with running(home) as server:
        port = server.address.rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", "web"],
            env=os.environ | {"TOCSIN_HOME": str(home), "TOCSIN_PORT": port},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1
    assert f"TOCSIN_HOST and TOCSIN_PORT is 127.0.0.1:{port}" in done.stderr
