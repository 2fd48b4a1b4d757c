"""`tocsin jobs`: what runs when and why, and running one now."""

from __future__ import annotations

import os
import platform
import uuid
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tocsin.bootstrap.fitting import Fitter
from tocsin.bootstrap.service import open_service
from tocsin.cli.jobs_table import listing_json, print_listing
from tocsin.cli.progress import shown_progress
from tocsin.cli.stopping import stopped_by_signals
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.job import Worker
from tocsin.jobs.once import run_once
from tocsin.jobs.timetable import make_timetable
from tocsin.settings import read_settings
from tocsin.usecases.list_jobs import list_jobs
from tocsin.usecases.run_job import Ending, Lane

jobs = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@jobs.callback()
def show_jobs(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what runs when and why, what came of it last, when it is due next, and each worker's last tick.

    Example: tocsin jobs --json
    """
    if context.invoked_subcommand is not None:
        return
    settings = read_settings()
    with open_service(settings) as service:
        now = datetime.now(UTC)
        # Nothing is run, so the fitter's processes need not start.
        listing = list_jobs(make_timetable(settings, service, Fitter(settings)), book=service.jobs, now=now)
    if as_json:
        typer.echo(listing_json(listing, now))
    else:
        print_listing(listing, now)


@jobs.command("run")
def run_now(name: Annotated[str, typer.Argument(help="The job, such as refit-nightly/tunisia.")]) -> None:
    """Run one job now, in this process, whether it is due or not.

    Example: tocsin jobs run refit-nightly/tunisia
    """
    settings = read_settings()
    with open_service(settings) as service, stopped_by_signals() as stopped:
        fitter = Fitter(settings)
        declared = {job.name: job for job in make_timetable(settings, service, fitter)}
        if name not in declared:
            raise UnknownNameError("job", name, sorted(declared))
        now = datetime.now(UTC)
        job = declared[name]
        with shown_progress() as report, fitter if job.lane is Lane.FITS else nullcontext():
            ended = run_once(
                job,
                book=service.jobs,
                worker=Worker(uuid.uuid4().hex[:12], platform.node(), os.getpid(), now, now),
                lease=timedelta(seconds=settings.lease_seconds),
                stopped=stopped,
                report=report,
            )
    typer.echo(f"{name} {ended.ending}: {ended.said}")
    if ended.ending is not Ending.DONE:
        raise typer.Exit(1)
