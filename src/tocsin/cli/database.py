"""`tocsin db`: the store's tables."""

from __future__ import annotations

import typer

from tocsin.settings import read_settings
from tocsin.store.migrate import upgrade

database = typer.Typer(help="The store's tables.", no_args_is_help=True, rich_markup_mode=None)


@database.callback()
def _root() -> None:
    """Keep `upgrade` a subcommand while it is the only one."""


@database.command("upgrade")
def upgrade_store() -> None:
    """Bring the store's tables up to date; a new store is made where there is none.

    Example: TOCSIN_HOME=/srv/tocsin tocsin db upgrade
    """
    settings = read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    revision = upgrade(settings.store_url)
    typer.echo(f"the store in {settings.home} is at revision {revision.current}")
