"""Backtest an alert rule: replay what was stated, and hold what it would have done to what came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert_rule import Staleness, Tripwire
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.resolution import Outcome, standing
from tocsin.domain.rule_backtest import Backtest, Came, Span, episodes_of, events_of, warned
from tocsin.usecases.rehearse import rehearse, ticks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.alert_rule import AlertRule, OddsCondition
    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import Resolution
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger, PublicationBook, ResolutionBook
    from tocsin.usecases.rehearse import Rehearsed

EVERY = timedelta(minutes=10)
"""How often rules are judged between publications; a worker does so once a minute."""


def backtest_rule(
    rule: AlertRule,
    theater: Theater,
    *,
    rules: Collection[AlertRule],
    publications: PublicationBook,
    resolutions: ResolutionBook,
    ledger: Ledger,
    begin: datetime | None,
    end: datetime,
    now: datetime,
) -> Backtest:
    """What a rule would have done of the publications on record, and what of it was right; nothing is recorded.

    1. Everything stated from `begin` through `end` is replayed, with all rules of the theater, as one may quiet
       another. Silences and acknowledgements are not.
    2. Events are the fewest that explain every window of the scenario that stands settled yes.
    3. An episode is right where an event came within the horizon of the publication that it began with, a false alarm
       where that one's window is settled no; otherwise it is not known yet.

    Args:
        rule: The rule, whether or not it is among `rules`.
        theater: Its theater.
        rules: All rules of the theater.
        publications: What was stated.
        resolutions: What came.
        ledger: What was observed: on which day what met a rule.
        begin: From this instant; None for the first publication.
        end: Through this one.
        now: What is known of how windows came out is what is known now.

    InvalidInputError for a rule on anything but odds, and where nothing was stated.
    """
    condition = rule.condition
    if isinstance(condition, Staleness | Tripwire):
        raise InvalidInputError(
            [Problem("", None, "rule", repr(rule.id), "a rule on odds: level, certainty or change")]
        )
    stated = publications.publications(theater.id, end)
    replayed = [item for item in stated if begin is None or item.stated_at >= begin]
    if not replayed:
        accepted = f"a span in which something was published; see: tocsin history {theater.id}"
        raise InvalidInputError([Problem("", None, "publications", "none", accepted)])
    first, last = replayed[0].stated_at, max(item.stated_at for item in replayed)
    rehearsed = _rehearsed(rule, theater, rules, stated, ticks(first, last, EVERY, [it.stated_at for it in replayed]))
    settled = standing(resolutions.resolutions(theater.id, now)).values()
    events = events_of(_spans(condition, theater, settled, ledger, now))
    came = _came(condition, replayed, settled, events)
    steps = [(step.transition, step.publication) for step in rehearsed.steps if step.rule == rule.id]
    episodes = episodes_of(rule, condition, steps, replayed, came)
    within = [item for item in events if first <= theater.timeline.close_of(item.first - timedelta(days=1)) <= last]
    return Backtest(
        rule=rule,
        begin=first,
        end=last,
        publications=len(replayed),
        episodes=tuple(episodes),
        events=tuple(warned(within, episodes, condition.horizon_days, theater.timeline)),
        notices=sum(kept.rule == rule.id for kept in rehearsed.notices),
    )


def _rehearsed(
    rule: AlertRule,
    theater: Theater,
    rules: Collection[AlertRule],
    stated: Sequence[Publication],
    clock: Sequence[datetime],
) -> Rehearsed:
    """All rules on odds of the theater, with this one in place of any of its id."""
    others = [item for item in rules if item.id != rule.id and not isinstance(item.condition, Staleness | Tripwire)]
    rehearsed = rehearse(theater, [*others, rule], stated=stated, clock=clock)
    if rule.id in rehearsed.problems:
        raise InvalidInputError([Problem("", None, rule.id, rehearsed.problems[rule.id], "a rule that can be judged")])
    return rehearsed


def _spans(
    condition: OddsCondition, theater: Theater, settled: Iterable[Resolution], ledger: Ledger, now: datetime
) -> list[Span]:
    """When what settled each window yes happened: on the day of the last report that met its rule, or within it."""
    yes = [item for item in settled if item.scenario == condition.scenario and item.outcome is Outcome.YES]
    reports = {name for item in yes for name in item.reports}
    known = ledger.observations([item.id for item in theater.indicators], now) if reports else []
    days = {item.id: item.last_day for item in known if item.id in reports}
    return [_span(item, days, theater) for item in yes]


def _span(item: Resolution, days: Mapping[str, date], theater: Theater) -> Span:
    met = [days[name] for name in item.reports if name in days]
    if met:
        return Span(max(met), max(met))
    closes = item.opened_on + timedelta(days=item.horizon_days - 1)
    return Span(item.opened_on, max(item.opened_on, min(closes, theater.timeline.last_day(item.settled_at))))


def _came(
    condition: OddsCondition, stated: Sequence[Publication], settled: Iterable[Resolution], events: Sequence[Span]
) -> dict[int, Came]:
    """What came of each publication's window, by its number."""
    outcomes = {
        item.opened_on: item.outcome
        for item in settled
        if (item.scenario, item.horizon_days) == (condition.scenario, condition.horizon_days)
    }
    found: dict[int, Came] = {}
    for item in stated:
        closes = item.opens_on + timedelta(days=condition.horizon_days - 1)
        outcome = outcomes.get(item.opens_on)
        if outcome is Outcome.YES or any(item.opens_on <= event.first and event.last <= closes for event in events):
            found[item.number] = Came.YES
        elif outcome is Outcome.NO:
            found[item.number] = Came.NO
    return found
