"""Resolutions: how windows came out, and judging one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tocsin.domain.access import Principal, Right
from tocsin.domain.resolution import Outcome, standing, windows_of
from tocsin.usecases.judge import judge
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.resolution import JudgedBody, JudgementBody, ResolutionBody, ResolutionsBody, WindowBody

router = APIRouter(tags=["resolutions"], route_class=KeyedRoute)


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
    """Judge how a window came out. A former resolution stays on record, and no rule overrides a judgement."""
    done = judge(
        means.service.catalog.theater(theater),
        sent.judgement(scenario),
        publications=means.service.publications,
        resolutions=means.service.resolutions,
        now=means.clock(),
        author=principal.name,
    )
    return JudgedBody(resolution=ResolutionBody.of(done.resolution, stands=True), added=done.added)


@router.get("/theaters/{theater}/resolutions", responses=problems(404, 422))
def list_resolutions(
    theater: str,
    means: Acting,
    _: Annotated[Principal, Depends(Allow(Right.READ))],
    as_of: AsOf = None,
    scenario: Annotated[str | None, Query(description="Of this scenario only.")] = None,
) -> ResolutionsBody:
    """How windows came out by an instant, every version, and which are open."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    asked = None if scenario is None else declared.scenario(scenario).id
    versions = means.service.resolutions.resolutions(theater, instant)
    windows = windows_of(means.service.publications.publications(theater, instant))
    stands = standing(versions)
    settled = {key for key, item in stands.items() if item.outcome is not Outcome.OPEN}
    return ResolutionsBody(
        resolutions=[
            ResolutionBody.of(item, stands=stands[item.key].id == item.id)
            for item in versions
            if asked in {None, item.scenario}
        ],
        open=[
            WindowBody.of(item)
            for key, item in windows.items()
            if key not in settled and asked in {None, item.scenario}
        ],
    )
