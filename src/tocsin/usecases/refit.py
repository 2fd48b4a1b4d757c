"""Fit a theater for a slot of the timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tocsin.domain.errors import FitRejectedError
from tocsin.domain.event import EventKind
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import EventBook, FitBook, Progress
    from tocsin.usecases.run_job import Turn

SEED = 20160308
"""One seed for all scheduled fits, so that a slot that is fitted twice gives the same fit."""


class Fitter(Protocol):
    """Fits theaters, wherever that is done."""

    def fit(
        self,
        theater: str,
        *,
        as_of: datetime,
        now: datetime,
        seed: int,
        actor: str,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Fit:
        """Fit a theater, by its id, to what was known; FitInterruptedError soon after it is cancelled."""
        ...


def refit_theater(theater: Theater, turn: Turn, *, job: str, fits: FitBook, events: EventBook, fitter: Fitter) -> str:
    """Fit what was known at the slot, and say what came of it; FitRejectedError where the fit was not accepted.

    It is the slot's evidence and not this moment's, so that a second run of the slot has the same recipe and finds the
    fit made. Nothing is done where a fit of the slot or later stands: an older one would never be read.
    """
    standing = fits.accepted(theater.id, turn.now)
    if standing and standing[0].as_of >= turn.slot and standing[0].declared == declared(theater, lay_out(theater)):
        return f"fit {standing[0].id} of {standing[0].as_of:%Y-%m-%d %H:%M} UTC stands already"
    fit = fitter.fit(
        theater.id,
        as_of=turn.slot,
        now=turn.now,
        seed=SEED,
        actor=_actor(job, turn, events),
        report=turn.report,
        cancelled=turn.cancelled,
    )
    if not fit.accepted:
        raise FitRejectedError(fit.id, fit.rejections)
    nothing = f"prior only, as no observation of the {theater.timeline.looks_back} up to then is known"
    how = nothing if fit.prior_only else f"accepted, sampled in {fit.sample_seconds:.1f} s"
    return f"fit {fit.id} of {fit.as_of:%Y-%m-%d %H:%M} UTC: {how}"


def _actor(job: str, turn: Turn, events: EventBook) -> str:
    """Who ordered this run; the job itself where nobody did."""
    ordered = events.after(0, 1, [EventKind.FIT_ORDERED], subject=turn.run)
    return ordered[0].actor if ordered else job
