"""The one way in which anything is fetched: guarded addresses, bounded bytes and seconds, plain errors."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

import httpcore2
import httpx2

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError, FetchRefusedError
from tocsin.domain.retry_after import asked_wait
from tocsin.feeds.body import ACCEPTED_CODINGS, read_body, too_long
from tocsin.feeds.connection import Budget, JudgedBackend, Resolve, resolve_host, spending
from tocsin.feeds.redirect import Ask, follow, masked, read_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from types import TracebackType

# Its debug lines hold the headers of answers, with tokens that an upstream repeats.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_OK = 200
_MOVED = (301, 302, 303, 307, 308)
_CREDENTIAL = (401, 403)
_LONGEST_WAIT_SECONDS = 86_400.0
_HEADER_BYTES = 256 * 1024
_CONNECTIONS = 4
_KEPT_SECONDS = 30.0
_HTML = "text/html"
_HTML_BEGINS = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be fetched, and what it may cost.

    Attributes:
        private: This machine and private networks may be reached (the setting `fetch_private`).
        schemes: What an address may begin with; `http` only where a feed's declared address says so itself.
        max_bytes: The longest body, as it comes over the wire and unpacked.
        connect_seconds: How long one connection may take, its name's resolution and its TLS handshake each.
        read_seconds: How long the upstream may be silent.
        total_seconds: How long one fetch may take, redirects included, however steadily it drips.
        max_redirects: How many redirects one fetch may follow.
    """

    private: bool = False
    schemes: frozenset[str] = frozenset({"https"})
    max_bytes: int = 64 * 1024 * 1024
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 300.0
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        content: The body without its content coding.
        status: 200, or one of the statuses that were asked for.
        headers: By name, whatever the case of its letters.
        address: Where it came from after all redirects, with its query as it is: not for errors or logs.
    """

    content: bytes = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    address: str = field(repr=False)


class Fetcher:
    """Fetches over a bounded pool of connections; several threads may use one, and whoever makes it closes it.

    Nothing of the environment counts: no proxy, no netrc. There are no cookies.
    """

    def __init__(self, guard: Guard, *, resolve: Resolve = resolve_host, tls: ssl.SSLContext | None = None) -> None:
        """Take the guard.

        Args:
            guard: What may be fetched, and what it may cost.
            resolve: Gives the numeric addresses of a host and port.
            tls: Whom to believe; what the system believes where none is given.
        """
        self._guard = guard
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context() if tls is None else tls,
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=JudgedBackend(resolve, private=guard.private),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def fetch(
        self,
        feed: str,
        address: str,
        *,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        expect: tuple[str, ...] = (),
        statuses: tuple[int, ...] = (),
    ) -> Answer:
        """What lies at an address.

        Args:
            feed: Name of the feed, for errors.
            address: Where it lies, without credentials.
            method: `GET`, or `POST` for a form.
            params: Added to the address's query. Redirects do not see them, nor `headers` where the origin changes.
            headers: Sent along; credentials belong here.
            form: Sent as a form's fields.
            expect: Media types to accept, such as `text/csv`. An answer that names another, or that is a web page
                without saying so, is refused. Nothing is checked where none are given.
            statuses: Statuses other than 200 that the caller handles: 304 with a conditional request, 401 and 403 with
                a credential (only the caller knows which variable holds it, and whether it can be refreshed). Their
                bodies are not checked against `expect`. All others raise.

        FetchRefusedError where the address, or one that it redirects to, may not be fetched; FeedUnavailableError where
        the upstream does not answer as it should; FeedFormatError where the answer is too long or not as expected.
        """
        guard = self._guard
        ask = Ask(method, read_address(address, params, guard.schemes), headers or {}, form)
        deadline = time.monotonic() + guard.total_seconds
        budget = Budget(masked(ask.url), deadline, guard.max_bytes + guard.max_bytes // 8 + _HEADER_BYTES)
        token = spending.set(budget)
        try:
            for _ in range(guard.max_redirects + 1):
                with self._asked(feed, ask) as response:
                    headers_back = httpx2.Headers(response.headers)
                    location = headers_back.get("location")
                    if response.status not in _MOVED or response.status in statuses or location is None:
                        return self._answer(feed, ask, response, headers_back, expect, statuses)
                    ask = follow(ask, response.status, location, guard.schemes)
                    budget.address = masked(ask.url)
        finally:
            spending.reset(token)
        raise FeedUnavailableError(
            feed, f"it redirects more than {guard.max_redirects} times; last to {budget.address}"
        )

    @contextmanager
    def _asked(self, feed: str, ask: Ask) -> Iterator[httpcore2.Response]:
        """The upstream's answer, its body still to come; every way in which the exchange can fail has its error."""
        guard = self._guard
        place = masked(ask.url)
        try:
            response = self._send(ask, place)
            try:
                yield response
            finally:
                response.close()
        except OverflowError:
            raise too_long(feed, guard.max_bytes) from None
        except httpcore2.ConnectError as error:
            raise FeedUnavailableError(feed, f"no connection to {place}: {str(error)[:200]}") from error
        except httpcore2.TimeoutException as error:
            raise FeedUnavailableError(feed, _late(place, guard)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise FeedUnavailableError(feed, f"the answer of {place} broke off, or is not HTTP") from error

    def _send(self, ask: Ask, place: str) -> httpcore2.Response:
        try:
            return self._pool.handle_request(_request(ask, self._guard))
        except (httpcore2.LocalProtocolError, ValueError):
            # What it says may quote a header, and with it a credential.
            raise FetchRefusedError(place, "the request cannot be sent; is there a line break in a header?") from None

    def _answer(
        self,
        feed: str,
        ask: Ask,
        response: httpcore2.Response,
        headers: httpx2.Headers,
        expect: tuple[str, ...],
        statuses: tuple[int, ...],
    ) -> Answer:
        """The answer with its body, or the error that its status or its form stands for."""
        most = self._guard.max_bytes
        if response.status != _OK and response.status not in statuses:
            detail = f"{masked(ask.url)} answers {_status(response.status)}"
            raise FeedUnavailableError(feed, detail, _wait_seconds(headers))
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > most:
            raise too_long(feed, most)
        content = read_body(feed, response.iter_stream(), headers.get("content-encoding", ""), most)
        if response.status == _OK and expect:
            _check_form(feed, content, headers.get("content-type", ""), expect)
        return Answer(content, response.status, headers, str(ask.url))


def _request(ask: Ask, guard: Guard) -> httpcore2.Request:
    """The request as it goes over the wire."""
    own = {"User-Agent": f"tocsin/{version('tocsin')}", "Accept": "*/*"}
    headers = httpx2.Headers(own)
    headers.update(ask.headers)
    headers["Accept-Encoding"] = ACCEPTED_CODINGS
    request = httpx2.Request(ask.method, ask.url, headers=headers, data=ask.form)
    url = request.url
    seconds = {"connect": guard.connect_seconds, "read": guard.read_seconds, "write": guard.read_seconds}
    return httpcore2.Request(
        request.method,
        httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.read(),
        extensions={"timeout": {**seconds, "pool": guard.total_seconds}},
    )


def _status(status: int) -> str:
    """A status in words of our own: the upstream's could be anything."""
    known = {item.value: f" {item.phrase}" for item in HTTPStatus}.get(status, "")
    return f"{status}{known}" + ("; it wants a credential, or another one" if status in _CREDENTIAL else "")


def _late(place: str, guard: Guard) -> str:
    return (
        f"{place} took too long (at most {guard.connect_seconds:g} s to connect, {guard.read_seconds:g} s of silence, "
        f"{guard.total_seconds:g} s in all)"
    )


def _wait_seconds(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` asks for, at most a day."""
    wait = asked_wait(headers.get("retry-after", ""), headers.get("date", ""), datetime.now(UTC))
    return None if wait is None else min(wait.total_seconds(), _LONGEST_WAIT_SECONDS)


def _check_form(feed: str, content: bytes, said: str, expect: tuple[str, ...]) -> None:
    """FeedFormatError where an answer is not of an expected media type, or is a web page in spite of what it says."""
    media = said.partition(";")[0].strip().lower()
    accepted = f"accepted: {', '.join(expect)}"
    if media and media not in expect:
        raise FeedFormatError(feed, f"the answer is of type {media[:80]!r}; {accepted}")
    beginning = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if beginning.startswith(_HTML_BEGINS) and _HTML not in expect:
        raise FeedFormatError(feed, f"the answer is a web page; {accepted}")
