"""Hindsight: what would have been known at an instant, had every report been right from the beginning."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.timeline import known_since

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater


def as_corrected(theater: Theater, observations: Iterable[Observation], then: datetime) -> list[Observation]:
    """The reports of a theater that would have been known at an instant, each as it stands in the end.

    A report and all its corrections are one chain. Of each chain its last version is taken:

    - What was known by `then` already stays as it is, so that without later corrections this is what was known.
    - A retraction takes the report away, as if nobody had made it.
    - A correction counts from when the report would have been known had it said so at once: from when the first version
      was known, or where it speaks of a later day, from when that day began. Of history that was entered afterwards it
      is when its day, as corrected, had ended and the indicator's delay had passed. So a report that is moved to a day
      after `then` is not there, and one that is moved from after `then` to before it is.

    A report that came in after `then` is no correction, and nobody is taken to have known of it.

    Args:
        theater: Whose days and delays count.
        observations: All versions known in the end, in any order; of other theaters' indicators none.
        then: The instant.
    """
    known = {item.id: item for item in observations}
    changed_by = {item.supersedes: item for item in known.values() if item.supersedes is not None}
    delays = {item.id: item.delay_days for item in theater.indicators}
    found: list[Observation] = []
    for first in known.values():
        if first.supersedes in known:
            continue
        last = first
        while last.id in changed_by:
            last = changed_by[last.id]
        if last.withdrawn or last.indicator not in delays:
            continue
        if last.recorded_at <= then:
            found.append(last)
        elif (since := _known_from(theater, first, last, delays[last.indicator])) <= then:
            found.append(replace(last, recorded_at=since, supersedes=None))
    return found


def _known_from(theater: Theater, first: Observation, last: Observation, delay_days: int) -> datetime:
    """When a report would have been known had its first version said what its last one says."""
    timeline = theater.timeline
    if last.observed_on == first.observed_on:
        return first.recorded_at
    if first.entered_at is not None:
        return known_since(timeline, last.observed_on, delay_days)
    return max(first.recorded_at, timeline.close_of(last.observed_on - timedelta(days=1)))
