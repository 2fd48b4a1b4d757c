"""RSS 0.9x, 1.0 and 2.0, and Atom: each item is an incident whose text rules look at."""

from __future__ import annotations

import hashlib
import io
import json
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import feedparser  # type: ignore[import-untyped]

from tocsin.domain.errors import FeedFormatError
from tocsin.domain.incident import Incident
from tocsin.feeds.article_parts import article_parts
from tocsin.feeds.conditional import fetch_changed
from tocsin.feeds.markup import plain_text
from tocsin.feeds.xml_guard import guard_xml
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.feeds.fetch import Fetcher

_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "text/plain",
    "application/octet-stream",
)
_PAGE_ROWS = 200
_LONGEST_TEXT = 10_000
_SHOWN = 60
# A date that states a time of day and, after it, a zone: `Z`, `GMT`, `+0100`, `-05:00`.
_ZONED = re.compile(r":[0-9]{2}[^A-Za-z+-]*(?:[A-Za-z]{1,5}|[+-][0-9]{1,2}:?[0-9]{2})\s*$")
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class RssConnector:
    """A feed of articles. Its watermark holds what a conditional request needs; the store knows seen items again.

    Attributes:
        feed: Name of the feed.
        address: Where it lies.
        fetcher: Fetches it.
        now: The present instant: an item that bears no date counts for the day on which it was first fetched. The date
            is no part of its revision, so fetching it again on another day changes nothing.
        zone: The theater's, in which instants are days; a date without a zone is taken as it is written.
    """

    feed: str
    address: str
    fetcher: Fetcher
    now: Callable[[], datetime]
    zone: tzinfo

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """The items of the feed as it stands, oldest first; nothing where it has not changed."""
        changed = fetch_changed(self.fetcher, self.feed, self.address, watermark, _TYPES)
        if changed is None:
            return
        answer, after = changed
        document = guard_xml(self.feed, answer.content, answer.headers.get("content-type", ""))
        items = _items(self.feed, document)
        records = sorted((self._record(item) for item in items), key=lambda pair: pair[0])
        batches = list(batched((record for _, record in records), _PAGE_ROWS)) or [()]
        for number, batch in enumerate(batches, start=1):
            done = number == len(batches)
            yield Page(tuple(batch), json.dumps(after if done else {}))

    def read(self, record: RawRecord) -> Incident:
        """The incident that an item reports: the day it appeared, its title and summary without markup, its links."""
        try:
            item = json.loads(record.content)
            text = "\n".join(part for part in (item["title"], item["summary"]) if part)
            return Incident(date.fromisoformat(item["day"]), text=text, links=tuple(item["links"]))
        except (ValueError, KeyError, TypeError) as error:
            raise FeedFormatError(self.feed, f"item {record.upstream_id!r} cannot be read: {error}") from error

    def _record(self, item: Any) -> tuple[str, RawRecord]:  # noqa: ANN401 (the parser ships no types)
        """The day on which it says it appeared, for sorting, and the record.

        An item that has neither an id nor a link is known by its text: a feed's one careless item should neither hold
        up the others nor get lost unseen. Its next version counts as another item, and a person looks at both.
        """
        updated = str(_own(item, "updated") or _own(item, "published") or "")
        title, summary = _plain(item.get("title", "")), _plain(item.get("summary", ""))
        revision = hashlib.sha256(f"{title}\0{summary}\0{updated}".encode(errors="replace")).hexdigest()
        name = str(item.get("id") or item.get("link") or "").strip() or f"sha256:{revision}"
        content = {"title": title, "summary": summary, "links": _links(item, self.address)}
        try:
            day = self._day(item).isoformat()
        except (ValueError, OverflowError, OSError):
            # A date beyond our calendar: the record is kept with it, and cannot be read.
            day = updated[:_SHOWN]
        content["day"] = day
        return day, RawRecord(name, revision, json.dumps(content, ensure_ascii=False).encode(errors="replace"))

    def _day(self, item: Any) -> date:  # noqa: ANN401 (as above)
        """Its day in the zone; ValueError and its like where the calendar has none."""
        for name in ("published", "updated"):
            moment = _own(item, f"{name}_parsed")
            if moment is not None:
                instant = datetime.fromtimestamp(timegm(moment), UTC)
                # The parser takes what states no zone for universal time.
                zoned = _ZONED.search(str(_own(item, name) or "")[-_SHOWN:])
                return (instant.astimezone(self.zone) if zoned else instant).date()
        return self.now().astimezone(self.zone).date()


def _items(feed: str, document: bytes) -> list[Any]:
    """Its items, by a parser that is given bytes and nothing that it could fetch.

    Nor is it told where they came from: it would make addresses of ids, others after each move of the feed.
    """
    told = {"content-type": "application/xml; charset=utf-8"}
    wanted = io.BytesIO(article_parts(feed, document))
    parsed = feedparser.parse(wanted, response_headers=told, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        raise FeedFormatError(feed, "the document is neither RSS nor Atom")
    if parsed.get("bozo"):
        raise FeedFormatError(feed, f"the document cannot be read: {str(parsed.get('bozo_exception'))[:200]}")
    return list(parsed.entries)


def _own(item: Any, name: str) -> Any:  # noqa: ANN401 (as above)
    """What the item itself says: asked for one date, the parser would warn and give another."""
    return item[name] if name in item else None  # noqa: SIM401 (as said)


def _links(item: Any, address: str) -> list[str]:  # noqa: ANN401 (as above)
    """Its links to the web, each once; relative ones start from the declared address, wherever it redirects today."""
    found = [_joined(address, str(link.get("href", "")).strip()) for link in item.get("links", ())]
    return list(dict.fromkeys(link for link in found if link.startswith(_WEB)))


def _joined(address: str, link: str) -> str:
    try:
        return urljoin(address, link) if link else ""
    except ValueError:
        return ""


def _plain(markup: str) -> str:
    """Text without markup, its blanks collapsed."""
    return plain_text(str(markup)[: 4 * _LONGEST_TEXT])[:_LONGEST_TEXT]
