"""A page of the ledger as it was known at an instant: what `list_ledger` lists, at the cost of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.observation import state_of
from tocsin.usecases.list_ledger import Asked, Entry
from tocsin.usecases.ports import LedgerQuestion

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger, LedgerPlace


def page_ledger(
    theater: Theater, asked: Asked, *, ledger: Ledger, as_of: datetime, after: LedgerPlace | None, limit: int
) -> tuple[Entry, ...]:
    """At most `limit` entries after a place, in order of day, instant and id; UnknownNameError for no indicator of it.

    Whoever asks on from the last entry's place is given every entry once, whatever is recorded meanwhile.
    """
    names = (
        tuple(item.id for item in theater.indicators)
        if asked.indicator is None
        else (theater.indicator(asked.indicator).id,)
    )
    question = LedgerQuestion(names, as_of, asked.since, asked.until, asked.everything)
    return tuple(
        Entry(item.observation, *state_of(item.observation, item.changed_by))
        for item in ledger.page(question, after, limit)
    )
