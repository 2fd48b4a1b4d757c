"""`tocsin observe`: log one observation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.domain.observation import Draft
from tocsin.domain.timeline import known_since
from tocsin.settings import read_settings
from tocsin.usecases.observe import observe as record


def observe(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    indicator: Annotated[str, typer.Argument(help="The indicator, such as violence/border-attack.")],
    value: Annotated[str, typer.Argument(help="What was seen; 0 means looked and not seen.")],
    on: Annotated[str, typer.Option(help="The day it happened, YYYY-MM-DD.")],
    grade: Annotated[str, typer.Option(help="Admiralty grade, such as B2.")],
    origin: Annotated[
        str,
        typer.Option(
            help="Reports of one origin are echoes and count once. [default: one for each source, indicator and day]"
        ),
    ] = "",
    summary: Annotated[str, typer.Option(help="What was reported, in a sentence.")] = "",
    source: Annotated[str, typer.Option(help="Who reported it.")] = "",
    coverage: Annotated[
        str, typer.Option(help="Chance that it would have been seen, 0 to 1. [default: the indicator's]")
    ] = "",
    through: Annotated[
        str, typer.Option(help="Last day of a total from --on, such as a week's: it contains what was reported singly.")
    ] = "",
    link: Annotated[
        list[str] | None, typer.Option(help="Web address of what stands behind it; may be given several times.")
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="Old news: counts as known from the end of its day plus the indicator's delay."),
    ] = False,
) -> None:
    """Record one observation; what is there already is left as it is.

    Example: tocsin observe tunisia violence/border-attack 1 --on 2016-03-07 --grade A1 --history
    """
    with open_service(read_settings()) as service:
        draft = Draft(
            indicator, on, value, grade, origin, summary, source, coverage, links=" ".join(link or ()), through=through
        )
        declared = service.catalog.theater(theater)
        now = datetime.now(UTC)
        recorded = record(
            [draft],
            indicators=service.catalog.indicators(theater),
            timeline=declared.timeline,
            ledger=service.ledger,
            now=now,
            author=author(),
            history=history,
        )
        if not recorded.added:
            typer.echo("this report is in the ledger already; nothing was changed")
            return
        known = datetime.now(UTC)  # its turn to write may have come late
        if history:
            known = known_since(
                declared.timeline, date.fromisoformat(through or on), declared.indicator(indicator).delay_days
            )
        instant = declared.timeline.name_instant(known)
        typer.echo(f"recorded {recorded.added[0]}; odds as of {instant} or later count it at once, by live update")
        typer.echo(f'to correct it: tocsin correct {theater} {recorded.added[0]} --value … --reason "…"')
