"""Backtest a theater: hold what would have been said at past days to what came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.observation import effective
from tocsin.domain.overdue import trusted_days, unattended_day
from tocsin.domain.plural import counted
from tocsin.domain.resolution import How, Outcome, Resolution, Window, standing
from tocsin.domain.scenario import Event
from tocsin.domain.scoring import may_be_scored
from tocsin.domain.settlement import Verdict, rule_text
from tocsin.usecases.score import reporting_delays, score_stated
from tocsin.usecases.settle import AUTHOR, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.backtest import Forecast
    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import WindowKey
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger, ResolutionBook
    from tocsin.usecases.score import ScoreCard

_DECLARED = "the declared occurrences"
_ANSWERS = {Outcome.YES, Outcome.NO}


@dataclass(frozen=True, slots=True)
class Asked:
    """A window that an origin opens, how it came out, and why that is so or is not known.

    Attributes:
        window: The window; its `publication` is the number of the origin, from 1.
        settled: How it came out; its outcome is OPEN where that is not known.
        due: It has closed, and a report of its last day would be here: only then it is scored.
    """

    window: Window
    settled: Resolution
    due: bool

    @property
    def answered(self) -> bool:
        """It is known how it came out, and it may be scored."""
        return self.due and self.settled.outcome in _ANSWERS


@dataclass(frozen=True, slots=True)
class Backtested:
    """What came of a backtest.

    Attributes:
        asked: Every window, by what names it.
        stated: What would have been said, in order of origin; numbered by origin.
        card: The scores of it.
    """

    asked: Mapping[WindowKey, Asked]
    stated: tuple[Publication, ...]
    card: ScoreCard


def ask(
    theater: Theater,
    origins: Sequence[date],
    *,
    ledger: Ledger,
    resolutions: ResolutionBook,
    as_of: datetime,
    missing: Callable[[str, date], str | None],
) -> tuple[Asked, ...]:
    """The windows that some origins open, and what is known at an instant of how each came out.

    What a person judged of the same window stands. Otherwise a scenario with a rule is settled by it, as in service:
    `tocsin.usecases.settle`. One without is settled by its declared occurrences: yes where one lies in the window, and
    no where none does, the declaration watches all of it, and reports show that somebody was looking.

    InvalidInputError where no window can be scored, so that nobody fits for hours to learn nothing.

    Args:
        theater: The theater.
        origins: Days at whose ends something would have been said, in order.
        ledger: What has been observed.
        resolutions: What people have judged.
        as_of: What was recorded by then counts.
        missing: Why what an indicator's feeds say up to a day is not complete; None where it is.
    """
    windows = [window for number, origin in enumerate(origins, start=1) for window in _opened(theater, origin, number)]
    observations = ledger.observations([indicator.id for indicator in theater.indicators], as_of)
    judged = {
        key: item
        for key, item in standing(resolutions.resolutions(theater.id, as_of)).items()
        if item.how is How.JUDGED
    }
    said = dict(verdicts(theater, windows, observations, as_of, missing))
    attended = trusted_days(theater, effective(observations, as_of))
    ended, delays = theater.timeline.last_ended(as_of), reporting_delays(theater)
    found = []
    for window in windows:
        settled = judged.get(window.key)
        if settled is None and window in said:
            settled = _resolved(window, said[window], How.RULE, AUTHOR, as_of)
        elif settled is None:
            settled = _resolved(window, _declared(theater, window, attended, ended), How.JUDGED, _DECLARED, as_of)
        due = may_be_scored(window.closes_on, delays.get(window.scenario, 0), ended)
        found.append(Asked(window, replace(settled, publication=window.publication), due))
    _refuse_nothing(found)
    return tuple(found)


def backtest(theater: Theater, asked: Iterable[Asked], forecasts: Iterable[Forecast], as_of: datetime) -> Backtested:
    """Score what would have been said, as what was said is scored; a rejected fit said nothing, and has no score.

    Args:
        theater: The theater.
        asked: The windows that all origins open.
        forecasts: What came of the origins, as many as there are.
        as_of: Windows are those that have closed by then.
    """
    windows = {item.window.key: item for item in asked}
    numbers = {item.window.opened_on: item.window.publication for item in windows.values()}
    stated = sorted(
        (
            replace(item.statement, number=numbers[item.statement.opens_on])
            for item in forecasts
            if item.statement is not None
        ),
        key=lambda statement: statement.number,
    )
    settled = [item.settled for item in windows.values() if item.settled.outcome is not Outcome.OPEN]
    return Backtested(windows, tuple(stated), score_stated(theater, stated, settled, as_of))


def _opened(theater: Theater, origin: date, number: int) -> list[Window]:
    opens_on = origin + timedelta(days=1)
    return [
        Window(
            theater=theater.id,
            scenario=scenario.id,
            opened_on=opens_on,
            horizon_days=days,
            closes_on=opens_on + timedelta(days=days - 1),
            rule=rule_text(scenario, theater.timeline),
            publication=number,
        )
        for scenario in theater.scenarios
        for days in scenario.horizons
    ]


def _resolved(window: Window, verdict: Verdict, how: How, author: str, as_of: datetime) -> Resolution:
    return Resolution(
        theater=window.theater,
        scenario=window.scenario,
        opened_on=window.opened_on,
        horizon_days=window.horizon_days,
        publication=window.publication,
        outcome=verdict.outcome,
        settled_at=as_of,
        how=how,
        author=author,
        reason=verdict.reason,
        reports=verdict.reports,
    ).named()


def _declared(theater: Theater, window: Window, attended: Sequence[date], ended: date) -> Verdict:
    """What the declared occurrences of a scenario without a rule say of a window."""
    event = theater.scenario(window.scenario).mechanism
    if not isinstance(event, Event):
        return Verdict(Outcome.OPEN, "its rule is not declared any more")
    days = [item.on for item in event.occurrences if window.opened_on <= item.on <= min(window.closes_on, ended)]
    if days:
        return Verdict(Outcome.YES, f"it is declared that it occurred on {min(days)}")
    if window.closes_on > ended:
        return Verdict(Outcome.OPEN, f"it ends on {window.closes_on}")
    if window.opened_on < event.watched_since:
        return Verdict(Outcome.OPEN, f"that it did not occur is declared from {event.watched_since} on only")
    unattended = unattended_day(attended, window.opened_on, window.closes_on)
    if unattended is not None:
        return Verdict(
            Outcome.OPEN, f"nobody is known to have looked on {unattended}: no report that counts within a quarter year"
        )
    return Verdict(Outcome.NO, f"no occurrence is declared, and it is watched since {event.watched_since}")


def _refuse_nothing(asked: Sequence[Asked]) -> None:
    if any(item.answered for item in asked):
        return
    reasons = Counter(item.settled.reason for item in asked).most_common(2)
    told = "; ".join(f"{counted(number, 'window')}: {reason}" for reason, number in reasons)
    value = f"{counted(len(asked), 'window')}, none of which can be scored ({told})" if asked else "no origin"
    accepted = "origins so early that some window has closed, been reported on in full and been settled"
    raise InvalidInputError([Problem("", None, "--from, --to", value, accepted)])
