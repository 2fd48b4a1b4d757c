"""How feeds stand: what they have brought, what is wrong with them, and what about them has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.feed import next_due
from tocsin.domain.feed_watch import MOST_WEEKS, watch_feed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tocsin.domain.feed import Feed, FeedState
    from tocsin.domain.feed_record import Outcome
    from tocsin.domain.feed_watch import Finding
    from tocsin.usecases.feed_ports import FeedBook


@dataclass(frozen=True, slots=True)
class Watched:
    """One feed: `due` is None where it has never been asked."""

    feed: Feed
    state: FeedState
    due: datetime | None
    outcomes: Mapping[Outcome, int]
    findings: tuple[Finding, ...]

    @property
    def unwell(self) -> tuple[str, ...]:
        """What a person should see to, each in a line."""
        state = self.state
        times = f"{state.failures} time{'s' if state.failures != 1 else ''} in a row"
        failing = (f"failed {times}: {state.problem.partition('\n')[0]}",) if state.problem else ()
        return (*failing, *(f"{finding.what}: {finding.detail}" for finding in self.findings))


def watch_feeds(feeds: Iterable[Feed], *, book: FeedBook, now: datetime) -> list[Watched]:
    """Each feed as it stands at an instant, in the order given."""
    return [_watched(feed, book, now) for feed in feeds]


def _watched(feed: Feed, book: FeedBook, now: datetime) -> Watched:
    state = book.state(feed.id)
    weeks = book.weeks(feed.id, now, MOST_WEEKS + 1)
    return Watched(feed, state, next_due(feed, state), book.outcomes(feed.id), watch_feed(feed, state, weeks, now))
