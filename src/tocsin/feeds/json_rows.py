"""Rows of upstream JSON: read with bounds, and every missing key named together with what came instead."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_JSON_BYTES = 16 * 1024 * 1024
"""JSON is parsed as a whole, and takes some ten times its size in memory while it is."""

_SHOWN_KEYS = 60
_SHOWN = 300
_MOST_DIGITS = 100


def read_object(feed: str, content: bytes) -> dict[str, Any]:
    """The object that an answer holds.

    FeedUnavailableError where the text breaks off; FeedFormatError where it is something else, or too long. Numbers
    that are none (Infinity), or have more digits than Python makes a number of, are left for whoever reads the row: one
    of them should not cost the others.
    """
    if len(content) > MAX_JSON_BYTES:
        raise FeedFormatError(feed, f"the answer is {len(content):,} bytes long; accepted: {MAX_JSON_BYTES:,} of JSON")
    try:
        found = json.loads(content, parse_int=_whole)
    except json.JSONDecodeError as error:
        if content.lstrip().startswith(b"{") and not content.rstrip().endswith(b"}"):
            raise FeedUnavailableError(feed, "the answer breaks off inside its JSON") from error
        raise FeedFormatError(feed, f"the answer is not JSON: {shown(content)}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FeedFormatError(feed, "the answer is not JSON that can be read") from error
    if not isinstance(found, dict):
        raise FeedFormatError(feed, f"the answer is a {type(found).__name__}; accepted: an object")
    return found


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def read_rows(feed: str, found: Mapping[str, Any], key: str, required: Iterable[str]) -> list[dict[str, Any]]:
    """The rows under a key of an answer, or FeedFormatError that names what is missing and what came.

    Args:
        feed: Name of the feed, for errors.
        found: The answer.
        key: Where the rows are.
        required: What each of them must name.
    """
    rows = found.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FeedFormatError(feed, f"the answer has no list of objects named {key!r}; it has {names(found)}")
    wanted = tuple(required)
    for row in rows:
        require(feed, row, wanted)
    return rows


def require(feed: str, row: Mapping[str, Any], required: Iterable[str]) -> None:
    """FeedFormatError where a row lacks a key, since an upstream that renamed it must not be half read."""
    missing = [name for name in required if name not in row]
    if missing:
        raise FeedFormatError(feed, f"a row lacks {', '.join(missing)}; it has {names(row)}")


def canonical(row: Mapping[str, Any]) -> bytes:
    """A row as bytes that do not depend on the order of its keys."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def digest(content: bytes) -> str:
    """The first 64 bits of the content's SHA-256: enough to tell the versions of one event apart."""
    return hashlib.sha256(content).hexdigest()[:16]


def names(row: Mapping[str, Any]) -> str:
    """The keys of a row, for errors."""
    listed = ", ".join(str(name)[:_SHOWN_KEYS] for name in list(row)[:_SHOWN_KEYS]) or "no keys"
    return listed if len(row) <= _SHOWN_KEYS else f"{listed} and {len(row) - _SHOWN_KEYS} more"


def shown(content: bytes) -> str:
    """The beginning of an answer, for errors."""
    return repr(content[:_SHOWN].decode("utf-8", "replace"))
