"""What is on its way to whom, and what was given up and can be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.delivery import Stage
from tocsin.domain.errors import InvalidInputError, Problem, UnknownIdError
from tocsin.web.access import Allow
from tocsin.web.board.page import Officer, PageRoute, go_to, render
from tocsin.web.means import Acting
from tocsin.web.overseen import seen_theaters

if TYPE_CHECKING:
    from tocsin.usecases.alert_ports import Trail
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_PLACE = "/admin/deliveries"
_STRETCH, _SHOWN = 1_000, 200
_Text = Annotated[str, Form()]


@router.get(_PLACE)
def show_deliveries(
    request: Request,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.OPERATE))],
    stage: Annotated[str, Query()] = "",
    destination: Annotated[str, Query()] = "",
    message: Annotated[str, Query()] = "",
) -> Response:
    """The last messages to their destinations; of one stage, to one destination or of one message where asked so."""
    if stage and stage not in set(Stage):
        raise InvalidInputError([Problem("", None, "stage", repr(stage[:40]), ", ".join(Stage))])
    found = _last(means, principal, Stage(stage) if stage else None, destination.strip(), message.strip())
    return render(
        request,
        "deliveries.html",
        trails=list(reversed(found)),
        stages=list(Stage),
        stage=stage,
        destination=destination,
        message=message,
        now=means.clock(),
    )


@router.post(f"{_PLACE}/send-again")
def send_again(means: Acting, principal: Officer, message: _Text = "", destination: _Text = "") -> Response:
    """Have a message that was given up tried anew, under its own id."""
    book = means.service.deliveries
    known = message.isalnum() and book.trails(_theaters(means, principal), message=message, destination=destination)
    if not known or book.send_again(message, destination, principal.name, means.clock()) is None:
        raise UnknownIdError("message that was given up", message, f"they stand at {_PLACE}?stage=dead")
    return go_to(_PLACE, message=message)


def _last(means: Means, principal: Principal, stage: Stage | None, destination: str, message: str) -> list[Trail]:
    """The last of all, oldest first: the book is read from its beginning, a stretch at a time."""
    if not (destination + message).isprintable() or (message and not message.isalnum()):
        return []
    theaters, after = _theaters(means, principal), None
    found: list[Trail] = []
    while True:
        rows = means.service.deliveries.trails(
            theaters,
            stage=stage,
            destination=destination or None,
            message=message or None,
            after=after,
            limit=_STRETCH,
        )
        found = [*found, *rows][-_SHOWN:]
        if len(rows) < _STRETCH:
            return found
        after = rows[-1].place


def _theaters(means: Means, principal: Principal) -> list[str] | None:
    return None if principal.theaters is None else seen_theaters(principal, means.service.catalog)
