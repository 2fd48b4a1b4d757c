"""Judge what somebody brings: every row checked, and compared with what the ledger holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.domain.batch import Batch, sort_out
from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import ID_DIGITS, Draft, Observation, State, judge_drafts, states
from tocsin.usecases.observe import observations_of
from tocsin.usecases.ports import Progress, in_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger

_EVER = datetime.max.replace(tzinfo=UTC)
"""Old news may count as known from a day that is still to come."""
_TOLD_EVERY = 2_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """What files hold, before it is believed, and everything that is wrong with their form."""

    drafts: Sequence[Draft]
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """Accepted observations, in order; what the ledger has of them by now; and those that it has not."""

    observations: Sequence[Observation]
    became: Mapping[str, State]
    batch: Batch
    new: Sequence[Observation]

    def but_for(self, added: Collection[str]) -> Batch:
        """The batch where, of what was new, only these were: somebody recorded the others meanwhile."""
        names = frozenset(added)
        raced = {item.id: State.STANDS for item in self.new if item.id not in names}
        return sort_out(self.observations, {**self.became, **raced})[0]


def judge_import(
    incoming: Incoming,
    theater: Theater,
    *,
    ledger: Ledger,
    now: datetime,
    author: str,
    history: bool,
    recorded_at: datetime | None = None,
    report: Callable[[Progress], None] = in_silence,
) -> Judged:
    """Check all of it; InvalidObservationError with everything wrong with any row, of form and of content.

    Args:
        incoming: What was read.
        theater: Whose indicators it is about.
        ledger: What is known already.
        now: The present instant. Days after it are refused.
        author: Who answers for it.
        history: Each row counts as known from the end of its day plus its indicator's delay.
        recorded_at: The instant from which other rows count as known; None for `now`.
        report: What may raise to stop.
    """
    indicators = {item.id: item for item in theater.indicators}
    watched = _told(incoming.drafts, report)
    reports, problems = judge_drafts(watched, indicators, theater.timeline.last_day(now), theater.timeline)
    if incoming.problems or problems:
        raise InvalidObservationError(_each_once(incoming.problems, problems))
    instant = now if recorded_at is None else recorded_at
    observations = observations_of(reports, theater.timeline, instant, author, history=history)
    became = _became(ledger, observations)
    batch, new = sort_out(observations, became)
    return Judged(observations, became, batch, new)


def _told(drafts: Sequence[Draft], report: Callable[[Progress], None]) -> Iterator[Draft]:
    for number, draft in enumerate(drafts):
        if number % _TOLD_EVERY == 0:
            report(Progress("checking", number, len(drafts)))
        yield draft
    if drafts:
        report(Progress("checking", len(drafts), len(drafts)))


def _each_once(form: Sequence[Problem], content: Sequence[Problem]) -> list[Problem]:
    """Of a cell that could not be read, what it would mean unread is no second problem."""
    unread = {(problem.file, problem.line, problem.field) for problem in form}
    return [*form, *(problem for problem in content if (problem.file, problem.line, problem.field) not in unread)]


def _became(ledger: Ledger, observations: Sequence[Observation]) -> dict[str, State]:
    """By id, what has become of those that the ledger holds."""
    held = {mark[:ID_DIGITS] for mark in ledger.held(observations)}
    known = [item for item in observations if item.id in held]
    if not known:
        return {}
    since = min(item.observed_on for item in known)
    versions = ledger.observations({item.indicator for item in known}, _EVER, since)
    return {name: state for name, (state, _) in states(versions, _EVER).items() if name in held}
