"""The review queue: what feeds suggest and a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from tocsin.domain.errors import ConflictError, InvalidInputError, UnknownIdError
from tocsin.domain.review import Decision
from tocsin.usecases.confirm import confirm
from tocsin.usecases.correct import Changes
from tocsin.usecases.dismiss import dismiss
from tocsin.web.board.entry import Outcome
from tocsin.web.board.page import Observer, PageRoute, Reader, render
from tocsin.web.effect import write_and_tell
from tocsin.web.means import Acting
from tocsin.web.schemas.texts import ID

if TYPE_CHECKING:
    from tocsin.domain.review import ReviewItem
    from tocsin.web.means import Means

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_CONFLICT, _REFUSED = 409, 422
_Text = Annotated[str, Form()]
_Named = Annotated[str, Path(pattern=ID)]


@router.get("/theaters/{theater}/review")
def show_review(request: Request, theater: str, means: Acting, _: Reader) -> Response:
    """What waits for a decision, oldest first, and what was decided last."""
    return _page(request, means, theater)


@router.post("/theaters/{theater}/review/{item}/confirm")
def confirm_here(
    request: Request,
    theater: str,
    item: _Named,
    means: Acting,
    principal: Observer,
    grade: _Text = "",
    value: _Text = "",
    observed_on: _Text = "",
    summary: _Text = "",
) -> Response:
    """Let an item count from now on, as it is drafted or as it was mended. Who confirms answers for it."""
    service, now = means.service, means.clock()
    declared = service.catalog.theater(theater)
    draft = _item(means, theater, item).draft
    typed = {"grade": grade, "value": value, "observed_on": observed_on, "summary": summary}
    changes = {
        name: text.strip() for name, text in typed.items() if text.strip() and text.strip() != getattr(draft, name)
    }
    try:
        told = write_and_tell(
            means,
            declared,
            now,
            lambda: confirm(
                item,
                Changes(**changes),
                theaters=service.catalog.theaters,
                queue=service.review,
                now=now,
                author=principal.name,
            ),
            lambda _: True,
        )
    except InvalidInputError as error:
        return _page(request, means, theater, item, Outcome(tuple(error.problems)), status=_REFUSED)
    except ConflictError as error:
        return _page(request, means, theater, item, Outcome(no_odds=str(error)), status=_CONFLICT)
    _, said = told.written
    return _page(request, means, theater, item, Outcome(change=told.change, no_odds=told.no_odds, recorded=said.id))


@router.post("/theaters/{theater}/review/{item}/dismiss")
def dismiss_here(
    request: Request, theater: str, item: _Named, means: Acting, principal: Observer, reason: _Text = ""
) -> Response:
    """Decide that an item does not count; the feed will not suggest the same again."""
    _item(means, theater, item)
    try:
        dismiss(item, reason=reason, queue=means.service.review, now=means.clock(), author=principal.name)
    except InvalidInputError as error:
        return _page(request, means, theater, item, Outcome(tuple(error.problems)), status=_REFUSED)
    return _page(request, means, theater, item, Outcome(known_already=True))


def _item(means: Means, theater: str, name: str) -> ReviewItem:
    found = [item for item in means.service.review.named(name) if item.id == name]
    if not found or found[0].feed.partition("/")[0] != theater:
        raise UnknownIdError("review item", name, f"they are listed at /theaters/{theater}/review")
    return found[0]


def _page(
    request: Request,
    means: Means,
    theater: str,
    about: str = "",
    outcome: Outcome | None = None,
    status: int = 200,
) -> Response:
    declared = means.service.catalog.theater(theater)
    feeds = [feed.id for feed in means.service.catalog.feeds.values() if feed.theater == theater]
    waiting = sorted(means.service.review.items(feeds, Decision.WAITING), key=lambda item: (item.queued_at, item.id))
    return render(
        request,
        "review.html",
        status=status,
        theater=declared,
        waiting=waiting,
        about=about,
        outcome=outcome,
        feeds=feeds,
    )
