"""`tocsin key`: what programs sign in with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.access_table import key_object, keys_json, print_keys
from tocsin.cli.operator import named_theaters, operator
from tocsin.domain.access import Role
from tocsin.settings import read_settings
from tocsin.usecases.make_key import MOST_DAYS, make_key
from tocsin.usecases.revoke_key import revoke_key

key = typer.Typer(help="What programs sign in with.", no_args_is_help=True, rich_markup_mode=None)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@key.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    theater: Annotated[
        list[str] | None,
        typer.Option(help="A theater that it may see; may be given several times. [default: all]"),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DAYS, help="After how many days it is not taken any more. [default: never]"),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make an API key and print it, this once.

    Example: tocsin key add "collector at the desk" --role analyst --theater tunisia --days 90
    """
    with open_service(read_settings()) as service:
        now = datetime.now(UTC)
        made = make_key(
            name,
            role=role,
            theaters=named_theaters(theater, service.catalog.theaters),
            expires_at=None if days is None else now + timedelta(days=days),
            actor=operator(),
            access=service.access,
            now=now,
        )
    if as_json:
        typer.echo(json.dumps({**key_object(made.key), "key": made.text}, indent=2))
    else:
        typer.echo(made.text)
        typer.echo("keep it: it cannot be shown again. Send it as: Authorization: Bearer KEY", err=True)


@key.command("list")
def show(as_json: _Json = False) -> None:
    """Print every key, revoked and expired ones too, and when each was last used.

    Example: tocsin key list --json
    """
    with open_service(read_settings()) as service:
        found = service.access.keys.every()
    if as_json:
        typer.echo(keys_json(found))
    else:
        print_keys(found, datetime.now(UTC))


@key.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as the list has it.")]) -> None:
    """Revoke a key, at once and for good.

    Example: tocsin key revoke 1f2e3d4c5b6a
    """
    with open_service(read_settings()) as service:
        revoked = revoke_key(key_id, actor=operator(), access=service.access, now=datetime.now(UTC))
    typer.echo(f"key {key_id} is revoked" if revoked else f"key {key_id} was revoked before; nothing was changed")
