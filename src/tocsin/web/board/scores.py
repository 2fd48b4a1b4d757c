"""Scores: how what we said first compares with what came, and where a window is judged."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem, SettledOtherwiseError
from tocsin.domain.resolution import Outcome, standing
from tocsin.domain.scoring import CLIP, ENOUGH_WINDOWS
from tocsin.usecases.judge import JUDGED, Judgement, judge
from tocsin.usecases.score import score
from tocsin.web.access import Allow
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, go_to, page_path, render
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.web.means import Means
    from tocsin.web.windows import OpenedWindows

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_MOST = 100
_CONFLICT, _REFUSED = 409, 422
_Text = Annotated[str, Form()]


@router.get("/theaters/{theater}/scores")
def show_scores(request: Request, theater: str, means: Acting, _: Reader, as_of: AsOf = None) -> Response:
    """The means, the settled windows, and those that are open."""
    return _page(request, means, theater, as_of)


@router.post("/theaters/{theater}/scores")
def judge_here(
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
    try:
        judge(
            declared,
            _judgement(window, outcome, reason, supersedes.strip() or None),
            publications=means.service.publications,
            resolutions=means.service.resolutions,
            now=means.clock(),
            author=principal.name,
        )
    except InvalidInputError as error:
        return _page(request, means, theater, None, problems=error.problems, status=_REFUSED)
    except SettledOtherwiseError as error:
        wrong = [Problem("", None, "window", str(error), "the resolution that stands, named as the one replaced")]
        return _page(request, means, theater, None, problems=wrong, status=_CONFLICT)
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


def _page(
    request: Request,
    means: Means,
    theater: str,
    as_of: str | None,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    service = means.service
    declared = service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    card = score(declared, publications=service.publications, resolutions=service.resolutions, as_of=when.instant)
    stands = standing(service.resolutions.resolutions(theater, when.instant))
    settled = {key for key, item in stands.items() if item.outcome is not Outcome.OPEN}
    opened: OpenedWindows = request.app.state.windows
    waiting = [item for key, item in opened.of(declared.id, when.instant).items() if key not in settled]
    today = declared.timeline.last_day(when.instant)
    waiting.sort(key=lambda item: (item.closes_on, item.scenario, item.horizon_days))
    return render(
        request,
        "scores.html",
        status=status,
        theater=declared,
        when=when,
        card=card,
        scored=sorted(card.scored, key=lambda item: (item.window.opened_on, item.window.scenario), reverse=True)[
            :_MOST
        ],
        waiting=waiting[:_MOST],
        waits=len(waiting),
        today=today,
        enough=ENOUGH_WINDOWS,
        clip=CLIP,
        problems=problems,
    )
