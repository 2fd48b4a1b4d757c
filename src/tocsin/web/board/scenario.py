"""One scenario: what it says, what we said of it, what stands behind that, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.alert_rule import Staleness, Tripwire
from tocsin.domain.condition_words import condition_words
from tocsin.domain.errors import DamagedArtifactError, InvalidInputError, NoFitError, Problem
from tocsin.domain.instants import write_instant
from tocsin.domain.resolution import Outcome, standing
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.restate import MOST_POINTS, restate
from tocsin.usecases.score import score
from tocsin.usecases.when import when as when_of
from tocsin.web.board.marks import happened_in, seen_in
from tocsin.web.board.movements import bars, moved_between
from tocsin.web.board.page import Asked, AsOf, PageRoute, Reader, asked, go_to, page_path, render
from tocsin.web.board.theater_board import answer_of, watch_of
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.history import HistoryBody
from tocsin.web.stated import rows_of, settled_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.influence import Influence
    from tocsin.usecases.ports import Progress
    from tocsin.usecases.restate import Restated
    from tocsin.usecases.when import When
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_MOST = 400  # publications on one chart


@dataclass(frozen=True, slots=True)
class _Question:
    """Which scenario and horizon a page is about, and as of when."""

    theater: Theater
    scenario: Scenario
    horizon_days: int
    when: Asked


@router.get("/theaters/{theater}/scenarios/{scenario}")
async def show_scenario(
    request: Request,
    theater: str,
    scenario: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    horizon_days: Annotated[int, Query()] = 0,
    publication: Annotated[int | None, Query(description="Look back to when it was stated.")] = None,
    *,
    restated: Annotated[bool, Query()] = False,
) -> Response:
    """What it says and what we said of it; with `restated` also what we would have said with today's corrections."""
    question = _question(means, theater, scenario, as_of, horizon_days)
    if publication is not None:
        return await run_in_threadpool(_look_back, means, question, publication)

    def work(report: Callable[[Progress], None]) -> Response:
        return _page(request, means, question, report if restated else None)

    if restated:
        return await in_turn(request, principal, work)
    return await run_in_threadpool(_page, request, means, question, None)


@router.get("/theaters/{theater}/scenarios/{scenario}/why")
async def show_scenario_why(
    request: Request,
    theater: str,
    scenario: str,
    means: Acting,
    principal: Reader,
    as_of: AsOf = None,
    since: Annotated[str, Query()] = "",
    horizon_days: Annotated[int, Query()] = 0,
) -> Response:
    """What moved its odds, as a waterfall from then to now."""
    question = _question(means, theater, scenario, as_of, horizon_days)
    begun = watch_of(since, question.theater, question.when.instant)
    found, no_odds = await moved_between(request, means, principal, question.theater, begun, question.when.instant)
    chosen = [
        item
        for item in found
        if (item.after.scenario, item.after.horizon_days) == (question.scenario.id, question.horizon_days)
    ]
    return await run_in_threadpool(
        render,
        request,
        "scenario_why.html",
        theater=question.theater,
        when=question.when,
        scenario=question.scenario,
        horizon_days=question.horizon_days,
        since=since,
        begun=begun,
        movement=chosen[0] if chosen else None,
        bars=bars(chosen[0]) if chosen else [],
        no_odds=no_odds,
    )


@router.get("/theaters/{theater}/scenarios/{scenario}/outlook")
async def show_outlook(
    request: Request, theater: str, scenario: str, means: Acting, principal: Reader, as_of: AsOf = None
) -> Response:
    """When it would happen, and what counted most toward its odds."""
    question = _question(means, theater, scenario, as_of, 0)
    service = means.service

    def work(_: Callable[[Progress], None]) -> Response:
        found: When | None = None
        no_odds = ""
        most: tuple[Influence, ...] = ()
        try:
            found = when_of(
                question.theater,
                question.scenario.id,
                ledger=service.ledger,
                fits=service.fits,
                codec=service.codec,
                as_of=question.when.instant,
            )
            reading = means.desk.explain(question.theater, question.when.instant).reading
            most = reading.counted_most.get(question.scenario.id, ())
        except (NoFitError, DamagedArtifactError) as error:
            no_odds = str(error)
        return render(
            request,
            "outlook.html",
            theater=question.theater,
            when=question.when,
            scenario=question.scenario,
            found=found,
            most=most,
            no_odds=no_odds,
        )

    return await in_turn(request, principal, work)


def _question(means: Means, theater: str, scenario: str, as_of: str | None, horizon_days: int) -> _Question:
    declared = means.service.catalog.theater(theater)
    found = declared.scenario(scenario)
    if horizon_days and horizon_days not in found.horizons:
        accepted = f"a declared horizon: {', '.join(str(days) for days in found.horizons)}"
        raise InvalidInputError([Problem("", None, "horizon_days", str(horizon_days), accepted)])
    middle = found.horizons[len(found.horizons) // 2]
    return _Question(declared, found, horizon_days or middle, asked(as_of, declared.timeline, means.clock()))


def _look_back(means: Means, question: _Question, publication: int) -> Response:
    """The page as of when the last publication up to a number was stated; of now, where that is past the last one."""
    stated = _stated(means, question.theater, question.when.now)
    known = [item for item in stated if item.number <= publication]
    then = known[-1] if known else stated[0] if stated else None
    past = then is not None and publication <= stated[-1].number
    more = {"as_of": write_instant(then.stated_at)} if then is not None and past else {}
    place = page_path(question.theater.id, "scenarios", question.scenario.id)
    return go_to(place, horizon_days=str(question.horizon_days), **more)


def _page(request: Request, means: Means, question: _Question, report: Callable[[Progress], None] | None) -> Response:
    theater, scenario, when = question.theater, question.scenario, question.when
    answer, no_odds = answer_of(means, theater, when.instant)
    odds = [] if answer is None else [item for item in answer.reading.odds if item.scenario == scenario.id]
    stated = _stated(means, theater, when.instant)
    slides = _stated(means, theater, when.now) if when.past else stated
    then = {} if report is None else _restated(means, theater, stated[-MOST_POINTS:], when, report)
    settled = settled_in(means, [theater.id], when.instant)
    history = [
        HistoryBody.of_both(row, then.get(item.number))
        for item in stated
        for row in rows_of(item, settled, scenario.id)
        if row.horizon_days == question.horizon_days
    ]
    begin = theater.timeline.last_day(history[0].stated_at if history else when.instant)
    alerts = (
        [] if when.past else overview(theater.id, rules=means.service.rules, book=means.service.alerts, now=when.now)
    )
    joint = (
        [] if answer is None else [item for item in answer.reading.joint if scenario.id in {item.first, item.second}]
    )
    return render(
        request,
        "scenario.html",
        theater=theater,
        when=when,
        scenario=scenario,
        horizon_days=question.horizon_days,
        answer=answer,
        no_odds=no_odds,
        odds=odds,
        history=history,
        slides=slides,
        restated=report is not None,
        marks=[] if not history else seen_in(means.service.ledger, scenario, begin, when.instant),
        events=[] if not history else happened_in(theater, scenario, begin, when.instant),
        alerts=[item for item in alerts if _about(item.rule.condition, scenario.id)],
        words=condition_words,
        joint=joint,
        links=sorted(scenario.links, key=lambda link: link.indicator),
        **_settled(means, question),
    )


def _stated(means: Means, theater: Theater, by: datetime) -> list[Publication]:
    book = means.service.publications
    newest = book.latest(theater.id, by)
    return [] if newest is None else book.page([theater.id], by, max(0, newest.number - _MOST), _MOST)


def _restated(
    means: Means,
    theater: Theater,
    stated: Sequence[Publication],
    when: Asked,
    report: Callable[[Progress], None],
) -> dict[int, Restated]:
    service = means.service
    found = restate(
        theater,
        stated,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        known_at=when.instant,
        report=report,
    )
    return {item.number: item for item in found}


def _about(condition: object, scenario: str) -> bool:
    return not isinstance(condition, Staleness | Tripwire) and getattr(condition, "scenario", None) == scenario


def _settled(means: Means, question: _Question) -> dict[str, Any]:
    """How its windows came out, and the scores of what was said first of them."""
    theater, instant = question.theater, question.when.instant
    service = means.service
    resolutions = [
        item for item in service.resolutions.resolutions(theater.id, instant) if item.scenario == question.scenario.id
    ]
    stands = [item for item in standing(resolutions).values() if item.outcome is not Outcome.OPEN]
    card = score(theater, publications=service.publications, resolutions=service.resolutions, as_of=instant)
    return {
        "resolutions": sorted(stands, key=lambda item: (item.opened_on, item.horizon_days), reverse=True)[:20],
        "scored": [item for item in card.scored if item.window.scenario == question.scenario.id],
    }
