"""What a decision about an item of the review queue, or one that was taken without it, does to its record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, insert, select, update

from tocsin.domain.event import Event, EventKind
from tocsin.domain.feed_record import Outcome
from tocsin.domain.review import Action, Decision, ReviewItem
from tocsin.store.event import write_events
from tocsin.store.review_row import from_review_row
from tocsin.store.tables import feed_observation, feed_record
from tocsin.store.tables import observation as ledger
from tocsin.store.tables import review_item as table

if TYPE_CHECKING:
    from tocsin.domain.observation import Observation


def settle_item(connection: Connection, item: ReviewItem, observation: Observation | None) -> None:
    """Write the decision that an item holds and what its record stands as by it; the observation is in the ledger."""
    values = {
        "decision": item.decision.value,
        "decided_at": item.decided_at,
        "decided_by": item.decided_by,
        "reason": item.reason,
        "observation": None if observation is None else observation.id,
    }
    connection.execute(update(table).where(table.c.id == item.id).values(values))
    _stand(connection, item, observation)
    write_events(connection, [_event_of(item)])


def settle_withdrawn(connection: Connection, withdrawal: Observation) -> None:
    """Whoever has withdrawn an observation has confirmed what asks whether it should be: nobody is asked any more."""
    if withdrawal.supersedes is None:
        return
    asks = and_(
        table.c.target.in_(_beginnings(connection, withdrawal.supersedes)),
        table.c.action == Action.RETRACT.value,
        table.c.decision == Decision.WAITING.value,
    )
    for row in connection.execute(select(table).where(asks)).all():
        item = replace(
            from_review_row(row),
            decision=Decision.CONFIRMED,
            decided_at=withdrawal.written_at,
            decided_by=withdrawal.author,
        )
        settle_item(connection, item, withdrawal)


def _event_of(item: ReviewItem) -> Event:
    if item.decided_at is None:
        msg = f"review item {item.id} has no instant of decision"
        raise ValueError(msg)
    detail = {"feed": item.feed, "decision": item.decision.value, "reason": item.reason}
    theater = item.feed.partition("/")[0]
    return Event(EventKind.REVIEW_DECIDED, item.decided_at, theater, item.id, item.decided_by, detail)


def _stand(connection: Connection, item: ReviewItem, observation: Observation | None) -> None:
    """Let the record stand as what was confirmed, and say what became of it once nothing of it waits."""
    stands = feed_observation.c.record == item.record
    if observation is not None:
        if item.target is not None:
            # The record stood as the version that the feed had stated; what was confirmed takes its place.
            chain = _beginnings(connection, item.target)
            connection.execute(feed_observation.delete().where(stands, feed_observation.c.observation.in_(chain)))
        if item.action is not Action.RETRACT:
            link = {"record": item.record, "observation": observation.id}
            known = and_(stands, feed_observation.c.observation == observation.id)
            if connection.execute(select(feed_observation).where(known)).first() is None:
                connection.execute(insert(feed_observation), link)
    waits = select(table.c.id).where(table.c.record == item.record, table.c.decision == Decision.WAITING.value)
    if connection.execute(waits).first() is None:
        standing = connection.execute(select(feed_observation).where(stands)).first()
        outcome = Outcome.DISMISSED if standing is None else Outcome.MAPPED
        if item.action is Action.RETRACT and standing is None:
            outcome = Outcome.DELETED
        connection.execute(update(feed_record).where(feed_record.c.id == item.record).values(outcome=outcome.value))


def _beginnings(connection: Connection, target: str) -> list[str]:
    """An observation and all that it corrects, directly or not."""
    chain = [target]
    while True:
        before = connection.scalar(select(ledger.c.supersedes).where(ledger.c.id == chain[-1]))
        if before is None:
            return chain
        chain.append(before)
