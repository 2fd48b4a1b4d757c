"""A webhook's receiver can verify what it gets; whatever it does instead of taking it is told in words."""

from __future__ import annotations

import json
import socket
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from support.feed_server import feed_server, reply
from support.messages import MESSAGE, NOW, SECRET, refusal, webhook
from tocsin.channels.webhook import WebhookChannel
from tocsin.domain.delivery import Accepted, Refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from support.feed_server import FeedServer, Script

pytestmark = pytest.mark.fault(15)

_START = b"HTTP/1.1 200 OK\r\n"
_ZEROS = bytes(65_536)


@pytest.fixture
def channel(system_tls: ssl.SSLContext) -> WebhookChannel:
    """One that waits for less long than a real one."""
    return WebhookChannel(system_tls, seconds=5)


def test_what_arrives_is_verified_by_an_independent_library(receiver: FeedServer, channel: WebhookChannel) -> None:
    """Whole, recent and ours; and not any more once a letter differs."""
    address = receiver.says("/hook", reply(b"thanks"))
    assert channel.send(webhook(address), MESSAGE, datetime.now(UTC)) == Accepted("200 OK")
    (asked,) = receiver.asked
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers)) == MESSAGE.data
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(asked.body.replace(b"31", b"13"), dict(asked.headers))


def test_the_same_message_has_the_same_id_and_body_at_each_attempt(
    receiver: FeedServer, channel: WebhookChannel
) -> None:
    """Only the instant of the attempt differs, and with it the signature."""
    address = receiver.says("/hook", reply(status=500))
    scrambled = replace(MESSAGE, data=dict(reversed(MESSAGE.data.items())))
    channel.send(webhook(address), MESSAGE, NOW)
    channel.send(webhook(address), scrambled, NOW + timedelta(seconds=5))
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == MESSAGE.id
    assert first.body == second.body == json.dumps(MESSAGE.data, sort_keys=True, separators=(",", ":")).encode()
    assert [int(asked.headers["webhook-timestamp"]) for asked in receiver.asked] == [
        int(NOW.timestamp()),
        int(NOW.timestamp()) + 5,
    ]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(("status", "said"), [(200, "200 OK"), (204, "204 No Content"), (299, "299")])
def test_two_hundreds_are_accepted(receiver: FeedServer, channel: WebhookChannel, status: int, said: str) -> None:
    """In words of our own."""
    address = receiver.says("/hook", reply(status=status))
    assert channel.send(webhook(address), MESSAGE, NOW) == Accepted(said)


_DATE = {"Date": "Mon, 02 Nov 2026 10:00:00 GMT"}


@pytest.mark.parametrize(
    ("status", "headers", "said", "wait"),
    [
        (400, {}, "400 Bad Request", None),
        (404, {}, "404 Not Found", None),
        (500, {"Retry-After": "120"}, "500 Internal Server Error", None),
        (599, {}, "599", None),
        (304, {}, "304 Not Modified", None),
        (429, {}, "429 Too Many Requests", None),
        (429, {"Retry-After": "120"}, "429 Too Many Requests", timedelta(seconds=120)),
        (503, {"Retry-After": "Mon, 02 Nov 2026 10:05:00 GMT", **_DATE}, "503", timedelta(minutes=5)),
        (429, {"Retry-After": "Wed, 09 Mar 2016 06:10:30 GMT"}, "429", timedelta(minutes=10)),
        (503, {"Retry-After": "Mon, 02 Nov 2026 09:00:00 GMT", **_DATE}, "503", timedelta(0)),
        (503, {"Retry-After": "soon"}, "503 Service Unavailable", None),
        (503, {"Retry-After": "9" * 30}, "503 Service Unavailable", timedelta(seconds=999_999_999)),
    ],
)
def test_a_refusal_says_why_and_when_to_come_again(
    receiver: FeedServer,
    channel: WebhookChannel,
    status: int,
    headers: dict[str, str],
    said: str,
    wait: timedelta | None,
) -> None:
    """In seconds, or until a date by the receiver's own clock where it shows one."""
    address = receiver.says("/hook", reply(status=status, headers=headers))
    refused = refusal(channel.send(webhook(address), MESSAGE, NOW))
    assert refused.reason.startswith(f"{receiver.address()} answers {said}")
    assert (refused.retry_after, refused.gone) == (wait, False)


def test_a_receiver_that_is_gone_says_so(receiver: FeedServer, channel: WebhookChannel) -> None:
    """For whoever decides that nothing is sent there any more."""
    address = receiver.says("/hook", reply(status=410))
    assert channel.send(webhook(address), MESSAGE, NOW) == Refused(
        f"{receiver.address()} answers 410 Gone: it takes nothing any more", gone=True
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_said(receiver: FeedServer, channel: WebhookChannel, status: int) -> None:
    """Where it points at, without the query; nobody is asked there."""
    location = receiver.says("/new/place", reply()) + "?token=abcdef"
    address = receiver.says("/hook", reply(status=status, headers={"Location": location}))
    refused = refusal(channel.send(webhook(address), MESSAGE, NOW))
    assert f"points at {receiver.address('/new/place')}; no redirect is followed" in refused.reason
    assert "abcdef" not in refused.reason
    assert [asked.path for asked in receiver.asked] == ["/hook"]


@pytest.mark.parametrize("at_once", [b"", _START, _START + b"X-Slow: "])
def test_headers_that_drip_are_cut_when_the_time_is_up(
    receiver: FeedServer, system_tls: ssl.SSLContext, at_once: bytes
) -> None:
    """No silence is long, but the whole is."""
    address = receiver.says("/hook", lambda _: chain([at_once], receiver.drips(b"" if at_once else _START)))
    began = time.monotonic()
    refused = refusal(WebhookChannel(system_tls, seconds=0.5).send(webhook(address), MESSAGE, NOW))
    assert time.monotonic() - began < 2
    assert "took too long (at most 5 s to connect, 0.5 s in all); it may have the message" in refused.reason


def test_silence_is_cut_when_the_time_is_up(receiver: FeedServer, system_tls: ssl.SSLContext) -> None:
    """A receiver that takes the request and says nothing."""

    def silent(_: object) -> list[bytes]:
        receiver.closing.wait(10)
        return []

    began = time.monotonic()
    address = receiver.says("/hook", silent)
    refused = refusal(WebhookChannel(system_tls, seconds=0.3).send(webhook(address), MESSAGE, NOW))
    assert "took too long" in refused.reason
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("seconds", [0.5, 5.0])
@pytest.mark.parametrize("ending", [b"\r\n", b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_body_that_drips_is_heard_for_two_seconds_and_changes_nothing(
    receiver: FeedServer, system_tls: ssl.SSLContext, seconds: float, ending: bytes
) -> None:
    """The status has been said, and it is what counts."""
    address = receiver.says("/hook", lambda _: chain([_START + ending], receiver.drips(b"5\r\nhello\r\n")))
    began = time.monotonic()
    assert WebhookChannel(system_tls, seconds).send(webhook(address), MESSAGE, NOW) == Accepted("200 OK")
    assert time.monotonic() - began < min(seconds, 2.0) + 1.5


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (lambda _: chain([_START, b"\r\n"], repeat(_ZEROS)), True),
        (
            lambda _: chain([_START, b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"10000\r\n" + _ZEROS + b"\r\n")),
            True,
        ),
        (lambda _: chain([_START], (b"X-%d: %s\r\n" % (number, b"x" * 60_000) for number in count())), False),
        (lambda _: chain([_START, b"X: "], repeat(b"x" * 65_536)), False),
    ],
    ids=["endless body", "endless chunks", "endless headers", "endless header"],
)
def test_an_endless_answer_takes_little_memory_and_time(
    receiver: FeedServer, channel: WebhookChannel, answer: Script, *, accepted: bool
) -> None:
    """A status with its headers whole is an answer; headers without an end are none."""
    address = receiver.says("/hook", answer)
    began = time.monotonic()
    tracemalloc.start()
    try:
        outcome = channel.send(webhook(address), MESSAGE, NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Accepted) is accepted
    assert peak < 5_000_000
    assert time.monotonic() - began < 1.5  # what is heard of it has an end before its two seconds do


@pytest.mark.parametrize(
    "answer",
    [lambda _: [], lambda _: [b"HTTP/1.1 200"], lambda _: [b"SSH-2.0-OpenSSH_9.9\r\n"], lambda _: [_START]],
    ids=["nothing", "cut status", "not HTTP", "cut headers"],
)
def test_an_answer_that_breaks_off_is_none(receiver: FeedServer, channel: WebhookChannel, answer: Script) -> None:
    """Nobody knows whether the receiver has the message."""
    refused = refusal(channel.send(webhook(receiver.says("/hook", answer)), MESSAGE, NOW))
    assert "broke off, or is not HTTP; it may have the message all the same" in refused.reason


def test_a_certificate_that_nobody_believes_ends_it_before_anything_is_sent(
    own_tls: tuple[ssl.SSLContext, ssl.SSLContext], system_tls: ssl.SSLContext
) -> None:
    """Self-signed; whoever does believe it delivers."""
    server_tls, client_tls = own_tls
    with feed_server(server_tls) as receiver:
        address = receiver.says("/hook", reply())
        refused = refusal(WebhookChannel(system_tls, seconds=5).send(webhook(address), MESSAGE, NOW))
        assert refused.reason.startswith(f"no connection to {receiver.address()}: ")
        assert "self-signed certificate" in refused.reason
        assert receiver.asked == []
        assert WebhookChannel(client_tls, seconds=5).send(webhook(address), MESSAGE, NOW) == Accepted("200 OK")
        elsewhere = webhook(receiver.says("/hook", reply()).replace("127.0.0.1", "localhost"))
        assert (
            "certificate is not valid for 'localhost'"
            in refusal(WebhookChannel(client_tls, seconds=5).send(elsewhere, MESSAGE, NOW)).reason
        )


def test_a_handshake_that_never_ends_is_cut(system_tls: ssl.SSLContext) -> None:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/hook"
        began = time.monotonic()
        refused = refusal(WebhookChannel(system_tls, seconds=0.3).send(webhook(address), MESSAGE, NOW))
    assert "took too long" in refused.reason
    assert time.monotonic() - began < 2


def test_nobody_there_is_said_so(channel: WebhookChannel) -> None:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused = refusal(channel.send(webhook(f"http://127.0.0.1:{port}/hook"), MESSAGE, NOW))
    assert refused.reason == f"no connection to http://127.0.0.1:{port}: Connection refused"


def _late(*_: object, **__: object) -> list[object]:
    time.sleep(1.5)
    return []


def _unknown(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("resolve", "said"),
    [(_late, "took too long"), (_unknown, "Name or service not known"), (lambda *_, **__: [], "has no address")],
)
def test_a_name_that_is_not_resolved_is_said_in_time(
    system_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, resolve: Callable[..., object], said: str
) -> None:
    """The system's resolver has no time limit of its own."""
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    began = time.monotonic()
    channel = WebhookChannel(system_tls, seconds=0.3)
    refused = refusal(channel.send(webhook("https://receiver.example/hook"), MESSAGE, NOW))
    assert said in refused.reason
    assert time.monotonic() - began < 1


def test_the_environment_counts_for_nothing(
    receiver: FeedServer, channel: WebhookChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that it names would read every notice."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    address = receiver.says("/hook", reply())
    assert channel.send(webhook(address), MESSAGE, NOW) == Accepted("200 OK")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "receiver.example/opens-all",
        "ftp://receiver.example/opens-all",
        "https:///opens-all",
        "https://opens-all:x@receiver.example/",
        "https://receiver.example/#opens-all",
        "https://receiver.example:99999/opens-all",
        "https://receiver.example:0/opens-all",
        "https://[opens-all/",
        "https://receiver.example/\nopens-all",
    ],
)
def test_an_address_that_cannot_be_is_refused_and_not_shown(channel: WebhookChannel, address: str) -> None:
    """It may hold a token."""
    refused = refusal(channel.send(webhook(address), MESSAGE, NOW))
    assert refused.reason == (
        "address is not of this form; accepted: an http or https address without user, password or fragment"
    )


def test_nothing_is_sent_without_a_secret(receiver: FeedServer, channel: WebhookChannel) -> None:
    """The receiver could not tell it from anybody else's."""
    address = receiver.says("/hook", reply())
    assert "secret is not set" in refusal(channel.send(webhook(address, None), MESSAGE, NOW)).reason
    assert receiver.asked == []


def test_an_id_that_would_begin_another_header_is_not_sent(receiver: FeedServer, channel: WebhookChannel) -> None:
    """Ours are hexadecimal digits; whatever else comes is held back."""
    address = receiver.says("/hook", reply())
    broken = replace(MESSAGE, id="1\r\nX-Evil: 1")
    assert "line break" in refusal(channel.send(webhook(address), broken, NOW)).reason
    assert receiver.asked == []
