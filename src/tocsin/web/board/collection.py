"""What to look for tonight: indicators by what their next reading would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.errors import NoFitError, OutdatedFitError
from tocsin.usecases.collect import Question
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.means import Acting
from tocsin.web.ranking import ranked_for, read_grade

if TYPE_CHECKING:
    from tocsin.web.schemas.collection import RankingHeadBody, ToldBody, WorthBody

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)


@router.get("/theaters/{theater}/collection")
async def show_collection(
    request: Request,
    theater: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    scenario: Annotated[str, Query()] = "",
    grade: Annotated[str, Query()] = "B2",
    ranking: Annotated[bool, Query()] = False,  # noqa: FBT002 (a parameter of the address)
) -> Response:
    """The page at once; with `ranking` it waits for the ranking, which takes seconds, once for all who ask the same."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    question = Question(declared.scenario(scenario).id if scenario else None, None, None, read_grade(grade))
    head: RankingHeadBody | None = None
    worths: list[WorthBody] = []
    no_odds = ""
    if ranking:
        try:
            ranked = await ranked_for(request, means, principal, declared, question, when.instant)
            head, worths = ranked.head_at(when.instant), ranked.worths
        except (NoFitError, OutdatedFitError) as error:
            no_odds = str(error)
    return await run_in_threadpool(
        render,
        request,
        "collection.html",
        theater=declared,
        when=when,
        scenario=scenario,
        grade=grade,
        ranking=ranking,
        head=head,
        rows=[(item, most_about(item)) for item in worths],
        no_odds=no_odds,
    )


def most_about(worth: WorthBody) -> ToldBody:
    """The scenario of which a reading tells most."""
    return max(worth.scenarios, key=lambda told: told.bits)
