"""Publishing, history, verifying and the doctor, at the command line."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.cli.doctor_look import Unwell
from tocsin.cli.doctor_machine import _broken_limits, _read_requirement, clock

if TYPE_CHECKING:
    from pathlib import Path

    from support.kit import FittedStore

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data folder of the commands below."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """The installed command on a data folder of its own."""

    def tocsin(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=os.environ | {"TOCSIN_HOME": str(home), "COLUMNS": "200"} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return tocsin


@pytest.fixture
def store(run: Run, home: Path, fitted_store: FittedStore) -> Run:
    """The same on a copy of the store that has a fit."""
    fitted_store.copy(home)
    return run


def _json(done: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - whatever the command prints
    return json.loads(done.stdout)


def test_what_was_published_is_shown_exported_and_verified(store: Run, tmp_path: Path) -> None:
    """From the store and, without it, from the file; nothing is said twice."""
    first = _json(store("publish", "tunisia", "--json"))["publication"]
    assert (first["number"], first["status"]) == (1, "refit wanted")
    assert "nothing published: publication 1 is this very statement" in store("publish", "tunisia").stdout
    assert (
        store("observe", "tunisia", "violence/border-attack", "1", "--on", "2026-10-01", "--grade", "B2").returncode
        == 0
    )
    shown = _json(store("history", "tunisia", "--scenario", "border-offensive", "--json"))
    assert [item["number"] for item in shown] == [1]
    assert [(item["scenario"], item["horizon_days"], item["closes_on"]) for item in shown[0]["odds"]] == [
        ("border-offensive", 30, "2016-04-07"),
        ("border-offensive", 90, "2016-06-06"),
        ("border-offensive", 180, "2016-09-04"),
    ]
    exported = tmp_path / "publications.jsonl"
    table = store("history", "tunisia", "--export", str(exported))
    assert "refit wanted" in table.stdout
    assert "1 publication written" in table.stderr
    verified = _json(store("verify", "--json"))
    assert (verified["broken"], verified["head"]["sha256"]) == ([], first["sha256"])
    alone = store("verify", "--file", str(exported), TOCSIN_HOME=str(tmp_path / "nowhere"))
    assert alone.returncode == 0, alone.stdout
    assert f"--head 1:{first['sha256']}" in alone.stdout


def test_history_before_anything_was_said_is_empty(store: Run) -> None:
    """As of an instant before the first publication, and in a store without any."""
    assert "nothing has been published for tunisia; run: tocsin publish tunisia" in store("history", "tunisia").stdout
    assert store("publish", "tunisia").returncode == 0
    assert _json(store("history", "tunisia", "--as-of", "2016-03-08", "--json")) == []


def test_publishing_without_a_fit_says_what_to_run(run: Run) -> None:
    """No odds are made up."""
    assert run("db", "upgrade").returncode == 0
    done = run("publish", "tunisia")
    assert done.returncode == 1
    assert "run: tocsin fit tunisia" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"status":"refit wanted"', '"status":"fitted"', "its content is not what its SHA-256 says"),
        ('"horizon_days":30', '"horizon_days": 30', "line 1: it is not in the canonical form"),
        ('{"as_of"', '"as_of"', "line 1: no publication can be read from it"),
    ],
)
def test_a_file_that_was_tampered_with_is_found(store: Run, tmp_path: Path, old: str, new: str, said: str) -> None:
    """With exit 1, the place, and what to do."""
    assert store("publish", "tunisia").returncode == 0
    exported = tmp_path / "p.jsonl"
    assert store("history", "tunisia", "--export", str(exported)).returncode == 0
    exported.write_text(exported.read_text().replace(old, new, 1))
    done = store("verify", "--file", str(exported))
    assert done.returncode == 1
    assert said in done.stdout
    assert "compare with an export" in done.stdout


def test_a_store_that_was_tampered_with_is_found(store: Run, home: Path) -> None:
    """Draws that were replaced, and a publication that was rewritten past the triggers."""
    assert store("publish", "tunisia").returncode == 0
    next((home / "fits").iterdir()).write_bytes(b"")
    with closing(sqlite3.connect(home / "tocsin.db")) as connection, connection:
        connection.execute("DROP TRIGGER publication_refuses_update")
        connection.execute("UPDATE publication SET note = ''")
    done = store("verify", "--json")
    assert done.returncode == 1
    broken = _json(done)["broken"]
    assert {item["part"] for item in broken} == {"publication", "draws"}
    assert len(broken) == 3
    assert all(item["to_do"] for item in broken)


def test_a_head_in_another_form_is_refused(run: Run) -> None:
    """With what is accepted."""
    done = run("verify", "--head", "12")
    assert done.returncode == 1
    assert "NUMBER:SHA256" in done.stderr


def test_the_doctor_tells_every_setting_and_where_it_is_from_but_no_secret(run: Run, tmp_path: Path) -> None:
    """From the environment, from a file, and by default."""
    secret = tmp_path / "token"
    secret.write_text("do-not-tell")
    hidden = "hush"
    assert run("db", "upgrade").returncode == 0
    done = run("doctor", "--json", TOCSIN_UCDP_TOKEN_FILE=str(secret), TOCSIN_CORES="1", TOCSIN_ACLED_PASSWORD=hidden)
    assert done.returncode == 0, done.stdout
    assert "do-not-tell" not in done.stdout
    assert hidden not in done.stdout
    told = {item["variable"]: (item["value"], item["where"]) for item in _json(done)["settings"]}
    assert told["TOCSIN_UCDP_TOKEN"] == ("***", f"file {secret}")
    assert told["TOCSIN_ACLED_PASSWORD"] == ("***", "environment")
    assert told["TOCSIN_CORES"] == ("1", "environment")
    assert told["TOCSIN_FIT_DEADLINE_SECONDS"] == ("900.0", "default")
    assert told["TOCSIN_DATABASE_URL"] == ("not set", "default")
    looks = {item["name"]: item["found"] for item in _json(done)["looks"]}
    for library in ("sqlalchemy", "apscheduler", "pymc", "structlog", "typer"):
        assert f"{library} " in looks["libraries"]
    assert "Africa/Tunis" in looks["time zones"]
    assert looks["database"].startswith("SQLite 3.")


def _wrong(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 1
    return [line for line in done.stdout.splitlines() if line.startswith("WRONG")]


def test_the_doctor_finds_what_is_unwell_and_says_what_to_do(store: Run, home: Path) -> None:
    """Each finding is shown to be found."""
    assert store("doctor").returncode == 0
    (found,) = _wrong(store("doctor", TOCSIN_CORSE="2"))
    assert "TOCSIN_CORSE (did you mean TOCSIN_CORES?)" in found
    (found,) = _wrong(store("doctor", TOCSIN_CORES="many"))
    assert "TOCSIN_CORES is 'many'" in found
    home.chmod(0o777)
    (found,) = _wrong(store("doctor"))
    assert f"run: chmod o-w {home}" in found
    home.chmod(0o700)
    with closing(sqlite3.connect(home / "tocsin.db")) as connection, connection:
        connection.execute("UPDATE fit SET recorded_at = recorded_at + 86400000000 * 36500")
    (found,) = _wrong(store("doctor"))
    assert "set the clock before anything else is recorded" in found
    with closing(sqlite3.connect(home / "tocsin.db")) as connection, connection:
        connection.execute("UPDATE fit SET recorded_at = recorded_at - 86400000000 * 36500")
    shutil.rmtree(home / "fits")
    (found,) = _wrong(store("doctor"))
    assert "the draws of 1 fit are not in " in found


def test_the_doctor_finds_a_database_that_is_away(run: Run) -> None:
    """PostgreSQL that does not answer: with the address, and without its password."""
    away = "postgresql+psycopg://tocsin:hush@127.0.0.1:1/tocsin"
    done = run("doctor", TOCSIN_DATABASE_URL=away)
    found = _wrong(done)
    assert any("database: the store at postgresql+psycopg://tocsin:***@127.0.0.1:1/tocsin" in line for line in found)
    assert "hush" not in done.stdout + done.stderr


def test_a_clock_that_was_never_set_is_found() -> None:
    """A machine without a battery."""
    found = clock(datetime(1970, 1, 1, tzinfo=UTC))
    assert isinstance(found, Unwell)
    assert "set the clock" in found.what


@pytest.mark.parametrize(
    ("requirement", "installed", "broken"),
    [
        ("apscheduler<4,>=3.11", "3.11.0", []),
        ("apscheduler<4,>=3.11", "4.0.0a1", ["<4"]),
        ("apscheduler<4,>=3.11", "3.9", [">=3.11"]),
        ("arviz-stats[xarray]>=1.3", "1.10", []),
        ("sqlalchemy>=2.1.0", "2.1.0b1", []),
        ("sqlalchemy>=2.1.0", "2.0.44", [">=2.1.0"]),
    ],
)
def test_a_library_that_is_too_old_or_too_new_is_found(requirement: str, installed: str, broken: list[str]) -> None:
    """By numbers: 1.10 is after 1.9."""
    name, limits = _read_requirement(requirement)
    assert name is not None
    assert _broken_limits(installed, limits) == broken


def test_logs_of_ordinary_commands_do_not_mix_with_their_output(run: Run) -> None:
    """Nothing is logged below a warning, unless a level is set; then as JSON lines with the run's id."""
    assert run("db", "upgrade").stderr == ""
    told = run("db", "upgrade", TOCSIN_LOG_FORMAT="json", TOCSIN_LOG_LEVEL="debug")
    assert told.returncode == 0
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert lines
    assert len({line["run"] for line in lines}) == 1
    assert {line["command"] for line in lines} == {"db"}
