"""Recording many observations at once: a file that somebody brought, or shipped history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.observation import Draft, Report, read_drafts
from tocsin.domain.timeline import Timeline, known_since
from tocsin.usecases.observe import observation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.usecases.ports import Ledger, Recorded


def import_observations(
    drafts: Iterable[Draft],
    *,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    ledger: Ledger,
    now: datetime,
    author: str,
    shipped: bool,
) -> Recorded:
    """Record all of them or, with InvalidObservationError for everything wrong with any, none.

    What the ledger holds already is left as it is, so the same import twice is the import once.

    Args:
        drafts: What to record.
        indicators: The declared indicators by id.
        timeline: The theater's, for its days.
        ledger: Where they are recorded.
        now: The present instant. Days after it are refused.
        author: Who answers for them.
        shipped: They are history without a recording instant: each counts as known at the end of its day
            plus its indicator's delay, and not from `now`.
    """
    reports = read_drafts(drafts, indicators, today=timeline.last_day(now))
    return ledger.record(
        [observation_of(report, author, _known_at(report, timeline) if shipped else now) for report in reports]
    )


def _known_at(report: Report, timeline: Timeline) -> datetime:
    return known_since(timeline, report.observed_on, report.indicator.delay_days)
