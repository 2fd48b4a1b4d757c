"""Fits: what was sampled when, whether it passed the gate and why, and what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.diagnosis import MAX_DIVERGENT_SHARE, MAX_ODDS_ERROR, MAX_RHAT, MIN_BFMI, MIN_ESS
from tocsin.domain.errors import DamagedArtifactError, OutdatedFitError, UnknownNameError
from tocsin.domain.sensitivity import verdict
from tocsin.usecases.learned import learned
from tocsin.usecases.order_fit import order_fit
from tocsin.web.access import Allow
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, go_to, page_path, render
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.domain.fit import Fit
    from tocsin.domain.job import JobRun
    from tocsin.usecases.learned import Learned
    from tocsin.usecases.ports import Progress
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_EVER = datetime.max.replace(tzinfo=UTC)
_MOST = 100
_LEARNED = 24


@dataclass(frozen=True, slots=True)
class Check:
    """One number of a diagnosis against the gate: what it is, how it stands, and what it means."""

    name: str
    value: str
    limit: str
    passed: bool
    words: str


def checks(fit: Fit) -> list[Check]:
    """The numbers of a fit's diagnosis in words; none where there was nothing to fit."""
    found = fit.diagnosis
    if found is None:
        return []
    return [
        Check("R-hat", f"{found.rhat:.4f}", f"below {MAX_RHAT:g}", found.rhat < MAX_RHAT, "the chains agree"),
        Check(
            "Effective draws, middle",
            f"{found.ess_bulk:,.0f}",
            f"above {MIN_ESS:g}",
            found.ess_bulk > MIN_ESS,
            "enough independent draws for means",
        ),
        Check(
            "Effective draws, tails",
            f"{found.ess_tail:,.0f}",
            f"above {MIN_ESS:g}",
            found.ess_tail > MIN_ESS,
            "enough of them for the ends of intervals",
        ),
        Check(
            "Divergences",
            f"{found.divergent_share:.3%}",
            f"below {MAX_DIVERGENT_SHARE:.1%}",
            found.divergent_share < MAX_DIVERGENT_SHARE,
            "the sampler followed the model's shape",
        ),
        Check("BFMI", f"{found.bfmi:.2f}", f"above {MIN_BFMI:g}", found.bfmi > MIN_BFMI, "it moved freely in energy"),
        Check(
            "Monte Carlo error",
            f"{100 * found.odds_error:.2f} points",
            f"below {100 * MAX_ODDS_ERROR:g} point",
            found.odds_error < MAX_ODDS_ERROR,
            "the largest of any probability",
        ),
    ]


@router.get("/theaters/{theater}/fits")
def show_fits(request: Request, theater: str, means: Acting, _: Reader, as_of: AsOf = None) -> Response:
    """Every fit, accepted or rejected, the last first; and where one is ordered."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    # Of now everything on record: a fit may be made on a clock that is ahead of this one.
    fits = means.service.fits.recorded(theater, when.instant if when.past else _EVER)
    return render(
        request,
        "fits.html",
        theater=declared,
        when=when,
        fits=fits[:_MOST],
        count=len(fits),
        standing=next((fit for fit in means.service.fits.accepted(theater, when.instant)), None),
        orders=[] if when.past else _orders(means, theater),
    )


@router.post("/theaters/{theater}/fits")
def order_here(theater: str, means: Acting, principal: Annotated[Principal, Depends(Allow(Right.FIT))]) -> Response:
    """Have what is known now fitted; while an order waits or runs, it is that one."""
    service = means.service
    order_fit(
        service.catalog.theater(theater),
        jobs=service.jobs,
        fits=service.fits,
        now=means.clock(),
        actor=principal.name,
        tick_seconds=means.settings.tick_seconds,
    )
    return go_to(page_path(theater, "fits"))


@router.get("/theaters/{theater}/fits/{fit}")
async def show_fit(request: Request, theater: str, fit: str, means: Acting, principal: Reader) -> Response:
    """One fit: its diagnosis in words, what moves its odds, and declared ranges beside what was learned."""
    declared = means.service.catalog.theater(theater)
    found = await run_in_threadpool(means.service.fits.find, fit) if fit.isprintable() else None
    if found is None or found.theater != theater:
        raise UnknownNameError("fit", fit, [])
    rows: tuple[Learned, ...] = ()
    unlearned = ""

    def work(_: Callable[[Progress], None]) -> tuple[Learned, ...]:
        return learned(declared, found, fits=means.service.fits, codec=means.service.codec)

    try:
        rows = await in_turn(request, principal, work, ("learned", found.id))
    except (OutdatedFitError, DamagedArtifactError) as error:
        unlearned = str(error)
    return await run_in_threadpool(
        render,
        request,
        "fit.html",
        theater=declared,
        fit=found,
        checks=checks(found),
        rows=rows[:_LEARNED],
        count=len(rows),
        unlearned=unlearned,
        verdict=verdict,
    )


def _orders(means: Means, theater: str) -> list[JobRun]:
    """Fits of a theater that are under way or open, and the last of each kind."""
    runs = [run for run in means.service.jobs.standing(means.clock()) if theater in run.job.split("/")]
    return sorted((run for run in runs if "fit" in run.job), key=lambda run: run.slot, reverse=True)[:6]
