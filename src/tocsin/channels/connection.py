"""Connections whose every step draws on the time that one attempt may take in all."""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future
from threading import Thread

CONNECT_SECONDS = 5.0
"""How long a connection may take: the resolution of its name, each of its addresses, and its TLS handshake."""
TOTAL_SECONDS = 20.0
"""How long an attempt may take in all."""
GOODBYE_SECONDS = 2.0
"""How long is listened for what no longer matters, once the other side has said what counts."""


class Deadline:
    """When the time of an attempt is up, however steadily its other side drips."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """How long the next step may take: `most`, or what is left where that is less; TimeoutError where none is."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if most is None else min(most, left)

    def draw_near(self, seconds: float) -> None:
        """Be up in so many seconds at the latest."""
        self._until = min(self._until, time.monotonic() + seconds)


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address of a host that takes it; OSError, such as TimeoutError, where none does."""
    failed = OSError("the name has no address")
    for address in _resolved(host, port, deadline.left(CONNECT_SECONDS)):
        try:
            return socket.create_connection((address, port), deadline.left(CONNECT_SECONDS))
        except OSError as error:
            failed = error
    raise failed


def why(error: OSError) -> str:
    """What an error of a connection says, without its number."""
    return (error.strerror or str(error))[:200]


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """The numeric addresses of a host: the system's resolver has no time limit that could be set."""
    answer: Future[list[str]] = Future()

    def work() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result(list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)))
        except Exception as error:  # noqa: BLE001 (it is handed over to the thread that waits)
            answer.set_exception(error)

    Thread(target=work, name="resolve", daemon=True).start()
    try:
        return answer.result(seconds)
    except UnicodeError as error:
        raise OSError("the name is none") from error
