"""All rows of an ACLED list since an instant, oldest first, without pages that shift while they are read.

ACLED sorts by day of event and gives at most so many rows a question. Rows that are added or deleted between two
pages shift the rest, and a row could be missed. So the list is cut by the time stamp itself: a question whose answer
is full is asked again for half the time, until each answer is the whole of its slice. Only where one second alone
fills an answer (bulk changes bear one time stamp) is it read in pages, twice, and believed where both readings agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

type Row = dict[str, Any]
type Ask = Callable[[Mapping[str, str]], list[Row]]
"""Gives the rows for the parameters of a query."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a span of time, at most as many as one answer holds; `after` is the second at which to go on."""

    rows: list[Row]
    after: int


@dataclass(frozen=True, slots=True)
class SliceReader:
    """Reads one list.

    Attributes:
        feed: Name of the feed, for errors.
        ask: Gives the rows for a query.
        stamp: Name of the time stamp, seconds since 1970.
        limit: Rows an answer holds at most.
    """

    feed: str
    ask: Ask
    stamp: str
    limit: int

    def since(self, start: int) -> Iterator[Slice]:
        """Slices from a second on, itself included, each older than the next."""
        rows = self._rows(start, None)
        while len(rows) >= self.limit:
            end = max(self.second(row) for row in rows)
            # The last second is not over, so a slice that ends must end before it, unless it is a single second.
            while len(rows) >= self.limit and end > start:
                end = (start + end) // 2
                rows = self._rows(start, end)
            if len(rows) >= self.limit:
                yield from self._one_second(start)
            else:
                yield Slice(rows, end + 1)
            start = end + 1
            rows = self._rows(start, None)
        if rows and self._rows(start, None, page=2):
            detail = f"an answer holds {len(rows)} rows though {self.limit} were asked for; set limit to {len(rows)}"
            raise FeedFormatError(self.feed, detail)
        # What comes within the last second seen is not missed: the next reading begins with it again.
        yield Slice(rows, max((self.second(row) for row in rows), default=start))

    def second(self, row: Row) -> int:
        """The time stamp of a row."""
        try:
            return int(row[self.stamp])
        except (TypeError, ValueError, OverflowError) as error:
            detail = f"{self.stamp} is {str(row[self.stamp])[:60]!r}; accepted: seconds since 1970"
            raise FeedFormatError(self.feed, detail) from error

    def _rows(self, start: int, end: int | None, page: int = 1) -> list[Row]:
        """One answer for a span of seconds, both ends included; without an end, for everything since.

        FeedFormatError where it did not heed what was asked, since then nothing it leaves out would be noticed.
        """
        span, where = (str(start), ">=") if end is None else (f"{start}|{end}", "BETWEEN")
        limit = str(self.limit)
        rows = self.ask({self.stamp: span, f"{self.stamp}_where": where, "limit": limit, "page": str(page)})
        seconds = [self.second(row) for row in rows]
        outside = sum(second < start or (end is not None and second > end) for second in seconds)
        if outside or len(rows) > self.limit:
            asked = f"at most {limit} rows with {self.stamp} {where} {span}"
            raise FeedFormatError(self.feed, f"asked for {asked}, it sends {len(rows)}, {outside} of them outside")
        return rows

    def _one_second(self, second: int) -> Iterator[Slice]:
        """The pages of one full second; the last of them leads on to the next."""
        first, again = self._read_pages(second), self._read_pages(second)
        if _ids(first) != _ids(again):
            raise FeedUnavailableError(self.feed, f"what has {self.stamp} {second} changes while it is read")
        for page in again[:-1]:
            yield Slice(page, second)
        yield Slice(again[-1], second + 1)

    def _read_pages(self, second: int) -> list[list[Row]]:
        pages: list[list[Row]] = []
        while not pages or len(pages[-1]) >= self.limit:
            pages.append(self._rows(second, second, page=len(pages) + 1))
            if len(pages) > 1 and pages[-1] and _ids(pages[-1:]) == _ids(pages[-2:-1]):
                raise FeedFormatError(self.feed, f"page {len(pages)} of {self.stamp} {second} repeats the one before")
        return pages


def _ids(pages: list[list[Row]]) -> list[object]:
    return [row["event_id_cnty"] for row in chain.from_iterable(pages)]
