"""The parts of an RSS or Atom document that we read; the rest is cut out before a parser sees it."""

from __future__ import annotations

import re
from xml.parsers import expat

from tocsin.domain.errors import FeedFormatError

MOST_ITEMS = 2_000
"""Of one document. Upstreams that keep their articles for ever are read by another form of feed."""

_ITEMS = frozenset({"item", "entry"})
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_TEXTS = frozenset({"title", "description", "summary", "content", "encoded", "abstract"})
# What texts may hold. Other elements in them are cut as well: the parser would read an author there.
_MARKUP = re.compile(
    r"a|abbr|acronym|article|aside|b|big|blockquote|br|caption|center|cite|code|col|colgroup|dd|del|dfn|div|dl|dt|em"
    r"|figcaption|figure|font|footer|h[1-6]|header|hr|i|img|ins|kbd|li|main|mark|ol|p|pre|q|s|samp|section|small|span"
    r"|strike|strong|su[bp]|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|wbr"
)
_PLAIN = frozenset({"link", "enclosure", "guid", "id"})
_DATES = frozenset({"pubdate", "published", "issued", "date", "updated", "modified", "lastbuilddate"})


def article_parts(feed: str, document: bytes) -> bytes:
    """The document without what we do not read of it; FeedFormatError where it has too many items.

    The parser of articles understands far more than we ask of it, and some of that takes a time that grows with the
    square of its length: the name of an author of 100,000 digits takes two minutes. What is left is read in a time that
    grows with the length of the document, which is capped.

    Args:
        feed: Name of the feed, for errors.
        document: Well-formed XML in UTF-8, as `guard_xml` gives it.
    """
    scan = _Scan(feed, document)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _: scan.start(name, parser.CurrentByteIndex)
    parser.EndElementHandler = lambda _: scan.end(parser.CurrentByteIndex)
    parser.Parse(document, True)  # noqa: FBT003 (it takes no keyword)
    return scan.kept()


class _Scan:
    """Walks through the elements and remembers what is to be cut, as pairs of offsets."""

    def __init__(self, feed: str, document: bytes) -> None:
        self._feed = feed
        self._document = document
        self._open: list[str] = []
        self._items = 0
        self._cut: list[tuple[int, int]] = []
        self._cutting: tuple[int, int] | None = None  # the depth and the offset at which it began

    def start(self, name: str, place: int) -> None:
        local = name.rpartition(":")[2].lower()
        if self._cutting is None and not self._is_wanted(local):
            self._cutting = len(self._open), place
        self._open.append(local)
        if local in _ITEMS and self._cutting is None:
            self._items += 1
            if self._items > MOST_ITEMS:
                raise FeedFormatError(self._feed, f"the document has more than {MOST_ITEMS:,} items, the most taken in")

    def end(self, place: int) -> None:
        self._open.pop()
        if self._cutting is not None and self._cutting[0] == len(self._open):
            begin = self._cutting[1]
            opened = _end_of_mark(self._document, begin)
            # Of an element that is empty, expat gives the offset of what comes next.
            empty = self._document.endswith(b"/>", begin, opened)
            self._cut.append((begin, opened if empty else self._document.index(b">", place) + 1))
            self._cutting = None

    def kept(self) -> bytes:
        parts, place = list[bytes](), 0
        for begin, end in self._cut:
            parts.append(self._document[place:begin])
            place = end
        return b"".join((*parts, self._document[place:]))

    def _is_wanted(self, local: str) -> bool:
        above = self._open[-1] if self._open else None
        if above is None or above in _ROOTS:
            return above is None or local in _ITEMS or local in _ROOTS
        inside = next((place for place, name in enumerate(self._open) if name in _ITEMS), None)
        if inside is None:
            return False
        if len(self._open) == inside + 1:
            return local in _TEXTS or local in _PLAIN or local in _DATES
        return self._open[inside + 1] in _TEXTS and _MARKUP.fullmatch(local) is not None


def _end_of_mark(document: bytes, place: int) -> int:
    """Where a tag that begins at an offset ends; brackets may stand in the quoted values of an empty element."""
    quote = 0
    for offset in range(place, len(document)):
        letter = document[offset]
        if quote:
            quote = 0 if letter == quote else quote
        elif letter in b"\"'":
            quote = letter
        elif letter == ord(">"):
            return offset + 1
    return len(document)
