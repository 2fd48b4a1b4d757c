"""How it stands with feeds, and their records as they came."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine, and_, func, insert, select, update

from tocsin.domain.feed import FeedState
from tocsin.domain.feed_record import Outcome, Tally, Unmapped
from tocsin.store.engine import reading, writing
from tocsin.store.feed_page import FeedPageWriter
from tocsin.store.tables import feed as table
from tocsin.store.tables import feed_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from tocsin.usecases.feed_ports import FeedPage

_WEEK = timedelta(weeks=1)
_STATE = (
    table.c.started_at,
    table.c.watermark,
    table.c.checked_at,
    table.c.succeeded_at,
    table.c.new_at,
    table.c.failures,
    table.c.problem,
    table.c.retry_at,
)


class FeedShelf:
    """The port `FeedBook` on a database."""

    def __init__(self, engine: Engine) -> None:
        """Use a store; its tables must be there already."""
        self._engine = engine

    def state(self, feed: str) -> FeedState:
        """How it stands with a feed, which may never have been asked."""
        with reading(self._engine) as connection:
            return _state(connection, feed)

    def start(self, feed: str, now: datetime) -> FeedState:
        """Note that a feed is asked, and give how it stood before."""
        with writing(self._engine) as connection:
            before = _state(connection, feed)
            if before.started_at is None:
                row = {"id": feed, "started_at": now, "checked_at": now, "failures": 0, "problem": ""}
                connection.execute(insert(table), row)
            else:
                connection.execute(update(table).where(table.c.id == feed).values(checked_at=now))
            return before

    @contextmanager
    def page(self, feed: str) -> Iterator[FeedPage]:
        """A transaction that takes in one page, or nothing of it."""
        with writing(self._engine) as connection:
            yield FeedPageWriter(connection, feed)

    def succeed(self, feed: str) -> None:
        """Note that the feed that was started last has answered to the end."""
        values = {"succeeded_at": table.c.checked_at, "failures": 0, "problem": "", "retry_at": None}
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.id == feed).values(values))

    def fail(self, feed: str, problem: str, retry_at: datetime) -> None:
        """Note what was wrong, and until when the feed is to be left alone."""
        values = {"failures": table.c.failures + 1, "problem": problem, "retry_at": retry_at}
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.id == feed).values(values))

    def outcomes(self, feed: str) -> Mapping[Outcome, int]:
        """How many upstream records have come to what, each by its last revision; unreadable ones by each."""
        unreadable = feed_record.c.outcome == Outcome.UNREADABLE.value
        question = (
            select(feed_record.c.outcome, func.count())
            .where(feed_record.c.feed == feed, feed_record.c.latest | unreadable)
            .group_by(feed_record.c.outcome)
        )
        with reading(self._engine) as connection:
            return {Outcome(outcome): count for outcome, count in connection.execute(question)}

    def unmapped(self, feed: str) -> list[Unmapped]:
        """Why records were not mapped, the most frequent reason first."""
        mine = and_(feed_record.c.feed == feed, feed_record.c.latest, feed_record.c.outcome == Outcome.UNMAPPED.value)
        question = (
            select(feed_record.c.mismatches, feed_record.c.upstream_id, feed_record.c.fetched_at)
            .where(mine)
            .order_by(feed_record.c.fetched_at, feed_record.c.upstream_id)
        )
        found: dict[tuple[str, str], Unmapped] = {}
        with reading(self._engine) as connection:
            for text, upstream_id, fetched_at in connection.execute(question):
                for item in json.loads(text):
                    key = item["rule"], item["wanted"]
                    example = f"{upstream_id}: {item['got']}"
                    before = found.get(key, Unmapped(*key, 0, fetched_at, example))
                    found[key] = replace(
                        before, records=before.records + 1, last_fetched_at=fetched_at, example=example
                    )
        return sorted(found.values(), key=lambda item: (-item.records, item.rule, item.wanted))

    def weeks(self, feed: str, now: datetime, most: int) -> list[Tally]:
        """The whole weeks up to an instant, oldest first, without what came within a day of the first take-in."""
        with reading(self._engine) as connection:
            started = _state(connection, feed).started_at
            if started is None:
                return []
            whole = min(most, (now - started - timedelta(days=1)) // _WEEK)
            question = select(
                feed_record.c.fetched_at, feed_record.c.outcome, feed_record.c.missing, func.count().label("rows")
            ).where(
                feed_record.c.feed == feed,
                feed_record.c.fetched_at > now - whole * _WEEK,
                feed_record.c.fetched_at <= now,
                feed_record.c.deleted.is_(False),
                feed_record.c.outcome != Outcome.UNCHANGED.value,
            )
            # Records of one page share their instant, so there are far fewer groups than records.
            grouped = question.group_by(feed_record.c.fetched_at, feed_record.c.outcome, feed_record.c.missing)
            counted: list[_Week] = [_Week() for _ in range(max(whole, 0))]
            for fetched_at, outcome, missing, rows in connection.execute(grouped):
                counted[-1 - (now - fetched_at) // _WEEK].add(Outcome(outcome), missing, rows)
        return [week.tally() for week in counted]


class _Week:
    """Counts of one week, as they come."""

    def __init__(self) -> None:
        self._by_outcome: Counter[Outcome] = Counter()
        self._incidents = 0
        self._missing: dict[str, int] = defaultdict(int)

    def add(self, outcome: Outcome, missing: str | None, rows: int) -> None:
        """Add rows that are alike."""
        self._by_outcome[outcome] += rows
        if missing is not None:
            self._incidents += rows
            for name in filter(None, missing.split(",")):
                self._missing[name] += rows

    def tally(self) -> Tally:
        """The counts as they are now."""
        return Tally(
            self._by_outcome.total(),
            self._by_outcome[Outcome.UNMAPPED],
            self._by_outcome[Outcome.UNREADABLE],
            self._incidents,
            dict(self._missing),
        )


def _state(connection: Connection, feed: str) -> FeedState:
    row = connection.execute(select(*_STATE).where(table.c.id == feed)).first()
    return FeedState() if row is None else FeedState(**row._mapping)  # noqa: SLF001 (public, see observation_row)
