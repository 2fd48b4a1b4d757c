"""The demo's store: what it replaces, what it leaves, and what it shares with the commands of the tour."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tocsin.cli import demo as command
from tocsin.settings import Settings, read_settings
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from support.kit import FittedStore


def test_the_demo_shows_a_store_with_observations_of_yours_as_it_is(tmp_path: Path) -> None:
    """Those known only from tomorrow on as well; and it says how to have a new one."""
    home = tmp_path / "home" / "demo"
    environment = os.environ | {"TOCSIN_HOME": str(home), "COLUMNS": "160"}

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        run = [sys.executable, "-m", "tocsin", *words]
        return subprocess.run(run, env=environment, capture_output=True, text=True, check=False)

    assert tocsin("db", "upgrade").returncode == 0
    assert home.stat().st_mode & 0o077 == 0  # what signs people in is in it
    (home / "made-by-tocsin-demo").write_text("", encoding="utf-8")
    assert tocsin("fit", "tunisia", "--as-of", "2016-03-08").returncode == 0
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    observed = tocsin("observe", "tunisia", "society/protest", "2", "--on", today, "--grade", "B2", "--history")
    assert observed.returncode == 0, observed.stderr
    written = (home / "tocsin.db").read_bytes()
    done = tocsin("demo", "--once")
    assert done.returncode == 0, done.stderr
    assert "holds 1 observation of yours and stays as it is; for a new one, with yours kept beside it: " in done.stderr
    assert "from files to odds" not in done.stderr
    assert "odds as of the end of 2016-03-08" in done.stdout
    assert (home / "tocsin.db").read_bytes() == written


def test_what_the_demo_compiles_is_there_for_the_tour_and_for_the_next_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiling takes longer than anything else: the first fit of the tour finds it, and so does a store made anew."""
    home = tmp_path / "demo"
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    monkeypatch.delenv("TOCSIN_COMPILE_CACHE")
    found: list[list[str]] = []

    def build(settings: Settings) -> None:
        upgrade(settings.store_url)
        settings.cache_folder.mkdir(parents=True, exist_ok=True)
        found.append([path.name for path in settings.cache_folder.iterdir()])
        (settings.cache_folder / "compiled").touch()
        if len(found) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_build", build)
    monkeypatch.setattr(command, "show_odds", lambda *_, **__: None)
    command.demo(once=True)
    monkeypatch.setenv("TOCSIN_HOME", str(home))  # as in the tour
    assert (read_settings().cache_folder / "compiled").exists()
    with pytest.raises(KeyboardInterrupt):
        command.demo(once=True)
    command.demo(once=True)
    assert found == [[], ["compiled"], ["compiled"]]
    assert (read_settings().cache_folder / "compiled").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_the_demo_says_what_is_left_once_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control-C ends it in order, so nothing else would say that it has, nor how to go on."""
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    monkeypatch.setattr(command, "_build", lambda settings: upgrade(settings.store_url))
    monkeypatch.setattr(command, "show_odds", lambda *_, **__: None)
    monkeypatch.setattr(command, "open_story", lambda *_: command.typer.echo("answering", err=True))
    monkeypatch.setenv("TOCSIN_PORT", "0")
    command.demo()
    said = capsys.readouterr().err.partition("answering\n")[2]
    assert f"stopped; the store stays in {tmp_path / 'demo'} as you left it" in said
    assert f"  export TOCSIN_HOME={tmp_path / 'demo'}\n  tocsin serve\n" in said


@pytest.mark.parametrize("made", ["key add robot --role analyst", "publish tunisia"])
def test_nothing_that_was_added_to_the_demo_is_lost(fitted_store: FittedStore, tmp_path: Path, made: str) -> None:
    """An account, a key, a publication: the store stays as it is, and says why."""
    home = tmp_path / "demo"
    fitted_store.copy(home)
    (home / "made-by-tocsin-demo").write_text("", encoding="utf-8")
    with closing(sqlite3.connect(home / "tocsin.db")) as store, store:
        store.execute("DROP TRIGGER observation_refuses_update")
        store.execute("UPDATE observation SET author = 'tocsin demo'")

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        run = [sys.executable, "-m", "tocsin", *words]
        environment = os.environ | {"TOCSIN_HOME": str(home)}
        return subprocess.run(run, env=environment, capture_output=True, text=True, check=False)

    assert tocsin(*made.split()).returncode == 0
    done = tocsin("demo", "--once")
    assert done.returncode == 0, done.stderr
    noun = "key" if made.startswith("key") else "publication"
    assert f"holds 1 {noun} of yours and stays as it is" in done.stderr
    assert "from files to odds" not in done.stderr
