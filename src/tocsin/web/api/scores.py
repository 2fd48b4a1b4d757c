"""Scores: how what we said first compares with what came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.scored import Mean, Scored, means_of
from tocsin.usecases.ports import Progress
from tocsin.usecases.score import score
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, Place, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.negotiation import Form
from tocsin.web.schemas.score import ScoreCardBody, ScoredBody, ScoreHeadBody
from tocsin.web.tables import Asked, after, cut

router = APIRouter(tags=["scores"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]


@router.get("/theaters/{theater}/scores", response_model=ScoreCardBody, responses=TABLE)
async def show_scores(
    theater: str,
    asked: Asked,
    means: Acting,
    principal: _Reader,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Each settled window with the scores of what was said first of it; means beside the base rate and persistence.

    A window is scored once it has closed, however early it was settled. Windows overlap, so they are not independent:
    intervals and bands allow for that. In CSV there are the windows alone.
    """
    declared, service = means.service.catalog.theater(theater), means.service
    instant = instant_of(as_of, declared.timeline, means.clock())
    question = {"list": "scores", "of": (theater, as_of)}
    begun = read_cursor(cursor, question, (date, str, int))
    card = await run_in_threadpool(
        score, declared, publications=service.publications, resolutions=service.resolutions, as_of=instant
    )

    def work(report: Callable[[Progress], None]) -> tuple[Mean, ...]:
        return means_of(card.scored, lambda: report(Progress("means", 0, 1)))

    wanted = card.scored if asked.form is Form.JSON else ()
    # Intervals and bands take seconds for years of windows: once for all who ask while nothing is settled anew.
    found = await in_turn(asked.request, principal, work, ("scores", hash(card.scored))) if wanted else ()

    def answer() -> Response:
        page = cut(after(sorted(card.scored, key=_place), begun, _place), limit, question, _place)
        return asked.page(ScoredBody, page, ScoredBody.of, as_of=instant, more=ScoreHeadBody.of(card.counted, found))

    return await run_in_threadpool(answer)


def _place(item: Scored) -> Place:
    return item.window.opened_on, item.window.scenario, item.window.horizon_days
