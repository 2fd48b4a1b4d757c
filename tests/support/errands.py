"""What tests have worker processes do: functions that can be pickled, some of which end badly."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tocsin.bootstrap.backtesting import Wanted, forecast_here
from tocsin.bootstrap.executors import settings_here
from tocsin.bootstrap.fitting import Order, fit_here
from tocsin.domain.errors import FitInterruptedError, Problem, UnknownNameError
from tocsin.domain.fit import Fit
from tocsin.executor.work import around
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from tocsin.domain.backtest import Forecast
    from tocsin.settings import Settings

# As PyO3 makes it: no ordinary exception, and of a module that cannot be imported.
PanicException = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})


def square(number: int) -> int:
    """Something to get right."""
    return number * number


def own_pid() -> int:
    """Of the worker."""
    return os.getpid()


def parent_pid() -> int:
    """Of the fork server."""
    return os.getppid()


def loaded(module: str) -> bool:
    """Whether the worker has a module."""
    return module in sys.modules


def killed() -> NoReturn:
    """As the kernel ends a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def aborted() -> NoReturn:
    """As a library in C or Rust ends a process that it has given up."""
    os.abort()


def left() -> NoReturn:
    """The process ends without a word."""
    os._exit(7)


def panicked() -> NoReturn:
    """As Rust code does through PyO3."""
    raise PanicException("index out of bounds: the len is 3 but the index is 3")


def out_of_memory() -> int:
    """Real memory, really refused."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, resource.RLIM_INFINITY))
    return len(np.ones(2**32))


def exited() -> NoReturn:
    """Somebody's sys.exit."""
    sys.exit(3)


def refused(kind: str) -> NoReturn:
    """An error whose __init__ takes more than its words."""
    raise UnknownNameError("theater", kind, ("tunisia", "twin"))


def failing_with_a_lock() -> NoReturn:
    """An error that cannot be pickled."""
    error = ValueError("held")
    error.lock = threading.Lock()  # type: ignore[attr-defined]
    raise error


def a_lock() -> Any:  # noqa: ANN401
    """A result that cannot be pickled."""
    return threading.Lock()


def problem() -> Problem:
    """A value to bring back."""
    return Problem("a.csv", 0, "value", "-1", "a count")


def until_stopped(note: Path) -> NoReturn:
    """Works on, and listens."""
    note.write_text(str(os.getpid()), encoding="ascii")
    here = around()
    while not here.stopped():
        time.sleep(0.01)
    raise FitInterruptedError("it was cancelled")


def deaf(note: Path) -> None:
    """Works on for ten minutes, and does not listen: as a compiler."""
    note.write_text(str(os.getpid()), encoding="ascii")
    time.sleep(600)


def counting(total: int) -> int:
    """Reports as it goes, and once more from another thread when it is over, as the sampler may."""
    report = around().report
    for done in range(total):
        report(Progress("counting", done, total))
    threading.Timer(0.2, report, [Progress("late", 0, 1)]).start()
    return total


def pausing(seconds: float) -> int:
    """Takes a while."""
    time.sleep(seconds)
    return os.getpid()


def noted_fit(settings: Settings, order: Order) -> Fit:
    """The fit as in service, with a note of which process took it up."""
    note(settings, order)
    return fit_here(settings, order)


def breaking_down_twice(settings: Settings, order: Order) -> Fit:
    """Out of memory, then a panic, then well."""
    return (out_of_memory, panicked, lambda: blank_fit(order))[note(settings, order)]()


def blank_fit(order: Order) -> Fit:
    """What was ordered, with nothing in it."""
    return Fit(
        id=f"fit-of-{order.theater}",
        theater=order.theater,
        as_of=order.as_of,
        recorded_at=order.now,
        recipe="",
        declared="",
        counted="",
        seed=order.seed,
        diagnosis=None,
        rejections=(),
        sensitivity=(),
        sha256="",
        compile_seconds=0.0,
        sample_seconds=0.0,
    )


def always_killed(settings: Settings, order: Order) -> NoReturn:
    """Whenever it is tried."""
    note(settings, order)
    killed()


def refusing(settings: Settings, order: Order) -> NoReturn:
    """An error that would come again."""
    note(settings, order)
    refused(order.theater)


def never_ending(settings: Settings, order: Order) -> None:
    """Deaf, in a fit's place."""
    note(settings, order)
    time.sleep(600)


def note(settings: Settings, order: Order) -> int:
    """How often it was noted before that a process took up the fit of a theater."""
    before = len(pids(settings, order.theater))
    with (settings.home / f"{order.theater}.pids").open("a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    return before


def pids(settings: Settings, theater: str) -> list[int]:
    """The processes that took up the fit of a theater."""
    path = settings.home / f"{theater}.pids"
    return [int(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []


def slow_square(note: Path, number: int) -> int:
    """Takes long the first time, and is quick when it is taken up again."""
    again = note.exists()
    with note.open("a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0 if again else 600)
    return square(number)


def noted_forecast(sent: Settings | None, wanted: Wanted) -> Forecast:
    """The forecast as in service, with a note of which process took it up."""
    folder = settings_here(sent, wanted.store).home
    with (folder / f"{wanted.origin}.pids").open("a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    return forecast_here(sent, wanted)
