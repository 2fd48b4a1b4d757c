"""Where a fetch may lead: judged addresses only, whatever a name, a redirect or a resolver says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

import httpcore2
import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.feed_server import feed_server, reply, self_signed
from tocsin.domain.errors import FeedUnavailableError, FetchRefusedError
from tocsin.feeds import connection
from tocsin.feeds.address import why_refused
from tocsin.feeds.fetch import Fetcher, Guard
from tocsin.feeds.redirect import Ask, follow

if TYPE_CHECKING:
    from pathlib import Path

    from support.feed_server import FeedServer

_BOTH = frozenset({"http", "https"})
_BODY = b"id,day\n"


def _moved(location: str, status: int = 302) -> bytes:
    return reply(status=status, headers={"Location": location})


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which connections were begun; none that would leave this machine is."""
    begun: list[str] = []
    plain = httpcore2.SyncBackend.connect_tcp

    def connect(backend: httpcore2.SyncBackend, host: str, *rest: object, **named: object) -> httpcore2.NetworkStream:
        begun.append(host)
        assert ip_address(host).is_loopback
        return plain(backend, host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    return begun


@pytest.mark.fault(12)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_unless_it_is_allowed(
    server: FeedServer, guard: Guard, connected: list[str], host: str
) -> None:
    """However it is written; the message names the setting that allows it."""
    with Fetcher(replace(guard, private=False)) as fetcher, pytest.raises((FetchRefusedError, FeedUnavailableError)):
        fetcher.fetch("f", server.address("/a", host))
    assert connected == []


@pytest.mark.fault(12)
@pytest.mark.parametrize("found", [["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "93.184.215.14"], ["fe80::1%1"]])
def test_a_name_with_one_refused_address_is_refused(
    server: FeedServer, guard: Guard, connected: list[str], found: list[str]
) -> None:
    """Whichever comes first: nothing is connected, not even to the address that would be allowed."""
    open_guard = replace(guard, private=False)
    with (
        Fetcher(open_guard, resolve=lambda *_: found) as fetcher,
        pytest.raises(FetchRefusedError, match=r"feed\.example is at (127\.0\.0\.1|fe80::1%1), and it is"),
    ):
        fetcher.fetch("f", server.address("/a?key=hidden", "feed.example"))
    assert connected == []
    assert server.connections == 0


@pytest.mark.fault(12)
def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to(
    server: FeedServer, guard: Guard, connected: list[str]
) -> None:
    """A name that changes its address between the judgment and the connection gains nothing."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    address = server.says("/a", reply(_BODY)).replace("127.0.0.1", "feed.example")
    with Fetcher(guard, resolve=lambda *_: next(answers)) as fetcher:
        assert fetcher.fetch("f", address).content == _BODY
        assert connected == ["127.0.0.1"]
        assert server.asked[0].headers["host"] == f"feed.example:{server.server_port}"
        with pytest.raises(FetchRefusedError, match="where clouds keep the credentials"):
            fetcher.fetch("f", address)
    assert connected == ["127.0.0.1"]


def test_the_next_address_is_tried_where_one_does_not_answer(
    server: FeedServer, guard: Guard, connected: list[str]
) -> None:
    """As for a name with an IPv6 address on a machine that has only IPv4."""
    address = server.says("/a", reply(_BODY)).replace("127.0.0.1", "feed.example")
    with Fetcher(guard, resolve=lambda *_: ["::1", "127.0.0.1"]) as fetcher:
        assert fetcher.fetch("f", address).content == _BODY
    assert connected == ["::1", "127.0.0.1"]


def test_a_name_that_cannot_be_resolved_is_said_so(guard: Guard) -> None:
    """With what the resolver says; a resolver that hangs is left after the time to connect."""

    def fails(*_: object) -> list[str]:
        raise OSError("Name or service not known")

    with Fetcher(guard, resolve=fails) as fetcher, pytest.raises(FeedUnavailableError, match="service not known"):
        fetcher.fetch("f", "http://feed.example/")
    with Fetcher(guard, resolve=lambda *_: []) as fetcher, pytest.raises(FeedUnavailableError, match="has no address"):
        fetcher.fetch("f", "http://feed.example/")


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://169.254.169.254/latest/meta-data/", "where clouds keep the credentials"),
        ("http://[fd00:ec2::254]/", "where clouds keep the credentials"),
        ("http://127.0.0.2/", "this machine"),
        ("http://10.0.0.1/", "private network"),
        ("//192.168.1.1/", "private network"),
        ("http://[::ffff:10.0.0.1]/", "wraps an IPv4 address"),
        ("file:///etc/passwd", "its scheme is 'file'"),
        ("ftp://feed.example/", "its scheme is 'ftp'"),
        ("http://user:hush@feed.example/", "user name or a password"),
        ("http://feed.example:99999/", "its port is 99999"),
        ("http://feed.example/a\tb", "what is not an address"),
    ],
)
def test_a_redirect_leads_nowhere_that_a_feed_may_not_go(
    server: FeedServer, guard: Guard, connected: list[str], monkeypatch: pytest.MonkeyPatch, location: str, said: str
) -> None:
    """The server stands for a public one here: of all addresses, only its own is excepted from judgment."""

    def judged(address: IPv4Address | IPv6Address, *, private: bool) -> str | None:
        return None if str(address) == "127.0.0.1" else why_refused(address, private=private)

    monkeypatch.setattr(connection, "why_refused", judged)
    address = server.says("/a", _moved(location))
    with Fetcher(replace(guard, private=False)) as fetcher, pytest.raises(FetchRefusedError, match=said) as caught:
        fetcher.fetch("f", address)
    assert "hush" not in str(caught.value)
    assert connected == ["127.0.0.1"]


@pytest.mark.fault(12)
def test_a_redirect_loop_ends(server: FeedServer, fetcher: Fetcher, guard: Guard) -> None:
    """After as many redirects as are allowed."""
    server.says("/a", _moved("/b"))
    with pytest.raises(FeedUnavailableError, match="redirects more than 5 times"):
        fetcher.fetch("f", server.says("/b", _moved("/a")))
    assert len(server.asked) == guard.max_redirects + 1


@pytest.mark.fault(12)
def test_another_origin_sees_no_credential(server: FeedServer, fetcher: Fetcher) -> None:
    """Of the headers only harmless ones go there; the same origin sees all of them again."""
    sent = {"Authorization": "Bearer s", "X-Ucdp-Access-Token": "s", "Cookie": "s", "If-None-Match": '"1"'}
    with feed_server() as other:
        target = other.says("/c", reply(_BODY))
        server.says("/b", _moved(target, 307))
        answer = fetcher.fetch("f", server.says("/a", _moved("/b")), params={"key": "s"}, headers=sent)
        assert (answer.content, answer.address) == (_BODY, target)
        assert {name.lower() for name in sent} <= set(server.asked[1].headers)
        assert server.asked[1].path == "/b"
        (seen,) = other.asked
    assert seen.headers["if-none-match"] == '"1"'
    assert not {"authorization", "x-ucdp-access-token", "cookie"} & set(seen.headers)


@pytest.mark.fault(12)
@pytest.mark.parametrize("status", [307, 308])
def test_a_form_is_not_sent_to_another_origin(server: FeedServer, fetcher: Fetcher, status: int) -> None:
    """It holds a password; on the same origin it is sent again as it was."""
    with feed_server() as other:
        address = server.says("/token", _moved(other.says("/token", reply(b"{}")), status))
        with pytest.raises(FetchRefusedError, match="a form to it, which is another origin"):
            fetcher.fetch("f", address, method="POST", form={"password": "p"})
        assert other.connections == 0
    server.says("/new", reply(b"{}"))
    fetcher.fetch("f", server.says("/old", _moved("/new", status)), method="POST", form={"password": "p"})
    assert (server.asked[-1].method, server.asked[-1].body) == ("POST", b"password=p")


def test_a_form_that_is_answered_elsewhere_becomes_a_question(server: FeedServer, fetcher: Fetcher) -> None:
    """303: what came of it lies there."""
    server.says("/done", reply(b"{}"))
    fetcher.fetch("f", server.says("/token", _moved("/done", 303)), method="POST", form={"password": "p"})
    assert (server.asked[-1].method, server.asked[-1].body) == ("GET", b"")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1/", "its scheme is 'http'; accepted: https"),
        ("https:///a", "names no host"),
        ("https://127.0.0.1:0/", "its port is 0"),
        ("https://user:hush@127.0.0.1/", "belong into the settings"),
        ("https://user:hush@feed.example/\0?key=hush", "not an address"),
        ("feed.example/a", "its scheme is ''"),
    ],
)
def test_an_address_must_be_one_that_may_be_fetched(guard: Guard, address: str, said: str) -> None:
    """`http` only where the feed's declared address says so, and never with a credential in it."""
    secure = replace(guard, schemes=frozenset({"https"}))
    with Fetcher(secure) as fetcher, pytest.raises(FetchRefusedError, match=said) as caught:
        fetcher.fetch("f", address)
    assert "hush" not in str(caught.value)


@pytest.mark.fault(12)
def test_no_redirect_leads_from_https_to_http() -> None:
    """Even where both are allowed."""
    ask = Ask("GET", httpx2.URL("https://feed.example/a"), {}, None)
    with pytest.raises(FetchRefusedError, match="from https to http"):
        follow(ask, 302, "http://feed.example/a", _BOTH)
    up = follow(replace(ask, url=httpx2.URL("http://feed.example/a")), 302, "https://feed.example/a", _BOTH)
    assert str(up.url) == "https://feed.example/a"


@pytest.mark.fault(12)
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the certificate is made with openssl, which is not here")
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, guard: Guard, server: FeedServer) -> None:
    """And believed where whoever runs the service says so; the name must match in any case."""
    theirs, ours = self_signed(tmp_path)
    safe = replace(guard, schemes=_BOTH)
    with feed_server(theirs) as upstream:
        address = upstream.says("/a", reply(_BODY))
        with Fetcher(safe) as fetcher, pytest.raises(FeedUnavailableError, match="certificate"):
            fetcher.fetch("f", address)
        assert upstream.asked == []
        with Fetcher(safe, tls=ours, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
            assert fetcher.fetch("f", address).content == _BODY
            with pytest.raises(FeedUnavailableError, match="certificate"):
                fetcher.fetch("f", address.replace("127.0.0.1", "feed.example"))
            down = upstream.says("/down", _moved(server.says("/a", reply(_BODY))))
            with pytest.raises(FetchRefusedError, match="from https to http"):
                fetcher.fetch("f", down)
    assert server.connections == 0


_METADATA = {
    ip_address(text)
    for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")
}
_LOCAL = [
    ip_network(text)
    for text in ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]
_TRANSLATED = [ip_network("64:ff9b::/96"), ip_network("::ffff:0:0/96")]
# Assigned to protocols, though some of them are routed: no feed lies there.
_PROTOCOLS = [ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23")]

_Any = IPv4Address | IPv6Address


def _within(address: _Any, networks: list[object]) -> bool:
    return any(address.version == network.version and address in network for network in networks)  # type: ignore[attr-defined, operator]


def _is_public(address: _Any) -> bool:
    """By what Python knows of the registries of addresses."""
    odd = (
        address.is_multicast,
        address.is_reserved,
        address.is_link_local,
        address.is_loopback,
        address.is_unspecified,
    )
    if not address.is_global or any(odd) or _within(address, [*_TRANSLATED, *_PROTOCOLS]):
        return False
    return isinstance(address, IPv4Address) or (
        address.ipv4_mapped is None
        and address.sixtofour is None
        and address.teredo is None
        and not address.is_site_local
    )


@pytest.mark.fault(12)
@given(st.ip_addresses())
@example(ip_address("169.254.169.254"))
@example(ip_address("100.100.100.200"))
@example(ip_address("fd00:ec2::254"))
@example(ip_address("::ffff:127.0.0.1"))
@example(ip_address("2002:7f00:1::"))
@example(ip_address("fec0::1"))
@example(ip_address("8.8.8.8"))
@example(ip_address("2606:4700::1111"))
def test_what_may_be_fetched_is_what_the_registries_call_public(address: _Any) -> None:
    """And with leave, this machine and private networks too: nothing else, and no place of credentials."""
    public = _is_public(address)
    assert (why_refused(address, private=False) is None) == public
    allowed = public or (_within(address, _LOCAL) and address not in _METADATA)
    assert (why_refused(address, private=True) is None) == allowed
