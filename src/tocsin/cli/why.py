"""`tocsin why`: why did the odds move?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.progress import shown_progress
from tocsin.cli.why_table import movements_json, print_movements
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.domain.instants import read_as_of
from tocsin.domain.plural import counted
from tocsin.domain.theater import Theater
from tocsin.settings import read_settings
from tocsin.usecases.why import Movement
from tocsin.usecases.why import why as ask_why


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

    Example: tocsin why tunisia --since 2016-03-08 --as-of 2016-03-11 --scenario border-offensive
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        _refuse_unknown(declared, scenario, horizon)
        span = read_as_of(since, declared.timeline, now, "--since"), read_as_of(as_of, declared.timeline, now)
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
        typer.echo(movements_json(asked))
        return
    longest = [
        max(items, key=lambda item: item.after.horizon_days)
        for _, items in groupby(asked, key=lambda item: item.after.scenario)
    ]
    print_movements(asked if horizon else longest, declared, span)


def _refuse_unknown(theater: Theater, scenario: str | None, horizon: int | None) -> None:
    """Before any work: what is not declared cannot be asked about."""
    asked = theater.scenarios if scenario is None else (theater.scenario(scenario),)
    horizons = sorted({days for item in asked for days in item.horizons})
    if horizon is not None and horizon not in horizons:
        accepted = f"a declared horizon: {', '.join(str(days) for days in horizons)}"
        raise InvalidInputError([Problem("", None, "horizon", str(horizon), accepted)])


def _chosen(found: Sequence[Movement], scenario: str | None, horizon: int | None) -> list[Movement]:
    """Those asked about; UnknownNameError where the fits, of other declared files, do not state them."""
    stated = {f"{item.after.scenario} within {counted(item.after.horizon_days, 'day')}": item for item in found}
    chosen = [
        item for item in found if scenario in {None, item.after.scenario} and horizon in {None, item.after.horizon_days}
    ]
    if not chosen:
        within = "any horizon" if horizon is None else counted(horizon, "day")
        asked = f"{scenario or 'any scenario'} within {within}"
        raise UnknownNameError("odds of both fits", asked, list(stated))
    return chosen
