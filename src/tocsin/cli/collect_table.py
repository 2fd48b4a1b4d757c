"""A collection ranking as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from tocsin.cli.tables import (
    OUTSIDE,
    mark_lines,
    marked,
    print_table,
    start_table,
    status_line,
    status_notes,
)
from tocsin.domain.figures import interval, percent
from tocsin.domain.indicator import Collection, Indicator, Kind
from tocsin.domain.instants import show_instant, write_instant
from tocsin.domain.odds import Odds
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.ensemble.collect import Amount, Outlook
from tocsin.usecases.collect import Ranking, Target, Worth
from tocsin.usecases.read_odds import state_odds

_HEADINGS = ("indicator", "bits", "±", "most about", "now", "if", "then", "else")
_LEFT = {"indicator", "most about", "by a reading of"}
_SHOWN_RUN = 0.001  # of chance
_NOTABLE = 0.01  # of chance left open by Monte Carlo error


def ranking_json(ranking: Ranking) -> str:
    """The ranking as one JSON object, indicators in order of rank."""
    standing, stated = ranking.standing, _stated(ranking)
    return json.dumps(
        {
            "theater": standing.fit.theater,
            "as_of": write_instant(standing.as_of),
            "status": standing.status.value,
            "reason": standing.reason,
            "fit": standing.fit.id,
            "age_seconds": (ranking.asked - standing.fit.as_of).total_seconds(),
            "grade": str(ranking.question.grade),
            "trust": ranking.trust,
            "threshold": ranking.question.threshold,
            "indicators": [_worth_object(worth, ranking, stated) for worth in ranking.worths],
        },
        indent=2,
    )


def _worth_object(worth: Worth, ranking: Ranking, stated: dict[str, Odds]) -> dict[str, object]:
    return {
        "indicator": worth.indicator,
        **_amount_object(worth.total),
        "last_report_days": worth.last_report_days,
        "scenarios": [
            {
                "scenario": target.scenario,
                "horizon_days": target.horizon_days,
                "probability": target.odds.probability,
                "interval90": {"low": target.odds.low90, "high": target.odds.high90},
                "prior_driven": stated[target.scenario].prior_driven,
                **_amount_object(amount),
                "outlook": None if outlook is None else _outlook_object(outlook),
            }
            for target, amount, outlook in zip(ranking.targets, worth.each, worth.outlooks, strict=True)
        ],
    }


def _amount_object(amount: Amount) -> dict[str, object]:
    return {"bits": amount.bits, "error": amount.error, "below_noise": amount.below_noise}


def _outlook_object(outlook: Outlook) -> dict[str, object]:
    return {
        "crossing": outlook.crossing,
        "undecided": outlook.undecided,
        "crossed_by": [[run.first, run.last] for run in outlook.crossed_by],
        "high_from": outlook.high_from,
        "high": outlook.high,
        "if_high": outlook.if_high,
        "if_low": outlook.if_low,
    }


def print_ranking(ranking: Ranking, theater: Theater) -> None:
    """The ranking as a table, the odds that it is about, and what to know before quoting a number."""
    line = "new word" if ranking.question.threshold is None else f"crosses {percent(ranking.question.threshold)}"
    table = start_table((*_HEADINGS, line, "by a reading of", "last"), left=_LEFT)
    for worth in ranking.worths:
        table.add_row(*_row(worth, ranking.targets, theater.indicator(worth.indicator)))
    as_of = show_instant(ranking.standing.as_of, theater.timeline)
    stated = _stated(ranking)
    notes = (*_target_lines(ranking, stated), *_notes(ranking, theater, stated))
    print_table(f"{theater.title}: what to collect next, as of {as_of}", table, notes)


def _stated(ranking: Ranking) -> dict[str, Odds]:
    """Odds of each scenario asked about: whether they are prior-driven is the same by every horizon."""
    asked = {target.scenario for target in ranking.targets}
    stated = state_odds(ranking.standing, ranking.asked)
    return {item.scenario: item for item in stated if item.scenario in asked}


def _row(worth: Worth, targets: tuple[Target, ...], indicator: Indicator) -> list[str]:
    last = "never" if worth.last_report_days is None else f"{worth.last_report_days} d"
    last += "*" if indicator.collection is Collection.OCCASIONAL else ""
    best = max(range(len(targets)), key=lambda place: worth.each[place].bits)
    outlook = worth.outlooks[best]
    if outlook is None or worth.total.below_noise:
        told = "nothing" if all(item is None for item in worth.outlooks) else "below noise"
        return [worth.indicator, told, "", "", "", "", "", "", "", "", last]
    show = _shown(indicator)
    return [
        worth.indicator,
        _bits(worth.total.bits),
        _bits(worth.total.error),
        targets[best].scenario,
        percent(targets[best].odds.probability),
        f"{show(outlook.high_from)}{_onward(indicator, outlook.high_from)} ({percent(outlook.high)})",
        percent(outlook.if_high),
        percent(outlook.if_low),
        _chance(outlook),
        _runs(outlook, indicator),
        last,
    ]


def _bits(bits: float) -> str:
    """Bits for people: two figures, no powers of ten.

    >>> _bits(0.154), _bits(0.00712), _bits(0.000015), _bits(0.0)
    ('0.15', '0.0071', '0.000015', '0')
    """
    return f"{bits:.{1 - math.floor(math.log10(bits))}f}" if bits > 0 else "0"


def _shown(indicator: Indicator) -> Callable[[float], str]:
    """How to show a reading of an indicator, in the unit in which it is typed."""
    if indicator.kind is Kind.MEASURE:
        return lambda value: f"{indicator.transform.undo(value):.3g}"
    return lambda value: f"{value:.0f}"


def _onward(indicator: Indicator, value: float) -> str:
    top = {Kind.PRESENCE: 1.0, Kind.ORDINAL: len(indicator.levels) - 1.0}.get(indicator.kind)
    return "" if value == top else "+"


def _chance(outlook: Outlook) -> str:
    """The chance of crossing a line, with a question mark where Monte Carlo error leaves more than a point open."""
    chance = "–" if outlook.crossing == 0 else percent(outlook.crossing)
    return f"{chance} ?" if outlook.undecided > _NOTABLE else chance


def _runs(outlook: Outlook, indicator: Indicator) -> str:
    """The readings that cross, such as "0 or 3+"; what next to never comes is left out."""
    show = _shown(indicator)
    texts = []
    for run in outlook.crossed_by:
        first, last = run.first, run.last
        if run.chance < _SHOWN_RUN:
            continue
        if last == outlook.highest:
            texts.append(f"{show(first)}{_onward(indicator, first)}")
        elif first == outlook.lowest and indicator.kind is Kind.MEASURE:
            texts.append(f"up to {show(last)}")
        else:
            texts.append(show(first) if first == last else f"{show(first)} to {show(last)}")
    return " or ".join(texts)


def _target_lines(ranking: Ranking, stated: dict[str, Odds]) -> list[str]:
    return [_target_line(target, stated[target.scenario]) for target in ranking.targets]


def _target_line(target: Target, stated: Odds) -> str:
    named = f"{marked(stated)} within {counted(target.horizon_days, 'day')}"
    span = f"90 %: {interval(target.odds.low90, target.odds.high90)}{'' if _inside(target) else ' †'}"
    return f"  {named}: {percent(target.odds.probability)} ({span})"


def _inside(target: Target) -> bool:
    return target.odds.low90 <= target.odds.probability <= target.odds.high90


def _notes(ranking: Ranking, theater: Theater, stated: dict[str, Odds]) -> list[str]:
    question, first = ranking.question, next(iter(stated.values()))
    summed = "" if question.scenario is not None else ", summed over scenarios"
    lines = [
        *status_notes(first, ranking.standing.reason, ranking.asked, theater),
        status_line(first, ranking.asked, theater, ["nothing was recorded"]),
        (
            f"bits: expected from one look at a whole {theater.timeline.step}, reported at {question.grade} "
            f"(trust {ranking.trust:g}), ± Monte Carlo error{summed}"
        ),
        "if: what a high reading is (its chance); then, else: the odds after it, and after any other",
        "last: days since the last report; * of these, silence says nothing",
    ]
    if any(item is not None and item.undecided > _NOTABLE for worth in ranking.worths for item in worth.outlooks):
        lines.append("? the odds would lie so near to the line that Monte Carlo error leaves the side open")
    if not all(_inside(target) for target in ranking.targets):
        lines.append(OUTSIDE)
    return [*lines, *mark_lines(stated.values())]
