"""Why the odds moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.domain.plural import counted
from tocsin.usecases.ports import Progress
from tocsin.usecases.why import Movement, why
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.declared import COMPUTED, TABLE
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.negotiation import Form
from tocsin.web.schemas.movement import MovedPartBody, MovementBody, MovementsBody
from tocsin.web.tables import Asked, Page, give

router = APIRouter(tags=["odds"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Since = Annotated[
    str, Query(description="From the end of this day, or from this instant; as for as_of.", examples=["2016-03-07"])
]
_Horizon = Annotated[int | None, Query(ge=1, description="Only this horizon, in days; all where it is left out.")]


@router.get("/theaters/{theater}/scenarios/{scenario}/why", response_model=MovementsBody, responses=TABLE | COMPUTED)
async def explain_change(
    theater: str,
    scenario: str,
    asked: Asked,
    means: Acting,
    principal: _Reader,
    since: _Since,
    as_of: AsOf = None,
    horizon_days: _Horizon = None,
) -> Response:
    """What moved the odds of a scenario between two instants, in parts that sum to the change in log-odds exactly.

    In CSV each part is a row. It takes a second or more where the way between the two leads over several fits.
    """
    declared, service, now = means.service.catalog.theater(theater), means.service, means.clock()
    asked_of = declared.scenario(scenario)
    if horizon_days is not None and horizon_days not in asked_of.horizons:
        accepted = f"a declared horizon: {', '.join(str(days) for days in asked_of.horizons)}"
        raise InvalidInputError([Problem("", None, "horizon_days", str(horizon_days), accepted)])
    start, end = instant_of(since, declared.timeline, now, "since"), instant_of(as_of, declared.timeline, now)

    def explain(report: Callable[[Progress], None]) -> tuple[Movement, ...]:
        ledger, fits, codec = service.ledger, service.fits, service.codec
        return why(declared, ledger=ledger, fits=fits, codec=codec, since=start, as_of=end, report=report)

    found = await in_turn(asked.request, principal, explain)
    chosen = [
        MovementBody.of(item)
        for item in found
        if item.after.scenario == scenario and horizon_days in {None, item.after.horizon_days}
    ]
    if not chosen:
        within = "any horizon" if horizon_days is None else counted(horizon_days, "day")
        raise UnknownNameError("odds of both fits", f"{scenario} within {within}", _stated(found))
    if asked.form is Form.JSON:
        return give(asked.request, MovementsBody(since=start, as_of=end, items=chosen), end)
    rows = [row for item in chosen for row in _rows(item)]
    return asked.page(MovedPartBody, Page(rows, None), lambda row: row, as_of=end)


def _stated(found: tuple[Movement, ...]) -> list[str]:
    return [f"{item.after.scenario} within {counted(item.after.horizon_days, 'day')}" for item in found]


def _rows(item: MovementBody) -> list[MovedPartBody]:
    return [
        MovedPartBody(
            scenario=item.scenario,
            horizon_days=item.horizon_days,
            before=item.before,
            after=item.after,
            part=part,
        )
        for part in item.parts
    ]
