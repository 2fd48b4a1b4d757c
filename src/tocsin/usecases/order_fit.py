"""Order a fit: a worker makes it, as whoever answers requests cannot sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.job import State

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.job import JobRun
    from tocsin.domain.theater import Theater
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.ports import FitBook

_MISSED_TICKS = 6
"""A worker that is busy with its store may miss a few."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands.

    Attributes:
        run: The run of the job that makes it.
        fit: The accepted fit that it led to, or that stood already; None while there is none.
        hint: Why it may take longer than it should, and what to do; None where nothing speaks for that.
    """

    run: JobRun
    fit: Fit | None
    hint: str | None


def fit_ordered(theater: str) -> str:
    """The name of the job that fits a theater when that is ordered; see `OnOrder`."""
    return f"fit-ordered/{theater}"


def order_fit(
    theater: Theater, *, jobs: JobBook, fits: FitBook, now: datetime, actor: str, tick_seconds: float
) -> tuple[Order, bool]:
    """Order a fit of what is known now, and whether the order is new: while one waits or runs, it is that one."""
    run, new = jobs.order(fit_ordered(theater.id), theater=theater.id, actor=actor, now=now)
    return _order(theater, run, jobs, fits, now, tick_seconds), new


def find_order(
    theater: Theater, name: str, *, jobs: JobBook, fits: FitBook, now: datetime, tick_seconds: float
) -> Order | None:
    """An order of this theater by the id of its run."""
    run = jobs.find(name)
    if run is None or run.job != fit_ordered(theater.id):
        return None
    return _order(theater, run, jobs, fits, now, tick_seconds)


def _order(theater: Theater, run: JobRun, jobs: JobBook, fits: FitBook, now: datetime, tick_seconds: float) -> Order:
    fit = None
    if run.state is State.DONE:
        # One of the slot itself, or a later one that stood already, which is why nothing was fitted.
        later = [item for item in fits.accepted(theater.id, now) if item.as_of >= run.slot]
        fit = later[-1] if later else None
    waits = run.state is State.OPEN
    return Order(run, fit, _hint(jobs, now, timedelta(seconds=_MISSED_TICKS * tick_seconds)) if waits else None)


def _hint(jobs: JobBook, now: datetime, patience: timedelta) -> str | None:
    known = jobs.workers()
    if any(item.stopped_at is None and now - item.ticked_at <= patience for item in known):
        return None
    last = f"the last was seen at {known[0].ticked_at:%Y-%m-%d %H:%M:%S} UTC" if known else "none was ever seen"
    return f"no worker looks what is due, {last}; start one: tocsin worker, or tocsin serve"
