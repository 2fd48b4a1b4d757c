"""The network as httpcore2 sees it in an attempt: each step draws on the attempt's deadline."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore2

from tocsin.channels.connection import Deadline, connect, why

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterable, Iterator


class TimedBackend(httpcore2.NetworkBackend):
    """Connections of one attempt."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (inherited; `connect` has its own)
        local_address: str | None = None,  # noqa: ARG002 (inherited; nobody sets it)
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 (as above)
    ) -> httpcore2.NetworkStream:
        """A connection to a host."""
        with _told(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            return _TimedStream(connect(host, port, self._deadline), self._deadline)


class _TimedStream(httpcore2.NetworkStream):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(self._deadline.left(timeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _told(httpcore2.WriteTimeout, httpcore2.WriteError):
            self._socket.settimeout(self._deadline.left(timeout))
            self._socket.sendall(buffer)

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            with _told(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._socket.settimeout(self._deadline.left(timeout))
                secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _TimedStream(secured, self._deadline)


@contextmanager
def _told(late: type[httpcore2.TimeoutException], broken: type[httpcore2.NetworkError]) -> Iterator[None]:
    """A socket's errors in the terms of httpcore2."""
    try:
        yield
    except TimeoutError as error:
        raise late from error
    except OSError as error:
        raise broken(why(error)) from error
