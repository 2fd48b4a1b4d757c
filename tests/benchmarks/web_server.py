"""A web server of its own process, as the suite `web` asks it: the odds of a store, or an empty endpoint.

Run as `python -m benchmarks.web_server odds|empty [folder of the store] [folder of the catalog] [present instant]`;
it prints its port and an API key. Its clock starts at the instant given; all else is the product, its gate included.
"""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from tocsin.bootstrap.logs import set_up_logs
from tocsin.bootstrap.web import open_desk
from tocsin.domain.access import Principal, Role
from tocsin.settings import Settings
from tocsin.usecases.make_key import make_key
from tocsin.web.app import make_app
from tocsin.web.gate import open_gate
from tocsin.web.means import Means

_MAKER = Principal("benchmark", Role.ADMIN, theaters=None)
_NO_LIMIT = {"requests_per_minute": 10_000_000}  # counted as ever, and never reached


def serve(app: FastAPI, key: str = "none") -> None:
    """One worker on a port of loopback that the system chooses; it prints the port and a key."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], key, flush=True)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def _empty() -> FastAPI:
    app = FastAPI()

    @app.get("/empty")
    async def empty() -> dict[str, str]:
        return {}

    return app


def main() -> None:
    """Serve until the process is ended."""
    what, *rest = sys.argv[1:]
    if what == "empty":
        serve(_empty())
        return
    home, catalog, start = rest
    settings = Settings(home=Path(home), catalog=Path(catalog), log_level="warning", **_NO_LIMIT)
    set_up_logs(settings, quiet=False)
    begun, present = datetime.now(UTC), datetime.fromisoformat(start)

    def clock() -> datetime:
        return present + (datetime.now(UTC) - begun)

    with open_desk(settings, clock) as (service, desk):
        made = make_key(
            "benchmark", role=Role.ADMIN, theaters=None, expires_at=None, actor=_MAKER, access=service.access, now=begun
        )
        with open_gate(service.access, service.events, service.freshness, clock) as gate:
            serve(make_app(Means(service, desk, gate, clock, settings)), made.text)


if __name__ == "__main__":
    main()
