"""One page of a feed in one transaction."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from dataclasses import asdict
from itertools import batched
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, insert, not_, select, update

from tocsin.domain.feed_record import Outcome
from tocsin.domain.feed_revision import Standing
from tocsin.domain.review import ROW_GONE, Decision
from tocsin.store.observation import record_in
from tocsin.store.observation_row import from_row
from tocsin.store.review_row import draft_of, to_review_row
from tocsin.store.supersession import AT_ONCE
from tocsin.store.tables import feed, feed_observation, feed_record, observation, review_item
from tocsin.usecases.feed_ports import Latest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.feed_record import Kept
    from tocsin.domain.observation import Draft, Observation
    from tocsin.domain.review import ReviewItem
    from tocsin.usecases.ports import Recorded

_SAYS_NOTHING = frozenset({Outcome.UNREADABLE, Outcome.UNCHANGED})
"""A record that came to this leaves the one before it the last that says something."""


class FeedPageWriter:
    """The port `FeedPage` on an open transaction that writes."""

    def __init__(self, connection: Connection, feed_id: str) -> None:
        """Use a transaction of `writing`, which alone makes what is read here hold until it is written."""
        self._connection = connection
        self._feed = feed_id

    def seen(self, records: Collection[str]) -> Mapping[str, Outcome]:
        """Of these record ids, those that are kept already, and what became of them."""
        columns = feed_record.c.id, feed_record.c.outcome
        return {row.id: Outcome(row.outcome) for row in self._rows(columns, feed_record.c.id, records)}

    def latest(self, upstream_ids: Collection[str]) -> Mapping[str, Latest]:
        """By upstream id, the last revision of each that is known."""
        record = feed_record.c
        columns = record.id, record.upstream_id, record.revision, record.sha256, record.deleted
        mine = and_(record.feed == self._feed, record.latest)
        rows = list(self._rows(columns, record.upstream_id, upstream_ids, mine))
        stands = self._stands_as([row.id for row in rows])
        refused = self._dismissed({row.upstream_id for row in rows})
        return {
            row.upstream_id: Latest(
                row.id, row.revision, row.sha256, row.deleted, tuple(stands[row.id]), tuple(refused[row.upstream_id])
            )
            for row in rows
        }

    def standing(self, observations: Collection[str]) -> Mapping[str, Standing]:
        """By id, what has become of those of these observations that are in the ledger."""
        stated = [from_row(row) for row in self._rows((observation,), observation.c.id, observations)]
        ends = {item.id: item for item in stated}
        moving = {item.id: item.id for item in stated}  # from the end of a chain to where it began
        while moving:
            following = self._rows((observation,), observation.c.supersedes, moving)
            moved = {}
            for item in map(from_row, following):
                began = moving[str(item.supersedes)]
                ends[began] = item
                moved[item.id] = began
            moving = moved
        return {item.id: Standing(item, ends[item.id]) for item in stated}

    def shared(self, observations: Collection[str], besides: Collection[str]) -> set[str]:
        """Of these observations, those that the last revision of an upstream record besides these stands as."""
        mine = and_(feed_record.c.feed == self._feed, feed_record.c.upstream_id.in_(sorted(besides)))
        others = and_(feed_record.c.id == feed_observation.c.record, feed_record.c.latest, not_(mine))
        columns = (feed_observation.c.observation,)
        return {row.observation for row in self._rows(columns, feed_observation.c.observation, observations, others)}

    def unreadable_in_a_row(self) -> int | None:
        """How many records could not be read since the last instant at which one could; None where none ever could."""
        mine, unreadable = feed_record.c.feed == self._feed, feed_record.c.outcome == Outcome.UNREADABLE.value
        read = feed_record.c.outcome.not_in([item.value for item in _SAYS_NOTHING])
        last = self._connection.scalar(select(func.max(feed_record.c.fetched_at)).where(mine, read))
        if last is None:
            return None
        since = select(func.count()).where(mine, unreadable, feed_record.c.fetched_at > last)
        return self._connection.scalar(since) or 0

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Write observations into the ledger, as `Ledger.record` does."""
        return record_in(self._connection, observations)

    def keep(self, records: Sequence[tuple[Kept, Sequence[ReviewItem]]], fetched_at: datetime) -> None:
        """Keep records with what became of them; what waited of their earlier revisions waits no more.

        No upstream id stands in it twice.
        """
        kept = [item for item, _ in records]
        self._replace(item.upstream_id for item in kept if item.outcome not in _SAYS_NOTHING)
        rows = {item.id: _to_row(item, self._feed, fetched_at) for item in kept}
        again = {row.id for row in self._rows((feed_record.c.id,), feed_record.c.id, rows)}
        for name in again:  # it could not be read when it came before
            self._connection.execute(update(feed_record).where(feed_record.c.id == name).values(rows[name]))
        links = [{"record": item.id, "observation": name} for item in kept for name in dict.fromkeys(item.observations)]
        queued = [to_review_row(item) for _, items in records for item in items]
        fresh = [row for name, row in rows.items() if name not in again]
        for table, content in ((feed_record, fresh), (feed_observation, links), (review_item, queued)):
            if content:
                self._connection.execute(insert(table), content)

    def _replace(self, upstream_ids: Iterable[str]) -> None:
        """What was the last revision of these is not any more."""
        for names in batched(sorted(upstream_ids), AT_ONCE):
            mine = and_(feed_record.c.feed == self._feed, feed_record.c.upstream_id.in_(names))
            earlier = select(feed_record.c.id).where(mine)
            waits = and_(review_item.c.record.in_(earlier), review_item.c.decision == Decision.WAITING.value)
            self._connection.execute(update(review_item).where(waits).values(decision=Decision.REPLACED.value))
            self._connection.execute(update(feed_record).where(mine, feed_record.c.latest).values(latest=False))

    def say_whether_gone(self, records: Collection[str], *, gone: bool) -> None:
        """Say of what waits of these records whether their rows are gone from their file (`ROW_GONE`), or there."""
        why = review_item.c.why
        said = why.endswith(ROW_GONE, autoescape=True)
        told = why + ROW_GONE if gone else func.replace(why, ROW_GONE, "")
        waits = and_(review_item.c.decision == Decision.WAITING.value, not_(said) if gone else said)
        for names in batched(sorted(records), AT_ONCE):
            mine = review_item.c.record.in_(names)
            self._connection.execute(update(review_item).where(mine, waits).values(why=told))

    def advance(self, watermark: str, now: datetime, *, brought: bool) -> None:
        """Move the watermark; `brought` says whether there was anything new that could be read."""
        values: dict[str, Any] = {"watermark": watermark}
        if brought:
            values["new_at"] = now
        self._connection.execute(update(feed).where(feed.c.id == self._feed).values(values))

    def _stands_as(self, records: Collection[str]) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self._rows((feed_observation,), feed_observation.c.record, records):
            found[row.record].append(row.observation)
        return found

    def _dismissed(self, upstream_ids: Collection[str]) -> Mapping[str, list[Draft]]:
        found: dict[str, list[Draft]] = defaultdict(list)
        refused = and_(
            feed_record.c.feed == self._feed,
            review_item.c.record == feed_record.c.id,
            review_item.c.decision == Decision.DISMISSED.value,
        )
        columns = feed_record.c.upstream_id, review_item.c.draft
        for row in self._rows(columns, feed_record.c.upstream_id, upstream_ids, refused):
            found[row.upstream_id].append(draft_of(row.draft))
        return found

    def _rows(self, columns: Iterable[Any], column: Any, names: Iterable[str], *conditions: Any) -> Iterable[Any]:  # noqa: ANN401 (columns and rows of any type)
        for some in batched(sorted(names), AT_ONCE):
            yield from self._connection.execute(select(*columns).where(column.in_(some), *conditions))


def _to_row(kept: Kept, feed_id: str, fetched_at: datetime) -> dict[str, Any]:
    return {
        "id": kept.id,
        "feed": feed_id,
        "upstream_id": kept.upstream_id,
        "revision": kept.revision,
        "sha256": hashlib.sha256(kept.content).hexdigest(),
        "content": zlib.compress(kept.content),
        "deleted": kept.deleted,
        "latest": kept.outcome not in _SAYS_NOTHING,
        "fetched_at": fetched_at,
        "day": kept.day,
        "outcome": kept.outcome.value,
        "why": kept.why,
        "mismatches": json.dumps([asdict(item) for item in kept.mismatches]),
        "missing": None if kept.missing is None else ",".join(sorted(kept.missing)),
    }
