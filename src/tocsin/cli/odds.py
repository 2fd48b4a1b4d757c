"""`tocsin odds`: read the odds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import Service, open_service
from tocsin.cli.odds_table import odds_json, print_reading
from tocsin.domain.instants import read_as_of
from tocsin.domain.theater import Theater
from tocsin.settings import read_settings
from tocsin.usecases.read_odds import Reading, read_odds


def odds(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="What was known at the end of this day, or at this instant. [default: now]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the odds of every scenario by each horizon, with interval, prior, status and age.

    Example: tocsin odds tunisia --as-of 2016-03-08 --json
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        show_odds(service, declared, read_as_of(as_of, declared.timeline, datetime.now(UTC)), as_json=as_json)


def show_odds(service: Service, theater: Theater, as_of: datetime, *, as_json: bool) -> Reading:
    """Read and print; JSON goes to standard output alone."""
    reading = read_odds(
        theater,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        as_of=as_of,
        reasons=not as_json,
    )
    if as_json:
        typer.echo(odds_json(reading))
    else:
        print_reading(reading, theater)
    return reading
