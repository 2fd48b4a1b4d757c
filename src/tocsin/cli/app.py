"""The `tocsin` command: exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tocsin.cli.check import check
from tocsin.cli.collect import collect_next
from tocsin.cli.correct import correct_observation
from tocsin.cli.database import database
from tocsin.cli.demo import demo
from tocsin.cli.doctor import doctor
from tocsin.cli.fit import fit
from tocsin.cli.importing import import_file
from tocsin.cli.ledger import ledger
from tocsin.cli.observe import observe
from tocsin.cli.odds import odds
from tocsin.cli.retract import retract_observation
from tocsin.cli.whatif import whatif
from tocsin.cli.why import why
from tocsin.domain.errors import InvalidInputError, InvalidObservationError, TocsinError

_SHOWN_PROBLEMS = 40  # more would scroll the first, most telling ones away
_INTERRUPTED = 130  # what shells expect of a program that an interrupt ended

app = typer.Typer(
    name="tocsin",
    help="The odds of named scenarios, kept up to date from graded observations. Start with: tocsin demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo)
app.command("check")(check)
app.command("observe")(observe)
app.command("correct")(correct_observation)
app.command("retract")(retract_observation)
app.command("ledger")(ledger)
app.command("import")(import_file)
app.command("fit")(fit)
app.command("odds")(odds)
app.command("whatif")(whatif)
app.command("why")(why)
app.command("collect")(collect_next)
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
        sys.stderr.write(_refusal(error))
        sys.exit(1)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'the system'}: {error.strerror or error}; nothing was changed\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("stopped by you; what was recorded before is unchanged\n")
        sys.exit(_INTERRUPTED)


def _refusal(error: InvalidInputError) -> str:
    count = len(error.problems)
    head = "refused, nothing was written" if isinstance(error, InvalidObservationError) else "refused"
    lines = [f"{head}; {count} problem{'s' if count > 1 else ''}:", *map(str, error.problems[:_SHOWN_PROBLEMS])]
    if count > _SHOWN_PROBLEMS:
        lines.append(f"… and {count - _SHOWN_PROBLEMS} more")
    return "\n".join(lines) + "\n"
