"""Confirm an item of the review queue: from now on it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.observation import read_drafts
from tocsin.domain.review import Action, Decision
from tocsin.usecases.find_review_item import find_review_item
from tocsin.usecases.observe import observation_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.review import ReviewItem
    from tocsin.domain.theater import Theater
    from tocsin.usecases.correct import Changes
    from tocsin.usecases.feed_ports import ReviewQueue


def confirm(
    name: str,
    changes: Changes,
    *,
    theaters: Mapping[str, Theater],
    queue: ReviewQueue,
    now: datetime,
    author: str,
) -> tuple[ReviewItem, Observation]:
    """Write the observation that an item drafts, known from `now` on, and decide the item, in one transaction.

    Args:
        name: The item's id, or enough of its beginning.
        changes: What the person sees otherwise than the draft.
        theaters: The declared theaters by id.
        queue: Where the item waits.
        now: The present instant.
        author: Who confirms, and answers for the observation.

    Raises:
        InvalidInputError: There is no such item, it has been decided, or what it says would be refused.
        ConflictError: What it would change has been changed by somebody else.
    """
    item = find_review_item(name, queue=queue)
    theater = theaters[item.feed.partition("/")[0]]
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    named = ("observed_on", "through", "value", "grade", "origin", "summary", "coverage")
    stated = {key: getattr(changes, key) for key in named}
    draft = replace(item.draft, **{key: value for key, value in stated.items() if value is not None})
    (report,) = read_drafts([draft], indicators, theater.timeline.last_day(now), theater.timeline)
    said = observation_of(report, author, now, None)
    if item.action is not Action.REPORT:
        withdrawn = item.action is Action.RETRACT
        said = replace(said, supersedes=item.target, withdrawn=withdrawn, reason=f"confirmed: {item.why}").named()
    queue.decide(replace(item, decision=Decision.CONFIRMED, decided_at=now, decided_by=author), said)
    return item, said
