"""`tocsin fit`: refit a theater."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import Service, open_service
from tocsin.bootstrap.worker import make_sampler
from tocsin.cli.author import author
from tocsin.cli.progress import shown_progress
from tocsin.cli.sensitivity_table import print_sensitivity
from tocsin.cli.stopping import stopped_by_signals
from tocsin.domain.errors import FitRejectedError
from tocsin.domain.fit import Fit
from tocsin.domain.instants import read_as_of, show_instant
from tocsin.domain.theater import Theater
from tocsin.settings import Settings, read_settings
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.ports import Limits, Sampler

DEFAULT_SEED = 20160308
DEFAULT_DEADLINE = 900.0


def fit(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="Fit what was known at the end of this day, or at this instant. [default: now]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same seed and evidence give the same odds.")] = (
        DEFAULT_SEED
    ),
    deadline: Annotated[float, typer.Option(min=1, help="Give up after so many seconds.")] = DEFAULT_DEADLINE,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Print how far the odds hang on the declared ranges.")
    ] = False,
) -> None:
    """Fit the model to everything known; only a fit that passes the gate is served.

    Example: tocsin fit tunisia --as-of 2016-03-08
    """
    settings = read_settings()
    with open_service(settings) as service:
        declared = service.catalog.theater(theater)
        now = datetime.now(UTC)
        done = run_fit(service, settings, declared, read_as_of(as_of, declared.timeline, now), seed, deadline)
        typer.echo(_summary(done, declared))
        if sensitivity:
            print_sensitivity(done)
        if not done.accepted:
            raise FitRejectedError(done.id, done.rejections)


def run_fit(
    service: Service,
    settings: Settings,
    theater: Theater,
    as_of: datetime,
    seed: int,
    deadline: float,
    now: datetime | None = None,
    sampler: Sampler | None = None,
) -> Fit:
    """Fit with progress shown; control-C or a termination signal stops it, and nothing is kept.

    `now` is when it counts as recorded; the present instant where none is given. A `sampler` that has fitted before has
    its model compiled.
    """
    began = time.monotonic()
    means = Means(service.ledger, service.fits, sampler or make_sampler(settings), service.codec)
    with shown_progress() as report, stopped_by_signals() as stopped:
        return fit_theater(
            theater,
            means=means,
            as_of=as_of,
            now=datetime.now(UTC) if now is None else now,
            seed=seed,
            actor=author(),
            limits=Limits(deadline, stopped.is_set, lambda: time.monotonic() - began),
            report=report,
        )


def _summary(fit_: Fit, theater: Theater) -> str:
    head = f"fit {fit_.id} as of {show_instant(fit_.as_of, theater.timeline)}"
    if fit_.diagnosis is None:
        known = f"no observation of the {theater.timeline.looks_back} up to then is known"
        return f"{head}: prior only, as {known}: the declared ranges alone"
    health = fit_.diagnosis
    return (
        f"{head}: {'accepted' if fit_.accepted else 'rejected'}; R-hat {health.rhat:.4f}, "
        f"{health.ess_bulk:.0f} bulk and {health.ess_tail:.0f} tail effective of {health.draws} draws, "
        f"{health.divergent_share:.2%} divergent, odds good to {health.odds_error * 100:.2f} points; "
        f"compiled in {fit_.compile_seconds:.1f} s, sampled in {fit_.sample_seconds:.1f} s"
    )
