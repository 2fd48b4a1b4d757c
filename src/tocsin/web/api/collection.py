"""What to collect next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.usecases.collect import Question
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.declared import COMPUTED, TABLE
from tocsin.web.means import Acting
from tocsin.web.negotiation import Form
from tocsin.web.ranking import Ranked, ranked_for, read_grade
from tocsin.web.schemas.collection import RankingBody, ToldRowBody, WorthBody
from tocsin.web.tables import Asked, Asking, Page

router = APIRouter(tags=["odds"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Scenario = Annotated[str | None, Query(description="Rank by what is told about this one; about all where left out.")]
_Horizon = Annotated[int | None, Query(ge=1, description="In days; each scenario's longest where it is left out.")]
_Threshold = Annotated[
    float | None,
    Query(ge=0, le=1, description="A probability that the odds may cross; any edge between words where left out."),
]
_Graded = Annotated[str, Query(description="The grade that the reading would have.", examples=["B2"])]


@router.get("/theaters/{theater}/collection", response_model=RankingBody, responses=TABLE | COMPUTED)
async def rank_collection(
    theater: str,
    asked: Asked,
    means: Acting,
    principal: _Reader,
    scenario: _Scenario = None,
    horizon_days: _Horizon = None,
    threshold: _Threshold = None,
    grade: _Graded = "B2",
    as_of: AsOf = None,
) -> Response:
    """The indicators by what their next reading would tell, in expected bits, most first. Nothing is recorded.

    In CSV each indicator and scenario is a row. It takes seconds, once for all who ask the same until something new
    comes in or a day ends.
    """
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    question = Question(scenario, horizon_days, threshold, read_grade(grade))
    ranked = await ranked_for(asked.request, means, principal, declared, question, instant)
    return await run_in_threadpool(_answer, asked, ranked, instant)


def _answer(asked: Asking, ranked: Ranked, instant: datetime) -> Response:
    if asked.form is Form.JSON:
        head = ranked.head_at(instant)
        return asked.page(WorthBody, Page(ranked.worths, None), lambda item: item, as_of=instant, more=head)
    rows = [row for item in ranked.worths for row in _rows(item)]
    return asked.page(ToldRowBody, Page(rows, None), lambda row: row, as_of=instant)


def _rows(worth: WorthBody) -> list[ToldRowBody]:
    return [
        ToldRowBody(
            indicator=worth.indicator,
            last_report_days=worth.last_report_days,
            total_bits=worth.bits,
            told=told,
        )
        for told in worth.scenarios
    ]
