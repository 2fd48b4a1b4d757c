"""Dismiss an item of the review queue: it does not count, whatever the feed says of it again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError
from tocsin.domain.observation import reason_problems
from tocsin.domain.review import Decision
from tocsin.usecases.find_review_item import find_review_item

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.review import ReviewItem
    from tocsin.usecases.feed_ports import ReviewQueue


def dismiss(name: str, *, reason: str, queue: ReviewQueue, now: datetime, author: str) -> ReviewItem:
    """Decide that an item does not count.

    InvalidInputError where there is no such item, it has been decided, or there is no reason.
    """
    item = find_review_item(name, queue=queue)
    if problems := reason_problems(reason, f"{item.id} is changed"):
        raise InvalidInputError(problems)
    decided = replace(item, decision=Decision.DISMISSED, decided_at=now, decided_by=author, reason=reason.strip())
    queue.decide(decided, None)
    return item
