"""The command line on a store of its own, without a process for each command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tocsin.cli.app import app
from tocsin.domain.errors import TocsinError
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from pathlib import Path

type Run = Callable[..., Done]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command on a store of its own, which is up to date, without a process for each."""
    settings = Settings(home=tmp_path)
    upgrade(settings.store_url)

    def tocsin(*words: str, typed: str = "") -> Done:
        ended = CliRunner().invoke(app, words, input=typed, env={"TOCSIN_HOME": str(tmp_path), "COLUMNS": "160"})
        if ended.exception is not None and not isinstance(ended.exception, SystemExit | TocsinError):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, TocsinError) else ended.stderr
        return Done(ended.exit_code, ended.stdout, said)

    return tocsin
