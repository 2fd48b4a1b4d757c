"""`tocsin publish`: put the odds on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.history_table import publication_object, publication_title
from tocsin.settings import read_settings
from tocsin.usecases.publish import publish as publish_odds


def publish(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put the odds as of now on record, where there is something new to say; what is on record is never rewritten.

    That is so with a new fit, with odds that moved by more than noise, with another status, and once a day.
    Example: tocsin publish tunisia
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        done = publish_odds(
            declared,
            ledger=service.ledger,
            fits=service.fits,
            codec=service.codec,
            publications=service.publications,
            now=datetime.now(UTC),
        )
    if as_json:
        said = None if done.publication is None else publication_object(done.publication, {})
        typer.echo(json.dumps({"publication": said, "why": done.why}, indent=2))
    elif done.publication is None:
        typer.echo(f"nothing published: {done.why}")
    else:
        typer.echo(f"published {publication_title(done.publication, declared.timeline)}\n{done.why}")
