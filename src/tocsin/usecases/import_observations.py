"""Import what files hold, all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.usecases.judge_import import Incoming, judge_import
from tocsin.usecases.ports import Progress, in_silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.batch import Batch
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger


def import_observations(
    incoming: Incoming,
    theater: Theater,
    *,
    ledger: Ledger,
    now: datetime,
    author: str,
    history: bool,
    report: Callable[[Progress], None] = in_silence,
) -> Batch:
    """Record what is new, in one transaction; what the ledger has is left as it is, and told with what became of it.

    InvalidObservationError with everything wrong with any row. Where `report` raises, too, nothing was written.
    """
    judged = judge_import(incoming, theater, ledger=ledger, now=now, author=author, history=history, report=report)
    recorded = ledger.record(judged.new, report)
    return judged.batch if len(recorded.added) == len(judged.new) else judged.but_for(recorded.added)
