"""The list of all GDELT 2.0 files, read in pieces from where they matter.

What is relied on, from the GDELT project's documentation and codebook (http://data.gdeltproject.org/documentation/):
the list `masterfilelist.txt` has a line `<bytes> <md5> <address>` for each file, oldest first, three files each
quarter of an hour, and grows at its end; it is beyond 100 MB by now. So it is asked for in byte ranges: its end
first, which is enough for whoever was here within two days, otherwise from a place that is found by halving. An
upstream that knows no ranges sends the whole list, which is read then where it is not too long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.feeds.fetch import Fetcher

_PIECE = 64 * 1024
_STATUSES = (HTTPStatus.PARTIAL_CONTENT,)
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")
_LINE = re.compile(r"([0-9]+) ([0-9a-fA-F]{32}) (\S+)")
_EXPORT = re.compile(r"/([0-9]{14})\.export\.CSV\.zip$")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of events: when it came out (`20160308120000`), its MD5, and where it lies."""

    stamp: str
    md5: str
    address: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes of the list from an offset, and how long the list is."""

    start: int
    content: bytes
    total: int


class GdeltList:
    """Reads the list."""

    def __init__(self, fetcher: Fetcher, feed: str, address: str, piece: int = _PIECE) -> None:
        self._fetcher = fetcher
        self._feed = feed
        self._address = address
        self._piece = piece

    def after(self, stamp: str) -> tuple[str, Iterator[Listed]]:
        """The stamp of the newest file, and the files of events that came out after a stamp, oldest first."""
        end = self._ask(f"bytes=-{self._piece}")
        listed = self._listed(end.content, whole_start=end.start == 0)
        if not listed:
            raise FeedFormatError(self._feed, f"the end of the list names no file of events: {_shown(end.content)}")
        if end.start == 0 or listed[0].stamp <= stamp:
            return listed[-1].stamp, (item for item in listed if item.stamp > stamp)
        return listed[-1].stamp, self._from(self._offset(stamp, end), stamp)

    def _offset(self, stamp: str, end: _Piece) -> int:
        """An offset before the first file after a stamp, and near it: by halving, as the list is in order."""
        low, high = 0, end.start
        while high - low > self._piece:
            middle = (low + high) // 2
            whole, _, _ = self._at(middle).content.rpartition(b"\n")
            listed = self._listed(whole, whole_start=False)
            if listed and listed[0].stamp <= stamp:
                low = middle
            else:
                high = middle
        return low

    def _from(self, offset: int, stamp: str) -> Iterator[Listed]:
        """The files after a stamp from an offset on, piece by piece."""
        whole_start, rest = offset == 0, b""
        while True:
            piece = self._at(offset)
            offset += len(piece.content)
            lines = rest + piece.content
            whole, _, rest = lines.rpartition(b"\n")
            if offset >= piece.total:
                whole, rest = lines, b""
            yield from (item for item in self._listed(whole, whole_start=whole_start) if item.stamp > stamp)
            whole_start = True
            if offset >= piece.total:
                return

    def _at(self, offset: int) -> _Piece:
        piece = self._ask(f"bytes={offset}-{offset + self._piece - 1}")
        if piece.start != offset or not piece.content:
            raise FeedFormatError(self._feed, f"asked for the list from byte {offset}, it sends byte {piece.start}")
        return piece

    def _ask(self, span: str) -> _Piece:
        answer = self._fetcher.fetch(self._feed, self._address, headers={"Range": span}, statuses=_STATUSES)
        size = len(answer.content)
        if answer.status == HTTPStatus.OK:
            return _Piece(0, answer.content, size)
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if found is None or int(found[2]) - int(found[1]) + 1 != size:
            raise FeedFormatError(self._feed, f"a piece of the list has {size} bytes, and no Content-Range that fits")
        return _Piece(int(found[1]), answer.content, int(found[3]))

    def _listed(self, content: bytes, *, whole_start: bool) -> list[Listed]:
        """The files of events that lines name; where the start is not whole, its first line is left out."""
        lines = content.decode("ascii", "replace").split("\n")
        found: list[Listed] = []
        for line in lines if whole_start else lines[1:]:
            named = _LINE.fullmatch(line.strip())
            if named is None and line.strip():
                raise FeedFormatError(
                    self._feed, f"a line of the list is {line[:_SHOWN]!r}; accepted: size, MD5, address"
                )
            export = None if named is None else _EXPORT.search(named[3])
            if named is not None and export is not None:
                found.append(Listed(export[1], named[2].lower(), named[3]))
        return found


def _shown(content: bytes) -> str:
    return repr(content[:_SHOWN].decode("ascii", "replace"))
