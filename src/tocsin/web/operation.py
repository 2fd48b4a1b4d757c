"""For whoever runs it: whether the process lives, whether it can answer, metrics, and what problems mean."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import NotSignedInError
from tocsin.web.access import Allow
from tocsin.web.exposition import expose
from tocsin.web.means import Acting, Means
from tocsin.web.problem_types import TYPES
from tocsin.web.problems import TYPE, problem
from tocsin.web.schemas.operation import Alive, FeedStanding, FitStanding, ProblemTypeBody, Ready, ReadyDetails
from tocsin.web.stock import METRICS_SECONDS, READY_SECONDS, Stock, StockRoom

router = APIRouter(tags=["operation"])
_open = Depends(Allow(None))


class _AllowScraper(Allow):
    """Who may operate; or everybody, where the settings say so."""

    async def __call__(self, request: Request) -> Principal | None:
        means: Means = request.app.state.means
        return await Allow(None)(request) if means.settings.metrics_public else await super().__call__(request)


_Scraper = Annotated[Principal | None, Depends(_AllowScraper(Right.OPERATE))]


@router.get("/healthz", dependencies=[_open])
async def tell_health() -> Alive:
    """This process lives. Nothing is said of the store: a restart would not bring that back."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    dependencies=[_open],
    response_model=Ready,
    response_model_exclude_none=True,
    responses={503: {"description": "The store cannot be used."}},
)
async def tell_readiness(request: Request, means: Acting) -> Ready | JSONResponse:
    """Whether the store can be used; to whoever may operate also how it stands with workers, fits and feeds."""
    principal = await _operator(request, means)
    room: StockRoom = request.app.state.stock
    stock = await room.look(READY_SECONDS)
    if stock.problem is not None:
        reason = "the store cannot be used" if principal is None else stock.problem
        return problem(503, "store-unavailable", reason, reasons=[reason])
    return Ready(status="ready", details=None if principal is None else _details(stock, means, principal))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def tell_metrics(request: Request, principal: _Scraper) -> Response:
    """Metrics for Prometheus: the odds, what they rest on, feeds, workers and requests."""
    state = request.app.state
    theaters = None if principal is None else principal.theaters
    stock = await state.stock.look(METRICS_SECONDS)
    return Response(expose(stock, state.traffic, theaters), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems", dependencies=[_open])
async def list_problems() -> list[ProblemTypeBody]:
    """What each type of problem means, and what to do about it."""
    return [
        ProblemTypeBody(type=f"{TYPE}{slug}", meaning=item.meaning, to_do=item.to_do)
        for slug, item in sorted(TYPES.items())
    ]


async def _operator(request: Request, means: Means) -> Principal | None:
    """Who asks, if they may operate; nobody is turned away here."""
    try:
        principal = await means.gate.identify(request)
    except NotSignedInError:
        return None
    return principal if principal is not None and principal.may(Right.OPERATE) else None


def _details(stock: Stock, means: Means, principal: Principal) -> ReadyDetails:
    names = [name for name in means.service.catalog.theaters if principal.may(Right.OPERATE, name)]
    worker = stock.worker
    return ReadyDetails(
        at=stock.at,
        last_tick=None if worker is None else worker.ticked_at,
        tick_age_seconds=None if worker is None else (stock.at - worker.ticked_at).total_seconds(),
        fits=[FitStanding.of(name, stock.readings.get(name), stock.at) for name in names],
        feeds_failing=[
            FeedStanding(feed=name, failures=state.failures, problem=state.problem, succeeded_at=state.succeeded_at)
            for name, state in stock.feeds.items()
            if state.failures and name.partition("/")[0] in names
        ],
    )
