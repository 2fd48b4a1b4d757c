"""`tocsin worker`: run the timetable until stopped."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from tocsin.bootstrap.fitting import Fitter
from tocsin.bootstrap.service import open_service
from tocsin.cli.stopping import INTERRUPTED, stop_with_parent, stopped_by_signals
from tocsin.jobs.alarm import make_alarm
from tocsin.jobs.timetable import make_timetable
from tocsin.jobs.worker import run_worker
from tocsin.settings import Settings, read_settings


def worker(
    child: Annotated[bool, typer.Option("--child", hidden=True, help="Stop when what started it does.")] = False,
) -> None:
    """Run what the timetable says, until control-C or a termination signal; several workers may share a store.

    What runs then is stopped and left to another worker, or to this one when it starts again. See: tocsin jobs

    Example: tocsin worker
    """
    if child:
        stop_with_parent()
    work(read_settings())


def work(settings: Settings) -> None:
    """Run a worker in this process until a signal stops it."""
    try:
        with open_service(settings) as service, Fitter(settings) as fitter, stopped_by_signals() as stopped:
            timetable = make_timetable(settings, service, fitter)
            ended = run_worker(timetable, service.jobs, settings, stopped, make_alarm(settings, service))
    except KeyboardInterrupt:  # asked twice
        _end_at_once(INTERRUPTED)
    if not ended or fitter.starting:
        _end_at_once(0)


def _end_at_once(code: int) -> NoReturn:
    """End although something is at work, for which Python would wait, or under which it would crash.

    A compiler that cannot be interrupted, a store that does not answer, a fork server that imports the sampler.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
