"""`tocsin collect`: which indicator would tell most if somebody looked tonight?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.collect_table import print_ranking, ranking_json
from tocsin.cli.progress import shown_progress
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.grading import Grade, parse_grade
from tocsin.domain.instants import read_as_of
from tocsin.settings import read_settings
from tocsin.usecases.collect import Question, collect


def collect_next(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    as_of: Annotated[
        str | None, typer.Option(help="As of the end of this day, or of this instant. [default: now]")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Rank by what is told about this scenario. [default: the sum over all]")
    ] = None,
    horizon: Annotated[int | None, typer.Option(help="Horizon in days. [default: each scenario's longest]")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="A probability that the odds may cross. [default: any edge between ICD 203 words]"
        ),
    ] = None,
    grade: Annotated[str, typer.Option(help="The grade that the reading would have.")] = "B2",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank the indicators by what their next reading would tell, in expected bits. Nothing is recorded.

    Example: tocsin collect tunisia --scenario border-offensive --threshold 0.5 --as-of 2016-03-08
    """
    with open_service(read_settings()) as service, shown_progress() as report:
        declared = service.catalog.theater(theater)
        ranking = collect(
            declared,
            Question(scenario, horizon, threshold, _grade(grade)),
            ledger=service.ledger,
            fits=service.fits,
            codec=service.codec,
            as_of=read_as_of(as_of, declared.timeline, datetime.now(UTC)),
            report=report,
        )
    if as_json:
        typer.echo(ranking_json(ranking))
    else:
        print_ranking(ranking, declared)


def _grade(text: str) -> Grade:
    grade = parse_grade(text)
    if grade is None:
        accepted = "a letter A to F and a digit 1 to 6, such as B2"
        raise InvalidInputError([Problem("", None, "--grade", repr(text), accepted)])
    return grade
