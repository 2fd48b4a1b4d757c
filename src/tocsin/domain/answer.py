"""Answers kept for repetition: whoever did not hear one sends the request again under the same key, and hears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

KEPT = timedelta(hours=24)
"""For how long an answer is kept; after that a key is a new one."""
AT_WORK = timedelta(seconds=60)
"""After how long a request that is at work counts as left behind. To take it up while it still works is harmless, as
all writes are idempotent by their content; a second API key alone may be made, and is listed like the first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request that bore a key.

    Attributes:
        principal: Who sent it: the keys of one do not meet those of another.
        key: The key.
        request: SHA-256 of its method, address and body; of one that holds a password, a hash as slow as that of one.
        at: When it was taken up; together with `request` it tells one attempt from another.
        answer: What was answered; None while it is at work.
    """

    principal: str
    key: str
    request: str
    at: datetime
    answer: Answer | None = None


class Standing(StrEnum):
    """How a key stands when a request comes with it."""

    NEW = "new"
    """Nobody has used it, or so long ago that it is forgotten."""
    ANSWERED = "answered"
    AT_WORK = "at work"
    OTHER = "other"
    """It was used for another request."""


def standing_of(known: Keyed | None, asked: Keyed) -> Standing:
    """How the key of a request stands, given what is on record of it."""
    if known is None or known.at <= asked.at - KEPT:
        return Standing.NEW
    if known.request != asked.request:
        return Standing.OTHER
    if known.answer is not None:
        return Standing.ANSWERED
    return Standing.NEW if known.at <= asked.at - AT_WORK else Standing.AT_WORK
