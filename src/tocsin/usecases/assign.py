"""Ask somebody to take up an alert that fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.access import Right
from tocsin.domain.account import fold_name
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.notice import Assignment
from tocsin.usecases.acknowledge import read_note, ringing

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.usecases.access_ports import AccountBook
    from tocsin.usecases.alert_ports import AlertBook


def assign(
    theater: str,
    rule: str,
    *,
    to: str,
    note: str,
    book: AlertBook,
    accounts: AccountBook,
    actor: str,
    now: datetime,
) -> Assignment:
    """Put on record that somebody is asked to take the present episode of a rule's alert up.

    Notices go on until they acknowledge it. InvalidInputError where the alert does not fire, and where no account of
    that name may acknowledge it.
    """
    read_note(note)
    found = accounts.named(fold_name(to))
    if found is None or found.disabled_at is not None or not found.principal().may(Right.ACKNOWLEDGE, theater):
        accepted = f"an account that may acknowledge alerts of {theater}, not disabled"
        raise InvalidInputError([Problem("", None, "to", repr(to), accepted)])
    kept = ringing(theater, rule, book, now)
    asked = Assignment(kept.alert.episode, found.name, actor, now, note)
    if not book.assign(theater, rule, asked):
        ringing(theater, rule, book, now)  # it is over, as it says then, or another one has begun
        raise InvalidInputError([Problem("", None, f"alert {rule}", "another episode by now", "the one that you saw")])
    return asked
