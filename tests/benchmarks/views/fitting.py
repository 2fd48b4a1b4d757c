"""All fits, side by side through the product's executor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.views.forecast import forecast, key_of
from tocsin.bootstrap.executors import calm_fork_server
from tocsin.executor.pool import ProcessPool
from tocsin.inference.compiler import prepare_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.views.forecast import Forecast, Task

_PRELOADED = ("tocsin.inference.sample", "benchmarks.views.forecast")
_SAY_EVERY = 20.0


def fit_all(tasks: Sequence[Task], *, processes: int, cache: Path, say: Callable[[str], None]) -> list[Forecast]:
    """The forecasts, in the order of the tasks. Tasks of equal evidence are fitted once: it gives the same bits."""
    prepare_compiler(cache)
    calm_fork_server()
    keys = [key_of(task) for task in tasks]
    first = dict(zip(reversed(keys), reversed(tasks), strict=True))
    # The first is fitted alone, so that what it compiles is there for the others.
    order = sorted(first, key=lambda key: -_violence(first[key]))
    say(f"{len(tasks)} countries and windows, {len(first)} of them with evidence of their own to fit")
    pool = ProcessPool(processes, preloaded=_PRELOADED)
    try:
        pool.submit(forecast, first[order[-1]]).result()
        say("compiled")
        work = {key: pool.submit(forecast, first[key]) for key in order}
        found: dict[str, Forecast] = {}
        told = time.monotonic()
        for key, running in work.items():
            found[key] = running.result()
            if time.monotonic() - told > _SAY_EVERY:
                told = time.monotonic()
                say(f"{sum(other.done() for other in work.values())} of {len(first)} fitted")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [found[key].moved_to(task) for key, task in zip(keys, tasks, strict=True)]


def _violence(task: Task) -> float:
    """The more has happened, the longer it takes; what takes longest goes first."""
    return sum(value for months in task.history.values() for value in months.values())
