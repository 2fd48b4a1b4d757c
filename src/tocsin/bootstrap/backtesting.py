"""Backtests in an executor, put together: the origins side by side, each kept as soon as it is done."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from tocsin.bootstrap.attempts import see_through
from tocsin.bootstrap.executors import open_executor, settings_here, settings_there, store_name
from tocsin.bootstrap.fitting import sampler_here
from tocsin.bootstrap.service import open_service
from tocsin.domain.errors import FitInterruptedError, SamplerFailedError, StoreError
from tocsin.executor.work import around
from tocsin.store.backtest import ForecastFolder
from tocsin.usecases.fit import recipe_of
from tocsin.usecases.forecast_then import forecast_then
from tocsin.usecases.ports import Limits, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tocsin.bootstrap.service import Service
    from tocsin.domain.backtest import Forecast
    from tocsin.domain.theater import Theater
    from tocsin.executor.dask import DaskPool
    from tocsin.executor.pool import ProcessPool
    from tocsin.settings import Settings

_MOST_WAITING = 64  # origins that are handed in at once; a thread that waits costs next to nothing
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which forecast is wanted, by the recipe that it must have, and the store that it is of, by `store_name`."""

    theater: str
    origin: date
    seed: int
    recipe: str
    store: str


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What came of some origins, by day.

    Attributes:
        made: What was made, or had been made before.
        again: Those that an earlier run had made.
        failed: Why others have none: the sampler broke down, or took too long.
        stopped: It was stopped before all were done.
    """

    made: dict[date, Forecast]
    again: frozenset[date]
    failed: dict[date, str]
    stopped: bool


def make_forecasts(
    settings: Settings,
    service: Service,
    theater: Theater,
    origins: Sequence[date],
    *,
    seed: int,
    processes: int,
    deadline_seconds: float,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Forecasts:
    """The forecasts of some origins: those that were kept, and the others made in the executor of the settings.

    Args:
        settings: Whose executor and folder.
        service: The store.
        theater: The theater.
        origins: The days.
        seed: Of every fit.
        processes: How many fits run at once, each on its share of the processors, where they run on this machine.
        deadline_seconds: After how long one is given up.
        report: Told how many are done.
        cancelled: Asked several times a second; what is done by then is kept.

    TocsinError: What fitting itself refuses; also where a Dask worker has other files, reports or libraries than we.
    """
    shelf, sampler = ForecastFolder(settings.backtests_folder), sampler_here(settings)
    wanted: list[Wanted] = []
    made: dict[date, Forecast] = {}
    store = store_name(settings)
    for origin in origins:
        then = theater.timeline.close_of(origin)
        recipe = recipe_of(theater, ledger=service.ledger, settings=sampler.settings, as_of=then, seed=seed)
        kept = shelf.find(theater.id, recipe)
        if kept is None:
            wanted.append(Wanted(theater.id, origin, seed, recipe, store))
        else:
            made[origin] = kept
    again = frozenset(made)
    done = Forecasts(made, again, {}, stopped=False)
    report(Progress("origins", len(made), len(origins)))
    if not wanted:
        return done
    processes = min(processes, len(wanted))
    share = settings.model_copy(update={"cores": max(1, settings.cores // processes)})
    with open_executor(share, processes) as pool:
        return _make(pool, share, wanted, done, shelf, deadline_seconds, report, cancelled)


def forecast_here(sent: Settings | None, wanted: Wanted) -> Forecast:
    """The forecast that is wanted, in this process; StoreError where this one would make another."""
    here = around()
    settings = settings_here(sent, wanted.store)
    sampler = sampler_here(settings)
    with open_service(settings) as service:
        theater = service.catalog.theater(wanted.theater)
        then = theater.timeline.close_of(wanted.origin)
        recipe = recipe_of(theater, ledger=service.ledger, settings=sampler.settings, as_of=then, seed=wanted.seed)
        if recipe != wanted.recipe:
            message = (
                f"the forecast of {wanted.origin} would be another where it is made: the reports, the declared files or"
                " the versions of libraries differ, or have just changed"
            )
            raise StoreError(message)
        return forecast_then(
            theater,
            ledger=service.ledger,
            sampler=sampler,
            codec=service.codec,
            origin=wanted.origin,
            seed=wanted.seed,
            # The deadline is kept outside, where it also holds while this process does not listen.
            limits=Limits(math.inf, here.stopped, lambda: 0.0),
            report=here.report,
        )


def _make(
    pool: ProcessPool | DaskPool,
    settings: Settings,
    wanted: Sequence[Wanted],
    done: Forecasts,
    shelf: ForecastFolder,
    deadline_seconds: float,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Forecasts:
    made, failed = dict(done.made), dict(done.failed)
    total = len(made) + len(wanted)
    giving_up = threading.Event()

    def make(item: Wanted) -> Forecast:
        found, _ = see_through(
            partial(pool.submit, forecast_here, settings_there(settings), item),
            deadline_seconds=deadline_seconds,
            cancelled=lambda: giving_up.is_set() or cancelled(),
            report=lambda _: None,
            log=_LOG.bind(theater=item.theater, origin=item.origin.isoformat()),
        )
        return found

    with ThreadPoolExecutor(_MOST_WAITING, thread_name_prefix="origin") as waiters:
        asked = {waiters.submit(make, item): item for item in wanted}
        try:
            for future in as_completed(asked):
                item = asked[future]
                try:
                    made[item.origin] = future.result()
                except (SamplerFailedError, FitInterruptedError) as error:
                    failed[item.origin] = str(error)
                else:
                    shelf.keep(item.theater, made[item.origin])
                report(Progress("origins", len(made) + len(failed), total))
        finally:
            giving_up.set()  # where something was refused, or could not be kept, the others need not go on
    return Forecasts(made, done.again, {} if cancelled() else failed, stopped=cancelled() and len(made) < total)
