"""A client that asks one thing over and over on a few connections, and reads no more of the answers than it must."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECTIONS = 16
_TESTS = Path(__file__).parents[1]


class _Asking(asyncio.Protocol):
    """One connection: the next request goes out when the whole answer is in."""

    def __init__(self, request: bytes, until: float, done: asyncio.Future[None]) -> None:
        self._request, self._until, self._done = request, until, done
        self._received, self._whole = b"", 0
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Count whole answers of status 200."""
        self._received += data
        if not self._whole:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return
            if not self._received.startswith(b"HTTP/1.1 200"):
                self._end(RuntimeError(self._received[:200].decode()))
                return
            length = self._received.lower().index(b"content-length:") + 15
            self._whole = head + 4 + int(self._received[length : self._received.index(b"\r\n", length)])
        if len(self._received) < self._whole:
            return
        self.answers += 1
        self._received, self._whole = b"", 0
        if time.perf_counter() < self._until:
            self._transport.write(self._request)  # type: ignore[attr-defined]
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It must not be lost while something is asked."""
        self._end(exc or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(error)
        self._transport.close()


@dataclass(frozen=True)
class Server:
    """A server process: where it listens, a key that it takes, and its id."""

    port: int
    key: str
    pid: int

    def client(self) -> httpx2.Client:
        """A program that keeps its connection."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=120)

    def ask(self, path: str) -> bytes:
        """One answer's body; an error where it is none."""
        with self.client() as client:
            answer = client.get(path)
        answer.raise_for_status()
        return answer.content


def rate(asked: Server, path: str, seconds: float) -> float:
    """Whole answers a second, on sixteen connections that stay open."""
    return uvloop.run(_rate(asked, path, seconds))


async def _rate(asked: Server, path: str, seconds: float) -> float:
    lines = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {asked.key}\r\n"
        "Accept: application/json\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    asking = []
    for _ in range(_CONNECTIONS):
        done = loop.create_future()
        protocol = _Asking(lines.encode(), began + seconds, done)
        await loop.create_connection(lambda made=protocol: made, "127.0.0.1", asked.port)  # type: ignore[misc]
        asking.append((protocol, done))
    await asyncio.gather(*(done for _, done in asking))
    return sum(protocol.answers for protocol, _ in asking) / (time.perf_counter() - began)


@contextlib.contextmanager
def server(*arguments: str, **settings: str) -> Iterator[Server]:
    """A server process, with settings by the names they have in the environment."""
    environment = os.environ | settings | {"PYTHONPATH": os.pathsep.join([str(_TESTS), *filter(None, sys.path)])}
    command = [sys.executable, "-m", "benchmarks.web_server", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        port, key = process.stdout.readline().split()
        yield Server(int(port), key, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def resident(pid: int) -> float:
    """Mebibytes of memory that a process has; Linux says."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
