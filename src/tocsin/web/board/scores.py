"""Scores: how what we said first compares with what came, and where a window is judged."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem, SettledOtherwiseError
from tocsin.domain.resolution import Outcome, standing
from tocsin.domain.scored import means_of
from tocsin.domain.scoring import CLIP
from tocsin.usecases.judge import JUDGED, Judgement, judge
from tocsin.usecases.ports import Progress
from tocsin.usecases.score import score
from tocsin.web.access import Allow
from tocsin.web.board.filled import UNTOUCHED, Filled
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, go_to, page_path, render
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting
from tocsin.web.schemas.score import ScoreHeadBody

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.resolution import Window
    from tocsin.domain.scored import Mean
    from tocsin.web.means import Means
    from tocsin.web.windows import OpenedWindows

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_MOST = 100
_CONFLICT, _REFUSED = 409, 422
_Text = Annotated[str, Form()]


@router.get("/theaters/{theater}/scores")
async def show_scores(request: Request, theater: str, means: Acting, principal: Reader, as_of: AsOf = None) -> Response:
    """The means with what may be claimed of them, reliability, the settled windows, and those that are open."""
    return await _page(request, means, principal, theater, as_of)


@router.post("/theaters/{theater}/scores")
async def judge_here(
    request: Request,
    theater: str,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.RESOLVE))],
    window: _Text = "",
    outcome: _Text = "",
    reason: _Text = "",
    supersedes: _Text = "",
) -> Response:
    """Judge how a window came out; a former resolution stays on record."""
    declared = means.service.catalog.theater(theater)
    typed = {"window": window, "outcome": outcome, "reason": reason, "supersedes": supersedes}
    try:
        work = partial(
            judge,
            declared,
            _judgement(window, outcome, reason, supersedes.strip() or None),
            publications=means.service.publications,
            resolutions=means.service.resolutions,
            now=means.clock(),
            author=principal.name,
        )
        await run_in_threadpool(work)
    except InvalidInputError as error:
        return await _page(request, means, principal, theater, None, Filled("judge", typed, error.problems))
    except SettledOtherwiseError as error:
        wrong = [Problem("", None, "window", str(error), "the resolution that stands, named as the one replaced")]
        filled = Filled("judge", typed, wrong)
        return await _page(request, means, principal, theater, None, filled, status=_CONFLICT)
    return go_to(page_path(theater, "scores"))


def _judgement(window: str, outcome: str, reason: str, supersedes: str | None) -> Judgement:
    """What a form says of a window, which it names as scenario, day and horizon with blanks between them."""
    parts = window.split()
    wrong = [Problem("", None, "window", repr(window[:100]), "one of those that are open")]
    if outcome not in {item.value for item in JUDGED}:
        raise InvalidInputError([Problem("", None, "outcome", repr(outcome[:20]), "yes, no or void")])
    if len(parts) != 3 or not parts[2].isascii() or not parts[2].isdigit():  # noqa: PLR2004 (those three)
        raise InvalidInputError(wrong)
    try:
        day = date.fromisoformat(parts[1])
    except ValueError:
        raise InvalidInputError(wrong) from None
    return Judgement(parts[0], day, int(parts[2][:6]), Outcome(outcome), reason, supersedes)


async def _page(
    request: Request,
    means: Means,
    principal: Principal,
    theater: str,
    as_of: str | None,
    filled: Filled = UNTOUCHED,
    status: int | None = None,
) -> Response:
    service = means.service
    declared = service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    card = await run_in_threadpool(
        score, declared, publications=service.publications, resolutions=service.resolutions, as_of=when.instant
    )

    def work(report: Callable[[Progress], None]) -> tuple[Mean, ...]:
        return means_of(card.scored, lambda: report(Progress("means", 0, 1)))

    # Intervals and bands take seconds for years of windows: once for all who ask while nothing is settled anew.
    found = await in_turn(request, principal, work, ("scores", hash(card.scored))) if card.scored else ()

    def page() -> Response:
        waiting = _waiting(request, means, declared.id, when.instant)
        newest = sorted(card.scored, key=lambda item: (item.window.opened_on, item.window.scenario), reverse=True)
        return render(
            request,
            "scores.html",
            status=status or (_REFUSED if filled.problems else 200),
            theater=declared,
            when=when,
            head=ScoreHeadBody.of(card.counted, found),
            scored=newest[:_MOST],
            waiting=waiting[:_MOST],
            waits=len(waiting),
            today=declared.timeline.last_day(when.instant),
            clip=CLIP,
            filled=filled,
        )

    return await run_in_threadpool(page)


def _waiting(request: Request, means: Means, theater: str, instant: datetime) -> list[Window]:
    """The windows that are not settled at an instant, those that close first first."""
    stands = standing(means.service.resolutions.resolutions(theater, instant))
    settled = {key for key, item in stands.items() if item.outcome is not Outcome.OPEN}
    opened: OpenedWindows = request.app.state.windows
    found = [item for key, item in opened.of(theater, instant).items() if key not in settled]
    return sorted(found, key=lambda item: (item.closes_on, item.scenario, item.horizon_days))
