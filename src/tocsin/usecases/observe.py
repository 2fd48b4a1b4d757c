"""Recording what somebody saw, or looked for and did not see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import Draft, Observation, Report, read_drafts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.ports import Ledger, Recorded

_ID_DIGITS = 16


def observe(
    draft: Draft,
    *,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    ledger: Ledger,
    now: datetime,
    author: str,
    recorded_at: datetime | None = None,
) -> Recorded:
    """Record one observation, or InvalidObservationError with everything wrong with it.

    Args:
        draft: What was typed.
        indicators: The declared indicators by id.
        timeline: The theater's, for the day that has begun there.
        ledger: Where it is recorded.
        now: The present instant.
        author: Who says so.
        recorded_at: The instant at which it was known, where that is earlier than `now`.
    """
    known_at = now if recorded_at is None else recorded_at
    if known_at > now:
        accepted = f"an instant that has passed: {now.isoformat()} or earlier"
        problem = Problem(draft.place, draft.line, "recorded_at", known_at.isoformat(), accepted)
        raise InvalidObservationError([problem])
    # Nothing can have been known about a day that had not begun by then.
    reports = read_drafts([draft], indicators, today=timeline.last_day(known_at))
    return ledger.record([observation_of(report, author, known_at) for report in reports])


def observation_of(report: Report, author: str, recorded_at: datetime) -> Observation:
    """An accepted report as an observation whose id comes from its content.

    So the same report has the same id in every store, and names in notes and links keep their meaning.
    """
    unnamed = Observation(
        id="",
        indicator=report.indicator.id,
        observed_on=report.observed_on,
        value=float(report.value) + 0.0,  # -0.0 becomes 0.0: the same report must have one fingerprint
        grade=report.grade,
        origin=report.origin,
        summary=report.summary,
        source=report.source,
        author=author,
        recorded_at=recorded_at,
        coverage=report.coverage,
    )
    return replace(unnamed, id=unnamed.fingerprint()[:_ID_DIGITS])
