"""An upstream that fails or deceives costs an error that says what to do, and bounded bytes and seconds."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from dataclasses import replace
from itertools import chain, count, repeat
from typing import TYPE_CHECKING

import httpcore2
import pytest

from support.feed_server import reply
from tocsin.domain.errors import FeedFormatError, FeedUnavailableError, FetchRefusedError
from tocsin.feeds.connection import Budget
from tocsin.feeds.fetch import Fetcher, Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.feed_server import FeedServer, Script

pytestmark = pytest.mark.fault(12)

_CSV = {"Content-Type": "text/csv; charset=utf-8"}
_TABLE = b"id,day\n1,2016-03-07\n"


def _bomb(megabytes: int) -> bytes:
    """Zeros, packed a thousandfold."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])


def test_what_lies_there_comes_back_as_it_is(server: FeedServer, fetcher: Fetcher) -> None:
    """Its bytes, its headers and its address; the parameters and headers went along."""
    address = server.says("/a", reply(_TABLE, headers={**_CSV, "ETag": '"1"'}))
    answer = fetcher.fetch("f", address, params={"q": "x y"}, headers={"X-Key": "k"}, expect=("text/csv",))
    assert (answer.content, answer.status, answer.headers["etag"]) == (_TABLE, 200, '"1"')
    (asked,) = server.asked
    assert asked.method == "GET"
    assert asked.path in ("/a?q=x+y", "/a?q=x%20y")
    assert asked.headers["x-key"] == "k"
    assert answer.address == server.address(asked.path)


@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])]
)
def test_a_packed_answer_is_unpacked(server: FeedServer, fetcher: Fetcher, pack: Callable[[bytes], bytes]) -> None:
    """Gzip, deflate, and gzip in several members."""
    coding = "deflate" if pack is zlib.compress else "gzip"
    address = server.says("/a", reply(pack(_TABLE), headers={"Content-Encoding": coding}))
    assert fetcher.fetch("f", address).content == _TABLE


def test_a_form_is_posted(server: FeedServer, fetcher: Fetcher) -> None:
    """Its fields are no part of the address."""
    address = server.says("/token", reply(b"{}"))
    fetcher.fetch("f", address, method="POST", form={"password": "p&q"})
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/token", b"password=p%26q")


@pytest.mark.parametrize(
    ("status", "headers", "wait", "said"),
    [
        (500, {}, None, "500 Internal Server Error"),
        (429, {"Retry-After": "120"}, 120.0, "429 Too Many Requests"),
        (429, {"Retry-After": "99999999999999999999"}, 86_400.0, "asks to wait 86400 s"),
        (503, {"Retry-After": "Mon, 02 Nov 2026 10:05:00 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"}, 300.0, "503"),
        (503, {"Retry-After": "Mon, 02 Nov 2026 09:00:00 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"}, 0.0, "503"),
        (503, {"Retry-After": "soon"}, None, "503 Service Unavailable"),
        (503, {"Retry-After": "Mon, 02 Nov 2026 10:00:00 +99999999999999"}, None, "503 Service Unavailable"),
        (503, {"Retry-After": "Mon, 99999999999999999999 Nov 2026 1:1:1 GMT"}, None, "503 Service Unavailable"),
        (401, {}, None, "401 Unauthorized; it wants a credential"),
        (304, {}, None, "304"),
        (206, {}, None, "206"),
        (299, {}, None, "299"),
    ],
)
def test_a_status_that_was_not_asked_for_says_when_to_come_again(
    server: FeedServer, fetcher: Fetcher, status: int, headers: dict[str, str], wait: float | None, said: str
) -> None:
    """In seconds, or by the upstream's own clock; never longer than a day, never in the past."""
    address = server.says("/a", reply(_TABLE, status, headers=headers))
    with pytest.raises(FeedUnavailableError, match=said) as caught:
        fetcher.fetch("f", address, params={"key": "hidden"})
    assert caught.value.retry_after_seconds == wait
    assert "hidden" not in str(caught.value)


def test_a_status_that_was_asked_for_comes_back(server: FeedServer, fetcher: Fetcher) -> None:
    """Whoever holds the credential decides what a refusal means; its body has any form."""
    address = server.says("/a", reply(b"<html>", 401, headers={"Content-Type": "text/html"}))
    assert fetcher.fetch("f", address, expect=("text/csv",), statuses=(401,)).status == 401


@pytest.mark.parametrize(
    ("body", "media", "said"),
    [
        (b"<p>Down for maintenance</p>", "text/html", "is of type 'text/html'"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><title>Log in</title>", "text/csv", "web page"),
        (b"<HTML><body>", "", "web page"),
    ],
)
def test_a_web_page_with_status_200_is_no_answer(
    server: FeedServer, fetcher: Fetcher, body: bytes, media: str, said: str
) -> None:
    """Whether it says that it is one or not."""
    address = server.says("/a", reply(body, headers={"Content-Type": media} if media else None))
    with pytest.raises(FeedFormatError, match=said):
        fetcher.fetch("f", address, expect=("text/csv",))


def test_an_unknown_content_coding_is_refused(server: FeedServer, fetcher: Fetcher) -> None:
    """Nobody asked for it."""
    address = server.says("/a", reply(_TABLE, headers={"Content-Encoding": "br"}))
    with pytest.raises(FeedFormatError, match="content coding 'br'"):
        fetcher.fetch("f", address)


def _cut_gzip(_: object) -> list[bytes]:
    packed = gzip.compress(_TABLE * 1_000)
    return [reply(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})]


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: [reply(_TABLE, length=1_000)],
        lambda _: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nid,da\r\n"],
        lambda _: [b"HTTP/1.1 200 OK\r\nContent-Le"],
        lambda _: [b"SSH-2.0-OpenSSH_9.9\r\n"],
        lambda _: [],
        _cut_gzip,
    ],
    ids=["shorter than it says", "chunk missing", "cut header", "not HTTP", "nothing", "cut gzip"],
)
def test_an_answer_that_breaks_off_is_none(server: FeedServer, fetcher: Fetcher, answer: Script) -> None:
    """What came of it is not handed out."""
    address = server.says("/a", answer)
    with pytest.raises(FeedUnavailableError, match="broke off"):
        fetcher.fetch("f", address)


def test_what_is_not_packed_as_it_says_is_refused(server: FeedServer, fetcher: Fetcher) -> None:
    """The bytes of a table are no gzip."""
    address = server.says("/a", reply(_TABLE, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FeedFormatError, match="cannot be unpacked"):
        fetcher.fetch("f", address)


_START = b"HTTP/1.1 200 OK\r\n"
_ZEROS = bytes(65_536)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: [reply(_bomb(300), headers={"Content-Encoding": "gzip"})],
        lambda _: chain([_START, b"\r\n"], repeat(_ZEROS)),
        lambda _: chain([_START, b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"10000\r\n" + _ZEROS + b"\r\n")),
        lambda _: chain([_START], (b"X-%d: %s\r\n" % (number, b"x" * 60_000) for number in count())),
        lambda _: chain([_START, b"Content-Encoding: gzip\r\n\r\n"], repeat(gzip.compress(b"") * 100)),
    ],
    ids=["gzip bomb", "endless", "endless chunks", "endless headers", "empty members"],
)
def test_an_endless_answer_takes_little_memory(server: FeedServer, fetcher: Fetcher, answer: Script) -> None:
    """Five million bytes are the most it may have; twice that is never held."""
    address = server.says("/a", answer)
    tracemalloc.start()
    try:
        with pytest.raises((FeedFormatError, FeedUnavailableError)):
            fetcher.fetch("f", address)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_an_answer_that_says_how_long_it_is_is_not_even_read(server: FeedServer, fetcher: Fetcher) -> None:
    """Its header is enough; one that lies is cut where the bytes run out."""
    address = server.says("/a", reply(b"x", length=5_000_001))
    with pytest.raises(FeedFormatError, match="longer than 5,000,000 bytes"):
        fetcher.fetch("f", address)


@pytest.mark.parametrize("at_once", [b"", _START + b"X-Slow: ", _START + b"Content-Length: 1000\r\n\r\n"])
def test_a_steady_drip_is_cut_when_the_time_is_up(server: FeedServer, guard: Guard, at_once: bytes) -> None:
    """In the status line, the headers or the body: no silence is long, but the whole is."""
    address = server.says("/a", lambda _: chain([at_once], server.drips(b"" if at_once else _START)))
    began = time.monotonic()
    with (
        Fetcher(replace(guard, total_seconds=0.6)) as fetcher,
        pytest.raises(FeedUnavailableError, match=r"too long .*0\.6 s in all"),
    ):
        fetcher.fetch("f", address)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("bound", ["read_seconds", "total_seconds"])
def test_silence_is_cut_at_the_nearer_bound(server: FeedServer, guard: Guard, bound: str) -> None:
    """An upstream that takes the request and says nothing."""

    def silent(_: object) -> list[bytes]:
        server.closing.wait(10)
        return []

    address = server.says("/a", silent)
    began = time.monotonic()
    short = replace(guard, **{bound: 0.3})
    with Fetcher(short) as fetcher, pytest.raises(FeedUnavailableError, match="too long"):
        fetcher.fetch("f", address)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("wanted", [None, 5.0])
def test_time_that_is_up_buys_nothing(wanted: float | None) -> None:
    """A step that begins just after the deadline gets no seconds at all, and none get a negative number."""
    with pytest.raises(httpcore2.ReadTimeout):
        Budget("a", time.monotonic() - 1, 10).seconds(wanted)


def test_nobody_there_is_said_so(fetcher: Fetcher) -> None:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FeedUnavailableError, match="no connection to"):
        fetcher.fetch("f", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("broken", ["secret\r\nX-Evil: 1", "secret\nX-Evil: 1", "secret\0"])
def test_a_line_break_in_a_header_is_not_sent(server: FeedServer, fetcher: Fetcher, broken: str) -> None:
    """Nor is the header, which may be a credential, repeated in the error."""
    address = server.says("/a", reply(_TABLE))
    with pytest.raises(FetchRefusedError, match="line break in a header") as caught:
        fetcher.fetch("f", address, headers={"Authorization": broken})
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert server.asked == []


def test_the_environment_counts_for_nothing(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that it names would see everything, and would resolve names by itself."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    address = server.says("/a", reply(_TABLE, headers={"Set-Cookie": "who=1"}))
    assert fetcher.fetch("f", address).content == _TABLE
    fetcher.fetch("f", address)
    assert "cookie" not in server.asked[1].headers
