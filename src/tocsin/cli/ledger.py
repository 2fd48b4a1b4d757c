"""`tocsin ledger`: list the observations."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.ledger_table import listing_json, print_listing
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.instants import read_as_of
from tocsin.domain.timeline import read_day
from tocsin.settings import read_settings
from tocsin.usecases.list_ledger import Asked, list_ledger


def ledger(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    indicator: Annotated[str | None, typer.Option(help="Only this indicator. [default: all of the theater]")] = None,
    since: Annotated[str | None, typer.Option(help="Only this day and later ones, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Only this day and earlier ones, YYYY-MM-DD.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="What was known at the end of this day, or at this instant. [default: now]"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Superseded and withdrawn observations too, with what became of them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the observations that stand, and how many independent sources are behind each indicator and step.

    Example: tocsin ledger tunisia --indicator violence/border-attack --since 2016-01-01 --as-of 2016-03-08
    """
    first, last = _day("--since", since), _day("--until", until)
    if first is not None and last is not None and last < first:
        raise InvalidInputError([Problem("", None, "--until", repr(until), f"{first}, the day of --since, or later")])
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        instant = read_as_of(as_of, declared.timeline, datetime.now(UTC))
        asked = Asked(indicator, first, last, everything)
        listing = list_ledger(declared, asked, ledger=service.ledger, as_of=instant)
    if as_json:
        typer.echo(listing_json(listing, declared))
    else:
        print_listing(listing, declared, everything=everything)


def _day(option: str, text: str | None) -> date | None:
    day = None if text is None else read_day(text)
    if text is not None and day is None:
        raise InvalidInputError([Problem("", None, option, repr(text), "a day of the calendar as YYYY-MM-DD")])
    return day
