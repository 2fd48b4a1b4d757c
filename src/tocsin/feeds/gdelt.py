"""GDELT 2.0 events: one file each quarter of an hour, of which only some countries' rows are kept.

Columns after the GDELT Event Codebook 2.0 (http://data.gdeltproject.org/documentation/GDELT-Event_Codebook-V2.0.pdf):
61 of them, separated by tabs, without a header; event codes after CAMEO, countries after FIPS 10-4. The events are
coded by machine from news: that somebody wrote something like it is all that a row says, so rules give it a low
grade.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.domain.incident import Incident
from tocsin.feeds.archive import member_lines
from tocsin.feeds.conditional import read_watermark
from tocsin.feeds.degrees import MOST_EAST, MOST_NORTH, read_degrees
from tocsin.feeds.gdelt_list import GdeltList
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.feeds.fetch import Fetcher
    from tocsin.feeds.gdelt_list import Listed

BASE = "http://data.gdeltproject.org/gdeltv2"
COLUMNS = 61

_ID, _DAY, _ACTOR1, _ACTOR2, _CODE, _GOLDSTEIN, _MENTIONS, _SOURCES = 0, 1, 6, 16, 26, 30, 31, 32
_PLACE, _COUNTRY, _ADM1, _LATITUDE, _LONGITUDE, _ADDED, _ADDRESS = 52, 53, 54, 56, 57, 59, 60
_STAMP = "%Y%m%d%H%M%S"
_MOST_RECORDS = 5_000
_NOT_THERE = (404, 410)


@dataclass(frozen=True, slots=True)
class _Place:
    """The stamp of the last file taken in, and how many files were given up until there."""

    file: str
    gaps: int = 0

    def watermark(self) -> str:
        return json.dumps(asdict(self))


class Gdelt:
    """The connector.

    Watermark: the stamp of the last file, and how many were given up. A listed file that is missing, or is not what
    its MD5 says, stops the feed until the list is `patience_hours` ahead of it: then it is given up, and counted.
    GDELT does not revise or delete rows of events, so a record's revision is when it was added.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        feed: str,
        *,
        countries: Sequence[str],
        since: datetime,
        codes: Sequence[str] = (),
        patience_hours: float = 24.0,
        base: str = BASE,
    ) -> None:
        """Take the options; ValueError where no country is named, since nobody wants all rows of the world.

        Args:
            fetcher: Fetches the list and the files; its guard must allow `http` for the usual base.
            feed: Name of the feed, for errors.
            countries: FIPS 10-4 codes of the place of action, such as `TS` for Tunisia.
            since: The instant after which files are taken in, where there is no watermark yet.
            codes: How CAMEO codes of wanted events begin, such as `14` for protests; all events where there are none.
            patience_hours: By how much the list must be ahead of a file that cannot be had before it is given up.
            base: Where `masterfilelist.txt` lies.
        """
        if not countries:
            raise ValueError("countries is empty; accepted: FIPS 10-4 codes such as 'TS'")
        self._fetcher = fetcher
        self._feed = feed
        self._countries = frozenset(countries)
        self._codes = tuple(codes)
        self._since = since.astimezone(UTC).strftime(_STAMP)
        self._patience = timedelta(hours=patience_hours)
        self._list = GdeltList(fetcher, feed, f"{base.rstrip('/')}/masterfilelist.txt")

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """What is new since a watermark, one page a file; see the port."""
        place = self._start(watermark)
        newest, files = self._list.after(place.file)
        for listed in files:
            records = self._records(listed)
            after = replace(place, file=listed.stamp)
            if isinstance(records, str):
                if _instant(newest) - _instant(listed.stamp) < self._patience:
                    raise FeedUnavailableError(self._feed, f"file {listed.stamp} {records}")
                after, records = replace(after, gaps=place.gaps + 1), []
            *begun, last = list(batched(records, _MOST_RECORDS)) or [()]
            yield from (Page(part, place.watermark()) for part in begun)
            yield Page(last, after.watermark())
            place = after

    def read(self, record: RawRecord) -> Incident:
        """The incident; `kind` is the CAMEO code, country and area are FIPS codes.

        FeedFormatError where the record cannot be understood.
        """
        cells = self._cells(record.content)
        try:
            return Incident(
                day=date.fromisoformat(cells[_DAY]),
                kind=cells[_CODE],
                country=cells[_COUNTRY],
                area=cells[_ADM1],
                place=cells[_PLACE],
                latitude=read_degrees(cells[_LATITUDE], MOST_NORTH),
                longitude=read_degrees(cells[_LONGITUDE], MOST_EAST),
                actors=tuple(cells[actor] for actor in (_ACTOR1, _ACTOR2) if cells[actor]),
                text=f"{cells[_MENTIONS]} mentions in {cells[_SOURCES]} sources, Goldstein scale {cells[_GOLDSTEIN]}",
                links=(cells[_ADDRESS],) if cells[_ADDRESS].startswith(("http://", "https://")) else (),
            )
        except ValueError as error:
            raise FeedFormatError(
                self._feed, f"event {record.upstream_id} is not as GDELT writes them: {error}"
            ) from error

    def _start(self, watermark: str | None) -> _Place:
        match read_watermark(self._feed, watermark):
            case {"file": str() as file, "gaps": int() as gaps}:
                return _Place(file, gaps)
            case known if not known:
                return _Place(self._since)
        raise FeedFormatError(self._feed, f"the watermark {str(watermark)[:80]!r} is not of this connector")

    def _records(self, listed: Listed) -> list[RawRecord] | str:
        """The wanted rows of a file; what is wrong with it where it cannot be had, or is not what the list says.

        A file that is what the list says and has rows of another form is neither: FeedFormatError.
        """
        answer = self._fetcher.fetch(self._feed, listed.address, statuses=_NOT_THERE)
        if answer.status in _NOT_THERE:
            return f"is listed and not there ({answer.status})"
        if hashlib.md5(answer.content, usedforsecurity=False).hexdigest() != listed.md5:
            # The transfer may be at fault, or a file that is being replaced: both pass.
            return "does not match its MD5"
        try:
            lines = member_lines(self._feed, answer.content, ".csv")
            # Rows of other countries are gone again before the next one is read.
            return [_record(row) for line in lines if line.strip() and self._is_wanted(row := self._cells(line))]
        except FeedUnavailableError as error:
            return f"is damaged upstream: {error.detail}"

    def _cells(self, line: bytes) -> list[str]:
        cells = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
        if len(cells) != COLUMNS:
            detail = f"a row has {len(cells)} columns; accepted: {COLUMNS}. It begins with {line[:80]!r}"
            raise FeedFormatError(self._feed, detail)
        return cells

    def _is_wanted(self, cells: Sequence[str]) -> bool:
        return cells[_COUNTRY] in self._countries and (not self._codes or cells[_CODE].startswith(self._codes))


def _record(cells: Sequence[str]) -> RawRecord:
    return RawRecord(cells[_ID], cells[_ADDED], "\t".join(cells).encode())


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, _STAMP)  # noqa: DTZ007 (only differences are looked at; all are UTC)
