"""Commands that are loaded when they are called: whoever asks for one does not wait for all the others."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command, get_group


class LateCommand(TyperCommand):
    """A command, or a group of them, of which the list of commands shows name and summary without loading it."""

    def __init__(self, name: str, place: str, summary: str) -> None:
        """A command.

        Args:
            name: The word by which it is called.
            place: Where it is: `module:name` of a function, or of a Typer that holds more.
            summary: The first sentence of its help.
        """
        # As the short help it is wrapped in lists, where the help would be cut to what a line holds.
        super().__init__(name, help=summary, short_help=summary)
        self._place = place

    def load(self) -> Any:  # noqa: ANN401 (Typer has no public name for what all its commands are)
        """The command itself."""
        module, _, name = self._place.partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            for command in group.commands.values():
                _list_whole(command)
            return _list_whole(group)
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(self.name)(found)
        return _list_whole(get_command(alone))

    def make_context(self, *called: Any, **how: Any) -> Any:  # noqa: ANN401 (handed on as it is)
        """The context of a call, whose command is the one that was loaded: from here on this one has no part in it."""
        return self.load().make_context(*called, **how)


def _list_whole(command: Any) -> Any:  # noqa: ANN401 (as above)
    """Have lists of commands show the first sentence of a command's help whole, however narrow they are."""
    first, ended, _ = " ".join((command.help or "").split()).partition(". ")
    command.short_help = f"{first}." if ended else first
    return command
