"""The yearly file of UCDP GED: CSV inside a zip (or alone), from an address or a path, streamed.

The form is that of https://ucdp.uu.se/downloads/ (`ged251-csv.zip`, one member `GEDEvent_v25_1.csv`): UTF-8, commas, a
header with GED's columns.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from itertools import batched, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.feeds.archive import check_member, member_lines
from tocsin.feeds.conditional import fetch_changed, read_watermark
from tocsin.feeds.json_rows import require
from tocsin.feeds.ucdp_event import REQUIRED, read_ucdp_event, ucdp_record
from tocsin.usecases.feed_ports import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tocsin.domain.incident import Incident
    from tocsin.feeds.fetch import Fetcher
    from tocsin.usecases.feed_ports import RawRecord

PAGE_SIZE = 1000
MAX_BYTES = 256 * 1024 * 1024
"""A larger local file is refused; the fetcher has its own cap."""

_MEDIA = ("application/zip", "application/x-zip-compressed", "application/octet-stream", "text/csv")
_ZIP = b"PK"
_MEMBER = ".csv"


class UcdpCsv:
    """The connector.

    Watermark: the file's SHA-256, how many of its lines are taken in, so that a broken run goes on where it broke, and
    how many files came before it; the same file is not taken in twice. Another file is taken in from its start: each
    of its rows is a revision, even where it has been here before, since upstream has then gone back to it. What a file
    leaves out is not withdrawn, since a file cannot say what it left out; the API's connector does that.
    """

    def __init__(
        self, fetcher: Fetcher, feed: str, *, source: str, countries: Sequence[str] = (), page_size: int = PAGE_SIZE
    ) -> None:
        """Take the options.

        Args:
            fetcher: Fetches the file where it lies at an address.
            feed: Name of the feed, for errors.
            source: An address (`https://...`), or the path of a file on this machine.
            countries: Names as UCDP writes them; others are not taken in. All of them where there are none.
            page_size: Rows of the file that are looked at for one page.
        """
        self._fetcher = fetcher
        self._feed = feed
        self._source = source
        self._countries = frozenset(countries)
        self._page_size = page_size

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """What is new since a watermark; see the port."""
        known = read_watermark(self._feed, watermark)
        found = self._content(known, watermark)
        if found is None:
            return
        content, validators = found
        file = hashlib.sha256(content).hexdigest()
        same = known.get("file") == file
        done = int(known.get("rows", 0)) if same else 0
        turn = int(known.get("turn", 0)) + (bool(known) and not same)
        place = {"file": file, "turn": turn}
        if not (same and known.get("whole")):
            if content.startswith(_ZIP):
                check_member(self._feed, content, _MEMBER)
            release = f"{file[:12]}.{turn}" if turn else file[:12]
            for rows in batched(islice(self._rows(content), done, None), self._page_size):
                done += len(rows)
                kept = [row for row in rows if not self._countries or row["country"] in self._countries]
                records = tuple(ucdp_record(row, release) for row in kept)
                yield Page(records, json.dumps({**place, "rows": done}))
        whole = json.dumps({**place, "rows": done, "whole": True, **validators})
        if whole != watermark:
            yield Page((), whole)

    def read(self, record: RawRecord) -> Incident:
        """The incident that a record tells of."""
        return read_ucdp_event(self._feed, record)

    def _content(self, known: Mapping[str, object], watermark: str | None) -> tuple[bytes, dict[str, str]] | None:
        """The file with its validators; None where the upstream says that it is as it was."""
        if "://" in self._source:
            last = watermark if known.get("whole") else None
            found = fetch_changed(self._fetcher, self._feed, self._source, last, _MEDIA)
            return None if found is None else (found[0].content, found[1])
        path = Path(self._source)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise FeedFormatError(self._feed, f"{path} is larger than {MAX_BYTES:,} bytes; split it")
            return path.read_bytes(), {}
        except OSError as error:
            raise FeedUnavailableError(self._feed, f"{path} cannot be read ({error.strerror})") from error

    def _rows(self, content: bytes) -> Iterator[dict[str, str]]:
        """Every record of the file by column, or FeedFormatError at the first that is not of the header's shape."""
        lines = member_lines(self._feed, content, _MEMBER) if content.startswith(_ZIP) else io.BytesIO(content)
        try:
            reader = csv.reader((line.decode("utf-8") for line in lines), strict=True)
            header = [name.removeprefix("\ufeff") for name in next(reader, [])]
            require(self._feed, dict.fromkeys(header), REQUIRED)
            for cells in reader:
                if len(cells) != len(header):
                    detail = f"line {reader.line_num} has {len(cells)} cells; the header has {len(header)}"
                    raise FeedFormatError(self._feed, detail)
                yield dict(zip(header, cells, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise FeedFormatError(self._feed, f"the file is not CSV in UTF-8: {error}") from error
