"""Tell what became of the reports of each source; nothing is changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.source_record import SourceRecord, record_sources

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger, ResolutionBook


def track_sources(
    theater: Theater, *, ledger: Ledger, resolutions: ResolutionBook, as_of: datetime
) -> tuple[SourceRecord, ...]:
    """What had become by an instant of all reports about a theater's indicators, by the source that they name.

    Args:
        theater: Whose indicators.
        ledger: What was observed; all of it is read.
        resolutions: How windows were settled.
        as_of: The instant.
    """
    names = [item.id for item in theater.indicators]
    return record_sources(theater, ledger.observations(names, as_of), resolutions.resolutions(theater.id, as_of), as_of)
