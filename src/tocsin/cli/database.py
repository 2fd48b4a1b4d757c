"""`tocsin db`: the store's tables, and moving a store to another database."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.progress import shown_progress
from tocsin.cli.stopping import interrupted_by_signals
from tocsin.domain.instants import write_instant
from tocsin.domain.plural import counted
from tocsin.settings import read_settings
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from tocsin.bootstrap.copying import Proven

database = typer.Typer(help="The store's tables, and moving a store.", no_args_is_help=True, rich_markup_mode=None)


@database.command("upgrade")
def upgrade_store() -> None:
    """Bring the store's tables up to date; a new store is made where there is none.

    Example: TOCSIN_HOME=/srv/tocsin tocsin db upgrade
    """
    settings = read_settings()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    revision = upgrade(settings.store_url)
    place = f"in {settings.home}" if settings.store_file is not None else "that TOCSIN_DATABASE_URL names"
    typer.echo(f"the store {place} is at revision {revision.current}")


@database.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Address of the store to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Address of an empty database.")],
    fits: Annotated[
        Path | None, typer.Option(help="Folder of draws, which both stores share. [default: fits in TOCSIN_HOME]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy a store to an empty database, and prove that both hold the same and give the same odds.

    A password is better left out of an address, where others on the machine may see it: PostgreSQL also takes it from
    PGPASSWORD or ~/.pgpass. The source is only read. Stop what writes to it first, or later rows stay behind.

    Example: tocsin db copy sqlite:////srv/tocsin/tocsin.db postgresql://tocsin@localhost/tocsin
    """
    from tocsin.bootstrap.copying import copy_and_prove  # noqa: PLC0415 (who upgrades need not wait for it)

    settings = read_settings()
    folder = settings.home / "fits" if fits is None else fits
    with interrupted_by_signals(), shown_progress() as report:
        proven = copy_and_prove(source, target, settings=settings, fits=folder, now=datetime.now(UTC), report=report)
    typer.echo(json.dumps(asdict(proven), default=write_instant, indent=2) if as_json else _told(proven))


def _told(proven: Proven) -> str:
    tables = [f"  {table.name}: {counted(table.rows, 'row')}, SHA-256 {table.sha256}" for table in proven.copied.tables]
    odds = [f"  {same.theater}: {counted(same.numbers, 'number')} of fit {same.fit}" for same in proven.odds]
    return "\n".join(
        [
            f"copied at revision {proven.copied.revision}; the same on both sides:",
            *tables,
            f"draws verified: {proven.draws}",
            "odds equal to the last bit:" if odds else "no theater has an accepted fit, so no odds were compared",
            *odds,
        ]
    )
