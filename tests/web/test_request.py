"""What is done with every request: ids, headers, limits, rates."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from tocsin.bootstrap.logs import ACCESS
from tocsin.domain.access import Principal, Role
from tocsin.settings import Settings
from tocsin.web import request
from tocsin.web.app import make_app
from tocsin.web.body import DEEPEST, Limits, Room, depth
from tocsin.web.pace import Pace
from tocsin.web.request import RequestCare
from tocsin.web.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp, Message, Send

    from support.web import Web

_THEATERS = "/api/v1/theaters"
_WHAT_IF = f"{_THEATERS}/tunisia/what-if"
_PROBLEM = "application/problem+json"


def _client(web: Web, **settings: Any) -> TestClient:  # noqa: ANN401 (any setting)
    """The same service under other settings."""
    means = replace(web.means, settings=Settings(home=web.means.settings.home, **settings))
    return TestClient(make_app(means), raise_server_exceptions=False)


def test_a_sane_request_id_is_kept_and_another_is_replaced(web: Web) -> None:
    """What could break a log or a header is not repeated."""
    assert web.client.get(_THEATERS, headers={"X-Request-Id": "abc-DEF_12.3"}).headers["x-request-id"] == "abc-DEF_12.3"
    for odd in ("short", "a" * 65, "with space 1", 'quote"12345'):
        given = web.client.get(_THEATERS, headers={"X-Request-Id": odd}).headers["x-request-id"]
        assert given != odd
        assert len(given) == 16


def test_a_problem_names_the_request(web: Web) -> None:
    """So that whoever reports it can say which it was."""
    answer = web.client.get(f"{_THEATERS}/nowhere", headers={"X-Request-Id": "probe-0001"})
    assert (answer.status_code, answer.json()["request"]) == (404, "probe-0001")


@pytest.mark.parametrize("path", [_THEATERS, "/api/v1/nothing", f"{_THEATERS}/nowhere", "/healthz", "/metrics"])
def test_every_answer_has_the_headers_that_it_must_have(web: Web, path: str) -> None:
    """Refusals too; strict transport security over HTTPS alone."""
    headers = web.client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    # A table may be asked for again with its tag; whoever keeps it must ask each time, and it is nobody else's.
    assert headers["cache-control"] == ("private, no-cache" if path == _THEATERS else "no-store")
    assert "strict-transport-security" not in headers
    secure = TestClient(web.client.app, base_url="https://testserver").get(path).headers
    assert "max-age" in secure["strict-transport-security"]


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """The events of the access log."""
    found: list[Any] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.msg)

    logger, handler = logging.getLogger(ACCESS), Keep()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_each_request_is_logged_by_its_route_and_not_by_its_address(web: Web, logged: list[Any]) -> None:
    """With who asked, how it was answered and how long that took."""
    web.client.get(f"{_THEATERS}/tunisia", headers={"X-Request-Id": "probe-0002"})
    web.client.get("/api/v1/secret-guess")
    known, unknown = logged
    assert (known["route"], known["status"], known["principal"]) == (f"{_THEATERS}/{{theater}}", 200, "tester")
    assert known["request"] == "probe-0002"
    assert known["ms"] > 0
    assert (unknown["route"], unknown["status"]) == ("(none)", 404)


@pytest.mark.fault(4)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(web: Web) -> None:
    """Whether it says its length or not; an import may be larger."""
    client = _client(web, body_mib=0.01, import_mib=0.02)
    large = b"[" + b" " * 12_000 + b"]"
    for path, content, status in (
        (_WHAT_IF, large, 413),
        (_WHAT_IF, iter([large[:6000], large[6000:]]), 413),
        (f"{_THEATERS}/tunisia/observations", large, 413),
        ("/api/v1/keys", large, 413),
        ("/api/v1/nothing", large, 404),  # nobody reads it
    ):
        answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == status
        assert answer.headers["content-type"] == _PROBLEM
    table = b"observed_on,indicator\n" + b" " * 12_000
    for path, content, status in (
        (f"{_THEATERS}/nowhere/observations/import", table * 2, 404),
        (f"{_THEATERS}/tunisia/observations/import", table, 422),
        (f"{_THEATERS}/tunisia/observations/import", table * 2, 413),
        (_WHAT_IF, table, 413),
    ):
        assert client.post(path, content=content, headers={"Content-Type": "text/csv"}).status_code == status
    assert "larger than the 10,485 bytes" in client.post(_WHAT_IF, content=large).json()["detail"]


@pytest.mark.fault(4)
def test_json_that_lies_too_deep_is_refused(web: Web) -> None:
    """At one level more than is accepted; brackets in texts are no levels."""
    fine, deep = (b"[" * levels + b"]" * levels for levels in (DEEPEST, DEEPEST + 1))
    refused = web.client.post(_WHAT_IF, content=fine)
    assert refused.json()["type"] == "urn:tocsin:problem:unknown-type"  # as nobody said that it is JSON
    for body in (deep, b'{"a":' * 100_000, b"[" * 300_000):
        answer = web.client.post(_WHAT_IF, content=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:tocsin:problem:invalid-input")
        assert "accepted: at most 64" in answer.json()["detail"]
    kinds = [("content-type", "application/json"), ("content-type", "text/plain")]  # the first is how it is read
    twice = web.client.post(_WHAT_IF, content=deep, headers=kinds)
    assert "accepted: at most 64" in twice.json()["detail"]
    flat = web.client.post(_WHAT_IF, json={"text": "[" * 500})
    assert (flat.status_code, "levels" in flat.json()["detail"]) == (422, False)


def test_the_depth_is_what_a_parser_goes_down() -> None:
    """Whatever stands in strings, closed or not."""
    for value in ({}, [], [[[]]], {"a": [{"b": ']}\\"[['}]}, [[], [[]], {"k": {}}], "[[[", 3):
        text = json.dumps(value)
        assert depth(text.encode()) == _depth(value)
    assert depth(b'["unclosed [[[[') == 1


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.fault(19)
def test_whoever_asks_too_often_is_told_when_to_come_back(web: Web) -> None:
    """One account's count is not another's, and health is never refused."""
    client = _client(web, requests_per_minute=3)
    assert [client.get(_THEATERS).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = client.get(_THEATERS)
    assert refused.json()["type"] == "urn:tocsin:problem:too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert client.get("/healthz").status_code == 200
    web.gate.principal = Principal("ada", Role.VIEWER, None)
    assert client.get(_THEATERS).status_code == 200


@pytest.mark.fault(19)
def test_an_address_that_shows_no_credential_is_turned_away_after_so_many_tries(web: Web) -> None:
    """Before anybody looks at what it brings then."""
    client = _client(web, address_requests_per_minute=2)
    web.gate.principal = None
    assert [client.get(_THEATERS).status_code for _ in range(4)] == [401, 401, 429, 429]
    assert client.post("/api/v1/nothing", content=b"[" * 1000).status_code == 429
    assert client.get("/healthz").status_code == 200


def test_what_nobody_foresaw_is_a_problem_without_its_cause(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has it; whoever asked gets an id to report."""

    async def fail(_: object) -> None:
        msg = "secret of the house"
        raise RuntimeError(msg)

    monkeypatch.setattr(type(web.gate), "identify", lambda _, request: fail(request))
    client = _client(web)
    answer = client.get(_THEATERS, headers={"X-Request-Id": "probe-0003"})
    assert (answer.status_code, answer.json()["request"]) == (500, "probe-0003")
    assert answer.json()["type"] == "urn:tocsin:problem:internal"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def _answer(app: ASGIApp, send: Send) -> None:
    """Have a request answered by an application within the layer, to a reader of the test's own."""

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    limits = Limits(most=1, most_of_import=1, room=1, seconds=1.0)
    care = RequestCare(
        app,
        traffic=Traffic(),
        pace=Pace(0, 0),
        limits=limits,
        room=Room(1),
        known=lambda _: True,
        written=lambda: None,
    )
    await care({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)


def _sent(app: ASGIApp) -> list[Message]:
    """The parts of an answer's body as they go to a reader that takes each at once."""
    found: list[Message] = []

    async def send(message: Message) -> None:
        found.append(message)

    asyncio.run(_answer(app, send))
    return found[1:]


_LARGE, _PIECE = 262_144, 65_536


@pytest.mark.parametrize(
    ("size", "pieces"),
    [(0, 1), (1, 1), (_LARGE, 1), (_LARGE + 1, 5), (_LARGE + _PIECE, 5), (_LARGE + _PIECE + 1, 6), (1_000_003, 16)],
)
def test_a_large_answer_goes_out_whole_in_pieces(size: int, pieces: int) -> None:
    """Between which the server can wait for whoever reads; the last one says that it is the last."""
    body = bytes(place % 251 for place in range(size))
    parts = _sent(Response(body))
    assert b"".join(part["body"] for part in parts) == body
    assert [part.get("more_body", False) for part in parts] == [True] * (pieces - 1) + [False]
    assert pieces == 1 or max(len(part["body"]) for part in parts) <= _PIECE


def test_a_large_part_of_a_stream_is_not_taken_for_its_end() -> None:
    """The pieces of a part that more will follow say so, the last one too."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"a" * (_LARGE + 1)
        yield b"b"

    found = _sent(StreamingResponse(parts()))
    assert b"".join(part["body"] for part in found) == b"a" * (_LARGE + 1) + b"b"
    assert [part["more_body"] for part in found] == [True] * 6 + [False]


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("size", "taken"), [(1, 1), (_LARGE + 1, 1), (_LARGE + 1, 3), (_LARGE + 1, 5)], ids=["small", "no", "some", "end"]
)
def test_a_reader_that_takes_nothing_is_cut_off(size: int, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in the answer it stops, and what it was to be sent is let go."""
    monkeypatch.setattr(request, "_TAKEN_SECONDS", 0.01)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > taken:
            await asyncio.Event().wait()

    async def play() -> None:
        answering = asyncio.create_task(_answer(Response(b"x" * size), send))
        done, _ = await asyncio.wait({answering}, timeout=10)
        answering.cancel()  # where it hangs
        assert done == {answering}
        assert isinstance(answering.exception(), TimeoutError)

    asyncio.run(play())
    assert len(sent) == taken + 1
