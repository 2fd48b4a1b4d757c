"""Correct an observation: a new version that supersedes it. Re-grading is a correction of the grade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import Draft, Observation, Report, read_drafts, reason_problems
from tocsin.usecases.find_observation import find_observation
from tocsin.usecases.observe import observation_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.ports import Ledger


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different, as text that somebody typed; None leaves a field as it is.

    Empty text means what it means in a draft: of `coverage` the indicator's declared one, of `origin` one made of
    source, indicator and day, of `links` none, of `through` a report of one day. `indicator` is there to be
    refused in words.
    """

    observed_on: str | None = None
    value: str | None = None
    grade: str | None = None
    origin: str | None = None
    summary: str | None = None
    source: str | None = None
    coverage: str | None = None
    links: str | None = None
    indicator: str | None = None
    through: str | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """Both versions; `added` is false where the same correction was in the ledger already."""

    before: Observation
    after: Observation
    added: bool


def correct(
    name: str,
    changes: Changes,
    *,
    reason: str,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    ledger: Ledger,
    now: datetime,
    author: str,
) -> Corrected:
    """Record a version that supersedes an observation, known from `now` on, whenever what it corrects was known.

    The same correction again, by a client that did not hear the answer, changes nothing.

    Args:
        name: The observation's id, or enough of its beginning; see `find_observation`.
        changes: What is to be different.
        reason: Why.
        indicators: The theater's, by id.
        timeline: The theater's, for its days.
        ledger: Where it is recorded.
        now: The present instant. Days after it are refused.
        author: Who answers for the change.

    Raises:
        InvalidObservationError: It is not to be found, nothing would be different, there is no reason, or the result
            would be refused as a new observation.
        ConflictError: It has been superseded or withdrawn already.
    """
    before = find_observation(name, indicators=indicators, ledger=ledger)
    report = _changed(before, changes, reason, indicators, timeline, now)
    after = replace(observation_of(report, author, now, None), supersedes=before.id, reason=reason.strip()).named()
    recorded = ledger.record([after])
    return Corrected(before, recorded.written(after), added=bool(recorded.added))


def _changed(
    before: Observation,
    changes: Changes,
    reason: str,
    indicators: Mapping[str, Indicator],
    timeline: Timeline,
    now: datetime,
) -> Report:
    """The report as it would be, or everything wrong with it at once."""
    problems = reason_problems(reason, f"{before.id} is changed")
    if changes.indicator not in {None, before.indicator}:
        accepted = f"{before.indicator}: to move a report to another indicator, retract it and report it anew"
        problems.append(Problem("", None, "indicator", repr(changes.indicator), accepted))
    report = None
    try:
        (report,) = read_drafts([_draft(before, changes)], indicators, timeline.last_day(now), timeline)
    except InvalidObservationError as error:
        problems.extend(error.problems)
    if report is not None and not problems and _says_the_same(report, before):
        accepted = f"at least one field that differs from what {before.id} says"
        problems.append(Problem("", None, "correction", "without a change", accepted))
    if report is None or problems:
        raise InvalidObservationError(problems)
    return report


def _draft(before: Observation, changes: Changes) -> Draft:
    def text(changed: str | None, held: str) -> str:
        return held if changed is None else changed

    return Draft(
        indicator=before.indicator,
        observed_on=text(changes.observed_on, before.observed_on.isoformat()),
        value=text(changes.value, repr(before.value)),
        grade=text(changes.grade, str(before.grade)),
        origin=text(changes.origin, before.origin),
        summary=text(changes.summary, before.summary),
        source=text(changes.source, before.source),
        coverage=text(changes.coverage, "" if before.coverage is None else repr(before.coverage)),
        links=text(changes.links, " ".join(before.links)),
        through=text(changes.through, "" if before.through is None else before.through.isoformat()),
    )


def _says_the_same(report: Report, before: Observation) -> bool:
    after = observation_of(report, before.author, before.recorded_at, None)
    return (
        replace(after, supersedes=before.supersedes, withdrawn=before.withdrawn).fingerprint() == before.fingerprint()
    )
