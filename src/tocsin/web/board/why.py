"""Why the odds of a theater moved: every scenario between two instants, and the most of it as parts of the board."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.usecases.hand_over import largest
from tocsin.web.board.movements import bars, moved_between
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.board.theater_board import watch_of
from tocsin.web.means import Acting

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_Since = Annotated[str, Query()]


@router.get("/theaters/{theater}/why")
async def show_why(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    since: _Since = "",
) -> Response:
    """The parts that each change in log-odds is the sum of; noise is one of them."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    begun = await run_in_threadpool(watch_of, since, declared, when.instant)
    movements, no_odds = await moved_between(request, means, principal, declared, begun, when.instant)
    return await run_in_threadpool(
        render,
        request,
        "why.html",
        theater=declared,
        when=when,
        since=since,
        begun=begun,
        movements=[(item, bars(item)) for item in movements],
        no_odds=no_odds,
    )


@router.get("/theaters/{theater}/moved")
async def show_moved(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    since: _Since = "",
) -> Response:
    """The three largest parts for each scenario's longest horizon, which the board puts beside it as they come."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    begun = await run_in_threadpool(watch_of, since, declared, when.instant)
    movements, no_odds = await moved_between(request, means, principal, declared, begun, when.instant)
    longest = {item.after.scenario: item for item in movements}  # horizons rise
    return await run_in_threadpool(
        render,
        request,
        "moved.html",
        theater=declared,
        moved={name: (item, largest(item.parts)) for name, item in longest.items()},
        no_odds=no_odds,
    )
