"""`tocsin whatif`: what would the odds be if?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.odds_table import odds_objects
from tocsin.cli.tables import (
    RULE_MET,
    mark_lines,
    marked,
    met_lines,
    print_table,
    start_table,
    status_line,
    status_notes,
)
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.figures import factor, interval, percent
from tocsin.domain.instants import read_as_of, show_instant
from tocsin.domain.observation import Draft
from tocsin.domain.theater import Theater
from tocsin.settings import read_settings
from tocsin.usecases.what_if import WhatIf, what_if

_FORM = "INDICATOR=VALUE or INDICATOR=VALUE@GRADE, such as violence/border-attack=2@B2"
_DEFAULT_GRADE = "A1"
_HEADINGS = ("scenario", "days", "odds", "90 %", "would be", "90 % then", "× odds", "would be called")
_LEFT = {"scenario", "would be called"}


def whatif(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    readings: Annotated[
        list[str], typer.Argument(help=f"What is imagined: {_FORM}; the grade is A1 if none is given.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="As of the end of this day, or of this instant. [default: now]")
    ] = None,
    on: Annotated[str, typer.Option(help="The day of the readings, YYYY-MM-DD. [default: the day of --as-of]")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what the odds would be if something were observed. Nothing is recorded.

    Example: tocsin whatif tunisia group/pledge-publication=1@B2 --as-of 2016-03-08
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        instant = read_as_of(as_of, declared.timeline, datetime.now(UTC))
        day = on or declared.timeline.last_day(instant).isoformat()
        drafts = [_draft(text, day, place) for place, text in enumerate(readings, start=1)]
        answer = what_if(declared, drafts, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=instant)
    if as_json:
        typer.echo(_json(answer))
    else:
        print_what_if(answer, declared, ", ".join(readings))


def _draft(text: str, day: str, place: int) -> Draft:
    indicator, separator, rest = text.partition("=")
    if not separator:
        raise InvalidInputError([Problem("", None, f"reading {place}", repr(text), _FORM)])
    value, _, grade = rest.partition("@")
    return Draft(indicator, day, value, grade or _DEFAULT_GRADE, origin=f"what-if {place}")


def _json(answer: WhatIf) -> str:
    return json.dumps({"real": odds_objects(answer.real), "imagined": odds_objects(answer.imagined)}, indent=2)


def print_what_if(answer: WhatIf, theater: Theater, imagined: str) -> None:
    """The odds as they are beside those that would be, each with interval, status and age."""
    table = start_table(_HEADINGS, left=_LEFT)
    for real, other in zip(answer.real.odds, answer.imagined.odds, strict=True):
        table.add_row(
            marked(other),
            str(real.horizon_days),
            percent(real.probability),
            interval(real.interval90.low, real.interval90.high),
            percent(other.probability),
            interval(other.interval90.low, other.interval90.high),
            factor(other.probability, real.probability),
            RULE_MET if other.scenario in answer.imagined.met else other.words,
        )
    before, first, asked = answer.real.odds[0], answer.imagined.odds[0], answer.imagined.asked
    title = f"{theater.title}: odds as of {show_instant(first.as_of, theater.timeline)}, if {imagined}"
    below = (
        *status_notes(before, answer.real.reason, answer.real.asked, theater, "as it is"),
        *status_notes(first, answer.imagined.reason, asked, theater, "if so"),
        *met_lines(answer.imagined.met, theater),
        *mark_lines(answer.imagined.odds),
        status_line(before, answer.real.asked, theater, when="as it is"),
        status_line(first, asked, theater, ["nothing was recorded"], "if so"),
    )
    print_table(title, table, below)
