"""HEAD is answered as GET is, without the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tocsin.domain.access import Principal, Role
from tocsin.web.openapi import Description

if TYPE_CHECKING:
    from support.web import Web

_API = "/api/v1"
_TUNISIA = f"{_API}/theaters/tunisia"
_ASKED = {"X-Request-Id": "probe-0001"}  # a problem holds it, and its length counts


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/metrics", 200),
        ("/", 200),
        (f"{_API}/openapi.json", 200),
        (f"{_API}/theaters", 200),
        (f"{_TUNISIA}/odds", 200),
        (f"{_TUNISIA}/odds?as_of=2016-03-08&format=csv", 200),
        (f"{_TUNISIA}/observations?limit=2", 200),
        (f"{_TUNISIA}/fits", 200),
        (f"{_API}/publications?format=ndjson", 200),
        (f"{_TUNISIA}/odds?as_of=never", 422),
        (f"{_API}/theaters/nowhere", 404),
        ("/nothing", 404),
        (f"{_TUNISIA}/what-if", 405),
    ],
)
def test_head_has_the_headers_of_get_and_no_body(web: Web, path: str, status: int) -> None:
    """Length and tag among them, and what a refusal says in its headers."""
    got, head = (web.client.request(method, path, headers=_ASKED) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (got.status_code, b"") == (status, b"")
    told = dict(got.headers)
    if path == "/metrics":  # it counts the first of the two
        del told["content-length"]
        assert int(head.headers.pop("content-length")) > 0
    assert dict(head.headers) == told
    assert "content-length" in head.headers or path.endswith(("ndjson", "/metrics"))


@pytest.mark.parametrize("path", [f"{_API}/theaters", f"{_TUNISIA}/odds"])
def test_what_the_client_has_is_not_modified_for_head_either(web: Web, path: str) -> None:
    """And whoever has another version hears the tag of this one."""
    tag = web.client.get(path).headers["etag"]
    known = web.client.head(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.headers["etag"], known.content) == (304, tag, b"")
    other = web.client.head(path, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.headers["etag"], other.content) == (200, tag, b"")


def test_head_of_a_stream_ends_at_once_and_leaves_nothing_open(web: Web) -> None:
    """More often than anybody may have streams open; also where a server would let a stream find out by sending."""
    assert isinstance(web.client.app, FastAPI)
    for _ in range(25):
        answer = web.client.head(f"{_API}/events")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/event-stream")
    streams = web.client.get("/metrics").text
    assert "tocsin_http_streams_open 0.0" in streams


def test_head_is_judged_as_get_is(web: Web) -> None:
    """Without a credential, without the right, and in a theater that is not theirs."""
    web.gate.principal = None
    assert web.client.head(f"{_API}/theaters").status_code == 401
    web.gate.principal = Principal("ada", Role.VIEWER, frozenset({"mali"}))
    assert web.client.head("/metrics").status_code == 403
    assert web.client.head(_TUNISIA).status_code == 404


def test_head_is_counted_by_its_name_and_not_described(web: Web) -> None:
    """Its route is known all the same; makers of clients need no second operation."""
    assert isinstance(web.client.app, FastAPI)
    web.client.head(f"{_API}/theaters")
    assert 'count{method="HEAD",route="/api/v1/theaters",status="200"} 1.0' in web.client.get("/metrics").text
    described = Description(web.client.app).whole["paths"]
    assert not any("head" in operations for operations in described.values())


def test_head_of_what_fails_has_no_body_either(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is a problem, of which the head is sent."""

    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(web.means.service.events, "last", fail)
    monkeypatch.setattr(web.means.service.fits, "recorded", lambda *_: fail())
    client = TestClient(web.client.app, raise_server_exceptions=False)
    answer = client.head(f"{_TUNISIA}/fits")
    assert (answer.status_code, answer.content) == (500, b"")
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_may_be_asked_names_head_beside_get(web: Web) -> None:
    """Where GET is answered; a route without it has neither."""
    assert web.client.post(f"{_API}/theaters").headers["allow"] == "GET, HEAD"
    assert web.client.get(f"{_TUNISIA}/what-if").headers["allow"] == "POST"
