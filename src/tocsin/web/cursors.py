"""Cursors: where a list goes on.

A cursor names the last row that was given by what orders the list, not by a count. So rows that come in meanwhile
neither repeat a row nor hide one. It also bears a digest of the question, as it would mean nothing in another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

type Place = tuple[int | float | str | date | datetime, ...]

AskedCursor = Annotated[
    str | None,
    Query(
        max_length=2_000,
        description="Where to go on: `next` of the answer before, with the other parameters as they were there.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=1_000, description="At most so many rows.", examples=[100])]
_ACCEPTED = "what `next` held in an answer to the same question; leave it out to begin anew"
_DIGITS = 12


def make_cursor(question: Mapping[str, object], place: Place) -> str:
    """The cursor that goes on after a place in the answer to a question."""
    shown = [item.isoformat() if isinstance(item, date) else item for item in place]
    text = json.dumps([_digest(question), shown], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, question: Mapping[str, object], kinds: Sequence[type]) -> Place | None:
    """The place after which to go on, None at the beginning; InvalidInputError for what is no cursor of the question.

    Args:
        cursor: As it was sent.
        question: Everything that decides which rows there are, and their order.
        kinds: Of the parts of a place.
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        digest, shown = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = tuple(_READERS[kind](item) for kind, item in zip(kinds, shown, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise _refused(cursor) from error
    if digest != _digest(question):
        raise _refused(cursor)
    return place


def _refused(cursor: str) -> InvalidInputError:
    return InvalidInputError([Problem("", None, "cursor", repr(cursor), _ACCEPTED)])


def _digest(question: Mapping[str, object]) -> str:
    text = json.dumps({name: str(value) for name, value in question.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _number(item: object) -> int:
    # Columns of numbers have 32 bits on PostgreSQL, and a larger one would be its error and not the sender's.
    if type(item) is not int or not -(2**31) <= item < 2**31:
        raise TypeError(item)
    return item


def _text(item: object) -> str:
    if not isinstance(item, str) or "\0" in item or not item.isprintable():
        raise TypeError(item)
    return item


def _day(item: object) -> date:
    return date.fromisoformat(_text(item))


def _instant(item: object) -> datetime:
    instant = datetime.fromisoformat(_text(item))
    if instant.tzinfo is None:
        raise ValueError(item)
    return instant.astimezone(UTC)


_READERS: Mapping[type, Callable[[object], int | str | date | datetime]] = {
    int: _number,
    str: _text,
    date: _day,
    datetime: _instant,
}
