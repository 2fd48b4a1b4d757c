"""The `tocsin` command: exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tocsin.cli.check import check
from tocsin.cli.database import database
from tocsin.cli.demo import demo
from tocsin.cli.doctor import doctor
from tocsin.cli.fit import fit
from tocsin.cli.importing import import_file
from tocsin.cli.observe import observe
from tocsin.cli.odds import odds
from tocsin.domain.errors import InvalidInputError, TocsinError

app = typer.Typer(
    name="tocsin",
    help="The odds of named scenarios, kept up to date from graded observations. Start with: tocsin demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command("demo")(demo)
app.command("check")(check)
app.command("observe")(observe)
app.command("import")(import_file)
app.command("fit")(fit)
app.command("odds")(odds)
app.command("doctor")(doctor)
app.add_typer(database, name="db")


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - only this option needs it

        typer.echo(installed("tocsin"))
        raise typer.Exit


def main() -> None:
    """Run the command line; an error that Tocsin raises on purpose is told in words, without a traceback."""
    try:
        app()
    except InvalidInputError as error:
        count = len(error.problems)
        sys.stderr.write(f"refused, nothing was written; {count} problem{'s' if count > 1 else ''}:\n{error}\n")
        sys.exit(1)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
