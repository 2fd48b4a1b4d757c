"""Orders of fits: the web process cannot sample, so it asks for a fit, and a worker makes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import UnknownIdError
from tocsin.usecases.order_fit import find_order, order_fit
from tocsin.web.access import Allow
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.schemas.fit_order import FitOrderBody
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.texts import ID

router = APIRouter(tags=["fits"], route_class=KeyedRoute)


@router.post("/theaters/{theater}/fits", status_code=202, responses=problems(404, 409, 422), dependencies=KEYED)
def order_a_fit(
    theater: str,
    request: Request,
    response: Response,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.FIT))],
) -> FitOrderBody:
    """Have what is known now fitted. While an order waits or runs, it is that one that you hear of."""
    service = means.service
    order, _ = order_fit(
        service.catalog.theater(theater),
        jobs=service.jobs,
        fits=service.fits,
        now=means.clock(),
        actor=principal.name,
        tick_seconds=means.settings.tick_seconds,
    )
    follow = request.app.url_path_for("show_fit_order", theater=theater, order=order.run.id)
    response.headers["Location"] = str(follow)
    return FitOrderBody.of(theater, order, str(follow))


@router.get("/theaters/{theater}/fit-orders/{order}", responses=problems(404, 422))
def show_fit_order(
    theater: str,
    order: Annotated[str, Path(description="Id of the order.", pattern=ID)],
    request: Request,
    means: Acting,
    _: Annotated[Principal, Depends(Allow(Right.READ))],
) -> FitOrderBody:
    """What came of an order."""
    service = means.service
    found = find_order(
        service.catalog.theater(theater),
        order,
        jobs=service.jobs,
        fits=service.fits,
        now=means.clock(),
        tick_seconds=means.settings.tick_seconds,
    )
    if found is None:
        raise UnknownIdError("order of a fit", order, f"order one: POST /theaters/{theater}/fits")
    return FitOrderBody.of(theater, found, request.url.path)
