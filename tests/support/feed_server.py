"""A scripted upstream on the loopback: it says, byte for byte, what a test wants said, and remembers who asked."""

from __future__ import annotations

import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_HOST = "127.0.0.1"
_DRIP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in. `headers` by their names in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


type Script = Callable[[Asked], Iterable[bytes]]
"""The answer to a request, as the bytes that go over the wire; the connection closes after the last."""


def reply(
    body: bytes = b"", status: int = 200, *, headers: Mapping[str, str] | None = None, length: int | None = None
) -> bytes:
    """A whole answer. `length` is what it claims to be long, where that is not true."""
    fields = {"Content-Length": str(len(body) if length is None else length), "Connection": "close", **(headers or {})}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join((*lines, "", "")).encode() + body


class FeedServer(ThreadingHTTPServer):
    """Serves what it is told to, by path; asked for anything else, it answers 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.scripts: dict[str, Script] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.scheme = "http"
        self.closing = Event()

    def address(self, path: str = "", host: str = _HOST) -> str:
        """Where a path lies."""
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def says(self, path: str, answer: bytes | Script) -> str:
        """Script what is said at a path, and give its address."""
        self.scripts[path] = (lambda _: (answer,)) if isinstance(answer, bytes) else answer
        return self.address(path)

    def drips(self, whole: bytes) -> Iterator[bytes]:
        """One byte at a time, never silent for long; then zeros, for ever."""
        position = 0
        while not self.closing.wait(_DRIP_SECONDS):
            yield whole[position : position + 1] or b"0"
            position += 1

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Count who comes."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up in the midst of an answer or a handshake are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: FeedServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.asked.append(asked)
        script = self.server.scripts.get(path, lambda _: (reply(b"nothing here", 404),))
        for piece in script(asked):
            self.wfile.write(piece)
        self.close_connection = True

    do_POST = do_GET  # noqa: N815 (the name by which it is called)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def feed_server(tls: ssl.SSLContext | None = None) -> Iterator[FeedServer]:
    """A server that is gone, with all its threads told to end, when the block is left."""
    with FeedServer() as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            server.scheme = "https"
        thread = Thread(target=server.serve_forever, args=(0.01,), name="feed server")
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a certificate that it signed itself, and of a client that believes it nevertheless."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    who = ["-days", "2", "-subj", "/CN=feed", "-addext", f"subjectAltName=IP:{_HOST}"]
    use = ["-addext", "keyUsage=digitalSignature,keyCertSign"]
    command = ["openssl", "req", "-x509", *algorithm, *who, *use, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)
