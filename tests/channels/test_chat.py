"""Chat goes through Apprise, here to a receiver on the loopback; whatever it does is told without its address."""

from __future__ import annotations

import json
import sys
import time
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest

from support.feed_server import reply
from support.messages import MESSAGE, NOW, chat, refusal
from tocsin.channels import chat as chat_module
from tocsin.channels.chat import ChatChannel
from tocsin.domain.delivery import Accepted

if TYPE_CHECKING:
    from support.feed_server import FeedServer, Script

pytestmark = pytest.mark.fault(15)

_TOKEN = "T0-opens-nothing"  # noqa: S105 - as it says
_START = b"HTTP/1.1 200 OK\r\n"


def _address(receiver: FeedServer, query: str = "") -> str:
    return receiver.address(f"/{_TOKEN}{query}").replace("http://", f"json://{_TOKEN}:{_TOKEN}@")


def test_a_message_arrives_as_subject_and_text(receiver: FeedServer) -> None:
    """By the simplest of the services that Apprise knows."""
    receiver.says(f"/{_TOKEN}", reply())
    assert ChatChannel().send(chat(_address(receiver)), MESSAGE, NOW) == Accepted("taken by the chat service")
    (asked,) = receiver.asked
    told = json.loads(asked.body)
    assert (told["title"], told["message"].strip()) == (MESSAGE.subject, MESSAGE.text.strip())
    assert asked.headers["user-agent"] == "Tocsin"


def _redirects(receiver: FeedServer) -> bytes:
    return reply(status=302, headers={"Location": receiver.says("/new", reply())})


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
def test_a_redirect_is_not_followed(receiver: FeedServer, query: str) -> None:
    """Whatever the address says of it."""
    receiver.says(f"/{_TOKEN}", _redirects(receiver))
    refused = refusal(ChatChannel().send(chat(_address(receiver, query)), MESSAGE, NOW))
    assert refused.reason == "JSON does not take it: it answers 302"
    assert len(receiver.asked) == 1


def test_a_refusal_is_told_by_its_status_alone(receiver: FeedServer) -> None:
    """What the service says otherwise may repeat what it was sent."""
    receiver.says(f"/{_TOKEN}", f"HTTP/1.1 403 {_TOKEN}\r\nConnection: close\r\n\r\n{_TOKEN}".encode())
    refused = refusal(ChatChannel().send(chat(_address(receiver)), MESSAGE, NOW))
    assert refused.reason == "JSON does not take it: it answers 403"


def test_nobody_there_is_said_so() -> None:
    """A port at which nobody listens."""
    refused = refusal(ChatChannel().send(chat(f"json://127.0.0.1:9/{_TOKEN}"), MESSAGE, NOW))
    assert refused.reason == "JSON does not take it, or cannot be reached"


@pytest.mark.parametrize("address", ["", _TOKEN, f"nothing-of-that-name://{_TOKEN}", f"slack://{_TOKEN}"])
def test_an_address_that_apprise_does_not_know_is_refused_and_not_shown(address: str) -> None:
    """It may be a token alone."""
    refused = refusal(ChatChannel().send(chat(address), MESSAGE, NOW))
    assert refused.reason == "the address is none that Apprise knows"


def test_an_address_that_switches_certificates_off_is_refused(receiver: FeedServer) -> None:
    """Anybody on the way could be the service."""
    receiver.says(f"/{_TOKEN}", reply())
    address = _address(receiver, "?verify=no").replace("json://", "jsons://")
    refused = refusal(ChatChannel().send(chat(address), MESSAGE, NOW))
    assert refused.reason == "the address switches the check of certificates off (verify=no), so nothing is sent"


def test_the_environment_counts_for_nothing(receiver: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its proxies nor our own secrets reach what sends."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("TOCSIN_SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "APPRISE_URLS"):
        monkeypatch.setenv(name, _TOKEN)
    receiver.says(f"/{_TOKEN}", reply())
    assert ChatChannel().send(chat(_address(receiver)), MESSAGE, NOW) == Accepted("taken by the chat service")
    assert _TOKEN not in chat_module._environment().values()


def test_a_service_that_drips_is_cut_when_the_time_is_up(receiver: FeedServer) -> None:
    """With the process that waits for it."""
    receiver.says(f"/{_TOKEN}", lambda _: chain([_START + b"\r\n"], receiver.drips(b"")))
    began = time.monotonic()
    refused = refusal(ChatChannel(seconds=3).send(chat(_address(receiver)), MESSAGE, NOW))
    assert time.monotonic() - began < 6
    assert "took too long" in refused.reason
    assert _TOKEN not in refused.reason


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a plugin waits for."""
    monkeypatch.setattr(chat_module, "_PROGRAM", (sys.executable, "-c", "import time; time.sleep(8)"))
    began = time.monotonic()
    refused = refusal(ChatChannel(seconds=0.3).send(chat(f"json://{_TOKEN}"), MESSAGE, NOW))
    assert time.monotonic() - began < 3
    assert refused.reason == (
        "the chat service took too long (at most 0.3 s in all); it may have the message all the same"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="nothing else holds a process to so much memory")
@pytest.mark.parametrize("answer", [lambda _: chain([_START + b"\r\n"], repeat(bytes(1 << 20)))])
def test_a_service_that_never_ends_takes_no_more_memory_than_its_process_may(
    receiver: FeedServer, answer: Script
) -> None:
    """Apprise reads a whole answer, however long; only its process suffers."""
    receiver.says(f"/{_TOKEN}", answer)
    began = time.monotonic()
    assert _TOKEN not in refusal(ChatChannel().send(chat(_address(receiver)), MESSAGE, NOW)).reason
    assert time.monotonic() - began < 15


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise is not for everybody."""
    monkeypatch.setattr(chat_module, "find_spec", lambda name: None if name == "apprise" else name)
    refused = refusal(ChatChannel().send(chat("json://127.0.0.1/"), MESSAGE, NOW))
    assert refused.reason == "chat needs Apprise, which is not installed; run: pip install 'tocsin[chat]'"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ((sys.executable, "-c", "import sys; sys.exit(3)"), "Apprise broke off"),
        ((sys.executable, "-c", "print('[1]')"), "Apprise broke off"),
        (("/nowhere/python",), "no process could be started for Apprise: No such file or directory"),
    ],
)
def test_a_process_that_dies_or_does_not_start_is_said_so(
    monkeypatch: pytest.MonkeyPatch, program: tuple[str, ...], said: str
) -> None:
    """A plugin may take the whole process with it."""
    monkeypatch.setattr(chat_module, "_PROGRAM", program)
    assert said in refusal(ChatChannel().send(chat(f"json://{_TOKEN}"), MESSAGE, NOW)).reason
