"""Feeds and the review queue at the command line, on a catalog with a folder that is reviewed and one that is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.catalog import find_kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

_HEAD = "observed_on,indicator,value,grade,origin,summary\n"
_ROW = "2016-03-07,violence/border-attack,1,B2,bg,the assault\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command on a store of its own, with the shipped catalog and one feed more."""
    for name in ("models", "indicators"):
        shutil.copytree(find_kit() / name, tmp_path / "kit" / name)
    inbox = tmp_path / "kit/models/tunisia/feeds/inbox.yaml"
    reviewed = inbox.read_text(encoding="utf-8").replace("review: false", "review: true").replace("inbox/t", "asked/t")
    inbox.with_name("asked.yaml").write_text(reviewed, encoding="utf-8")

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=os.environ
            | {
                "TOCSIN_HOME": str(tmp_path / "home"),
                "TOCSIN_CATALOG": str(tmp_path / "kit"),
                "COLUMNS": "160",
                "LOGNAME": "ann",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert tocsin("db", "upgrade").returncode == 0
    return tocsin


def _put(tmp_path: Path, folder: str, text: str, age_seconds: float = 60.0) -> None:
    path = tmp_path / "home" / folder / "tunisia" / "day.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEAD + text, encoding="utf-8")
    then = time.time() - age_seconds
    os.utime(path, (then, then))


def _json(done: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - any JSON
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_file_in_the_inbox_becomes_observations_and_a_bad_one_is_told_line_by_line(run: Run, tmp_path: Path) -> None:
    """Taken once it has rested, listed, corrected by a replaced file; a bad file exits 1 and shows in the list."""
    never = {item["id"]: item for item in _json(run("feeds", "--json"))["feeds"]}
    assert never["tunisia/inbox"]["succeeded_at"] is None
    assert never["tunisia/ucdp-ged"]["missing_settings"] == ["TOCSIN_UCDP_TOKEN"]

    _put(tmp_path, "inbox", _ROW, age_seconds=0.0)
    done = run("feeds", "take", "tunisia/inbox")
    assert done.returncode == 0, done.stderr
    assert "1 file saved less than 5 s ago: waiting" in done.stderr
    assert "1 new record (0 known already): 1 observation added" in done.stdout
    _put(tmp_path, "inbox", _ROW.replace(",1,B2", ",2,A1"))
    assert _json(run("feeds", "take", "tunisia/inbox", "--json"))["corrected"] == 1
    (standing,) = _json(run("ledger", "tunisia", "--json"))["observations"]
    assert (standing["value"], standing["author"]) == (2.0, "feed tunisia/inbox")

    _put(tmp_path, "inbox", _ROW + "2016-03-07,violence/border-atack,1,B2,x,y\n")
    bad = run("feeds", "take", "tunisia/inbox")
    assert bad.returncode == 1
    assert "day.csv:3: indicator is 'violence/border-atack'" in bad.stderr
    assert "Traceback" not in bad.stderr
    (inbox,) = (item for item in _json(run("feeds", "--json"))["feeds"] if item["id"] == "tunisia/inbox")
    assert (inbox["failures"], inbox["records"]["mapped"], inbox["findings"]) == (1, 1, [])
    assert "day.csv:3" in inbox["problem"]
    shown = run("feeds").stdout
    assert re.search(r"tunisia/inbox +folder", shown)
    assert "! tunisia/inbox failed 1 time in a row; next try" in shown
    assert "- tunisia/ucdp-ged is off until TOCSIN_UCDP_TOKEN (or …_FILE) is set" in shown
    assert run("feeds", "take", "tunisia/in-box").returncode == 1
    assert "every record of tunisia/inbox was mapped" in run("feeds", "unmapped", "tunisia/inbox").stdout


def test_what_is_reviewed_counts_once_a_person_has_confirmed_it(run: Run, tmp_path: Path) -> None:
    """Listed, confirmed with another grade, dismissed with a reason; decided once."""
    _put(tmp_path, "asked", _ROW + _ROW.replace("03-07", "03-06").replace(",bg,", ",other,"))
    assert _json(run("feeds", "take", "tunisia/asked", "--json"))["queued"] == 2
    assert _json(run("ledger", "tunisia", "--json"))["observations"] == []
    waiting = {item["draft"]["origin"]: item["id"] for item in _json(run("review", "list", "tunisia", "--json"))}
    assert sorted(waiting) == ["bg", "other"]
    shown = run("review", "list").stdout
    assert "the assault" in shown
    assert any(f"to decide: tocsin review confirm {name} [--grade B2] or" in shown for name in waiting.values())

    done = run("review", "confirm", waiting["bg"], "--grade", "A1")
    assert done.returncode == 0, done.stderr
    (standing,) = _json(run("ledger", "tunisia", "--json"))["observations"]
    assert (standing["grade"], standing["author"], standing["origin"]) == ("A1", "ann", "bg")
    again = run("review", "dismiss", waiting["bg"], "--reason", "no")
    assert again.returncode == 1
    assert "is confirmed by ann" in again.stderr
    assert run("review", "dismiss", waiting["other"], "--reason", " ").returncode == 1
    assert run("review", "dismiss", waiting["other"], "--reason", "a rumor").returncode == 0
    assert "nothing waits for a decision" in run("review", "list").stdout
    assert len(_json(run("ledger", "tunisia", "--json"))["observations"]) == 1


@pytest.mark.parametrize("command", ["confirm", "dismiss"])
def test_what_is_decided_is_named_by_its_id(run: Run, command: str) -> None:
    """In the usage, with where to find it, and where it is missing."""
    assert f"review {command} [OPTIONS] {{ID}}" in (helped := run("review", command, "--help").stdout)
    assert "The item's id in tocsin review list" in helped
    assert "Missing argument 'ID'" in run("review", command).stderr


@pytest.mark.parametrize(
    "command",
    [
        ("feeds",),
        ("feeds", "take"),
        ("feeds", "unmapped"),
        ("review", "list"),
        ("review", "confirm"),
        ("review", "dismiss"),
    ],
)
def test_help_shows_an_example(run: Run, command: tuple[str, ...]) -> None:
    """One that can be copied."""
    assert f"Example: tocsin {' '.join(command)}" in " ".join(run(*command, "--help").stdout.split())
