"""`tocsin score`: how what we said first compares with what came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.score_table import card_json, print_card
from tocsin.cli.track_record_table import links_json, print_links, print_sources, sources_json
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.instants import read_as_of
from tocsin.domain.scored import means_of
from tocsin.settings import read_settings
from tocsin.usecases.score import score as score_windows
from tocsin.usecases.track_links import track_links
from tocsin.usecases.track_sources import track_sources


def score(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="As settled at the end of this day, or at this instant. [default: now]"),
    ] = None,
    links: Annotated[
        bool, typer.Option("--links", help="Instead: the declared links beside what was observed.")
    ] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="Instead: what became of the reports of each source.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score what was said first of each window that has closed, beside the base rate and persistence.

    Example: tocsin score tunisia --as-of 2016-12-31
    """
    if links and sources:
        raise InvalidInputError([Problem("", None, "--links", "with --sources", "one of --links and --sources")])
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        instant = read_as_of(as_of, declared.timeline, datetime.now(UTC))
        if links:
            tracked = track_links(
                declared, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=instant
            )
            typer.echo(links_json(tracked)) if as_json else print_links(declared, tracked, instant)
            return
        if sources:
            records = track_sources(declared, ledger=service.ledger, resolutions=service.resolutions, as_of=instant)
            typer.echo(sources_json(records)) if as_json else print_sources(declared, records, instant)
            return
        card = score_windows(
            declared, publications=service.publications, resolutions=service.resolutions, as_of=instant
        )
    means = means_of(card.scored)
    if as_json:
        typer.echo(card_json(card.counted, means))
    else:
        print_card(declared, card.counted, means, instant)
