"""Remind of what is overdue in a theater."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.overdue import Reminder, reminders

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger


def remind(theater: Theater, *, ledger: Ledger, now: datetime) -> tuple[Reminder, ...]:
    """What somebody should look at, attention to the whole theater first, then indicators, the oldest first."""
    observations = ledger.observations([indicator.id for indicator in theater.indicators], now)
    return reminders(theater, observations, now)
