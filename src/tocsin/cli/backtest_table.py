"""A backtest as tables and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from tocsin.bootstrap.backtesting import Forecasts
from tocsin.cli.score_table import card_object, print_means
from tocsin.cli.tables import print_table, start_table
from tocsin.domain.figures import interval, percent
from tocsin.domain.instants import show_instant, write_instant
from tocsin.domain.odds import Status
from tocsin.domain.plural import counted
from tocsin.domain.publication import StatedOdds
from tocsin.domain.resolution import Outcome, WindowKey
from tocsin.domain.scored import Scored, means_of
from tocsin.domain.theater import Theater
from tocsin.usecases.backtest import Asked, Backtested

_HEADINGS = ("origin", "days", "until", "odds", "90 %", "prior", "status", "outcome", "Brier", "log")
_LEFT = {"origin", "until", "90 %", "status", "outcome"}
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Run:
    """A backtest that was run: which theater and days, with which seed, what came as of when, and what it gave."""

    theater: Theater
    origins: tuple[date, ...]
    seed: int
    as_of: datetime
    found: Forecasts
    result: Backtested


def backtest_json(run: Run) -> str:
    """Everything, as JSON: each origin with its odds, outcomes and scores, and the means of what is scored."""
    scored = _scored(run)
    head = {
        "theater": run.theater.id,
        "kind": "backtest",
        "as_of": write_instant(run.as_of),
        "seed": run.seed,
        "origins": [_origin_object(run, origin, scored) for origin in run.origins],
        "scores": card_object(run.result.card.counted, means_of(run.result.card.scored)),
    }
    return json.dumps(head, indent=2)


def print_backtest(run: Run) -> None:
    """A table a scenario, origins in order, and the scores of all."""
    scored = _scored(run)
    for scenario in run.theater.scenarios:
        table = start_table(_HEADINGS, left=_LEFT)
        for statement in run.result.stated:
            before = None
            for odds in statement.odds:
                if odds.scenario == scenario.id:
                    key = (run.theater.id, odds.scenario, statement.opens_on, odds.horizon_days)
                    origin = str(run.origins[statement.number - 1])
                    cells = _cells(odds, statement.status, run.result.asked[key], scored.get(key))
                    table.add_row("" if before == origin else origin, *cells)
                    before = origin
        if table.row_count:
            print_table(f"{scenario.id}: {scenario.title}", table)
    title = (
        f"{run.theater.title}: scores of what would have been said at the end of {counted(len(run.origins), 'day')}, "
        f"by what was known at {show_instant(run.as_of, run.theater.timeline)}"
    )
    print_means(title, means_of(run.result.card.scored), _beside(run))


def _scored(run: Run) -> dict[WindowKey, Scored]:
    return {item.window.key: item for item in run.result.card.scored}


def _cells(odds: StatedOdds, status: Status, asked: Asked, scored: Scored | None) -> tuple[str, ...]:
    return (
        str(odds.horizon_days),
        str(odds.closes_on),
        percent(odds.probability),
        interval(odds.interval90.low, odds.interval90.high),
        percent(odds.prior),
        status.value,
        _outcome(asked, scored),
        "" if scored is None else f"{scored.scores.brier:.3f}",
        "" if scored is None else f"{scored.scores.log:.3f}",
    )


def _outcome(asked: Asked, scored: Scored | None) -> str:
    outcome = asked.settled.outcome
    if outcome is Outcome.OPEN:
        return "not known" if asked.due else "open"
    if scored is None and outcome is not Outcome.VOID:
        return f"{outcome} (foregone)" if asked.due else f"{outcome} (not closed)"
    return outcome.value


def _beside(run: Run) -> list[str]:
    """What is not scored, and why."""
    card, found = run.result.card.counted, run.found
    unscored = f"{card.open} open or not known, {card.void} void, {card.early} settled and not closed"
    lines = [f"not scored: {unscored}, {card.foregone} whose rule was met already"]
    reasons = Counter(
        item.settled.reason for item in run.result.asked.values() if item.due and item.settled.outcome is Outcome.OPEN
    )
    lines += [
        f"! {counted(number, 'window')} closed and not known: {why}" for why, number in reasons.most_common(_TOLD)
    ]
    for origin in run.origins:
        forecast = found.made.get(origin)
        if origin in found.failed:
            lines.append(f"! {origin}: no forecast, as {found.failed[origin]}")
        elif forecast is not None and forecast.statement is None:
            lines.append(f"! {origin}: the gate rejected the fit, so nothing is said: {'; '.join(forecast.rejections)}")
    made = len(found.made) - len(found.again)
    lines.append(f"{counted(made, 'origin')} made now, {len(found.again)} by an earlier run; nothing was published")
    return lines


def _origin_object(run: Run, origin: date, scored: Mapping[WindowKey, Scored]) -> dict[str, object]:
    forecast = run.found.made.get(origin)
    statement = None if forecast is None else forecast.statement
    state = "failed" if forecast is None else "rejected" if statement is None else "accepted"
    return {
        "origin": origin.isoformat(),
        "as_of": write_instant(run.theater.timeline.close_of(origin)),
        "state": state,
        "failure": run.found.failed.get(origin),
        "recipe": None if forecast is None else forecast.recipe,
        "rejections": [] if forecast is None else list(forecast.rejections),
        "status": None if statement is None else statement.status.value,
        "earlier_run": origin in run.found.again,
        "odds": []
        if statement is None
        else [
            _odds_object(
                odds, (run.theater.id, odds.scenario, statement.opens_on, odds.horizon_days), run.result.asked, scored
            )
            for odds in statement.odds
        ],
    }


def _odds_object(
    odds: StatedOdds, key: WindowKey, asked: Mapping[WindowKey, Asked], scored: Mapping[WindowKey, Scored]
) -> dict[str, object]:
    settled, found = asked[key].settled, scored.get(key)
    return {
        "scenario": odds.scenario,
        "horizon_days": odds.horizon_days,
        "opens_on": key[2].isoformat(),
        "closes_on": odds.closes_on.isoformat(),
        "probability": odds.probability,
        "interval50": asdict(odds.interval50),
        "interval90": asdict(odds.interval90),
        "prior": odds.prior,
        "outcome": None if settled.outcome is Outcome.OPEN else settled.outcome.value,
        "outcome_reason": settled.reason,
        "scores": None if found is None else asdict(found.scores),
        "base_rate_scores": None if found is None else asdict(found.base_rate_scores),
        "persistence": None if found is None else found.persistence,
        "persistence_scores": None if found is None else asdict(found.persistence_scores),
    }
