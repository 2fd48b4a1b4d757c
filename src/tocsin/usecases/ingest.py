"""Take in a feed: everything new since its watermark, page by page, each in one transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.errors import (
    FeedError,
    FeedFormatError,
    FeedRefusedError,
    FeedUnavailableError,
    FetchRefusedError,
    StoreError,
)
from tocsin.domain.feed import retry_wait
from tocsin.domain.feed_record import printable
from tocsin.usecases.take_page import Desk, Taken, take_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.feed import Feed
    from tocsin.domain.theater import Theater
    from tocsin.usecases.feed_ports import Connector, FeedBook

PATIENCE = timedelta(days=3)
"""How long a feed may fail, by the times that it was asked, before a few bad records are passed over: a weekend."""


def ingest(
    feed: Feed,
    *,
    theater: Theater,
    connector: Connector,
    book: FeedBook,
    clock: Callable[[], datetime],
    report: Callable[[Taken], None],
) -> Taken:
    """Take in everything that is new, or FeedError where the feed fails.

    What came before the failure stays taken in, and the watermark stands behind it. The failure is noted with the feed,
    and until when it is to be left alone; so is a fault of our own, before it is raised again. Taking in again what was
    taken in before changes nothing.

    Args:
        feed: What to take in.
        theater: Its theater.
        connector: Asks the upstream, outside of any transaction.
        book: Where records are kept.
        clock: The present instant. It is asked in each page's transaction, so that what a page writes is never known
            earlier than what was committed before it.
        report: Told after each page what has been done in all.
    """
    state = book.start(feed.id, clock())
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    # The first take-in is the run that brings the first page, whether or not it comes to the end.
    first, patient = state.watermark is None, state.failures * feed.every < PATIENCE
    desk = Desk(feed, connector, indicators, theater.timeline, first=first, patient=patient)
    taken = Taken()
    try:
        for page in connector.pages(state.watermark):
            with book.page(feed.id) as store:
                taken += take_page(desk, page, store, clock())
            report(taken)
    except FeedError as error:
        after = error.retry_after_seconds if isinstance(error, FeedUnavailableError) else None
        hopeless = isinstance(error, FeedRefusedError | FetchRefusedError)
        # What cannot be read is no burden to the upstream, and in a folder other files wait behind it.
        usual = isinstance(error, FeedFormatError)
        wait = feed.every if usual else retry_wait(feed, state.failures + 1, after, hopeless=hopeless)
        book.fail(feed.id, _storable(str(error)), clock() + wait)
        raise
    except Exception as error:
        # Where the store itself is at fault, nothing can be noted in it: what happened is what to tell.
        with suppress(StoreError):
            wait = retry_wait(feed, state.failures + 1, None, hopeless=False)
            book.fail(feed.id, _storable(f"{type(error).__name__}: {error}"), clock() + wait)
        raise
    book.succeed(feed.id)
    return taken


def _storable(text: str) -> str:
    """What any database takes, line by line: an upstream's own words may stand in it."""
    return "\n".join(printable(line) for line in text.split("\n"))
