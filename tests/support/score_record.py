"""A record of statements and of how their windows came out, so that a score card has something to show."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from support.publications import statement
from tocsin.domain.odds import Interval
from tocsin.domain.publication import Publication, StatedOdds
from tocsin.domain.resolution import How, Outcome, Resolution, Window, windows_of
from tocsin.domain.settlement import rule_text
from tocsin.domain.wording import likelihood_words

if TYPE_CHECKING:
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import PublicationBook, ResolutionBook

WEEKS = 60
LAST = date(2016, 3, 1)
"""The Tuesday on which the last statement is made; the first is `WEEKS` − 1 weeks before."""
_HALF_LIFE = 40.0  # days, of the pressure that the record is made from
_FORGOTTEN = 11  # place of the window that nobody settles
_USUAL = 1 / 240  # occurrences a day at normal pressure


@dataclass(frozen=True)
class _Course:
    """What a scenario went through: its pressure, and the days on which it occurred."""

    pressure: dict[date, float]
    occurred: tuple[date, ...]


def record_scores(
    theater: Theater,
    publications: PublicationBook,
    resolutions: ResolutionBook,
    *,
    fit: str,
    as_of: datetime,
    weeks: int = WEEKS,
    last: date = LAST,
) -> None:
    """Weekly statements of every scenario and horizon, and what had come of their windows by `as_of`.

    The statements know the pressure of their day, nearly, and are a bit too sure of it. Every tenth week there is a
    second one, six hours later. What occurs settles a window yes on the next day; the others are settled no three days
    after they have closed, but for one that is void, one that is forgotten, and one that a person settled otherwise
    before. It is the same record each time.

    Args:
        theater: Whose scenarios are stated.
        publications: Where what is stated is recorded.
        resolutions: Where it is recorded how windows came out.
        fit: Id of a fit of the theater that is in the store.
        as_of: Until when windows have been settled; as late as the last statement or later.
        weeks: How many weeks there are.
        last: The day of the last statement.
    """
    first = last - timedelta(weeks=weeks - 1)
    draw = random.Random(f"{theater.id} {first}")  # noqa: S311 - no secret
    courses = {item.id: _course(draw, first, as_of.date()) for item in theater.scenarios}
    newest = publications.newest(theater.id)
    number = None if newest is None else newest.number
    made: list[Publication] = []
    for week in range(weeks):
        opens_on = first + timedelta(weeks=week)
        for hour in (6, 12) if week % 10 == 0 else (6,):
            stated_at = datetime.combine(opens_on, time(hour, 30), tzinfo=as_of.tzinfo)
            odds = tuple(
                _stated(draw, theater, scenario, opens_on, days, courses[scenario.id])
                for scenario in theater.scenarios
                for days in scenario.horizons
            )
            said = statement(
                week, theater=theater.id, stated_at=stated_at, as_of=stated_at, opens_on=opens_on, fit=fit, odds=odds
            )
            recorded = publications.append(replace(said, fitted_as_of=stated_at - timedelta(hours=6)), number)
            assert recorded is not None
            number = recorded.number
            made.append(recorded)
    _settle(list(windows_of(made).values()), courses, resolutions, as_of)


def _course(draw: random.Random, first: date, end: date) -> _Course:
    pressure, occurred, level, keep = {}, [], draw.gauss(), 0.5 ** (1 / _HALF_LIFE)
    for number in range((end - first).days + 1):
        day = first + timedelta(days=number)
        level = keep * level + math.sqrt(1 - keep * keep) * draw.gauss()
        pressure[day] = level
        if draw.random() < _USUAL * math.exp(0.9 * level):
            occurred.append(day)
    return _Course(pressure, tuple(occurred))


def _stated(
    draw: random.Random, theater: Theater, scenario: Scenario, opens_on: date, days: int, course: _Course
) -> StatedOdds:
    level = 1.25 * (course.pressure[opens_on] + 0.2 * draw.gauss())  # a bit too sure of what is on
    keep = 0.5 ** (1 / _HALF_LIFE)
    # The mean of exp(0.9 θ) so many days ahead, θ being normal with mean keep^n·level and variance 1 − keep^2n.
    hazards = (_USUAL * math.exp(0.9 * keep**n * level + 0.405 * (1 - keep ** (2 * n))) for n in range(days))
    probability, prior = 1 - math.exp(-sum(hazards)), 1 - math.exp(-_USUAL * math.exp(0.405) * days)
    return StatedOdds(
        scenario=scenario.id,
        horizon_days=days,
        closes_on=opens_on + timedelta(days=days - 1),
        probability=probability,
        interval50=Interval(probability * 0.8, probability + (1 - probability) * 0.15),
        interval90=Interval(probability * 0.5, probability + (1 - probability) * 0.4),
        prior=prior,
        prior_driven=False,
        error=0.004,
        words=likelihood_words(probability),
        rule=rule_text(scenario, theater.timeline),
    )


def _settle(windows: list[Window], courses: dict[str, _Course], resolutions: ResolutionBook, as_of: datetime) -> None:
    found: list[Resolution] = []
    for place, window in enumerate(windows):
        met = next((day for day in courses[window.scenario].occurred if _within(day, window)), None)
        settled_on = window.closes_on + timedelta(days=3) if met is None else met + timedelta(days=1)
        settled_at = datetime.combine(settled_on, time(5), tzinfo=as_of.tzinfo)
        if settled_at > as_of or place == _FORGOTTEN:
            continue
        if place == 0:
            found.append(_resolution(window, Outcome.VOID, settled_at, "sources contradict each other"))
            continue
        outcome = Outcome.NO if met is None else Outcome.YES
        why = f"on {met}" if met else "not on any day"
        if place == 1:
            early = _resolution(window, Outcome.VOID, settled_at - timedelta(hours=1), "nobody had looked yet")
            found.append(early)
            found.append(replace(_resolution(window, outcome, settled_at, why), supersedes=early.id).named())
        else:
            found.append(_resolution(window, outcome, settled_at, why))
    for item in sorted(found, key=lambda one: one.settled_at):
        assert resolutions.record([item])


def _within(day: date, window: Window) -> bool:
    return window.opened_on <= day <= window.closes_on


def _resolution(window: Window, outcome: Outcome, settled_at: datetime, reason: str) -> Resolution:
    return Resolution(
        theater=window.theater,
        scenario=window.scenario,
        opened_on=window.opened_on,
        horizon_days=window.horizon_days,
        publication=window.publication,
        outcome=outcome,
        settled_at=settled_at,
        how=How.RULE if window.rule and outcome is not Outcome.VOID else How.JUDGED,
        author="the rule" if window.rule and outcome is not Outcome.VOID else "ada",
        reason=reason,
    ).named()
