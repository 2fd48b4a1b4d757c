"""`tocsin why`: why did the odds move?"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tocsin.bootstrap.service import open_service
from tocsin.cli.instants import read_as_of, show_instant
from tocsin.cli.odds_table import factor, odds_object, percent
from tocsin.cli.progress import shown_progress
from tocsin.domain.change import Cause
from tocsin.domain.elicitation import logistic, logit
from tocsin.domain.errors import UnknownNameError
from tocsin.domain.theater import Theater
from tocsin.ensemble.explain import Part
from tocsin.settings import read_settings
from tocsin.usecases.why import Movement
from tocsin.usecases.why import why as ask_why

_NOTABLE = 0.02  # log-odds: less is summed up in one line
_WORDS = {
    Cause.TIME: "passage of time",
    Cause.REPORTED: "{} reported",
    Cause.UNSEEN: "{} not seen",
    Cause.CORRECTED: "{} corrected or retracted",
    Cause.OCCURRENCE: "{} occurred, or did not",
    Cause.REFIT: "refit: {}",
    Cause.NOISE: "Monte Carlo noise",
}


def why(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    since: Annotated[str, typer.Option(help="From the end of this day, or from this instant.")],
    as_of: Annotated[
        str | None, typer.Option(help="To the end of this day, or to this instant. [default: now]")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="Only this scenario.")] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Only this horizon, in days. [default: the longest of each scenario]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all horizons unless one is named.")] = False,
) -> None:
    """Tell what moved the odds between two instants, in parts that sum to the change exactly.

    Example: tocsin why tunisia --since 2016-03-07 --as-of 2016-03-08 --scenario border-offensive
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        span = read_as_of(since, declared.timeline, now), read_as_of(as_of, declared.timeline, now)
        with shown_progress() as report:
            found = ask_why(
                declared,
                ledger=service.ledger,
                fits=service.fits,
                codec=service.codec,
                since=span[0],
                as_of=span[1],
                report=report,
            )
    asked = _chosen(found, scenario, horizon)
    if as_json:
        typer.echo(json.dumps([_object(item) for item in asked], indent=2))
        return
    longest = [max(items, key=_days) for _, items in groupby(asked, key=lambda item: item.after.scenario)]
    _print(asked if horizon else longest, declared, span)


def _chosen(found: Sequence[Movement], scenario: str | None, horizon: int | None) -> list[Movement]:
    named = [item for item in found if scenario in {None, item.after.scenario}]
    if not named:
        raise UnknownNameError("scenario", str(scenario), list(dict.fromkeys(item.after.scenario for item in found)))
    asked = [item for item in named if horizon in {None, item.after.horizon_days}]
    if not asked:
        raise UnknownNameError("horizon", str(horizon), [str(days) for days in sorted({_days(item) for item in named})])
    return asked


def _days(movement: Movement) -> int:
    return movement.after.horizon_days


def _object(movement: Movement) -> dict[str, object]:
    return {
        "scenario": movement.after.scenario,
        "horizon_days": movement.after.horizon_days,
        "before": odds_object(movement.before),
        "after": odds_object(movement.after),
        "log_odds_change": logit(movement.after.probability) - logit(movement.before.probability),
        "noise_expected": movement.noise,
        "parts": [
            {"cause": part.cause.value, "subject": part.subject, "log_odds": part.change, "guessed": part.guessed}
            for part in movement.parts
        ],
    }


def _print(movements: Sequence[Movement], theater: Theater, span: tuple[datetime, datetime]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    timeline = theater.timeline
    first, last = (show_instant(instant, timeline) for instant in span)
    console.print(f"{theater.title}: why the odds moved, {first} to {last}")
    for movement in movements:
        table = _table(movement)
        console.width = console.measure(table, options=console.options.update(width=200)).maximum
        console.print(table)
    console.print(
        "log-odds add up exactly; × odds: what each multiplied the odds by; odds: after this and all above it"
    )
    if any(part.guessed for movement in movements for part in movement.parts):
        console.print("? a guess: too few draws lie between the two instants; a fit between them would tell more")
    for when, item in (("then", movements[0].before), ("now", movements[0].after)):
        console.print(f"status {when}: {item.status} · fit {item.fit} · as of {show_instant(item.as_of, timeline)}")


def _table(movement: Movement) -> Table:
    before, after = movement.before, movement.after
    table = Table(
        title=f"{after.scenario} within {after.horizon_days} days: {percent(before.probability)} → "
        f"{percent(after.probability)} (odds × {factor(after.probability, before.probability)})",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading, justify in (("log-odds", "right"), ("× odds", "right"), ("odds", "right"), ("because of", "left")):
        table.add_column(heading, justify="left" if justify == "left" else "right", no_wrap=True)
    reached = logit(before.probability)
    for change, words in _lines(movement):
        reached += change
        table.add_row(f"{change:+.2f}", f"{math.exp(change):.2f}", percent(logistic(reached)), words)
    return table


def _lines(movement: Movement) -> list[tuple[float, str]]:
    """Notable parts one by one, the others in one line, and noise last with the size that it may have."""
    noise = [part for part in movement.parts if part.cause is Cause.NOISE]
    others = [part for part in movement.parts if part.cause is not Cause.NOISE]
    notable = [part for part in others if abs(part.change) >= _NOTABLE]
    small = [part.change for part in others if abs(part.change) < _NOTABLE]
    lines = [(part.change, _words(part)) for part in notable]
    if small:
        lines.append((math.fsum(small), f"{len(small)} others, each under {_NOTABLE}"))
    return lines + [(part.change, f"{_words(part)} (typically ± {movement.noise:.2f})") for part in noise]


def _words(part: Part) -> str:
    if part.cause is Cause.REFIT and not part.subject:
        return "refit: more than the draws can tell apart"
    return _WORDS[part.cause].format(part.subject) + (" ?" if part.guessed else "")
