"""Connections that go only to judged addresses, and that are cut when their time or their bytes are spent."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpcore2

from tocsin.domain.errors import FetchRefusedError
from tocsin.feeds.address import why_refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

type Resolve = Callable[[str, int], list[str]]
"""Gives the numeric addresses of a host; OSError where it has none."""


@dataclass(slots=True)
class Budget:
    """What one fetch may still spend, over all its redirects: all of its connections draw on it.

    Attributes:
        address: What is being fetched, without credentials, for errors.
        deadline: The instant of the monotonic clock at which its time is up.
        bytes_left: How many bytes may still come in, headers included.
    """

    address: str
    deadline: float
    bytes_left: int

    def seconds(self, wanted: float | None) -> float:
        """How long one step may take: as wanted, or what is left where that is less."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left if wanted is None else min(wanted, left)

    def took(self, count: int) -> None:
        """Count bytes that came in; OverflowError once they are too many."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise OverflowError


spending: ContextVar[Budget] = ContextVar("spending")
"""The budget of the fetch under way in this thread: the pool hands nothing of ours to the connections it makes."""


def resolve_host(host: str, port: int) -> list[str]:
    """The numeric addresses of a host, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class JudgedBackend(httpcore2.NetworkBackend):
    """Resolves a name once, judges every address that it has, and connects to one of those.

    Between the judgment and the connection nothing is resolved again, so a name that changes its address meanwhile
    gains nothing. The host's name stays in the request and in the TLS handshake.
    """

    def __init__(self, resolve: Resolve, *, private: bool) -> None:
        self._resolve = resolve
        self._private = private
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first judged address that takes it; FetchRefusedError where one is not allowed."""
        budget = spending.get()
        failed: Exception = httpcore2.ConnectError("the name has no address")
        for address in self._judged(host, port, budget, timeout):
            try:
                stream = self._plain.connect_tcp(
                    address, port, budget.seconds(timeout), local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return _MeteredStream(stream)
        raise failed

    def _judged(self, host: str, port: int, budget: Budget, timeout: float | None) -> list[str]:
        """All addresses of a host, or FetchRefusedError: a name that has one refused address is not to be trusted."""
        found = _within_seconds(lambda: self._resolve(host, port), budget.seconds(timeout))
        for address in found:
            why = why_refused(ip_address(address), private=self._private)
            if why is not None:
                what = address if address == host else f"{host} is at {address}"
                raise FetchRefusedError(budget.address, f"{what}, and {why}")
        return found


class _MeteredStream(httpcore2.NetworkStream):
    """A connection that draws on the budget of the fetch that uses it; a kept one serves several in turn."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        budget = spending.get()
        data = self._stream.read(max_bytes, budget.seconds(timeout))
        budget.took(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, spending.get().seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        seconds = spending.get().seconds(timeout)
        return _MeteredStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (inherited)
        return self._stream.get_extra_info(info)


def _within_seconds(resolve: Callable[[], list[str]], seconds: float) -> list[str]:
    """What a resolver finds, or ConnectTimeout: the system's own has no time limit that could be set."""
    answer: Future[list[str]] = Future()

    def work() -> None:
        try:
            answer.set_result(resolve())
        except Exception as error:  # noqa: BLE001 (it is handed over to the thread that waits)
            answer.set_exception(error)

    Thread(target=work, name="resolve", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout("the name was not resolved in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the name cannot be resolved ({error})") from error
