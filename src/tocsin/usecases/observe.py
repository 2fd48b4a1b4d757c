"""Record what was seen, or looked for and not seen: one report, a file that somebody brought, or shipped history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.observation import Draft, Observation, Report, read_drafts
from tocsin.domain.timeline import Timeline, known_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.usecases.ports import Ledger, Recorded


def observe(
    drafts: Iterable[Draft],
    *,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    ledger: Ledger,
    now: datetime,
    author: str,
    history: bool,
) -> Recorded:
    """Record all of them or, with InvalidObservationError for everything wrong with any, none.

    What the ledger holds already is left as it is, so the same file twice is the file once.

    Args:
        drafts: What was typed, or stands in a file.
        indicators: The declared indicators by id.
        timeline: The theater's, for its days.
        ledger: Where they are recorded.
        now: The present instant. Days after it are refused.
        author: Who answers for them.
        history: They are history without a recording instant: each counts as known at the end of its day plus its
            indicator's delay, and not from `now`.
    """
    reports = read_drafts(drafts, indicators, today=timeline.last_day(now))
    return ledger.record(
        [
            observation_of(report, author, _known_at(report, timeline) if history else now, now if history else None)
            for report in reports
        ]
    )


def _known_at(report: Report, timeline: Timeline) -> datetime:
    return known_since(timeline, report.observed_on, report.indicator.delay_days)


def observation_of(report: Report, author: str, recorded_at: datetime, entered_at: datetime | None) -> Observation:
    """An accepted report as an observation."""
    return Observation(
        id="",
        indicator=report.indicator.id,
        observed_on=report.observed_on,
        value=report.value,
        grade=report.grade,
        origin=report.origin,
        summary=report.summary,
        source=report.source,
        author=author,
        recorded_at=recorded_at,
        entered_at=entered_at,
        coverage=report.coverage,
        links=report.links,
    ).named()
