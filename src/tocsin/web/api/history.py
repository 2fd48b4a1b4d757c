"""History: what we said, and what we would have said with today's corrections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.publication import Publication
from tocsin.domain.theater import Theater
from tocsin.usecases.ports import Progress, in_silence
from tocsin.usecases.restate import MOST_POINTS, Restated, restate
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting, Means
from tocsin.web.schemas.history import HistoryBody
from tocsin.web.stated import rows_of, settled_in
from tocsin.web.tables import Asked, Page, PageBody, cut

router = APIRouter(tags=["history"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Restated = Annotated[
    bool,
    Query(
        description="Add what we would have said at each of these instants with the corrections known at `as_of`, from "
        f"the fits of that time. A page then holds at most {MOST_POINTS} publications."
    ),
]


@router.get("/theaters/{theater}/scenarios/{scenario}/history", response_model=PageBody[HistoryBody], responses=TABLE)
async def show_history(
    theater: str,
    scenario: str,
    asked: Asked,
    means: Acting,
    principal: _Reader,
    restated: _Restated = False,  # noqa: FBT002 (a parameter of the address)
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What was stated of a scenario by an instant, oldest first: a row for each publication and horizon.

    `limit` counts publications. What we said is never rewritten: what we would have said stands beside it.
    """
    declared = means.service.catalog.theater(theater)
    name = declared.scenario(scenario).id
    instant = instant_of(as_of, declared.timeline, means.clock())
    most = min(limit, MOST_POINTS) if restated else limit
    question = {"list": "history", "of": (theater, name, as_of)}
    (begun,) = cast("tuple[int]", read_cursor(cursor, question, (int,)) or (0,))

    def answer(report: Callable[[Progress], None]) -> Response:
        stated = means.service.publications.page([theater], instant, begun, most + 1)
        page = cut(stated, most, question, lambda item: (item.number,))
        then = _restate(declared, means, page, instant, report) if restated else {}
        settled = settled_in(means, [theater], instant)
        rows = [
            HistoryBody.of_both(row, then.get(item.number))
            for item in page.rows
            for row in rows_of(item, settled, name)
        ]
        return asked.page(HistoryBody, Page(rows, page.cursor), lambda row: row, as_of=instant)

    if restated:
        return await in_turn(asked.request, principal, answer)
    return await run_in_threadpool(answer, in_silence)


def _restate(
    theater: Theater,
    means: Means,
    page: Page[Publication],
    instant: datetime,
    report: Callable[[Progress], None],
) -> dict[int, Restated]:
    ledger, fits, codec = means.service.ledger, means.service.fits, means.service.codec
    found = restate(theater, page.rows, ledger=ledger, fits=fits, codec=codec, known_at=instant, report=report)
    return {item.number: item for item in found}
