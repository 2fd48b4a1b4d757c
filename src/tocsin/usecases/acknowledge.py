"""Take up an alert that fires, so that whoever waits for somebody to do so is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.notice import Acknowledgement

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tocsin.usecases.alert_ports import AlertBook

_LONGEST_NOTE = 2_000


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
    if len(note) > _LONGEST_NOTE:
        accepted = f"at most {_LONGEST_NOTE:,} characters"
        raise InvalidInputError([Problem("", None, "note", f"{len(note):,} characters long", accepted)])
    kept = book.standing(theater, now).alerts.get(rule)
    phase = "never judged" if kept is None else kept.alert.phase.value
    if kept is not None:
        taken = Acknowledgement(kept.alert.episode, actor, now, None if lasts is None else now + lasts, note)
        if book.acknowledge(theater, rule, taken):
            return taken
    raise InvalidInputError([Problem("", None, f"alert {rule}", phase, "an alert that fires")])
