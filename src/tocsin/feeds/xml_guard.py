"""XML that can be handed to a parser: one encoding, no document type, no deep nesting, well-formed."""

from __future__ import annotations

import codecs
import html.entities
import re
from xml.parsers import expat

from tocsin.domain.errors import FeedFormatError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Encodings of human writing: Python knows others under such names, some of them costly.
_KNOWN = re.compile(
    r"utf-8|utf-8-sig|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp12\d\d|cp932|cp949|koi8-[ru]|mac-(arabic|cyrillic|roman)"
    r"|gb2312|gbk|gb18030|big5|shift_jis|euc_(jp|kr)"
)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DEEPEST = 64
MAX_BYTES = 4 * 1024 * 1024
"""Longer documents are refused: a parser takes some ten times their size in memory, and its time grows with it."""
_MOST_ELEMENTS = 100_000
_MOST_ATTRIBUTES = 100  # of one element: parsers look for each among all


def guard_xml(feed: str, data: bytes, content_type: str = "") -> bytes:
    """The document as UTF-8 without a declaration, safe to parse; FeedFormatError where it is not.

    A document type is refused, whatever it declares: entities that refer to each other, or to files, need one. Names
    such as `&nbsp;` that only HTML knows are a common and harmless fault, and become their characters.

    Args:
        feed: Name of the feed, for errors.
        data: The document. A byte order mark, then the content type, then the declaration says how it is encoded.
        content_type: As the upstream states it, perhaps with a `charset`.
    """
    if len(data) > MAX_BYTES:
        raise FeedFormatError(feed, f"the document is {len(data):,} bytes long; accepted: {MAX_BYTES:,}")
    text = _DECLARATION.sub("", _decoded(feed, data, content_type), count=1).lstrip()
    guarded = _NAMED.sub(_character, text).encode()
    _check(feed, guarded)
    return guarded


def _decoded(feed: str, data: bytes, content_type: str) -> str:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    charset = _CHARSET.search(content_type)
    declared = _DECLARED.search(data[:256])
    name = marked or (charset[1] if charset else declared[1].decode() if declared else "utf-8")
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if not _KNOWN.fullmatch(codec):
        raise FeedFormatError(feed, f"the document has the encoding {name!r}; accepted: UTF-8 and others")
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#04x} at {error.start} is none of that encoding"
        raise FeedFormatError(feed, f"the document says that it is {name}, but {found}") from error


def _character(found: re.Match[str]) -> str:
    if found[1] in _XML_NAMES:
        return found[0]
    return html.entities.html5.get(f"{found[1]};", found[0])


def _check(feed: str, document: bytes) -> None:
    """Read it once without building anything."""
    parser = expat.ParserCreate("utf-8")
    depth = elements = 0

    def refuse_type(*_: object) -> None:
        raise FeedFormatError(feed, "the document declares a document type, which could hold entities")

    def deeper(_: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > _DEEPEST:
            raise FeedFormatError(feed, f"the document nests its elements more than {_DEEPEST} deep")
        if len(attributes) > _MOST_ATTRIBUTES:
            raise FeedFormatError(feed, f"the document has an element of more than {_MOST_ATTRIBUTES} attributes")
        if elements > _MOST_ELEMENTS:
            raise FeedFormatError(feed, f"the document has more than {_MOST_ELEMENTS:,} elements")

    def back(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse_type
    parser.StartElementHandler = deeper
    parser.EndElementHandler = back
    try:
        parser.Parse(document, True)  # noqa: FBT003 (it takes no keyword)
    except expat.ExpatError as error:
        raise FeedFormatError(feed, f"the document is not well-formed XML: {error}") from error
