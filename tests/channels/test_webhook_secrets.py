"""No reason tells a webhook's secret, nor what in its address may be one, whatever the receiver repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.messages import MESSAGE, NOW, SECRET, refusal, webhook
from tocsin.channels.webhook import WebhookChannel
from tocsin.channels.webhook_address import pointed_at

if TYPE_CHECKING:
    import ssl

    from support.feed_server import FeedServer

pytestmark = pytest.mark.fault(15)

_TOKEN = "T0-opens-nothing"  # noqa: S105 - as it says
_BARE = SECRET.removeprefix("whsec_").rstrip("=")


def _line(status: str, *headers: str, body: str = "") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "Connection: close", "", body)).encode()


@pytest.mark.parametrize(
    "answer",
    [
        _line(f"500 {_TOKEN} {SECRET}", body=f"{_TOKEN} {SECRET}"),
        _line(f"200 {_TOKEN} {SECRET}", body=f"{_TOKEN} {SECRET}"),
        _line(f"999 {_TOKEN}"),
        _line(f"429 {_TOKEN}", f"Retry-After: {_TOKEN}", f"Date: {_TOKEN}"),
        _line("302 Found", f"Location: /services/{_TOKEN}/"),
        _line("302 Found", f"Location: https://other.example/{_TOKEN.lower()}x?{SECRET}#{_TOKEN}"),
        _line("302 Found", f"Location: https://{_TOKEN}:x@other.example/"),
        _line("302 Found", f"Location: https://{_TOKEN}.example/"),
        _line("302 Found", f"Location: /login;next={quote(_TOKEN).replace('-', '%2D')}/{quote(_BARE)}"),
        _line("302 Found", f"Location: \x01{_TOKEN}"),
        f"{_TOKEN} {SECRET}\r\n\r\n".encode(),
        _line("200 OK", f"{_TOKEN} {SECRET}"),
        _line("200 OK", f"Transfer-Encoding: {_TOKEN}"),
        _line("200 OK", f"Content-Length: {_TOKEN}"),
        b"",
    ],
)
def test_no_secret_is_in_what_is_said_of_an_attempt(
    receiver: FeedServer, system_tls: ssl.SSLContext, answer: bytes
) -> None:
    """In a status, a header, a body, a redirect, or where HTTP should be."""
    receiver.says(f"/services/{_TOKEN}", answer)
    address = receiver.address(f"/services/{_TOKEN}?key={_TOKEN}")
    said = repr(WebhookChannel(system_tls, seconds=5).send(webhook(address), MESSAGE, NOW)).casefold()
    assert _TOKEN.casefold() not in said.replace("%2d", "-")
    assert _BARE.casefold() not in said
    assert len(receiver.asked) == 1


def test_no_secret_is_in_what_is_said_of_a_receiver_that_is_not_there(system_tls: ssl.SSLContext) -> None:
    """Of an address only scheme, host and port are told."""
    address = f"http://127.0.0.1:9/services/{_TOKEN}?key={_TOKEN}"
    said = refusal(WebhookChannel(system_tls, seconds=5).send(webhook(address), MESSAGE, NOW)).reason
    assert said == "no connection to http://127.0.0.1:9: Connection refused"


_LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=6, max_size=40)
_LOCATIONS = st.sampled_from(
    [
        "{}",
        "/{}",
        "//{}.example/a",
        "https://b.example/x{}y/z",
        "?{}",
        "/a/%41{}/b",
        "https://{}@c.example/",
        "/{}/../{}",
    ]
)
_OWN = st.sampled_from(["/{}", "/services/{}/x", "/?{}", "/hook?key={}"])


@given(_LETTERS, _LOCATIONS, _OWN)
def test_where_a_redirect_points_at_is_told_without_what_it_shares_with_the_address(
    token: str, location: str, own: str
) -> None:
    """Wherever the token stands in either, and in whatever case of letters."""
    url = httpx2.URL(f"https://receiver.example{own.format(token)}")
    said = pointed_at(url, location.format(token, token), SECRET)
    assert token.casefold() not in said.casefold()


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://new.example/a/hook?x=1", "https://new.example/a/…"),
        ("/login", "https://receiver.example/login"),
        ("http://receiver.example:8080/", "http://receiver.example:8080/"),
        ("//[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("mailto:a@b", "what is not an address"),
        ("https://new.example:x/", "what is not an address"),
        ("https://[", "what is not an address"),
        ("/" + "x" * 500, "https://receiver.example/" + "x" * 175),
    ],
)
def test_where_a_redirect_points_at_is_told_as_far_as_it_may_be(location: str, said: str) -> None:
    """What somebody needs to set the address that is meant."""
    assert pointed_at(httpx2.URL("https://receiver.example/hook"), location, SECRET) == said
