"""The review queue: what feeds suggest and a person decides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import UnknownIdError
from tocsin.domain.review import Decision
from tocsin.usecases.confirm import confirm
from tocsin.usecases.dismiss import dismiss
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import TABLE
from tocsin.web.effect import write_and_tell
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.schemas.problem import problems
from tocsin.web.schemas.recorded import EntryBody
from tocsin.web.schemas.review import ConfirmationBody, DecidedBody, DismissalBody, ItemBody
from tocsin.web.schemas.texts import ID
from tocsin.web.tables import Asked, PageBody, after, cut

if TYPE_CHECKING:
    from tocsin.domain.review import ReviewItem
    from tocsin.web.means import Means

router = APIRouter(tags=["review"], route_class=KeyedRoute)
_Decider = Annotated[Principal, Depends(Allow(Right.OBSERVE))]
_Item = Annotated[str, Path(description="Id of the item.", pattern=ID)]


@router.get("/theaters/{theater}/review", response_model=PageBody[ItemBody], responses=TABLE)
def list_review(
    theater: str,
    asked: Asked,
    means: Acting,
    _: Annotated[Principal, Depends(Allow(Right.READ))],
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """What waits for a decision, oldest first. Nothing of it counts."""
    declared = means.service.catalog.theater(theater)
    question = {"list": "review", "of": declared.id}
    begun = read_cursor(cursor, question, (datetime, str))
    feeds = [feed.id for feed in means.service.catalog.feeds.values() if feed.theater == declared.id]
    found = sorted(means.service.review.items(feeds, Decision.WAITING), key=_place)
    return asked.page(ItemBody, cut(after(found, begun, _place), limit, question, _place), ItemBody.of)


def _place(item: ReviewItem) -> tuple[datetime, str]:
    return item.queued_at, item.id


@router.post("/theaters/{theater}/review/{item}/confirm", responses=problems(404, 409, 413, 422), dependencies=KEYED)
def confirm_item(theater: str, item: _Item, sent: ConfirmationBody, means: Acting, principal: _Decider) -> DecidedBody:
    """Let an item count from now on, as it is drafted or otherwise. You answer for it."""
    service, now = means.service, means.clock()
    declared = service.catalog.theater(theater)
    found = _find(means, declared.id, item)
    if _decided_so(found, Decision.CONFIRMED, principal):
        held = [] if found.observation is None else service.ledger.named(found.observation)
        return _decided(found, next((EntryBody.of(entry) for entry in held if entry.id == found.observation), None))
    told = write_and_tell(
        means,
        declared,
        now,
        lambda: confirm(
            item,
            sent.changes(),
            theaters=service.catalog.theaters,
            queue=service.review,
            now=now,
            author=principal.name,
        ),
        added=lambda _: True,
    )
    _, said = told.written
    return DecidedBody(
        item=ItemBody.of(_find(means, declared.id, item)),
        observation=EntryBody.of(said),
        added=True,
        change=told.change,
        no_odds=told.no_odds,
    )


@router.post("/theaters/{theater}/review/{item}/dismiss", responses=problems(404, 409, 413, 422), dependencies=KEYED)
def dismiss_item(theater: str, item: _Item, sent: DismissalBody, means: Acting, principal: _Decider) -> DecidedBody:
    """Decide that an item does not count; the feed will not suggest the same again."""
    declared = means.service.catalog.theater(theater)
    found = _find(means, declared.id, item)
    if _decided_so(found, Decision.DISMISSED, principal) and found.reason == sent.reason.strip():
        return _decided(found, None)
    dismiss(item, reason=sent.reason, queue=means.service.review, now=means.clock(), author=principal.name)
    return _decided(_find(means, declared.id, item), None, added=True)


def _find(means: Means, theater: str, name: str) -> ReviewItem:
    """The item, whatever was decided; UnknownIdError where it is none of a feed of the theater."""
    found = [item for item in means.service.review.named(name) if item.id == name]
    if not found or found[0].feed.partition("/")[0] != theater:
        raise UnknownIdError("review item", name, f"they are listed at /theaters/{theater}/review")
    return found[0]


def _decided_so(item: ReviewItem, decision: Decision, principal: Principal) -> bool:
    """Whether who asks has decided so already, and perhaps did not hear the answer."""
    return item.decision is decision and item.decided_by == principal.name


def _decided(item: ReviewItem, observation: EntryBody | None, *, added: bool = False) -> DecidedBody:
    return DecidedBody(item=ItemBody.of(item), observation=observation, added=added, change=None, no_odds=None)
