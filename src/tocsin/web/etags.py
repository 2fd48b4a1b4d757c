"""Conditional reads: an answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from fastapi import Response

if TYPE_CHECKING:
    from fastapi import Request

_DIGITS = 32
_KEPT = ("vary", "cache-control", "link", "tocsin-as-of", "content-location")
_CACHING = "private, no-cache"
"""Whoever keeps an answer asks whether it still holds, and keeps it for nobody else."""


def tag_of(content: bytes) -> str:
    """A strong tag of a body: other bytes have another."""
    return f'"{hashlib.sha256(content).hexdigest()[:_DIGITS]}"'


def holds(request: Request, tag: str) -> bool:
    """Whether the client has what the tag names (RFC 9110, 13.1.2: `If-None-Match`, compared weakly)."""
    asked = request.headers.get("if-none-match")
    if asked is None:
        return False
    return asked.strip() == "*" or tag in {item.strip().removeprefix("W/") for item in asked.split(",")}


def with_tag(request: Request, answer: Response, tag: str | None = None) -> Response:
    """The answer with its tag, that of its body unless another is given; 304 where the client has it already."""
    named = tag_of(bytes(answer.body)) if tag is None else tag
    answer.headers["ETag"] = named
    answer.headers["Cache-Control"] = _CACHING
    if not holds(request, named):
        return answer
    kept = {name: value for name, value in answer.headers.items() if name in _KEPT}
    return Response(status_code=304, headers={**kept, "ETag": named})
