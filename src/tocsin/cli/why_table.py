"""What moved the odds, as tables and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime

import typer
from rich.table import Table

from tocsin.cli.odds_table import odds_object
from tocsin.cli.tables import (
    mark_lines,
    marked,
    met_lines,
    print_table,
    start_table,
    status_line,
    status_notes,
)
from tocsin.domain.change import Cause, cause_words
from tocsin.domain.elicitation import logit
from tocsin.domain.figures import factor, interval, percent, times
from tocsin.domain.instants import show_instant
from tocsin.domain.odds import Odds
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.ensemble.explain import Part
from tocsin.usecases.why import Movement

_NOTABLE = 0.02  # log-odds: less is summed up in one line


def movements_json(movements: Sequence[Movement]) -> str:
    """One object a scenario and horizon."""
    return json.dumps([_object(item) for item in movements], indent=2)


def _object(movement: Movement) -> dict[str, object]:
    return {
        "scenario": movement.after.scenario,
        "horizon_days": movement.after.horizon_days,
        "before": odds_object(movement.before, movement.met_before),
        "after": odds_object(movement.after, movement.met),
        "log_odds_change": logit(movement.after.probability) - logit(movement.before.probability),
        "noise_expected": movement.noise,
        "parts": [
            {"cause": part.cause.value, "subject": part.subject, "log_odds": part.change, "guessed": part.guessed}
            for part in movement.parts
        ],
    }


def print_movements(movements: Sequence[Movement], theater: Theater, span: tuple[datetime, datetime]) -> None:
    """One table a movement, and what to know before quoting a number."""
    first, last = (show_instant(instant, theater.timeline) for instant in span)
    heading = f"{theater.title}: why the odds moved, {first} to {last}\n\n"
    for movement in movements:
        print_table(heading + _title(movement), _table(movement))
        heading = ""
    for note in _notes(movements, theater, span):
        typer.echo(note)


def _title(movement: Movement) -> str:
    before, after = movement.before, movement.after
    return (
        f"{marked(after)} within {counted(after.horizon_days, 'day')}: {_stated(before)} → {_stated(after)} "
        f"(odds × {factor(after.probability, before.probability)})"
    )


def _stated(odds: Odds) -> str:
    return f"{percent(odds.probability)} ({interval(odds.interval90.low, odds.interval90.high)})"


def _table(movement: Movement) -> Table:
    # Without the odds that each would lead to: those have no interval, and are nobody's odds.
    table = start_table(("log-odds", "× odds", "because of"), left={"because of"})
    for change, words in _lines(movement):
        table.add_row(f"{change:+.2f}", _times(math.exp(change)), words)
    return table


def _times(value: float) -> str:
    """Finer than elsewhere near 1, where most parts are."""
    return f"{value:.2f}" if 0.1 <= value < 10 else times(value)  # noqa: PLR2004 - beyond it two figures are as fine


def _lines(movement: Movement) -> list[tuple[float, str]]:
    """Notable parts one by one, the others in one line, and noise last with the size that it may have."""
    noise = [part for part in movement.parts if part.cause is Cause.NOISE]
    others = [part for part in movement.parts if part.cause is not Cause.NOISE]
    small = [part.change for part in others if not _notable(part)]
    lines = [(part.change, _words(part)) for part in others if _notable(part)]
    if len(small) == 1:
        lines.append((small[0], f"1 other, under {_NOTABLE}"))
    elif small:
        lines.append((math.fsum(small), f"{len(small)} others, each under {_NOTABLE}"))
    same = movement.before.fit == movement.after.fit
    size = "the same draws told both" if same else f"typically ± {movement.noise:.2f}"
    return lines + [(part.change, f"{_words(part)} ({size})") for part in noise]


def _notable(part: Part) -> bool:
    """Large enough for a line of its own; that a refit is among the causes is always told."""
    return part.cause is Cause.REFIT or abs(part.change) >= _NOTABLE


def _words(part: Part) -> str:
    return cause_words(part.cause, part.subject) + (" ?" if part.guessed else "")


def _notes(movements: Sequence[Movement], theater: Theater, span: tuple[datetime, datetime]) -> list[str]:
    first = movements[0]
    reason = " and ".join(part.subject for part in first.parts if part.cause is Cause.REFIT and part.subject)
    sides = [(first.before, span[0], "then"), (first.after, span[1], "now")]
    lines = [note for odds, asked, when in sides for note in status_notes(odds, reason, asked, theater, when)]
    lines += [
        "log-odds add up exactly; × odds: what each multiplied the odds by",
        "in parentheses after the odds: where the probability itself may lie, with 90 %",
    ]
    if any(part.guessed for movement in movements for part in movement.parts):
        lines.append("? a guess: too few draws lie between the two instants; a fit between them would tell more")
    lines += met_lines({item.after.scenario: item.met for item in movements if item.met}, theater)
    lines += mark_lines(item.after for item in movements)
    for odds, asked, when in sides:
        as_of = f"odds as of {show_instant(odds.as_of, theater.timeline)}"
        lines.append(status_line(odds, asked, theater, [as_of], when))
    return lines
