"""Find the item of the review queue that somebody names by its id, or by enough of its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.review import Decision
from tocsin.usecases.find_observation import FEWEST_CHARACTERS

if TYPE_CHECKING:
    from tocsin.domain.review import ReviewItem
    from tocsin.usecases.feed_ports import ReviewQueue


def find_review_item(name: str, *, queue: ReviewQueue) -> ReviewItem:
    """The one item whose id is `name` or begins with it and that waits; InvalidInputError otherwise."""
    if len(name) < FEWEST_CHARACTERS:
        raise _refused(name, f"the id of an item, or at least its first {FEWEST_CHARACTERS} characters")
    found = queue.named(name)
    if not found:
        raise _refused(name, "the id of an item in the review queue; list them: tocsin review list")
    if len(found) > 1:
        raise _refused(name, f"a beginning that only one id has, not one of {', '.join(item.id for item in found)}")
    (item,) = found
    if item.decision is not Decision.WAITING:
        by = f" by {item.decided_by}" if item.decided_by else ""
        raise _refused(name, f"an item that waits; {item.id} is {item.decision}{by}")
    return item


def _refused(name: str, accepted: str) -> InvalidInputError:
    return InvalidInputError([Problem("", None, "review item", repr(name), accepted)])
