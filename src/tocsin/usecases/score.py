"""Score what was said first of every window that is settled and has closed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.persistence import Answer, persist
from tocsin.domain.resolution import Outcome, Resolution, Window, standing, windows_of
from tocsin.domain.scenario import Threshold
from tocsin.domain.scored import Later, Scored, Scores
from tocsin.domain.scoring import CLIP, may_be_scored, time_weighted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import WindowKey
    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.ports import PublicationBook, ResolutionBook

_ANSWERS = {Outcome.YES, Outcome.NO}


@dataclass(frozen=True, slots=True)
class Counted:
    """Windows by what has become of them.

    Attributes:
        scored: Settled yes or no, and closed.
        void: Settled so that nothing can be scored.
        foregone: The same, but its rule was met already when it was stated, so that there was nothing to forecast.
        early: Settled before a no could have been; they are scored with those that close with them.
        open: Not settled.
        overdue: Of these, those that could have been. While there are any, the scores lean to what is settled sooner.
    """

    scored: int
    void: int
    foregone: int
    early: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """Every window scored, in order of opening, scenario as declared then and horizon; and how many others there are.

    `means_of` gives the means of what is scored.
    """

    scored: tuple[Scored, ...]
    counted: Counted


def score(
    theater: Theater, *, publications: PublicationBook, resolutions: ResolutionBook, as_of: datetime
) -> ScoreCard:
    """The scores of a theater's windows as they stood settled at an instant.

    What is scored is the first publication on a window's opening day, whatever its status: `windows_of` names it. The
    base rate is the probability before any evidence that the same publication stated. A window is scored from the day
    on which it could have been settled either way; see `may_be_scored`. What was certain when it was stated, as
    its rule was met already, is left out whatever came of it: else what goes on would be foretold anew each day.

    Args:
        theater: The theater.
        publications: What was stated.
        resolutions: How the windows were settled.
        as_of: Only what had been stated and settled by then counts.
    """
    stated = publications.publications(theater.id, as_of)
    return score_stated(theater, stated, resolutions.resolutions(theater.id, as_of), as_of)


def score_stated(
    theater: Theater, stated: Sequence[Publication], resolutions: Iterable[Resolution], as_of: datetime
) -> ScoreCard:
    """The same of some statements and of all versions of how their windows were settled, both known by `as_of`."""
    windows = windows_of(stated)
    settled = standing(resolutions)
    closed: list[tuple[Window, Resolution]] = []
    void = early = waiting = overdue = 0
    last_ended, delays = theater.timeline.last_ended(as_of), reporting_delays(theater)
    for key, window in windows.items():
        resolution = settled.get(key)
        due = may_be_scored(window.closes_on, delays.get(window.scenario, 0) if window.rule else 0, last_ended)
        if resolution is None or resolution.outcome is Outcome.OPEN:
            waiting += 1
            overdue += due
        elif resolution.outcome is Outcome.VOID:
            void += 1
        elif due:
            closed.append((window, resolution))
        else:
            early += 1
    every = list(_scored(closed, stated, theater.timeline))
    scored = tuple(item for item in every if not (item.window.rule and item.probability >= 1.0 - CLIP))
    return ScoreCard(scored, Counted(len(scored), void, len(every) - len(scored), early, waiting, overdue))


def reporting_delays(theater: Theater) -> dict[str, int]:
    """The reporting delay of what each scenario's rule counts, in days."""
    return {
        item.id: theater.indicator(item.mechanism.indicator).delay_days
        for item in theater.scenarios
        if isinstance(item.mechanism, Threshold)
    }


def _scored(
    closed: Sequence[tuple[Window, Resolution]], stated: Sequence[Publication], timeline: Timeline
) -> Iterable[Scored]:
    answers: dict[tuple[str, int], list[Answer]] = defaultdict(list)
    for window, resolution in sorted(closed, key=lambda item: item[0].opened_on):
        answer = Answer(window.opened_on, window.closes_on, resolution.outcome is Outcome.YES)
        answers[window.scenario, window.horizon_days].append(answer)
    statements = _statements(stated)
    for window, resolution in closed:
        said = [
            item
            for item in statements[window.key]
            if item.number == window.publication or item.stated_at < resolution.settled_at
        ]
        yield _one(window, resolution, said, answers[window.scenario, window.horizon_days], timeline)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a publication said of a window."""

    number: int
    stated_at: datetime
    probability: float
    base_rate: float


def _statements(stated: Iterable[Publication]) -> Mapping[WindowKey, list[_Statement]]:
    """All that was said of each window on its opening day, in order."""
    found: dict[WindowKey, list[_Statement]] = defaultdict(list)
    for item in stated:
        if item.foresight:
            for odds in item.odds:
                statement = _Statement(item.number, item.stated_at, odds.probability, odds.prior)
                found[item.theater, odds.scenario, item.opens_on, odds.horizon_days].append(statement)
    return found


def _one(
    window: Window,
    resolution: Resolution,
    said: Sequence[_Statement],
    answers: Sequence[Answer],
    timeline: Timeline,
) -> Scored:
    occurred = resolution.outcome is Outcome.YES
    first = said[0]
    scores = [Scores.of(item.probability, occurred=occurred) for item in said]
    stated_at, until = [item.stated_at for item in said], timeline.close_of(window.opened_on)
    rival = persist(window.opened_on, answers, first.base_rate)
    return Scored(
        window=window,
        resolution=resolution,
        stated_at=first.stated_at,
        probability=first.probability,
        scores=scores[0],
        base_rate=first.base_rate,
        base_rate_scores=Scores.of(first.base_rate, occurred=occurred),
        persistence=rival.probability,
        answers=rival.answers,
        persistence_scores=Scores.of(rival.probability, occurred=occurred),
        later=Later(
            statements=len(said) - 1,
            last_probability=said[-1].probability,
            last=scores[-1],
            time_weighted=Scores(
                time_weighted([item.brier for item in scores], stated_at, until),
                time_weighted([item.log for item in scores], stated_at, until),
            ),
        ),
    )
