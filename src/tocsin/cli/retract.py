"""`tocsin retract`: withdraw an observation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.author import author
from tocsin.settings import read_settings
from tocsin.usecases.retract import retract


def retract_observation(
    theater: Annotated[str, typer.Argument(help="The theater, such as tunisia.")],
    observation: Annotated[str, typer.Argument(help="The observation's id, or the first six or more characters.")],
    reason: Annotated[str, typer.Option(help="Why it is withdrawn, for whoever reads the ledger later.")],
) -> None:
    """Withdraw an observation. It stays in the ledger, and earlier instants still see it.

    Example: tocsin retract tunisia 4f2a1c --reason "The report was of an exercise"
    """
    with open_service(read_settings()) as service:
        declared = service.catalog.theater(theater)
        now = datetime.now(UTC)
        done = retract(
            observation,
            reason=reason,
            indicators=service.catalog.indicators(theater),
            ledger=service.ledger,
            now=now,
            author=author(),
        )
    if not done.added:
        typer.echo(f"{done.before.id} is withdrawn already, by {done.after.id}; nothing was changed")
        return
    typer.echo(f"retracted {done.before.version().says}: {done.before.id} is withdrawn by {done.after.id}")
    typer.echo(
        f"odds as of {declared.timeline.name_instant(datetime.now(UTC))} or later do without it at once, by live update"
    )
