"""What the tests of feeds share: an upstream on the loopback, and a fetcher that may reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.feed_server import FeedServer, feed_server
from tocsin.feeds.fetch import Fetcher, Guard

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """An upstream that says what it is told to say."""
    with feed_server() as started:
        yield started


@pytest.fixture
def guard() -> Guard:
    """What lets a test reach the loopback, and cuts it short where something hangs."""
    return Guard(
        private=True,
        schemes=frozenset({"http"}),
        max_bytes=5_000_000,
        connect_seconds=5.0,
        read_seconds=5.0,
        total_seconds=20.0,
    )


@pytest.fixture
def fetcher(guard: Guard) -> Iterator[Fetcher]:
    """A fetcher with that guard."""
    with Fetcher(guard) as made:
        yield made
