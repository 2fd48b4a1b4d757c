"""The `tocsin` command: exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tocsin.cli.commands import COMMANDS
from tocsin.cli.stopping import INTERRUPTED
from tocsin.domain.errors import InvalidInputError, InvalidObservationError, TocsinError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_SHOWN_PROBLEMS = 40  # more would scroll the first, most telling ones away
_SERVICES = {"serve", "web", "worker"}  # nobody sits before them, so they tell in logs what they do


class _Commands(TyperGroup):
    """All that there is to call."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 (Typer says what, and it is handed on)
        super().__init__(**given | {"commands": COMMANDS})


app = typer.Typer(
    name="tocsin",
    cls=_Commands,
    help="The odds of named scenarios, kept up to date from graded observations. Start with: tocsin demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version as installed  # noqa: PLC0415 - only this option needs it

        typer.echo(installed("tocsin"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    del version  # its callback has done it, before a command is asked for


def main() -> None:
    """Run the command line; an error that Tocsin raises on purpose is told in words, without a traceback."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    command = words[0] if words else ""
    try:
        with _logged(command) if command else nullcontext():  # help and version wait for no logs
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
        sys.exit(INTERRUPTED)


def _logged(command: str) -> AbstractContextManager[object]:
    """Logs as the settings say; where those cannot be read, the command that needs them says so."""
    from tocsin.bootstrap.logs import logged_run, set_up_default_logs, set_up_logs  # noqa: PLC0415 (help has no logs)
    from tocsin.settings import read_settings  # noqa: PLC0415 (as above)

    try:
        set_up_logs(read_settings(), quiet=command not in _SERVICES)
    except InvalidInputError:
        set_up_default_logs()
    return logged_run(command=command)


def _refusal(error: InvalidInputError) -> str:
    count = len(error.problems)
    head = "refused, nothing was written" if isinstance(error, InvalidObservationError) else "refused"
    lines = [f"{head}; {count} problem{'s' if count > 1 else ''}:", *map(str, error.problems[:_SHOWN_PROBLEMS])]
    if count > _SHOWN_PROBLEMS:
        lines.append(f"… and {count - _SHOWN_PROBLEMS} more")
    return "\n".join(lines) + "\n"
