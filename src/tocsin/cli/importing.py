"""`tocsin import`: record a file of observations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.feeds.observation_csv import read_observation_csv
from tocsin.settings import read_settings
from tocsin.usecases.observe import observe


def import_file(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8.", exists=True, dir_okay=False)],
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="Old news: each row counts as known from the end of its day plus its indicator's delay.",
        ),
    ] = False,
) -> None:
    """Record every row of a CSV file, or none with everything that is wrong in it.

    Columns: observed_on, indicator, value, grade (or reliability and credibility), and as wanted origin, summary,
    source, coverage, links (web addresses separated by blanks). The same file twice is the file once.

    Example: tocsin import tunisia chronicle.csv --history
    """
    with open_service(read_settings()) as service:
        drafts = read_observation_csv(file.read_bytes(), file.name)
        recorded = observe(
            drafts,
            indicators=service.catalog.indicators(theater),
            timeline=service.catalog.theater(theater).timeline,
            ledger=service.ledger,
            now=datetime.now(UTC),
            author=author(),
            history=history,
        )
        typer.echo(f"{len(recorded.added)} observations recorded, {recorded.known_already} were in the ledger already")
