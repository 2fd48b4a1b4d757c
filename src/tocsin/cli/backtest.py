"""`tocsin backtest`: what would have been said at past days, and how that compares with what came."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.backtesting import Forecasts, make_forecasts
from tocsin.bootstrap.service import Service, open_service
from tocsin.cli.backtest_table import Run, backtest_json, print_backtest
from tocsin.cli.fit import DEFAULT_SEED
from tocsin.cli.progress import shown_progress
from tocsin.cli.stopping import INTERRUPTED, stopped_by_signals
from tocsin.domain.backtest import rolling_origins
from tocsin.domain.errors import InvalidInputError, Problem, SamplerFailedError
from tocsin.domain.instants import read_as_of
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import read_day
from tocsin.jobs.care import feeds_missing
from tocsin.settings import Settings, read_settings
from tocsin.usecases.backtest import ask
from tocsin.usecases.backtest import backtest as score_forecasts

_EVERY = re.compile(r"([1-9][0-9]{0,3})([dw])")
_DAYS = {"d": 1, "w": 7}
_MOST_ORIGINS = 2000


def backtest(
    theater: Annotated[str | None, typer.Argument(help="The theater. [default: the only one that is declared]")] = None,
    begin: Annotated[str, typer.Option("--from", help="The first day at whose end something is said.")] = ...,  # type: ignore[assignment]
    end: Annotated[str, typer.Option("--to", help="No day after this one.")] = ...,  # type: ignore[assignment]
    every: Annotated[str, typer.Option(help="So far apart, in days or weeks: 7d, 28d or 4w.")] = "28d",
    as_of: Annotated[
        str | None,
        typer.Option(help="What came is what was known of it at the end of this day, or instant. [default: now]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same seed and evidence give the same odds.")] = (
        DEFAULT_SEED
    ),
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Fits at once on this machine, 850 MiB each. [default: TOCSIN_CORES]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay a theater at past days from what was known then, and score what would have been said by what came.

    Nothing of it is published, rings or is scored as said. What is done is kept in TOCSIN_HOME/backtests: the same
    command goes on where it was stopped, and what has changed is made anew. Runs on the workers of
    TOCSIN_DASK_SCHEDULER where that is set.

    Example: tocsin backtest tunisia --from 2016-02-02 --to 2016-03-29 --every 7d
    """
    settings = read_settings()
    with open_service(settings) as service:
        declared = _theater(service, theater)
        now = datetime.now(UTC)
        instant = read_as_of(as_of, declared.timeline, now)
        origins = _origins(declared, begin, end, every, instant)
        missing = feeds_missing(service, settings, declared)
        asked = ask(
            declared,
            origins,
            ledger=service.ledger,
            resolutions=service.resolutions,
            as_of=instant,
            missing=missing,
        )
        found = _make(settings, service, declared, origins, seed, processes)
    if found.stopped:
        left = len(origins) - len(found.made)
        typer.echo(f"stopped; {counted(len(found.made), 'origin')} done and kept, {left} left: run it again", err=True)
        raise typer.Exit(INTERRUPTED)
    run = Run(declared, origins, seed, instant, found, score_forecasts(declared, asked, found.made.values(), instant))
    typer.echo(backtest_json(run)) if as_json else print_backtest(run)
    _refuse_half(found, run)


def _make(
    settings: Settings,
    service: Service,
    theater: Theater,
    origins: tuple[date, ...],
    seed: int,
    processes: int | None,
) -> Forecasts:
    with shown_progress() as report, stopped_by_signals() as stopped:
        return make_forecasts(
            settings,
            service,
            theater,
            origins,
            seed=seed,
            processes=settings.cores if processes is None else processes,
            deadline_seconds=settings.fit_deadline_seconds,
            report=report,
            cancelled=stopped.is_set,
        )


def _theater(service: Service, name: str | None) -> Theater:
    known = list(service.catalog.theaters)
    if name is None and len(known) != 1:
        raise InvalidInputError([Problem("", None, "THEATER", "not given", f"one of {', '.join(known)}")])
    return service.catalog.theater(known[0] if name is None else name)


def _origins(theater: Theater, begin: str, end: str, every: str, as_of: datetime) -> tuple[date, ...]:
    """The origins that the options name; InvalidInputError, with all that is wrong, where they name none."""
    problems: list[Problem] = []
    ended = theater.timeline.last_ended(as_of)
    days = {"--from": read_day(begin), "--to": read_day(end)}
    for option, text in (("--from", begin), ("--to", end)):
        day = days[option]
        if day is None or day > ended or day.year < 1900:  # noqa: PLR2004 - as for every instant that is asked about
            accepted = f"a day such as 2016-03-08, since 1900 and by {ended}"
            problems.append(Problem("", None, option, repr(text), accepted))
    match = _EVERY.fullmatch(every)
    if match is None:
        problems.append(Problem("", None, "--every", repr(every), "days or weeks, such as 7d, 28d or 4w"))
    first, last = days["--from"], days["--to"]
    if problems or match is None or first is None or last is None:
        raise InvalidInputError(problems)
    if last < first:
        raise InvalidInputError([Problem("", None, "--to", repr(end), f"a day from {first} on")])
    origins = rolling_origins(first, last, int(match[1]) * _DAYS[match[2]])
    if len(origins) > _MOST_ORIGINS:
        accepted = f"up to {_MOST_ORIGINS} origins at once, which these days would have {len(origins)} of"
        raise InvalidInputError([Problem("", None, "--every", repr(every), accepted)])
    return origins


def _refuse_half(found: Forecasts, run: Run) -> None:
    """An exit status of 1 where some origins have no forecast because something broke, or nothing was scored."""
    if found.failed:
        raise SamplerFailedError(
            f"{counted(len(found.failed), 'origin')} of {len(run.origins)} could not be made; run it again for those"
        )
    if not run.result.card.scored:
        accepted = "at least one window that is settled, of an accepted fit whose rule was not met already"
        raise InvalidInputError([Problem("", None, "--from, --to", "nothing that could be scored", accepted)])
