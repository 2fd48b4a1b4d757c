from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tocsin.cli.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "observed_on,indicator,value,grade,origin,summary,source\n"
GOOD = "2016-03-07,violence/border-attack,1,A1,bg,Posts attacked,desk\n"

_MANY = ("violence/border-attack", "violence/infiltration-clash", "violence/central-attack")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The installed command on a store of its own."""

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=os.environ | {"TOCSIN_HOME": str(tmp_path / "home"), "COLUMNS": "160"},
            capture_output=True,
            text=True,
            check=False,
        )

    return tocsin


@pytest.fixture
def store(run: Run) -> Run:
    """The same with a store that is up to date."""
    assert run("db", "upgrade").returncode == 0
    return run


def _count(home: Path) -> int:
    connection = sqlite3.connect(home / "tocsin.db")
    try:
        return int(connection.execute("SELECT count(*) FROM observation").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("words", "field", "accepted"),
    [
        (("violence/border-atack", "1", "--on", "2016-03-07", "--grade", "A1"), "indicator", "violence/border-attack"),
        (
            ("violence/border-attack", "-1", "--on", "2016-03-07", "--grade", "A1"),
            "value",
            "a whole number from 0 to 1000000",
        ),
        (("violence/complex-attack", "2", "--on", "2016-03-07", "--grade", "A1"), "value", "0 (not seen) or 1 (seen)"),
        (("state/emergency-measure", "4", "--on", "2016-03-07", "--grade", "A1"), "value", "a level from 0 to 3"),
        (("violence/border-attack", "nan", "--on", "2016-03-07", "--grade", "A1"), "value", "a whole number"),
        (("violence/border-attack", "1", "--on", "2999-01-01", "--grade", "A1"), "observed_on", "a day that has begun"),
        (("violence/border-attack", "1", "--on", "2016-02-30", "--grade", "A1"), "observed_on", "YYYY-MM-DD"),
        (("violence/border-attack", "1", "--on", "2016-03-07T10:00", "--grade", "A1"), "observed_on", "YYYY-MM-DD"),
        (("violence/border-attack", "1", "--on", "2016-03-07", "--grade", "1A"), "grade", "such as B2"),
    ],
)
def test_a_bad_observation_is_refused_with_the_field_and_nothing_is_written(
    store: Run, tmp_path: Path, words: tuple[str, ...], field: str, accepted: str
) -> None:
    """Exit 1, the field, what was there, what is accepted, and an empty ledger."""
    done = store("observe", "tunisia", *(f"{word}" for word in (words if words[1] != "-1" else _quoted(words))))
    assert done.returncode == 1, done.stderr
    assert "refused, nothing was written; 1 problem" in done.stderr
    assert f"{field} is " in done.stderr
    assert accepted in done.stderr
    assert _count(tmp_path / "home") == 0


def _quoted(words: tuple[str, ...]) -> tuple[str, ...]:
    # A negative number looks like an option; everything after -- does not.
    return (*words[2:], "--", words[0], words[1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((HEADER + GOOD).replace(",", ";").encode(), "separat"),
        ((HEADER + GOOD.replace("Posts", "Pøsts")).encode("latin-1"), "UTF-8"),
        (("observed_on," + HEADER + "2016-03-07," + GOOD).encode(), "observed_on"),
        ((HEADER + GOOD + GOOD.replace("Posts attacked", "=HYPERLINK(1)")).encode(), "3: summary"),
        ((HEADER + GOOD + "2016-03-07,violence/border").encode(), "3:"),
        (b"", "empty"),
    ],
    ids=["semicolons", "latin-1", "duplicated header", "formula", "truncated line", "empty"],
)
def test_a_bad_file_is_refused_whole_with_its_line(store: Run, tmp_path: Path, content: bytes, said: str) -> None:
    """Good lines beside bad ones are not written either."""
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    done = store("import", "tunisia", str(path))
    assert done.returncode == 1, done.stdout
    assert "refused, nothing was written" in done.stderr
    assert "rows.csv" in done.stderr
    assert said in done.stderr
    assert _count(tmp_path / "home") == 0


def test_a_file_counts_once_with_or_without_a_byte_order_mark(store: Run, tmp_path: Path) -> None:
    """The same rows again, saved by another program, add nothing."""
    plain, marked = tmp_path / "plain.csv", tmp_path / "marked.csv"
    plain.write_bytes((HEADER + GOOD).encode())
    marked.write_bytes((HEADER + GOOD).encode("utf-8-sig"))
    assert "1 observation recorded, 0 in the ledger already" in store("import", "tunisia", str(plain)).stdout
    assert "0 observations recorded, 1 in the ledger already" in store("import", "tunisia", str(plain)).stdout
    assert "0 observations recorded, 1 in the ledger already" in store("import", "tunisia", str(marked)).stdout
    assert _count(tmp_path / "home") == 1


def test_a_naive_instant_is_refused(store: Run) -> None:
    """Nobody's midnight is everybody's."""
    done = store("odds", "tunisia", "--as-of", "2016-03-08T12:00")
    assert done.returncode == 1
    assert "--as-of is '2016-03-08T12:00'" in done.stderr
    assert "with its offset" in done.stderr


def test_an_unknown_theater_is_told_with_those_that_are_known(store: Run) -> None:
    """And without a traceback."""
    done = store("odds", "lybia")
    assert done.returncode == 1
    assert done.stderr == "no theater named 'lybia'; known: tunisia\n"


def test_a_store_that_was_never_made_says_what_to_run(run: Run) -> None:
    """Not an SQL error."""
    done = run("odds", "tunisia")
    assert done.returncode == 1
    assert "tocsin db upgrade" in done.stderr


def _commands() -> list[str]:
    """Every command, those in groups too; a group that does something by itself is one."""
    found = []
    for late in COMMANDS:
        command = late.load()
        inner = getattr(command, "commands", {})
        found += [f"{late.name} {each}" for each in inner]
        found += [str(late.name)] if not inner or command.invoke_without_command else []
    return found


def test_the_commands_are_found() -> None:
    """Were there none, the next test would be green."""
    assert {"odds", "db copy", "jobs", "jobs run", "feeds", "feeds take", "review list"} <= set(_commands())


def test_the_version_is_printed(run: Run) -> None:
    """Without a command."""
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"{version('tocsin')}\n")


@pytest.mark.parametrize("command", _commands())
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    """`--help` exits 0 and shows a line to copy."""
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert "Example: " in done.stdout
    assert f"tocsin {command}" in done.stdout


def test_wrong_usage_exits_two(run: Run) -> None:
    """So that scripts can tell it from a refusal."""
    assert run("odds").returncode == 2
    assert run("no-such-command").returncode == 2


def test_the_shipped_kit_is_found_right(run: Run) -> None:
    """`tocsin check` reads every file of it."""
    done = run("check")
    assert done.returncode == 0, done.stderr
    assert "tunisia: 5 scenarios, 25 indicators" in done.stdout


def test_what_the_shipped_ranges_imply_is_told_and_is_no_refusal(run: Run) -> None:
    """Two links of the kit say next to nothing: warnings, in JSON too, and exit 0."""
    done = run("check", "tunisia", "--prior", "--json")
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert list(told) == ["theater", "declared", "scenarios", "readings", "contradictions"]
    assert told["declared"] == {"scenarios": 5, "indicators": 25, "links": 42, "couplings": 6, "weeks": 156}
    assert told["scenarios"][0]["scenario"] == "border-offensive"
    found = {(item["file"], item["field"]) for item in told["contradictions"]}
    assert found == {
        ("models/tunisia/scenarios/border-offensive.yaml", "links[8].multiplier"),
        ("models/tunisia/scenarios/security-crackdown.yaml", "links[0].multiplier"),
    }


def test_the_doctor_finds_a_missing_store_and_then_nothing(run: Run) -> None:
    """Exit 1 with what to do; after doing it, 0."""
    before = run("doctor")
    assert before.returncode == 1
    assert "WRONG store: none in " in before.stdout
    assert "tocsin db upgrade" in before.stdout
    assert run("db", "upgrade").returncode == 0
    after = run("doctor")
    assert after.returncode == 0, after.stdout
    assert "WRONG" not in after.stdout


def test_a_fit_killed_in_the_middle_leaves_a_store_that_opens_without_it(store: Run, tmp_path: Path) -> None:
    """`kill -9` while it samples: no row, no draws, and the store still takes observations."""
    path = tmp_path / "rows.csv"
    path.write_bytes((HEADER + GOOD).encode())
    assert store("import", "tunisia", str(path), "--history").returncode == 0
    home = tmp_path / "home"
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "fit", "tunisia", "--as-of", "2016-03-08"],
        env=os.environ | {"TOCSIN_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    ) as fit:
        assert fit.stderr is not None
        for line in fit.stderr:
            if line.startswith("sampling: ") and not line.startswith("sampling: 0 "):
                break
        os.kill(fit.pid, signal.SIGKILL)
        assert fit.wait(timeout=30) == -signal.SIGKILL
    assert not list((home / "fits").glob("*"))
    done = store("odds", "tunisia", "--as-of", "2016-03-08", "--json")
    assert done.returncode == 1
    assert "has no accepted fit" in done.stderr
    assert store("observe", "tunisia", "society/protest", "3", "--on", "2016-03-01", "--grade", "B2").returncode == 0


def test_control_c_stops_a_fit_in_words(store: Run, tmp_path: Path) -> None:
    """No traceback, nothing kept, and at once."""
    path = tmp_path / "rows.csv"
    path.write_bytes((HEADER + GOOD).encode())
    assert store("import", "tunisia", str(path), "--history").returncode == 0
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "fit", "tunisia", "--as-of", "2016-03-08"],
        env=os.environ | {"TOCSIN_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        text=True,
    ) as fit:
        assert fit.stderr is not None
        said = ""
        for line in fit.stderr:
            said += line
            if line.startswith("sampling: ") and not line.startswith("sampling: 0 "):
                break
        fit.send_signal(signal.SIGINT)
        sent = time.monotonic()
        said += fit.stderr.read()
        assert fit.wait(timeout=30) == 1
    assert time.monotonic() - sent < 10
    assert "Traceback" not in said
    assert "the fit was stopped: it was cancelled; the last accepted fit is unchanged" in said
    assert not list((tmp_path / "home" / "fits").glob("*"))


def test_collect_ranks_every_indicator_in_words_and_in_json(store: Run) -> None:
    """On a fit of nothing: every indicator once, most bits first, progress apart from what is printed."""
    assert store("fit", "tunisia", "--as-of", "2016-03-08").returncode == 0
    words = ("collect", "tunisia", "--as-of", "2016-03-08", "--scenario", "tunisian-wilayat", "--horizon", "90")
    shown = store(*words, "--threshold", "0.05")
    assert shown.returncode == 0, shown.stderr
    assert "counting violence/border-attack: 7 of 7" in shown.stderr
    assert "what to collect next, as of the end of 2016-03-08" in shown.stdout
    assert "crosses 5.0 %" in shown.stdout
    assert "tunisian-wilayat ‡ within 90 days: 1." in shown.stdout
    assert "‡ prior-driven: " in shown.stdout
    assert "status: prior only" in shown.stdout
    found = json.loads(store(*words, "--grade", "D5", "--json").stdout)
    assert (found["status"], found["grade"], found["trust"], found["threshold"]) == ("prior only", "D5", 0.04, None)
    assert len({item["indicator"] for item in found["indicators"]}) == 25
    assert all(about["prior_driven"] for item in found["indicators"] for about in item["scenarios"])
    bits = [item["bits"] for item in found["indicators"] if not item["below_noise"]]
    assert bits == sorted(bits, reverse=True)


def test_what_would_move_the_odds_and_what_moved_them_is_told(store: Run, tmp_path: Path) -> None:
    """From a fit of nothing: its sensitivity, a question that it can answer and one that it cannot, and a report."""
    fitted = store("fit", "tunisia", "--as-of", "2016-03-06", "--sensitivity")
    assert fitted.returncode == 0, fitted.stderr
    assert ": prior only, as no observation of the 156 weeks up to then is known: the declared" in fitted.stdout
    assert "sensitivity of the odds by the longest horizon" in fitted.stdout
    assert "border-offensive: prior only, so prior-driven: no observation was known" in fitted.stdout
    asked = store("whatif", "tunisia", "violence/border-attack=1@B2", "--as-of", "2016-03-08")
    assert asked.returncode == 0, asked.stderr
    assert "odds as of the end of 2016-03-08, if violence/border-attack=1@B2" in asked.stdout
    assert "of the end of 2016-03-06, 2 d 0 h before the instant asked · nothing was recorded" in asked.stdout
    refused = store("whatif", "tunisia", *(f"{name}=30" for name in _MANY), "--as-of", "2016-03-08")
    assert refused.returncode == 1, refused.stdout
    assert "cannot be answered from the draws of the present fit" in refused.stderr
    assert "the fit is of the declared ranges alone, and its draws cannot follow what has come in" in refused.stderr
    assert _count(tmp_path / "home") == 0

    path = tmp_path / "rows.csv"
    path.write_bytes((HEADER + GOOD).encode())
    assert store("import", "tunisia", str(path), "--history").returncode == 0
    words = ("why", "tunisia", "--since", "2016-03-06", "--as-of", "2016-03-08", "--scenario", "border-offensive")
    told = store(*words, "--horizon", "90")
    assert told.returncode == 0, told.stderr
    assert "violence/border-attack reported" in told.stdout
    assert "status then: prior only" in told.stdout
    found = json.loads(store(*words, "--json").stdout)
    assert [item["horizon_days"] for item in found] == [30, 90, 180]
    for item in found:
        assert sum(part["log_odds"] for part in item["parts"]) == pytest.approx(item["log_odds_change"], abs=1e-9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scenario", "coup"), "no scenario named 'coup'; known: border-offensive"),
        (("--horizon", "31"), "horizon is 31; accepted: a declared horizon: 30, 90, 180, 365"),
        ((), "has no accepted fit"),
    ],
)
def test_why_refuses_what_cannot_be_asked_before_it_works(store: Run, words: tuple[str, ...], said: str) -> None:
    """Even where nothing was fitted."""
    done = store("why", "tunisia", "--since", "2016-03-07", "--as-of", "2016-03-08", *words)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--grade", "Z9"), 1, "--grade is 'Z9'; accepted: "),
        (("--horizon", "0"), 1, "horizon is 0; accepted: a whole number from 1 to 365"),
        (("--horizon", "400"), 1, "horizon is 400; accepted: a whole number from 1 to 365"),
        (("--scenario", "coup"), 1, "no scenario named 'coup'; known: border-offensive"),
        (("--threshold", "1.5"), 2, "Invalid value for '--threshold'"),
        ((), 1, "has no accepted fit"),
    ],
)
def test_collect_refuses_what_cannot_be_asked(store: Run, words: tuple[str, ...], code: int, said: str) -> None:
    """With what would be accepted."""
    done = store("collect", "tunisia", *words)
    assert done.returncode == code
    assert said in done.stderr


def test_the_demo_leaves_alone_what_it_did_not_make(run: Run, tmp_path: Path) -> None:
    """Neither a folder without its mark nor a store with somebody's observations is replaced."""
    folder = tmp_path / "home" / "demo"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")
    for words in (("demo", "--once"), ("demo", "--once", "--replace")):
        done = run(*words)
        assert done.returncode == 1
        assert "was not made by the demo and is left alone" in done.stderr
    assert (folder / "thesis.txt").read_text(encoding="utf-8") == "mine"
