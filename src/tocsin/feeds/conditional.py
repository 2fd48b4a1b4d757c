"""Conditional requests: what has not changed since the last time is not sent again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError

if TYPE_CHECKING:
    from tocsin.feeds.fetch import Answer, Fetcher

_NOT_MODIFIED = 304
_VALIDATORS = {"etag": ("ETag", "If-None-Match"), "modified": ("Last-Modified", "If-Modified-Since")}
_LONGEST = 1_000


def fetch_changed(
    fetcher: Fetcher, feed: str, address: str, watermark: str | None, expect: tuple[str, ...]
) -> tuple[Answer, dict[str, str]] | None:
    """What lies at an address, with the validators for the next time; None where it is as it was.

    Args:
        fetcher: Fetches it.
        feed: Name of the feed, for errors.
        address: Where it lies.
        watermark: JSON text that may hold the validators of the last time.
        expect: Media types to accept.
    """
    known = read_watermark(feed, watermark)
    conditions = {header: str(known[name]) for name, (_, header) in _VALIDATORS.items() if name in known}
    statuses = (_NOT_MODIFIED,) if conditions else ()
    answer = fetcher.fetch(feed, address, headers=conditions, expect=expect, statuses=statuses)
    if answer.status == _NOT_MODIFIED:
        return None
    told = {name: answer.headers.get(header, "") for name, (header, _) in _VALIDATORS.items()}
    return answer, {name: value for name, value in told.items() if value and len(value) <= _LONGEST}


def read_watermark(feed: str, watermark: str | None) -> dict[str, Any]:
    """What a watermark holds; FeedFormatError where it is none of ours."""
    try:
        known = json.loads(watermark) if watermark else {}
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise FeedFormatError(feed, f"the watermark {str(watermark)[:80]!r} is not of this connector")
    return known
