"""Judge how a window of a scenario came out, where no rule can say so or a person knows better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem, SettledOtherwiseError
from tocsin.domain.observation import reason_problems
from tocsin.domain.plural import counted
from tocsin.domain.resolution import How, Outcome, Resolution, Window, standing, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.resolution import WindowKey
    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.ports import PublicationBook, ResolutionBook

JUDGED = (Outcome.YES, Outcome.NO, Outcome.VOID)
"""What a person may say; that a window is open again follows from corrections, and nobody says it."""
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says became of a window.

    Attributes:
        scenario: Id of the scenario.
        opened_on: The first day that counts.
        horizon_days: Days that count.
        outcome: What became of it.
        reason: Why, in words.
        supersedes: Id of the resolution that it replaces; None where none stands.
    """

    scenario: str
    opened_on: date
    horizon_days: int
    outcome: Outcome
    reason: str
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The resolution that stands; `added` is false where the same judgement stood already."""

    resolution: Resolution
    added: bool


def judge(
    theater: Theater,
    said: Judgement,
    *,
    publications: PublicationBook,
    resolutions: ResolutionBook,
    now: datetime,
    author: str,
) -> Judged:
    """Record how a window came out. The same judgement again, by who did not hear the answer, changes nothing.

    Args:
        theater: The theater.
        said: The judgement.
        publications: What was stated, which opened the windows.
        resolutions: How they were settled.
        now: The present instant.
        author: Who judges.

    Raises:
        UnknownNameError: There is no such scenario.
        InvalidInputError: There is no such window, it cannot have come out so yet, or there is no reason.
        SettledOtherwiseError: It stands settled by another resolution than the one that is to be superseded.
    """
    scenario = theater.scenario(said.scenario).id
    windows = windows_of(publications.publications(theater.id, now))
    stands = standing(resolutions.resolutions(theater.id, now))
    window = windows.get((theater.id, scenario, said.opened_on, said.horizon_days))
    problems = reason_problems(said.reason, f"{scenario} of {said.opened_on} is judged so")
    if window is None:
        raise InvalidInputError([*problems, _unknown(said, windows.values(), stands)])
    if problems := [*problems, *_too_early(window, said.outcome, theater.timeline, now)]:
        raise InvalidInputError(problems)
    before = stands.get(window.key)
    if before is not None and _says_the_same(before, said, author):
        return Judged(before, added=False)
    _refuse_stale(window, said.supersedes, before)
    item = _resolution(window, said, now, author)
    if resolutions.record([item]):
        return Judged(item, added=True)
    # Somebody settled it between our reading and our writing.
    raced = standing(resolutions.resolutions(theater.id, now)).get(window.key)
    _refuse_stale(window, said.supersedes, raced)
    raise SettledOtherwiseError(_words(window), said.supersedes, "another", "somebody settled it at this moment")


def _too_early(window: Window, outcome: Outcome, timeline: Timeline, now: datetime) -> list[Problem]:
    if outcome is Outcome.NO and window.closes_on > timeline.last_ended(now):
        accepted = f"yes or void, or no once {window.closes_on} has ended: until then it may still happen"
        return [Problem("", None, "outcome", "no", accepted)]
    if outcome is Outcome.YES and window.opened_on > timeline.last_day(now):
        accepted = f"void, or yes once the window has begun, on {window.opened_on}"
        return [Problem("", None, "outcome", "yes", accepted)]
    return []


def _unknown(said: Judgement, windows: Iterable[Window], stands: Mapping[WindowKey, Resolution]) -> Problem:
    waiting = [item for item in windows if item.scenario == said.scenario and not _settled(stands.get(item.key))]
    value = f"{counted(said.horizon_days, 'day')} from {said.opened_on}"
    return Problem("", None, "window", value, f"a window that a publication opened; open are: {_list(waiting)}")


def _settled(item: Resolution | None) -> bool:
    return item is not None and item.outcome is not Outcome.OPEN


def _list(windows: Sequence[Window]) -> str:
    latest = sorted(windows, key=lambda item: (item.opened_on, item.horizon_days))
    named = [f"{counted(item.horizon_days, 'day')} from {item.opened_on}" for item in latest[:_NAMED]]
    more = [f"and {len(latest) - _NAMED} more"] if len(latest) > _NAMED else []
    return ", ".join([*named, *more]) or "none of this scenario"


def _says_the_same(before: Resolution, said: Judgement, author: str) -> bool:
    told = (before.how, before.outcome, before.reason, before.author, before.supersedes)
    return told == (How.JUDGED, said.outcome, said.reason.strip(), author, said.supersedes)


def _refuse_stale(window: Window, supersedes: str | None, before: Resolution | None) -> None:
    if before is None:
        if supersedes is not None:
            accepted = f"nothing: {_words(window)} is not settled yet"
            raise InvalidInputError([Problem("", None, "supersedes", repr(supersedes), accepted)])
    elif before.id != supersedes:
        says = f"{before.outcome}, by {before.author} at {before.settled_at:%Y-%m-%d %H:%M:%S} UTC: {before.reason}"
        raise SettledOtherwiseError(_words(window), supersedes, before.id, says)


def _words(window: Window) -> str:
    return f"{window.scenario} for {counted(window.horizon_days, 'day')} from {window.opened_on}"


def _resolution(window: Window, said: Judgement, now: datetime, author: str) -> Resolution:
    return Resolution(
        theater=window.theater,
        scenario=window.scenario,
        opened_on=window.opened_on,
        horizon_days=window.horizon_days,
        publication=window.publication,
        outcome=said.outcome,
        settled_at=now,
        how=How.JUDGED,
        author=author,
        reason=said.reason.strip(),
        supersedes=said.supersedes,
    ).named()
