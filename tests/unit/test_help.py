"""The help of the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tocsin.cli.app import app
from tocsin.cli.commands import COMMANDS

_GROUPS = ("", "feeds", "review", "db", "jobs", "alerts", "rules", "destination", "user", "key")


@pytest.mark.parametrize("group", _GROUPS)
@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_sentence_in_a_list_of_commands_is_cut(group: str, width: int) -> None:
    """It is wrapped where the terminal is narrow."""
    said = CliRunner().invoke(app, [*group.split(), "--help"], terminal_width=width, max_content_width=width)
    assert said.exit_code == 0, said.output
    listed = said.output.partition("Commands:\n")[2]
    assert "..." not in listed
    if not group:
        words = " ".join(listed.split())
        assert [item.name for item in COMMANDS if f"{item.name} {item.help}" not in words] == []
