"""A real server process on loopback; run as a program, it is one that lets everybody in as an administrator."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OPEN = ("-m", "support.serving")
_PATIENCE = 120.0  # machines are shared: a start that takes a second alone takes a minute among others


@dataclass
class Server:
    """A server that runs, and where it answers."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """What it answers."""
        return httpx2.get(self.address + path, headers=headers, timeout=_PATIENCE)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and the seconds that it took to stop."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE), time.monotonic() - began


@dataclass
class Message:
    """One message of a stream."""

    kind: str
    id: str | None
    data: Any


@contextmanager
def running(home: Path, *words: str, port: int | None = None, **variables: str) -> Iterator[Server]:
    """A server of ours, from when it answers until it is stopped."""
    port = free_port() if port is None else port
    log = home / f"server-{port}-{time.monotonic_ns()}.log"
    environment = os.environ | {
        "TOCSIN_HOME": str(home),
        "TOCSIN_PORT": str(port),
        "TOCSIN_LOG_FORMAT": "json",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **variables,
    }
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen([sys.executable, *(words or OPEN)], env=environment, stderr=said, text=True)
    try:
        server = Server(process, f"http://127.0.0.1:{port}", log)
        _wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_PATIENCE)


def free_port() -> int:
    """A port that nobody has now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def follow(client: httpx2.Client, url: str, **headers: str) -> Iterator[Message]:
    """The messages of a stream as they come; comments are left out."""
    with client.stream("GET", url, headers=headers, timeout=_PATIENCE) as answer:
        assert answer.status_code == 200, answer.read()
        yield from messages(answer.iter_lines())


def messages(lines: Iterator[str]) -> Iterator[Message]:
    """What lines of a stream say."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if "data" in fields or "id" in fields:
                yield Message(fields.get("event", ""), fields.get("id"), json.loads(fields.get("data", "null")))
            fields = {}


def events_logged(server: Server) -> Sequence[dict[str, Any]]:
    """What a server has logged."""
    lines = server.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if re.match(r"\{.*\}$", line)]


def _wait_for(server: Server) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
        assert time.monotonic() < until, server.log.read_text(encoding="utf-8")
        try:
            if server.get("/healthz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)


def _serve() -> None:
    from support.web import OpenGate  # noqa: PLC0415 (the program's alone)
    from tocsin.bootstrap.logs import set_up_logs  # noqa: PLC0415 (as above)
    from tocsin.web.serve import listen, serve  # noqa: PLC0415 (as above)

    settings = Settings()
    set_up_logs(settings, quiet=False)
    with listen(settings) as found:
        serve(settings, found, lambda _: nullcontext(OpenGate()))


if __name__ == "__main__":
    _serve()
