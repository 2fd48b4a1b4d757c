"""Observations as analysts work with them, at the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]

_SEEN = ("violence/border-attack", "2", "--on", "2016-03-07", "--grade", "C3", "--origin", "bg")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The installed command on a store of its own that is up to date."""

    def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            env=os.environ | {"TOCSIN_HOME": str(tmp_path / "home"), "COLUMNS": "160", "LOGNAME": "ann"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert tocsin("db", "upgrade").returncode == 0
    return tocsin


def _observed(run: Run, *words: str) -> str:
    done = run("observe", "tunisia", *_SEEN, *words)
    assert done.returncode == 0, done.stderr
    found = re.search(r"recorded ([0-9a-f]{16});", done.stdout)
    assert found is not None
    assert f"to correct it: tocsin correct tunisia {found[1]} --value … --reason" in done.stdout
    return found[1]


def _listed(run: Run, *words: str) -> dict[str, Any]:
    done = run("ledger", "tunisia", "--json", *words)
    assert done.returncode == 0, done.stderr
    listing: dict[str, Any] = json.loads(done.stdout)
    return listing


def test_a_correction_tells_what_changed_and_the_old_version_stays_in_the_ledger(run: Run) -> None:
    """Old and new, with the trust of both grades; the ledger shows who, when, why, and what became of the first."""
    first = _observed(run, "--link", "https://example.org/a", "--link", "https://example.org/b")
    reason = "The ministry has counted again"
    words = ("correct", "tunisia", first[:6], "--value", "3", "--grade", "B2", "--link", "", "--reason", reason)
    done = run(*words)
    assert done.returncode == 0, done.stderr
    (second,) = re.findall(rf"^corrected {first}, now ([0-9a-f]{{16}})$", done.stdout, re.MULTILINE)
    assert "  value: 2 → 3\n  grade: C3 (trust 0.6) → B2 (trust 0.91)\n  links: https://example.org/a" in done.stdout
    assert "https://example.org/b → none\nodds as of " in done.stdout
    assert f"of {first} is in the ledger already, as {second}; nothing was changed" in run(*words).stdout

    (standing,) = _listed(run)["observations"]
    assert (standing["id"], standing["value"], standing["trust"], standing["links"]) == (second, 3.0, 0.91, [])
    assert (standing["author"], standing["reason"], standing["supersedes"]) == ("ann", reason, first)
    old, _ = _listed(run, "--all")["observations"]
    assert (old["id"], old["state"], old["by"]) == (first, "superseded", second)
    assert old["links"] == ["https://example.org/a", "https://example.org/b"]
    (before,) = _listed(run, "--as-of", old["known_since"])["observations"]
    assert (before["id"], before["state"]) == (first, "stands")
    shown = run("ledger", "tunisia", "--all").stdout
    assert re.search(rf"{first} +2016-03-07 +violence/border-attack +2 +C3 +0.6 +bg .* superseded by {second}", shown)
    assert re.search(rf"{second} +2016-03-07 .* 3 +B2 +0.91 +bg .* UTC +ann +stands +{reason}", shown)


def test_a_retraction_leaves_nothing_standing_and_can_be_looked_up(run: Run) -> None:
    """Twice is once; afterwards neither it nor what it withdraws can be changed."""
    first = _observed(run)
    done = run("retract", "tunisia", first, "--reason", "an exercise")
    assert done.returncode == 0, done.stderr
    assert f"retracted violence/border-attack on 2016-03-07: 2 at C3: {first} is withdrawn by " in done.stdout
    assert f"{first} is withdrawn already, by " in run("retract", "tunisia", first, "--reason", "again").stdout
    assert "nothing of this was known as of " in run("ledger", "tunisia").stdout
    old, gone = _listed(run, "--all")["observations"]
    assert (old["state"], gone["state"], gone["reason"]) == ("withdrawn", "retraction", "an exercise")
    for name in (first, gone["id"]):
        refused = run("correct", "tunisia", name, "--value", "3", "--reason", "why")
        assert refused.returncode == 1
        assert "has been withdrawn already; nothing was written" in refused.stderr
        assert "report it anew" in refused.stderr
    assert len(_listed(run, "--all")["observations"]) == 2


def test_the_second_of_two_corrections_is_refused_with_both_versions(run: Run) -> None:
    """What was meant, what stands, by whom, when and why, and what to change instead."""
    first = _observed(run)
    assert run("correct", "tunisia", first, "--value", "3", "--reason", "hospital").returncode == 0
    done = run("correct", "tunisia", first, "--value", "4", "--reason", "press")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == f"observation {first} has been changed already; nothing was written"
    assert re.fullmatch(r"  yours: [0-9a-f]{16} \(.*: 4 at C3\), by ann at .* UTC: press", lines[1])
    now = re.fullmatch(r"  now: ([0-9a-f]{16}) \(.*: 3 at C3\), by ann at .* UTC: hospital", lines[2])
    assert now is not None
    assert lines[3] == f"look at it, and change {now[1]} if yours still holds"
    assert run("correct", "tunisia", now[1], "--value", "4", "--reason", "press").returncode == 0


def test_echoes_and_independent_origins_are_told_by_indicator_and_week(run: Run) -> None:
    """Two reports of one origin and one of another: three reports, two origins, the sum of the best trusts."""
    _observed(run)
    _observed(run, "--source", "press", "--grade", "B2")
    _observed(run, "--origin", "other")
    (told,) = _listed(run, "--indicator", "violence/border-attack", "--since", "2016-03-07")["sources"]
    assert (told["first_day"], told["last_day"], told["reports"]) == ("2016-03-07", "2016-03-13", 3)
    assert [len(origin) for origin in told["origins"]] == [2, 1]
    assert told["effective_sources"] == 0.91 + 0.6
    shown = run("ledger", "tunisia").stdout
    assert re.search(r"violence/border-attack +2016-03-07 +3 +2 +1\.51", shown)
    assert "effective: the expected number of independent origins that are right" in shown


def test_what_cannot_be_done_is_refused_with_what_would_be_accepted(run: Run) -> None:
    """By correct, retract and ledger; nothing is written."""
    first = _observed(run)
    why = ("--reason", "x")
    no_address = "links is 'ftp://x'; accepted: an http or https"
    moved = "to move a report to another indicator, retract it and report it anew"
    refusals: list[tuple[tuple[str, ...], int, str]] = [
        (("correct", first, *why), 1, "correction is without a change"),
        (("correct", first, "--value", "3"), 2, "Missing option '--reason'"),
        (("correct", first, "--value", "3", "--reason", " "), 1, "reason is ' '; accepted: in words, why"),
        (("correct", first, "--value", "half", *why), 1, "value is 'half'; accepted: a whole number"),
        (("correct", first, "--link", "ftp://x", *why), 1, no_address),
        (("observe", *_SEEN, "--link", "ftp://x"), 1, no_address),
        (("correct", first, "--indicator", "society/protest", *why), 1, moved),
        (("correct", "12345", "--value", "3", *why), 1, "or at least its first 6 characters"),
        (("retract", "zzzzzz", *why), 1, "the id of an observation in the ledger, or its beginning"),
        (("retract", first), 2, "Missing option '--reason'"),
        (("ledger", "--indicator", "violence/none"), 1, "no indicator named 'violence/none'; known: flow/"),
        (("ledger", "--since", "yesterday"), 1, "--since is 'yesterday'; accepted: a day of the calendar"),
        (("ledger", "--since", "2016-03-02", "--until", "2016-03-01"), 1, "accepted: 2016-03-02, the day of --since"),
    ]
    for (command, *rest), code, said in refusals:
        done = run(command, "tunisia", *rest)
        assert (done.returncode, said in done.stderr) == (code, True), (command, rest, done.stderr)
    assert [item["id"] for item in _listed(run, "--all")["observations"]] == [first]
