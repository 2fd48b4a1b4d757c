"""`tocsin web`: answer over HTTP until stopped."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.first_admin import make_first_admin
from tocsin.bootstrap.oidc import read_oidc
from tocsin.bootstrap.service import open_service
from tocsin.cli.stopping import stop_with_parent, stopped_by_signals
from tocsin.settings import Settings, read_settings


def web(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer on the one port.")] = 1,
    listening: Annotated[int | None, typer.Option(hidden=True, help="A socket that is handed down.")] = None,
) -> None:
    """Answer over HTTP on TOCSIN_HOST and TOCSIN_PORT, until control-C or a termination signal.

    The store must be there: tocsin db upgrade. Fits are made by: tocsin worker. Both together are: tocsin serve

    Example: tocsin web --workers 2
    """
    settings = read_settings()
    if listening is not None:
        stop_with_parent()
        answer_on(settings, socket.socket(fileno=listening))
        return
    from tocsin.web.serve import listen, tend_until_stopped, web_children  # noqa: PLC0415 (only servers pay for it)

    greet(settings)
    with listen(settings) as found:
        if workers == 1:
            answer_on(settings, found)
            return
        with stopped_by_signals() as stopped:
            tend_until_stopped(web_children(found, workers), stopped)


def answer_on(settings: Settings, found: socket.socket) -> None:
    """Answer on a socket, in this process."""
    from tocsin.web.serve import serve, store_gate  # noqa: PLC0415 (as above)

    serve(settings, found, store_gate)


def greet(settings: Settings) -> None:
    """Make what a first start needs, and print once what only its owner may know.

    What is set up wrong is refused here, as the processes that answer would only die of it again and again.
    """
    read_oidc(settings)
    with open_service(settings) as service:
        made = make_first_admin(service, datetime.now(UTC))
    if made is not None:
        typer.echo(f"first start: sign in as {made.name} with the password {made.password}")
        typer.echo(f"it is shown this once; change it with: tocsin user password {made.name}")
