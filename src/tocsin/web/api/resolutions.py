"""Resolutions: how windows came out, and judging one."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.resolution import Outcome, Resolution, Window, WindowKey, standing
from tocsin.usecases.judge import judge
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.resolution import JudgedBody, JudgementBody, ResolutionBody, WindowBody
from tocsin.web.tables import Asked, PageBody, after, cut
from tocsin.web.windows import OpenedWindows

router = APIRouter(tags=["resolutions"], route_class=KeyedRoute)
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Scenario = Annotated[str | None, Query(description="Of this scenario only.")]


@router.post(
    "/theaters/{theater}/scenarios/{scenario}/resolve",
    status_code=201,
    responses=problems(404, 409, 413, 422),
    dependencies=KEYED,
)
def resolve_scenario(
    theater: str,
    scenario: str,
    sent: JudgementBody,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.RESOLVE))],
) -> JudgedBody:
    """Judge how a window came out. A former resolution stays on record, and no rule overrides a judgement.

    One person with a reason is enough. Whoever judges the same, superseding what stands, is named beside the first.
    """
    done = judge(
        means.service.catalog.theater(theater),
        sent.judgement(scenario),
        publications=means.service.publications,
        resolutions=means.service.resolutions,
        now=means.clock(),
        author=principal.name,
    )
    versions = means.service.resolutions.resolutions(theater, done.resolution.settled_at)
    return JudgedBody(resolution=ResolutionBody.of(done.resolution, versions, stands=True), added=done.added)


@router.get("/theaters/{theater}/resolutions", response_model=PageBody[ResolutionBody], responses=TABLE)
def list_resolutions(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    as_of: AsOf = None,
    scenario: _Scenario = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """How windows came out by an instant, every version, oldest first."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    wanted = None if scenario is None else declared.scenario(scenario).id
    question = {"list": "resolutions", "of": (declared.id, wanted, as_of)}
    begun = read_cursor(cursor, question, (datetime, str))
    versions = means.service.resolutions.resolutions(theater, instant)
    stands = {item.id for item in standing(versions).values()}
    of_window: dict[WindowKey, list[Resolution]] = defaultdict(list)
    for item in versions:
        of_window[item.key].append(item)
    found = sorted((item for item in versions if wanted in {None, item.scenario}), key=_settled)
    page = cut(after(found, begun, _settled), limit, question, _settled)
    return asked.page(
        ResolutionBody,
        page,
        lambda item: ResolutionBody.of(item, of_window[item.key], stands=item.id in stands),
        as_of=instant,
    )


@router.get("/theaters/{theater}/windows", response_model=PageBody[WindowBody], responses=TABLE)
def list_windows(
    theater: str,
    asked: Asked,
    request: Request,
    means: Acting,
    _: _Reader,
    as_of: AsOf = None,
    scenario: _Scenario = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """The windows that were open at an instant: stated, and not settled by then; in order of what opened them."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    wanted = None if scenario is None else declared.scenario(scenario).id
    question = {"list": "windows", "of": (declared.id, wanted, as_of)}
    begun = read_cursor(cursor, question, (int, str, date, int))
    opened: OpenedWindows = request.app.state.windows
    stands = standing(means.service.resolutions.resolutions(theater, instant))
    settled = {key for key, item in stands.items() if item.outcome is not Outcome.OPEN}
    found = sorted(
        (
            item
            for key, item in opened.of(declared.id, instant).items()
            if key not in settled and wanted in {None, item.scenario}
        ),
        key=_opened,
    )
    page = cut(after(found, begun, _opened), limit, question, _opened)
    return asked.page(WindowBody, page, WindowBody.of, as_of=instant)


def _settled(item: Resolution) -> tuple[datetime, str]:
    return item.settled_at, item.id


def _opened(item: Window) -> tuple[int, str, date, int]:
    return item.publication, item.scenario, item.opened_on, item.horizon_days
