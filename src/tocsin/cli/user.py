"""`tocsin user`: who may sign in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.cli.access_table import accounts_json, print_accounts
from tocsin.cli.operator import named_theaters, operator, read_new_password
from tocsin.domain.access import Role
from tocsin.domain.account import Account, disabled
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.settings import read_settings
from tocsin.usecases.add_account import add_account
from tocsin.usecases.change_account import change_account, set_password

user = typer.Typer(help="Who may sign in.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(help="The account's name, such as ada.")]
_Theaters = Annotated[
    list[str] | None, typer.Option("--theater", help="A theater that they may see; may be given several times.")
]


@user.command("add")
def add(
    name: _Name,
    role: Annotated[Role, typer.Option(help="What they are for.")],
    theater: _Theaters = None,
) -> None:
    """Make an account; the password is asked for, or read from standard input. Without --theater they see all.

    Example: tocsin user add ada --role analyst --theater tunisia
    """
    with open_service(read_settings()) as service:
        theaters = named_theaters(theater, service.catalog.theaters)
        made = add_account(
            name,
            read_new_password(),
            role=role,
            theaters=theaters,
            actor=operator(),
            access=service.access,
            now=datetime.now(UTC),
        )
    typer.echo(f"{made.name} may sign in as {made.role}")


@user.command("list")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print every account, disabled ones too.

    Example: tocsin user list --json
    """
    with open_service(read_settings()) as service:
        found = service.access.accounts.accounts()
    if as_json:
        typer.echo(accounts_json(found))
    else:
        print_accounts(found)


@user.command("change")
def change(
    name: _Name,
    role: Annotated[Role | None, typer.Option(help="What they are for from now on.")] = None,
    theater: _Theaters = None,
    all_theaters: Annotated[bool, typer.Option("--all-theaters", help="They may see all theaters.")] = False,
    enable: Annotated[bool, typer.Option("--enable", help="They may sign in again.")] = False,
) -> None:
    """Change what somebody may do; it holds at once, for open sessions too. Theaters that are given replace the old.

    Example: tocsin user change ada --role officer --all-theaters
    """
    if role is None and not theater and not all_theaters and not enable:
        accepted = "at least one of --role, --theater, --all-theaters and --enable"
        raise InvalidInputError([Problem("", None, "options", "none", accepted)])
    with open_service(read_settings()) as service:
        theaters = named_theaters(theater, service.catalog.theaters, every=all_theaters)

        def alter(account: Account) -> Account:
            after = account if role is None else replace(account, role=role)
            after = replace(after, theaters=theaters) if theater or all_theaters else after
            return replace(after, disabled_at=None) if enable else after

        change_account(name, alter, actor=operator(), access=service.access, now=datetime.now(UTC))
    typer.echo(f"{name} is changed")


@user.command("disable")
def disable(name: _Name) -> None:
    """Keep somebody from signing in and close their sessions, at once; API keys that they made go on, and are told.

    Example: tocsin user disable ada
    """
    now = datetime.now(UTC)
    with open_service(read_settings()) as service:
        gone = change_account(
            name, lambda account: disabled(account, now), actor=operator(), access=service.access, now=now
        )
        left = [key.id for key in service.access.keys.every() if key.created_by == gone.name and not key.revoked_at]
    typer.echo(f"{gone.name} cannot sign in any more")
    if left:
        typer.echo(f"keys that {gone.name} made go on: {', '.join(left)}; to revoke one: tocsin key revoke {left[0]}")


@user.command("password")
def password(name: _Name) -> None:
    """Give an account another password, asked for or read from standard input; its sessions are closed.

    Example: tocsin user password ada
    """
    with open_service(read_settings()) as service:
        now = datetime.now(UTC)
        changed = set_password(name, read_new_password(), actor=operator(), access=service.access, now=now)
    typer.echo(f"{changed.name} has another password; sessions of the account are closed")
