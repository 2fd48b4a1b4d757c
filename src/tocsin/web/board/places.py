"""The theaters that somebody may see, side by side, and the list of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.usecases.alert_overview import overview
from tocsin.web.board.page import PageRoute, Reader, go_to, page_path, render
from tocsin.web.means import Acting
from tocsin.web.overseen import seen_theaters

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.desk_answer import Answer
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Row:
    """One theater: its answer, or why there is none, and how many alerts ring and wait."""

    theater: Theater
    answer: Answer | None
    no_odds: str
    ringing: int
    waiting: int


@router.get("/theaters")
def show_theaters(request: Request, means: Acting, principal: Reader) -> Response:
    """The highest odds of each theater and what rings there; whoever sees one theater is led to it."""
    names = seen_theaters(principal, means.service.catalog)
    if len(names) == 1:
        return go_to(page_path(names[0]))
    now = means.clock()
    return render(request, "theaters.html", rows=[_row(means, name, now) for name in names], now=now)


@router.get("/keyboard")
def show_keys(request: Request, _: Reader) -> Response:
    """Which keys go where."""
    return render(request, "keyboard.html")


def _row(means: Means, name: str, now: datetime) -> Row:
    declared = means.service.catalog.theater(name)
    alerts = overview(name, rules=means.service.rules, book=means.service.alerts, now=now)
    answer, no_odds = None, ""
    try:
        answer = means.desk.answer(declared, now)
    except (NoFitError, DamagedArtifactError) as error:
        no_odds = str(error)
    return Row(declared, answer, no_odds, sum(item.rings for item in alerts), sum(item.waits for item in alerts))
