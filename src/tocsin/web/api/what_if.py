"""What if: the odds as they would be, and nothing recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from tocsin.domain.access import Principal, Right
from tocsin.usecases.ports import Progress
from tocsin.usecases.what_if import what_if
from tocsin.web.access import Allow, GuardedRoute
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.change import ChangeBody
from tocsin.web.schemas.draft import WhatIfBody
from tocsin.web.schemas.problem import problems

router = APIRouter(tags=["odds"], route_class=GuardedRoute)


@router.post("/theaters/{theater}/what-if", responses=problems(404, 409, 413, 422))
async def ask_what_if(
    request: Request,
    theater: str,
    sent: WhatIfBody,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.READ))],
    as_of: AsOf = None,
) -> ChangeBody:
    """The odds as of an instant, and as they would be if these reports were known by then too."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    day = declared.timeline.last_day(instant)
    drafts = [
        # Each is a report of its own, unless they name one origin.
        replace(draft, origin=draft.origin or f"what-if {place}")
        for place, draft in enumerate(sent.drafts(day), start=1)
    ]

    def imagine(report: Callable[[Progress], None]) -> ChangeBody:
        ledger, fits, codec = means.service.ledger, means.service.fits, means.service.codec
        answer = what_if(declared, drafts, ledger=ledger, fits=fits, codec=codec, as_of=instant, report=report)
        return ChangeBody.of(answer.real, answer.imagined)

    return await in_turn(request, principal, imagine)
