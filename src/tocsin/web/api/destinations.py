"""Destinations: where notices go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tocsin.channels.check import check_destination
from tocsin.channels.signature import new_secret
from tocsin.domain.access import Principal, Right
from tocsin.domain.delivery import DestinationKind
from tocsin.domain.errors import UnknownNameError
from tocsin.usecases.set_destination import set_destination
from tocsin.usecases.trial import trial_message
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.idempotency import KEYED, keep_instead
from tocsin.web.means import Acting
from tocsin.web.overseen import known_destinations, refuse_part
from tocsin.web.password_route import PasswordRoute
from tocsin.web.problems import problem
from tocsin.web.schemas.delivery import DestinationBody, NewDestination, SetDestinationBody, TrialBody
from tocsin.web.schemas.problem import problems
from tocsin.web.tables import Asked, PageBody, after, cut

router = APIRouter(tags=["alerts"], route_class=PasswordRoute)
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]


@router.get("/destinations", response_model=PageBody[DestinationBody], responses=TABLE)
def list_destinations(
    asked: Asked,
    means: Acting,
    _: Annotated[Principal, Depends(Allow(Right.OPERATE))],
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Every destination, and how many messages are on their way to it, have arrived, or were given up."""
    question = {"list": "destinations"}
    begun, counts = read_cursor(cursor, question, (str,)), means.service.deliveries.counts()
    found = [
        DestinationBody.of(item, counts) for _, item in sorted(known_destinations(means.service.destinations).items())
    ]
    page = cut(after(found, begun, lambda body: (body.id,)), limit, question, lambda body: (body.id,))
    return asked.page(DestinationBody, page, lambda body: body)


@router.put("/destinations/{destination}", responses=problems(409, 413, 422), dependencies=KEYED)
def put_destination(
    destination: str, body: NewDestination, request: Request, means: Acting, principal: _Admin
) -> SetDestinationBody:
    """Set a destination, new or anew: one that had said that it is gone is sent notices again.

    For administrators of all theaters, as every theater's rules may name it. The secret of a webhook that is made here
    stands in this answer and never again.
    """
    refuse_part(principal)
    own = None if body.secret is None else body.secret.get_secret_value()
    made = new_secret() if own is None and body.kind is DestinationKind.WEBHOOK else None
    wanted = body.destination(destination, own or made)
    set_destination(
        wanted, check=check_destination, book=means.service.destinations, actor=principal.name, now=means.clock()
    )
    if made is not None:
        keep_instead(request, _shown_once(destination))
    return SetDestinationBody(id=wanted.id, kind=wanted.kind, title=wanted.title, secret=made)


@router.delete("/destinations/{destination}", status_code=204, responses=problems(404, 409, 422), dependencies=KEYED)
def remove_destination(destination: str, means: Acting, principal: _Admin) -> None:
    """Forget a destination; what was sent there stays on record. What still goes there waits until it is set again."""
    refuse_part(principal)
    if not means.service.destinations.remove(destination, principal.name, means.clock()):
        raise UnknownNameError("destination", destination, sorted(known_destinations(means.service.destinations)))


@router.post("/destinations/{destination}/test", status_code=202, responses=problems(404, 409, 422), dependencies=KEYED)
def try_destination(destination: str, means: Acting, principal: _Admin) -> TrialBody:
    """Send a message that says that it is a test, by way of the worker, as any notice would go."""
    refuse_part(principal)
    known, now = known_destinations(means.service.destinations), means.clock()
    if destination not in known:
        raise UnknownNameError("destination", destination, sorted(known))
    sent = means.service.deliveries.post(trial_message(known[destination], now), destination)
    return TrialBody(message=sent.message, destination=sent.destination)


def _shown_once(destination: str) -> Response:
    detail = (
        f"the first request with this Idempotency-Key set destination {destination}, and the secret in that answer is "
        "not kept; if nobody heard it, set the destination anew under another Idempotency-Key"
    )
    return problem(409, "shown-once", detail, destination=destination)
