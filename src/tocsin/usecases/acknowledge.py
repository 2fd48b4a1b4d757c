"""Take up an alert that fires, so that whoever waits for somebody to do so is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.notice import Acknowledgement

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tocsin.usecases.alert_ports import AlertBook, KeptAlert

LONGEST_NOTE = 2_000


def acknowledge(
    theater: str,
    rule: str,
    *,
    note: str,
    lasts: timedelta | None,
    book: AlertBook,
    actor: str,
    now: datetime,
) -> Acknowledgement:
    """Put on record that somebody has the present episode of a rule's alert in hand, for so long or until it is over.

    InvalidInputError where the alert does not fire: there is nothing to take up, and what fires next is not this one.
    """
    read_note(note)
    kept = ringing(theater, rule, book, now)
    taken = Acknowledgement(kept.alert.episode, actor, now, None if lasts is None else now + lasts, note)
    if not book.acknowledge(theater, rule, taken):
        ringing(theater, rule, book, now)  # it is over, as it says then, or another one has begun
        raise InvalidInputError([Problem("", None, f"alert {rule}", "another episode by now", "the one that you saw")])
    return taken


def ringing(theater: str, rule: str, book: AlertBook, now: datetime) -> KeptAlert:
    """The alert of a rule while it fires; InvalidInputError otherwise."""
    kept = book.standing(theater, now).alerts.get(rule)
    if kept is None or not kept.alert.rings:
        phase = "never judged" if kept is None else kept.alert.phase.value
        raise InvalidInputError([Problem("", None, f"alert {rule}", phase, "an alert that fires")])
    return kept


def read_note(note: str, field: str = "note") -> None:
    """InvalidInputError for what is too long to be kept beside an alert."""
    if len(note) > LONGEST_NOTE:
        accepted = f"at most {LONGEST_NOTE:,} characters"
        raise InvalidInputError([Problem("", None, field, f"{len(note):,} characters long", accepted)])
