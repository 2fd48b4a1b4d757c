"""The review queue: what a person decides before it counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.observation import Draft


ROW_GONE = "; but its row is not in its file any more: has it been withdrawn there, or mended?"
"""What is added to why a person must decide on a report, while that is so."""


class Action(StrEnum):
    """What confirming an item does."""

    REPORT = "report"
    CORRECT = "correct"
    RETRACT = "retract"


class Decision(StrEnum):
    """What became of an item."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    REPLACED = "replaced"
    """The upstream revised its record before anybody had decided."""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One thing to decide; nothing in the queue counts.

    Attributes:
        id: From its record and its place among the record's items.
        feed: The feed that it came from.
        record: Id of the feed's record.
        queued_at: Since when it waits.
        action: What confirming it does.
        draft: The observation as it would be; of a retraction, what would be withdrawn.
        target: Id of the observation that would be changed; None for a new report.
        why: Why a person must decide.
        decision: What became of it.
        decided_at: When it was decided.
        decided_by: Who decided.
        reason: Why, where it was dismissed.
        observation: Id of the observation that it became.
    """

    id: str
    feed: str
    record: str
    queued_at: datetime
    action: Action
    draft: Draft
    target: str | None
    why: str
    decision: Decision = Decision.WAITING
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    observation: str | None = None


def item_id(record: str, place: int) -> str:
    """The id of the item at a place among those of a record."""
    return hashlib.sha256(f"{record}/{place}".encode()).hexdigest()[:16]
