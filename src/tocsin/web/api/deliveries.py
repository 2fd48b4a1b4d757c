"""Deliveries: what is on its way, what has arrived, and what was given up and can be sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.delivery import Stage
from tocsin.domain.errors import UnknownIdError
from tocsin.web.access import Allow
from tocsin.web.asked import PRINTABLE
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting, Means
from tocsin.web.overseen import seen_theaters
from tocsin.web.schemas.delivery import DeliveryBody, RevivedBody
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.texts import ID
from tocsin.web.tables import Asked, PageBody, cut

router = APIRouter(tags=["alerts"], route_class=KeyedRoute)


@router.get("/deliveries", response_model=PageBody[DeliveryBody], responses=TABLE)
def list_deliveries(
    asked: Asked,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.OPERATE))],
    stage: Annotated[Stage | None, Query(description="Only these; `dead` was given up.")] = None,
    destination: Annotated[
        str | None, Query(max_length=200, pattern=PRINTABLE, description="Only to this one.")
    ] = None,
    message: Annotated[str | None, Query(pattern=ID, description="Only of this message.")] = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Every message to every destination, oldest first.

    Whoever sees every theater sees also those that are no notice, such as tests.
    """
    theaters = _theaters(means, principal)
    question = {"list": "deliveries", "of": (theaters, stage, destination, message)}
    begun = cast("tuple[datetime, str, str] | None", read_cursor(cursor, question, (datetime, str, str)))
    rows = means.service.deliveries.trails(
        theaters, stage=stage, destination=destination, message=message, after=begun, limit=limit + 1
    )
    return asked.page(DeliveryBody, cut(rows, limit, question, lambda item: item.place), DeliveryBody.of)


@router.post("/deliveries/{message}/{destination}/send-again", responses=problems(404, 409, 422), dependencies=KEYED)
def send_again(
    message: Annotated[str, Path(description="Id of the message.", pattern=ID)],
    destination: str,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.ACKNOWLEDGE))],
) -> RevivedBody:
    """Have a message that was given up tried anew, from the first attempt on, with the same id."""
    book = means.service.deliveries
    seen = book.trails(_theaters(means, principal), message=message, destination=destination)
    again = book.send_again(message, destination, principal.name, means.clock()) if seen else None
    if again is None:
        raise UnknownIdError("message that was given up", message, "they are listed at /deliveries?stage=dead")
    return RevivedBody(message=again.message, destination=again.destination, stage=again.stage)


def _theaters(means: Means, principal: Principal) -> list[str] | None:
    return None if principal.theaters is None else seen_theaters(principal, means.service.catalog)
