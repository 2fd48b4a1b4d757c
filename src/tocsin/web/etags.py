"""Entity tags, and conditional reads: an answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from fastapi import Response

if TYPE_CHECKING:
    from fastapi import Request

_DIGITS = 32
_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
_TAGS = re.compile(_TAG)
_LIST = re.compile(rf"[ \t]*+(?:{_TAG})?+(?:[ \t]*+,[ \t]*+(?:{_TAG})?+)*+[ \t]*+")
_KEPT = ("vary", "cache-control", "link", "tocsin-as-of", "content-location")
_CACHING = "private, no-cache"
"""Whoever keeps an answer asks whether it still holds, and keeps it for nobody else."""


def tag_of(content: bytes) -> str:
    """A strong tag of a body: other bytes have another."""
    return f'"{hashlib.sha256(content).hexdigest()[:_DIGITS]}"'


def lines_of(request: Request, name: str) -> str | None:
    """A header that is a list, which may come in several lines, in one; None where it is not there."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def tags_in(header: str) -> list[str] | None:
    """The tags of a list, weak ones with their W/ (RFC 9110, 8.8.3); None where it is no list of tags.

    >>> tags_in('"a", W/"b,c" ,'), tags_in(""), tags_in("a")
    (['"a"', 'W/"b,c"'], [], None)
    """
    return _TAGS.findall(header) if _LIST.fullmatch(header) else None


def names(if_none_match: str | None, tag: str) -> bool:
    """Whether a header is `*` or a list that has a tag, compared weakly (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    listed = {item.removeprefix("W/") for item in tags_in(if_none_match) or ()}
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in listed


def holds(request: Request, tag: str) -> bool:
    """Whether the client has what the tag names, as `If-None-Match` says."""
    return names(lines_of(request, "if-none-match"), tag)


def with_tag(request: Request, answer: Response, tag: str | None = None) -> Response:
    """The answer with its tag, that of its body unless another is given; 304 where the client has it already."""
    named = tag_of(bytes(answer.body)) if tag is None else tag
    answer.headers["ETag"] = named
    answer.headers["Cache-Control"] = _CACHING
    if not holds(request, named):
        return answer
    kept = {name: value for name, value in answer.headers.items() if name in _KEPT}
    return Response(status_code=304, headers={**kept, "ETag": named})
