"""Whether a command line is one of ours, as the program itself sees it."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from tocsin.cli.app import app
from tocsin.cli.commands import COMMANDS


def known_commands() -> set[str]:
    """The first words that `tocsin` takes."""
    return {str(command.name) for command in COMMANDS}


def refusal(words: list[str]) -> str | None:
    """Why `tocsin <words>` would be refused: an unknown command or option; None where it would run."""
    path = [word for word in words if not word.startswith("-")]
    asked = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    if asked.exit_code != 0:
        return asked.output
    shown = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", asked.output))
    return next((f"{word} is no option of tocsin {' '.join(path)}" for word in set(words) - set(path) - shown), None)
