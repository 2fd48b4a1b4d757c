"""`tocsin serve`: everything for one machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tocsin.bootstrap.children import Child
from tocsin.cli.database import upgrade_store
from tocsin.cli.stopping import stopped_by_signals
from tocsin.cli.web import greet
from tocsin.settings import read_settings


def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer on the one port.")] = 1,
) -> None:
    """Bring the store up to date, then answer over HTTP and run the timetable, until stopped.

    Each runs in a process of its own: one that dies is started again, and all stop with this one.

    Example: tocsin serve
    """
    from tocsin.web.serve import address, listen, tend_until_stopped, web_children  # noqa: PLC0415 (servers pay)

    settings = read_settings()
    upgrade_store()
    greet(settings)
    with listen(settings) as found, stopped_by_signals() as stopped:
        typer.echo(f"answering on {address(found)}; running the timetable, see it with: tocsin jobs")
        worker = Child("worker", [sys.executable, "-m", "tocsin", "worker", "--child"])
        tend_until_stopped([worker, *web_children(found, workers)], stopped)
