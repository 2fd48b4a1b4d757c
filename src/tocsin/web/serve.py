"""Serving: one process that answers, or several that share a socket.

There is no TLS here: a proxy in front of it ends that, and tells by X-Forwarded headers, which are believed only from
the addresses that the settings name. Nor is there a limit on how long a connection may take to send its first line:
uvicorn has none, and the proxy has.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, override

import structlog
import uvicorn

from tocsin.bootstrap.children import Child, stop_all
from tocsin.bootstrap.service import now
from tocsin.bootstrap.web import open_desk
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.web.app import make_app
from tocsin.web.gate import open_gate
from tocsin.web.means import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from fastapi import FastAPI

    from tocsin.bootstrap.service import Service
    from tocsin.settings import Settings
    from tocsin.web.followers import Followers
    from tocsin.web.heavy import HeavyWork
    from tocsin.web.means import Gate

type GateMaker = Callable[[Service], AbstractContextManager[Gate]]
"""Opens the gate of a service."""

_GRACE_SECONDS = 7  # for requests under way; with what else there is to do, less than ten
_IDLE_SECONDS = 75  # longer than proxies keep a connection: so they close it, and never send into a closed one
_BACKLOG = 1024
_LOOK_SECONDS = 0.2


class _Server(uvicorn.Server):
    """Ends event streams and heavy work first when it stops: left alone, they would hold it up for all its patience."""

    def __init__(self, config: uvicorn.Config, followers: Followers, heavy: HeavyWork) -> None:
        super().__init__(config)
        self._followers = followers
        self._heavy = heavy

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._followers.close()
        self._heavy.close()
        await asyncio.sleep(0)
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """A socket on the host and port of the settings; InvalidInputError where there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(settings, error) from error
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise _cannot_listen(settings, error) from error
    found.setblocking(False)  # noqa: FBT003 (the library's own)
    return found


def address(listening: socket.socket) -> str:
    """Where a socket listens, as people type it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    settings: Settings, listening: socket.socket, make_gate: GateMaker, clock: Callable[[], datetime] = now
) -> None:
    """Answer on a socket until a signal stops it; requests under way are finished, event streams end.

    A demonstration has a clock of its own, as it plays on days that have passed.
    """
    with open_desk(settings, clock) as (service, desk), make_gate(service) as gate:
        serve_app(make_app(Means(service, desk, gate, clock, settings)), settings, listening)


def store_gate(service: Service) -> AbstractContextManager[Gate]:
    """The gate of those who have an account or a key in the store."""
    return open_gate(service.access, service.events, service.freshness, now)


def serve_app(app: FastAPI, settings: Settings, listening: socket.socket) -> None:
    """The same for an application."""
    trusted = settings.trusted_proxies
    config = uvicorn.Config(
        app,
        loop="auto" if sys.platform == "win32" else "uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,  # all logs are ours
        access_log=False,  # `Traffic` writes one that names routes, not addresses
        server_header=False,
        proxy_headers=trusted is not None,
        forwarded_allow_ips=[] if trusted is None else [item.strip() for item in trusted.split(",")],
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    log = structlog.get_logger("tocsin.web")
    log.info("listening", address=address(listening))
    server = _Server(config, app.state.followers, app.state.heavy)
    with _told_to_stop(server):
        server.run([listening])
    log.info("stopped listening")


@contextmanager
def _told_to_stop(server: uvicorn.Server) -> Iterator[None]:
    """Let signals stop a server and nothing more.

    uvicorn raises the signal again once it has stopped, which would end the process before it has put away its things.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def web_children(listening: socket.socket, workers: int) -> list[Child]:
    """Processes that answer on one socket, each a `tocsin web` that is handed it."""
    descriptor = listening.fileno()
    command = [sys.executable, "-m", "tocsin", "web", "--listening", str(descriptor)]
    return [Child(f"web {number}", command, handed=(descriptor,)) for number in range(1, workers + 1)]


def tend_until_stopped(children: Sequence[Child], stopped: threading.Event) -> None:
    """Keep children running until `stopped` is set, then stop them."""
    try:
        while not stopped.is_set():
            for child in children:
                child.tend(time.monotonic())
            stopped.wait(_LOOK_SECONDS)
    finally:
        stop_all(children)


def _cannot_listen(settings: Settings, error: OSError) -> InvalidInputError:
    accepted = f"an address and a port of this machine that nobody else has ({error.strerror or error})"
    where = f"{settings.host}:{settings.port}"
    return InvalidInputError([Problem("environment", None, "TOCSIN_HOST and TOCSIN_PORT", where, accepted)])
