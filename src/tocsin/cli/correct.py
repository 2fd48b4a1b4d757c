"""`tocsin correct`: replace an observation by a corrected version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.domain.grading import GradeTable
from tocsin.domain.observation import Observation
from tocsin.settings import read_settings
from tocsin.usecases.correct import Changes, correct


def correct_observation(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    observation: Annotated[str, typer.Argument(help="The observation's id, or the first six or more characters.")],
    reason: Annotated[str, typer.Option(help="Why it is corrected, for whoever reads the ledger later.")],
    value: Annotated[str | None, typer.Option(help="What was seen; 0 means looked and not seen.")] = None,
    on: Annotated[str | None, typer.Option(help="The day it happened, YYYY-MM-DD.")] = None,
    grade: Annotated[str | None, typer.Option(help="Admiralty grade, such as B2.")] = None,
    origin: Annotated[str | None, typer.Option(help="Reports of one origin are echoes and count once.")] = None,
    summary: Annotated[str | None, typer.Option(help="What was reported, in a sentence.")] = None,
    source: Annotated[str | None, typer.Option(help="Who reported it.")] = None,
    coverage: Annotated[
        str | None, typer.Option(help='Chance that it would have been seen, 0 to 1; "" for the indicator\'s.')
    ] = None,
    through: Annotated[
        str | None, typer.Option(help='Last day of a total, YYYY-MM-DD; "" for a report of one day.')
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(help='Web address, in place of all there are; may be given several times; "" for none.'),
    ] = None,
    indicator: Annotated[
        str | None, typer.Option(help="Cannot be changed: retract the observation and report it anew.")
    ] = None,
) -> None:
    """Correct or re-grade an observation. The old version stays, and is what earlier instants see.

    Example: tocsin correct tunisia 4f2a1c --value 3 --grade B2 --reason "The ministry has counted again"
    """
    links = None if link is None else " ".join(link)
    changes = Changes(on, value, grade, origin, summary, source, coverage, links, indicator, through)
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        now = datetime.now(UTC)
        done = correct(
            observation,
            changes,
            reason=reason,
            indicators=service.catalog.indicators(theater),
            timeline=declared.timeline,
            ledger=service.ledger,
            now=now,
            author=author(),
        )
    if not done.added:
        typer.echo(
            f"this correction of {done.before.id} is in the ledger already, as {done.after.id}; nothing was changed"
        )
        return
    typer.echo(f"corrected {done.before.id}, now {done.after.id}")
    for line in changed_lines(done.before, done.after, declared.grades):
        typer.echo(f"  {line}")
    known = declared.timeline.name_instant(datetime.now(UTC))  # its turn to write may have come late
    typer.echo(f"odds as of {known} or later count it at once, by live update")


def changed_lines(before: Observation, after: Observation, grades: GradeTable) -> list[str]:
    """Every field that says something else, old and new."""

    def graded(item: Observation) -> str:
        return f"{item.grade} (trust {grades.trust(item.grade):g})"

    def through_day(item: Observation) -> str:
        return "one day" if item.through is None else item.through.isoformat()

    def covered(item: Observation) -> str:
        return "the indicator's" if item.coverage is None else f"{item.coverage:g}"

    shown = {
        "day": (before.observed_on.isoformat(), after.observed_on.isoformat()),
        "through": (through_day(before), through_day(after)),
        "value": (f"{before.value:.15g}", f"{after.value:.15g}"),
        "grade": (graded(before), graded(after)),
        "origin": (before.origin, after.origin),
        "summary": (before.summary or "none", after.summary or "none"),
        "source": (before.source or "none", after.source or "none"),
        "coverage": (covered(before), covered(after)),
        "links": (" ".join(before.links) or "none", " ".join(after.links) or "none"),
    }
    return [f"{field}: {old} → {new}" for field, (old, new) in shown.items() if old != new]
