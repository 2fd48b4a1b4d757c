"""A loopback server that a test's upstream answers through: real sockets and HTTP, with failures on order."""

from __future__ import annotations

import json
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tocsin.domain.errors import FeedUnavailableError
from tocsin.feeds.fetch import Answer, Fetcher, Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Ask:
    """One request as it came: query and form as plain mappings, header names in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What goes back; with `claims`, the length that is announced, which may be more than is sent."""

    content: bytes
    status: int = 200
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    claims: int | None = None


def as_json(found: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(found).encode(), status)


WEB_PAGE = Reply(b"<!DOCTYPE html><html><body>Maintenance</body></html>", media="text/html")
BROKEN_OFF = Reply(b'{"status": 200, "da', claims=4_000)
CUT_JSON = Reply(b'{"status": 200, "data": [{"event_id_cnty": "TUN1", "Result": [')
OVERLOADED = Reply(b"{}", 429, headers={"Retry-After": "120"})
DOWN = Reply(b"oops", 500, media="text/plain")


class Upstream:
    """What a fake upstream is to a test: its address, all that it was asked, and failures to come.

    Attributes:
        asked: Every request, in order.
        failures: Answers to give instead, in order; None lets one request through.
    """

    def __init__(self, answer: Callable[[Ask], Reply]) -> None:
        self.answer = answer
        self.asked: list[Ask] = []
        self.failures: deque[Reply | None] = deque()
        self.base = ""

    def reply(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        failure = self.failures.popleft() if self.failures else None
        return self.answer(ask) if failure is None else failure

    def paths(self) -> list[str]:
        return [ask.path for ask in self.asked]


@contextmanager
def serving(upstream: Upstream) -> Iterator[Fetcher]:
    """The upstream on a free port of 127.0.0.1, and a fetcher that may go there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            ask = Ask(self.command, parts.path, dict(parse_qsl(parts.query)), headers, dict(parse_qsl(body)))
            reply = upstream.reply(ask)
            self.send_response(reply.status)
            length = len(reply.content) if reply.claims is None else reply.claims
            for name, value in {"Content-Type": reply.media, "Content-Length": length, **reply.headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(reply.content)
            self.close_connection = self.close_connection or reply.claims is not None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    upstream.base = f"http://127.0.0.1:{server.server_port}"
    guard = Guard(private=True, schemes=frozenset({"http", "https"}), read_seconds=5, total_seconds=20)
    try:
        with Fetcher(guard) as fetcher:
            yield fetcher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Direct(Fetcher):
    """A fetcher that asks the upstream without a socket, for tests with thousands of requests."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def fetch(
        self,
        feed: str,
        address: str,
        *,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        expect: tuple[str, ...] = (),  # noqa: ARG002 (inherited)
        statuses: tuple[int, ...] = (),
    ) -> Answer:
        small = {name.lower(): value for name, value in (headers or {}).items()}
        reply = self._upstream.reply(Ask(method, urlsplit(address).path, params or {}, small, form or {}))
        if reply.status not in {200, *statuses}:
            raise FeedUnavailableError(feed, str(reply.status))
        return Answer(reply.content, reply.status, httpx2.Headers(dict(reply.headers)), address)
