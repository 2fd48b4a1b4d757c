"""The review queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, or_, select

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.review import Decision, ReviewItem
from tocsin.store.engine import reading, writing
from tocsin.store.observation import record_in
from tocsin.store.review_row import from_review_row
from tocsin.store.review_settled import settle_item
from tocsin.store.tables import review_item as table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from tocsin.domain.observation import Observation

_CANDIDATES = 10
_AFTER_DIGITS = "z"


class ReviewShelf:
    """The port `ReviewQueue` on a database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] | None = None) -> None:
        """Use a store; its tables must be there already. With a clock as `ObservationLedger` has one."""
        self._engine = engine
        self._clock = clock

    def items(self, feeds: Collection[str], decision: Decision) -> list[ReviewItem]:
        """What became so of what these feeds brought, oldest first."""
        question = select(table).where(table.c.feed.in_(sorted(feeds)), table.c.decision == decision.value)
        with reading(self._engine) as connection:
            found = [from_review_row(row) for row in connection.execute(question)]
        return sorted(found, key=lambda item: (item.queued_at, item.id))

    def named(self, beginning: str) -> list[ReviewItem]:
        """The items whose id is this or begins with it, ten at most."""
        begun = table.c.id.between(beginning, beginning + _AFTER_DIGITS)
        question = select(table).where(or_(table.c.id == beginning, begun)).order_by(table.c.id).limit(_CANDIDATES)
        with reading(self._engine) as connection:
            found = [from_review_row(row) for row in connection.execute(question)]
        return [item for item in found if item.id.startswith(beginning)]

    def decide(self, item: ReviewItem, observation: Observation | None) -> None:
        """Write the decision that an item holds, and the observation that it becomes, in one transaction.

        InvalidInputError where the item has been decided already, ConflictError as for `Ledger.record`.
        """
        with writing(self._engine) as connection:
            now = from_review_row(connection.execute(select(table).where(table.c.id == item.id)).one())
            if now.decision is not Decision.WAITING:
                raise InvalidInputError([_decided(now)])
            if observation is not None:
                told = observation if self._clock is None else observation.written_from(self._clock())
                record_in(connection, [told])
            settle_item(connection, item, observation)


def _decided(item: ReviewItem) -> Problem:
    by = f" by {item.decided_by} at {item.decided_at:%Y-%m-%d %H:%M} UTC" if item.decided_at is not None else ""
    return Problem("", None, "review item", f"{item.id}, {item.decision}{by}", "an item that waits; see: tocsin review")
