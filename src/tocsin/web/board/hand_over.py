"""What one watch hands over to the next, on one page that prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Right
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.hand_over import hand_over
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.board.theater_board import answer_of, unwell_feeds, watch_of
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.usecases.hand_over import HandOver
    from tocsin.usecases.ports import Progress

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)


@router.get("/theaters/{theater}/hand-over")
async def show_hand_over(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    since: Annotated[str, Query()] = "",
) -> Response:
    """What changed since the watch began, what moved it, what came in, what rings, and what is late."""
    service, declared = means.service, means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    begun = watch_of(since, declared, when.instant)

    def work(report: Callable[[Progress], None]) -> HandOver:
        return hand_over(
            declared,
            ledger=service.ledger,
            fits=service.fits,
            codec=service.codec,
            since=begun,
            as_of=when.instant,
            report=report,
        )

    handed = await in_turn(request, principal, work)

    def page() -> Response:
        answer, no_odds = answer_of(means, declared, when.instant)
        alerts = [] if when.past else overview(theater, rules=service.rules, book=service.alerts, now=when.now)
        return render(
            request,
            "hand_over.html",
            theater=declared,
            when=when,
            since=since,
            begun=begun,
            handed=handed,
            answer=answer,
            no_odds=no_odds,
            alerts=[
                item for item in alerts if item.rings or (item.step is not None and item.step.transition.at >= begun)
            ],
            unwell=unwell_feeds(means, declared) if principal.may(Right.OPERATE) and not when.past else [],
        )

    return await run_in_threadpool(page)
