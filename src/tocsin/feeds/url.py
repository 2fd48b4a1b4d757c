"""A table at an address, CSV or JSON: each row is an incident."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError
from tocsin.feeds.conditional import fetch_changed, read_watermark
from tocsin.feeds.incident_row import incident_from
from tocsin.feeds.table import read_rows
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from tocsin.domain.incident import Incident
    from tocsin.feeds.fetch import Fetcher
    from tocsin.feeds.table import Layout

_PLAIN_TYPES = ("text/plain", "application/octet-stream")
_TYPES = {
    "csv": ("text/csv", "application/csv", "application/vnd.ms-excel", *_PLAIN_TYPES),
    "json": ("application/json", "text/json", "application/geo+json", *_PLAIN_TYPES),
}
_PAGE_ROWS = 2_000
_MOST_ROWS = 200_000
# They all stand in the watermark.
_MOST_COMPLETE_ROWS = 20_000
_FEW_GONE = 10
_GONE = "gone"
_DIGEST_LETTERS = 16


@dataclass(frozen=True, slots=True)
class UrlConnector:
    """A feed that is one table, fetched as a whole wherever it has changed.

    Its watermark is JSON: the `etag` and `modified` of the last answer and, of a complete table, `rows`: for each id
    the beginning of its row's digest, or `gone`, and after a dot how many times that changed. A row that takes an
    earlier form again, or comes back, so has a revision that was not there before.

    Attributes:
        feed: Name of the feed.
        address: Where the table lies.
        fetcher: Fetches it.
        layout: How the table is laid out.
        zone: The theater's, in which instants are days.
    """

    feed: str
    address: str
    fetcher: Fetcher
    layout: Layout
    zone: tzinfo

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """The rows as they stand, of a complete table those that changed; nothing where the table has not changed."""
        before = dict(read_watermark(self.feed, watermark).get("rows", {}))
        changed = fetch_changed(self.fetcher, self.feed, self.address, watermark, _TYPES[self.layout.form])
        if changed is None:
            return
        answer, after = changed
        records = self._records(answer.content)
        if not self.layout.complete:
            yield from _paged(records, "{}", json.dumps(after))
            return
        new, rows = self._changes(list(records), before)
        # Until the last page is in, the next fetch must come here again: it is not told what the upstream has.
        yield from _paged(iter(new), json.dumps({"rows": before}), json.dumps({**after, "rows": rows}))

    def read(self, record: RawRecord) -> Incident:
        """The incident that a row reports, by the declared columns."""
        try:
            row = json.loads(record.content)
            cells = {name: self.layout.cell(row, column) for name, column in self.layout.columns.items()}
            return incident_from(cells, self.zone)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise FeedFormatError(self.feed, f"row {record.upstream_id[:80]!r} cannot be read: {error}") from error

    def _records(self, data: bytes) -> Iterator[RawRecord]:
        """Each row once, under its id; FeedFormatError where one id stands for two rows."""
        most = _MOST_COMPLETE_ROWS if self.layout.complete else _MOST_ROWS
        seen: dict[str, str] = {}
        taken = 0
        for number, row in enumerate(read_rows(self.feed, data, self.layout), start=1):
            if number > most:
                raise FeedFormatError(self.feed, f"the table has more than {most:,} rows, which are the most taken in")
            name = self._name(row, number)
            content = self._content(row, number)
            revision = hashlib.sha256(content).hexdigest()
            known = seen.setdefault(name, revision)
            if known != revision:
                raise FeedFormatError(self.feed, f"row {number} has the id {name[:80]!r}, which another row has too")
            if len(seen) > taken:
                taken = len(seen)
                yield RawRecord(name, revision, content)

    def _content(self, row: dict[str, Any], number: int) -> bytes:
        """The whole row, in one form whatever the order of its columns."""
        try:
            return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise FeedFormatError(self.feed, f"row {number} holds what is no text ({str(error)[:100]})") from error

    def _name(self, row: dict[str, Any], number: int) -> str:
        """A row's id: the text of its one column or, of several, a list of them."""
        cells = [self.layout.cell(row, column) for column in self.layout.id_columns]
        for column, cell in zip(self.layout.id_columns, cells, strict=True):
            if not isinstance(cell, str | int) or isinstance(cell, bool) or not str(cell).strip() or "\0" in str(cell):
                accepted = "accepted: text or a whole number"
                raise FeedFormatError(self.feed, f"row {number} has {str(cell)[:60]!r} as its {column!r}; {accepted}")
        texts = [str(cell).strip() for cell in cells]
        return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)

    def _changes(self, records: list[RawRecord], before: dict[str, str]) -> tuple[list[RawRecord], dict[str, str]]:
        """What became of a complete table's rows, and what the watermark is to say of them."""
        now = {record.upstream_id: record for record in records}
        there = {name for name, state in before.items() if not state.startswith(_GONE)}
        gone = sorted(there - now.keys())
        if gone and (not now or len(gone) > max(_FEW_GONE, len(there) // 2)):
            detail = f"{len(gone):,} of the {len(there):,} rows known before are gone, with {len(now):,} left"
            advice = "too many to be withdrawn; where that is meant, declare the table under another name"
            raise FeedFormatError(self.feed, f"{detail}, {advice}")
        rows, new = dict(before), []
        for name, record in now.items():
            turn = _turn(before.get(name), record.revision[:_DIGEST_LETTERS])
            if turn is not None:
                rows[name] = f"{record.revision[:_DIGEST_LETTERS]}.{turn}"
                new.append(RawRecord(name, f"{record.revision}.{turn}" if turn else record.revision, record.content))
        for name in gone:
            rows[name] = f"{_GONE}.{_turn(before[name], _GONE)}"
            new.append(RawRecord(name, rows[name], b"", deleted=True))
        return new, rows


def _turn(state: str | None, digest: str) -> int | None:
    """How many times a row has changed, this time included; None where it has not changed now."""
    if state is None:
        return 0
    known, _, turns = state.rpartition(".")
    return None if known == digest else int(turns) + 1


def _paged(records: Iterator[RawRecord], meanwhile: str, done: str) -> Iterator[Page]:
    """Pages of which only the last moves the watermark to what is `done`; an empty one where nothing came."""
    waiting: tuple[RawRecord, ...] = ()
    for batch in batched(records, _PAGE_ROWS):
        if waiting:
            yield Page(waiting, meanwhile)
        waiting = batch
    yield Page(waiting, done)
