"""What an import did or would do, as lines, tables and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from tocsin.cli.odds_table import odds_objects
from tocsin.cli.tables import (
    mark_lines,
    marked,
    met_lines,
    print_table,
    start_table,
    status_line,
    status_notes,
)
from tocsin.domain.batch import KNOWN, Batch, Fate
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.figures import factor, interval, percent
from tocsin.domain.instants import show_instant
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.usecases.preview_import import Movement, Preview

_ROWS = ("indicator", "year", "new", "known already", "repeated")
_ODDS = ("scenario", "days", "odds", "90 %", "would be", "90 % then", "× odds", "status")
_UNTOLD = ("?", "?", "?")
_LEFT = {"indicator", "scenario", "status"}
_BECAME = {Fate.STANDS: "stand", Fate.SUPERSEDED: "were corrected since", Fate.WITHDRAWN: "were withdrawn since"}


def refusal_json(error: InvalidInputError) -> str:
    """Every problem of a refusal."""
    return _json({"recorded": 0, "problems": [asdict(problem) for problem in error.problems]})


def batch_json(batch: Batch) -> str:
    """What was recorded, and what was known already."""
    return _json({"dry_run": False, "recorded": batch.count(Fate.NEW), **_counts(batch)})


def preview_json(preview: Preview) -> str:
    """What would be recorded, and the odds before and after."""
    moved = preview.movement
    odds = None if moved is None else {name: odds_objects(getattr(moved, name)) for name in ("before", "after")}
    reason = None if moved is None else moved.after.reason
    told = {"dry_run": True, "recorded": 0, "new": preview.batch.count(Fate.NEW), **_counts(preview.batch)}
    return _json({**told, "odds": odds, "no_odds": preview.no_odds, "refit_wanted": reason})


def _counts(batch: Batch) -> dict[str, object]:
    return {
        "known_already": {fate.value: batch.count(fate) for fate in KNOWN},
        "repeated": batch.count(Fate.REPEATED),
        "groups": [
            {"indicator": group.indicator, "year": group.year, **{fate.value: group.rows.get(fate, 0) for fate in Fate}}
            for group in batch.groups
        ],
    }


def print_batch(batch: Batch) -> None:
    """One line for what was recorded, and one for anything that a reader may not expect."""
    new = counted(batch.count(Fate.NEW), "observation")
    typer.echo(f"{new} recorded, {batch.count(*KNOWN)} in the ledger already")
    for line in _notes(batch):
        typer.echo(line)


def _notes(batch: Batch) -> list[str]:
    lines = []
    if batch.count(Fate.SUPERSEDED, Fate.WITHDRAWN):
        became = ", ".join(f"{batch.count(fate)} {words}" for fate, words in _BECAME.items() if batch.count(fate))
        lines.append(f"of those known already {became}; importing them again brings nothing back")
    if batch.count(Fate.REPEATED):
        lines.append(f"{counted(batch.count(Fate.REPEATED), 'row')} passed over: an earlier row says the same")
    return lines


def print_preview(preview: Preview, theater: Theater) -> None:
    """Rows by indicator and year, then the odds before and after."""
    batch = preview.batch
    table = start_table(_ROWS, left=_LEFT)
    for group in batch.groups:
        known = sum(group.rows.get(fate, 0) for fate in KNOWN)
        counts = (group.rows.get(Fate.NEW, 0), known, group.rows.get(Fate.REPEATED, 0))
        table.add_row(group.indicator, str(group.year), *map(str, counts))
    title = f"dry run, nothing was recorded: {batch.count(Fate.NEW)} new, {batch.count(*KNOWN)} known already"
    print_table(title, table, _notes(batch))
    if preview.movement is None:
        typer.echo(f"what it would do to the odds cannot be told yet: {preview.no_odds}")
    else:
        _print_movement(preview.movement, theater)


def _print_movement(movement: Movement, theater: Theater) -> None:
    table = start_table(_ODDS, left=_LEFT)
    for real, other in zip(movement.before.odds, movement.after.odds, strict=True):
        now = percent(real.probability), interval(real.interval90.low, real.interval90.high)
        then = (
            percent(other.probability),
            interval(other.interval90.low, other.interval90.high),
            factor(other.probability, real.probability),
        )
        # Odds that weights cannot bring up are the fit's own: shown as what would be, they would pass for no change.
        told = _UNTOLD if movement.after.reason is not None else then
        table.add_row(marked(other), str(real.horizon_days), *now, *told, str(other.status))
    first, asked = movement.after.odds[0], movement.after.asked
    below = (
        *status_notes(first, movement.after.reason, asked, theater),
        *met_lines(movement.after.met, theater),
        *mark_lines(movement.after.odds),
        status_line(movement.before.odds[0], asked, theater, when="before"),
        status_line(first, asked, theater, when="after"),
    )
    print_table(f"odds as of {show_instant(asked, theater.timeline)}, before and after", table, below)


def _json(content: object) -> str:
    return json.dumps(content, indent=2)
