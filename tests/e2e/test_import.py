"""Files at the command line: either form, foreign ones, dry runs, refusals and interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]

_HEADER = "observed_on,indicator,value,grade,origin,summary,source\n"
_GOOD = "2016-03-07,violence/border-attack,1,A1,bg,Posts attacked,desk\n"
_MAPPING = """\
separator: semicolon
fields:
  observed_on: {column: Tag, format: "%d.%m.%Y"}
  indicator: {column: Art, values: {Angriff: violence/border-attack, Fund: violence/arms-seizure}}
  value: {column: Zahl, values: {keine: 0}, other_values: as written}
  summary: {column: Text}
  grade: {constant: C3}
  source: {constant: police desk}
ignored: [Nr]
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The installed command on a store of its own that is up to date, in a folder of its own."""

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=os.environ | {"TOCSIN_HOME": str(tmp_path / "home"), "COLUMNS": "160", "LOGNAME": "ann"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert tocsin("db", "upgrade").returncode == 0
    return tocsin


def _write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def _store(folder: Path) -> bytes:
    return (folder / "home" / "tocsin.db").read_bytes()


@pytest.mark.fault(17)
def test_a_file_with_every_kind_of_defect_is_refused_whole_with_the_problem_of_each_line(
    run: Run, tmp_path: Path
) -> None:
    """Short, long and badly quoted lines hide no bad cell of any other; the store is the same, byte for byte."""
    assert run("import", "tunisia", _write(tmp_path, "first.csv", _HEADER + _GOOD)).returncode == 0
    before = _store(tmp_path)
    bad = {
        3: "2016-03-07,violence/border-attack,1\n",
        4: "2016-02-30,violence/border-attack,1,A1,bg,x,desk\n",
        5: "2016-03-07,violence/border-atack,1,A1,bg,x,desk\n",
        6: "2016-03-07,violence/border-attack,some,A1,bg,x,desk\n",
        7: "2016-03-07,violence/border-attack,-1,A1,bg,x,desk\n",
        8: "2016-03-07,violence/border-attack,1,Z9,bg,x,desk\n",
        9: "2999-01-01,violence/border-attack,1,A1,bg,x,desk\n",
        10: "2016-03-07,violence/border-attack,1,A1,bg,=HYPERLINK(1),desk\n",
        11: "2016-03-07,violence/border-attack,1,A1,bg,too, many,desk\n",
        12: '2016-03-07,violence/border-attack,1,A1,bg,"badly" quoted,desk\n',
    }
    name = _write(tmp_path, "bad.csv", _HEADER + _GOOD.replace("bg", "new") + "".join(bad.values()) + _GOOD)
    done = run("import", "tunisia", name)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    head = lines.index("refused, nothing was written; 10 problems:")
    assert [line.split(" ")[0] for line in lines[head + 1 :]] == [f"bad.csv:{line}:" for line in bad]
    told = run("import", "tunisia", name, "--json")
    assert told.returncode == 1
    assert [problem["line"] for problem in json.loads(told.stdout)["problems"]] == list(bad)
    assert run("import", "tunisia", name, "--dry-run").returncode == 1
    assert _store(tmp_path) == before


def test_files_of_either_form_are_taken_in_together_or_not_at_all(run: Run, tmp_path: Path) -> None:
    """A good file beside a bad one stays out too; once both are good, again adds nothing."""
    sheet = _write(tmp_path, "a.csv", _HEADER + _GOOD)
    record = {"observed_on": "2016-03-06", "indicator": "violence/border-attack", "value": "one", "grade": "B2"}
    lines = _write(tmp_path, "b.jsonl", json.dumps(record))
    done = run("import", "tunisia", sheet, lines)
    assert done.returncode == 1
    assert "b.jsonl:1: value is 'one'" in done.stderr
    _write(tmp_path, "b.jsonl", json.dumps(record | {"value": 1}))
    assert "2 observations recorded, 0 in the ledger already" in run("import", "tunisia", sheet, lines).stdout
    told = json.loads(run("import", "tunisia", lines, sheet, "--json").stdout)
    assert (told["recorded"], told["known_already"]) == (0, {"stands": 2, "superseded": 0, "withdrawn": 0})
    unknown = run("import", "tunisia", _write(tmp_path, "c.data", "x"))
    assert "c.data: ending is '.data'; accepted: a file that ends in .csv" in unknown.stderr
    assert (
        "0 observations recorded, 1 in the ledger already"
        in run("import", "tunisia", _write(tmp_path, "d.data", _HEADER + _GOOD), "--format", "csv").stdout
    )


def test_a_foreign_file_is_imported_by_its_mapping(run: Run, tmp_path: Path) -> None:
    """And the ledger shows what it said in Tocsin's words; an indicator that the theater has not is told at once."""
    foreign = _write(
        tmp_path, "desk.csv", "Nr;Tag;Art;Zahl;Text\n1;07.03.2016;Angriff;2;am Tor\n2;06.03.2016;Angriff;keine;\n"
    )
    mapping = _write(tmp_path, "desk.yaml", _MAPPING.replace(", Fund: violence/arms-seizure", ""))
    done = run("import", "tunisia", foreign, "--mapping", mapping)
    assert done.returncode == 0, done.stderr
    entries = json.loads(run("ledger", "tunisia", "--json").stdout)["observations"]
    assert [(item["observed_on"], item["value"], item["grade"]) for item in entries] == [
        ("2016-03-06", 0.0, "C3"),
        ("2016-03-07", 2.0, "C3"),
    ]
    wrong = run("import", "tunisia", foreign, "--mapping", _write(tmp_path, "wrong.yaml", _MAPPING))
    assert wrong.stderr.startswith("no indicator named 'violence/arms-seizure'; known: ")
    both = run("import", "tunisia", foreign, "--mapping", mapping, "--indicator", "violence/border-attack")
    assert "indicator is in the mapping and as --indicator" in both.stderr


def test_what_was_withdrawn_since_is_told_and_stays_withdrawn(run: Run, tmp_path: Path) -> None:
    """Importing the file again brings nothing back, and says so."""
    name = _write(tmp_path, "rows.csv", _HEADER + _GOOD + _GOOD)
    assert "1 row passed over: an earlier row says the same" in run("import", "tunisia", name).stdout
    (entry,) = json.loads(run("ledger", "tunisia", "--json").stdout)["observations"]
    assert run("retract", "tunisia", entry["id"], "--reason", "an exercise").returncode == 0
    again = run("import", "tunisia", name)
    assert "0 observations recorded, 1 in the ledger already" in again.stdout
    assert "1 were withdrawn since; importing them again brings nothing back" in again.stdout
    assert json.loads(run("ledger", "tunisia", "--json").stdout)["observations"] == []


def test_a_dry_run_shows_rows_and_odds_before_and_after_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    """Without a fit it says so; with one, more attacks raise the odds, as the import itself then does."""
    name = _write(tmp_path, "rows.csv", _HEADER + _GOOD + _GOOD.replace("A1,bg", "A1,other"))
    empty = _store(tmp_path)
    words = ("import", "tunisia", name, "--history", "--dry-run", "--as-of", "2016-03-08")
    none_yet = run(*words)
    assert none_yet.returncode == 0, none_yet.stderr
    assert "dry run, nothing was recorded: 2 new, 0 known already" in none_yet.stdout
    assert "what it would do to the odds cannot be told yet: theater 'tunisia' has no accepted fit" in none_yet.stdout
    assert _store(tmp_path) == empty
    assert run("import", *words[1:3], "--as-of", "2016-03-08").returncode == 2

    assert run("fit", "tunisia", "--as-of", "2016-03-08").returncode == 0
    fitted = _store(tmp_path)
    shown = run(*words)
    assert "odds as of the end of 2016-03-08, before and after" in shown.stdout
    assert "status before: prior only" in shown.stdout
    assert ("? " in shown.stdout) == ("! refit wanted" in shown.stdout)
    told = json.loads(run(*words, "--json").stdout)
    assert _store(tmp_path) == fitted
    assert (told["dry_run"], told["recorded"], told["new"]) == (True, 0, 2)
    assert run(*words[:4]).returncode == 0
    now = json.loads(run("odds", "tunisia", "--as-of", "2016-03-08", "--json").stdout)
    assert told["odds"]["after"] == now
    assert told["odds"]["before"] != now


def test_an_interrupt_leaves_the_ledger_as_it_was_and_says_so(run: Run, tmp_path: Path) -> None:
    """Half of the rows are inserted when it comes, and none is there afterwards."""
    rows = "".join(_GOOD.replace("bg", f"bg {number}") for number in range(30_000))
    name = _write(tmp_path, "many.csv", _HEADER + rows)
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "import", "tunisia", name],
        env=os.environ | {"TOCSIN_HOME": str(tmp_path / "home")},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as importing:
        assert importing.stderr is not None
        said = ""
        for line in importing.stderr:
            said += line
            if line.startswith("recording: 5000 "):
                break
        importing.send_signal(signal.SIGINT)
        said += importing.stderr.read()
        assert importing.wait(timeout=60) == 130
    assert said.endswith("stopped by you before the end; nothing was recorded\n")
    assert "Traceback" not in said
    assert json.loads(run("ledger", "tunisia", "--json").stdout)["observations"] == []
