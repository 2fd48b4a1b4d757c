"""Scores: how what we said first compares with what came."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from tocsin.domain.access import Principal, Right
from tocsin.usecases.score import Scored, score
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, Place, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.means import Acting
from tocsin.web.schemas.score import ScoreCardBody, ScoredBody, ScoreHeadBody
from tocsin.web.tables import Asked, after, cut

router = APIRouter(tags=["scores"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]


@router.get("/theaters/{theater}/scores", response_model=ScoreCardBody, responses=TABLE)
def show_scores(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Each settled window with the Brier and log score of what was said first of it; means beside base rates.

    Windows overlap, so they are not independent. In CSV there are the windows alone.
    """
    declared, service = means.service.catalog.theater(theater), means.service
    instant = instant_of(as_of, declared.timeline, means.clock())
    card = score(declared, publications=service.publications, resolutions=service.resolutions, as_of=instant)
    question = {"list": "scores", "of": (theater, as_of)}
    begun = read_cursor(cursor, question, (date, str, int))
    page = cut(after(sorted(card.scored, key=_place), begun, _place), limit, question, _place)
    return asked.page(ScoredBody, page, ScoredBody.of, as_of=instant, more=ScoreHeadBody.of(card))


def _place(item: Scored) -> Place:
    return item.window.opened_on, item.window.scenario, item.window.horizon_days
