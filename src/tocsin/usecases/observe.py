"""Record what was seen, or looked for and not seen: one report, a file that somebody brought, or shipped history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.observation import Draft, Observation, Report, read_drafts
from tocsin.domain.timeline import Timeline, known_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

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
    drawn = draw_up(drafts, indicators=indicators, timeline=timeline, now=now, author=author, history=history)
    return ledger.record(drawn)


def draw_up(
    drafts: Iterable[Draft],
    *,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    now: datetime,
    author: str,
    history: bool,
) -> list[Observation]:
    """The observations that `observe` would record, each with the id that it has in any ledger."""
    reports = read_drafts(drafts, indicators, timeline.last_day(now), timeline)
    return observations_of(reports, timeline, now, author, history=history)


def observations_of(
    reports: Iterable[Report], timeline: Timeline, now: datetime, author: str, *, history: bool
) -> list[Observation]:
    """Accepted reports as observations that are recorded now; see `observe`."""
    if not history:
        return [observation_of(report, author, now, None) for report in reports]
    # A time zone is asked for once a day and delay: a file has many rows of each.
    instants: dict[tuple[date, int], datetime] = {}
    observations = []
    for report in reports:
        when = report.through or report.observed_on, report.indicator.delay_days
        if when not in instants:
            instants[when] = known_since(timeline, *when)
        observations.append(observation_of(report, author, instants[when], now))
    return observations


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
        through=report.through,
    ).named()
