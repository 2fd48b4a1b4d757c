"""What to collect next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.grading import Grade, parse_grade
from tocsin.domain.odds import Status
from tocsin.domain.theater import Theater
from tocsin.usecases.collect import Question, collect
from tocsin.usecases.ports import Progress
from tocsin.usecases.read_odds import state_odds
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.declared import COMPUTED, TABLE
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting, Means
from tocsin.web.negotiation import Form
from tocsin.web.schemas.collection import RankingBody, RankingHeadBody, ToldRowBody, WorthBody
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
    question = Question(scenario, horizon_days, threshold, _grade(grade))
    mark = await run_in_threadpool(means.desk.mark, declared, instant)
    work = partial(_rank, means, declared, question, instant)
    ranked = await in_turn(asked.request, principal, work, (mark, question))
    return await run_in_threadpool(_answer, asked, ranked, instant)


@dataclass(frozen=True, eq=False, slots=True)
class _Ranked:
    """A ranking in words, for all who ask the same: without the draws behind it, which take many times the room."""

    head: RankingHeadBody
    worths: list[WorthBody]
    fitted_as_of: datetime

    def head_at(self, instant: datetime) -> RankingHeadBody:
        """The head as of another instant with the same mark; odds that are not brought up stay those of their fit's."""
        as_of = self.head.as_of if self.head.status is Status.REFIT_WANTED else instant
        age = (instant - self.fitted_as_of).total_seconds()
        return self.head.model_copy(update={"as_of": as_of, "age_seconds": age})


def _rank(
    means: Means, theater: Theater, question: Question, instant: datetime, report: Callable[[Progress], None]
) -> _Ranked:
    service = means.service
    ranking = collect(
        theater,
        question,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        as_of=instant,
        report=report,
    )
    driven = {item.scenario for item in state_odds(ranking.standing, instant) if item.prior_driven}
    worths = [WorthBody.of(item, ranking, driven) for item in ranking.worths]
    return _Ranked(RankingHeadBody.of(ranking), worths, ranking.standing.fit.as_of)


def _answer(asked: Asking, ranked: _Ranked, instant: datetime) -> Response:
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


def _grade(text: str) -> Grade:
    grade = parse_grade(text)
    if grade is None:
        accepted = "a letter A to F and a digit 1 to 6, such as B2"
        raise InvalidInputError([Problem("", None, "grade", repr(text), accepted)])
    return grade
