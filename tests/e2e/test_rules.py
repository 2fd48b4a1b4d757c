"""Alert rules at a terminal: which there are, whether they pass their tests, what they would have been worth."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.publications import DRAWS, stated_odds, statement, stating_fit
from tocsin.bootstrap.service import open_service
from tocsin.catalog.kit import find_kit
from tocsin.domain.resolution import How, Outcome, Resolution
from tocsin.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

_RULE = """\
title: A crackdown is near
reason: To be tried before it is switched on.
severity: warning
kind: level
scenario: security-crackdown
horizon: 30
at: 0.3
clear_at: 0.2
"""
_TEST = "models/tunisia/alerts/tests/crackdown-likely.yaml"
_FIRST = datetime(2016, 3, 9, 6, 30, tzinfo=UTC)
_DAY = timedelta(days=1)
_CRACKDOWN = "security-crackdown"
# Fires on the 11th and the 16th; again within a day of its end on the 18th.
_ODDS = (0.1, 0.1, 0.4, 0.5, 0.1, 0.1, 0.1, 0.4, 0.1, 0.6, 0.6)


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files, to be changed."""
    for folder in ("models", "indicators"):
        shutil.copytree(find_kit() / folder, tmp_path / "catalog" / folder)
    monkeypatch.setenv("TOCSIN_CATALOG", str(tmp_path / "catalog"))
    return tmp_path / "catalog"


def test_the_shipped_rules_pass_their_tests_without_a_store(run: Run) -> None:
    """A line for each."""
    done = run("rules", "test")
    assert done.code == 0, done.out
    assert f"passed  {_TEST}: Odds of a crackdown" in done.out
    assert done.out.endswith("7 tests, 0 failed\n")


def test_a_rule_that_does_something_else_fails_with_file_and_line(run: Run, kit: Path) -> None:
    """What was expected and what came instead; also of a file that is named."""
    rule = kit / "models/tunisia/alerts/crackdown-likely.yaml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("time: 12 hours", "time: 2 days"), encoding="utf-8")
    line = (kit / _TEST).read_text(encoding="utf-8").splitlines().index("expect:") + 3
    done = run("rules", "test")
    assert done.code == 1
    wanted = f"{_TEST}:{line}: crackdown-likely after 12 hours: phase expected firing; got pending"
    assert wanted in done.out
    assert done.out.endswith("7 tests, 1 failed\n")
    named = run("rules", "test", str(kit / _TEST))
    assert (named.code, "1 test, 1 failed" in named.out) == (1, True)


@pytest.mark.parametrize("command", [("rules", "test"), ("check",)])
def test_a_test_file_that_is_wrong_is_refused_with_all_that_is(run: Run, kit: Path, command: tuple[str, ...]) -> None:
    """At its line, and with what would be accepted."""
    text = (kit / _TEST).read_text(encoding="utf-8")
    changed = text.replace("[crackdown-likely]", "[crackdown-likly]").replace("horizon: 90", "horizon: 91")
    (kit / _TEST).write_text(changed.replace("step: 12 hours", "step: 12 h"), encoding="utf-8")
    refused = run(*command)
    assert refused.code == 1
    assert f"{_TEST}:6: step is '12 h'; accepted: from one statement to the next" in refused.err
    (kit / _TEST).write_text(changed, encoding="utf-8")
    refused = run(*command)
    assert f"{_TEST}:4: rules[0] is 'crackdown-likly'; accepted: a rule of tunisia; did you mean" in refused.err
    assert f"{_TEST}:8: series[0].horizon is 91; accepted: a horizon of security-crackdown: 30, 90, 180" in refused.err


def test_rules_are_listed_with_their_lines(run: Run) -> None:
    """And who is told."""
    listed = json.loads(run("rules", "list", "tunisia", "--json").out)
    told = {item["rule"]: item["rings"] for item in listed}
    assert told["border-offensive-likely"] == "at 50 %, clears at 40 %"
    assert told["wilayat-near"] == "above 10 % with a chance of 75 %"
    assert told["breakdown-moving"] == "moved 3 points (either) since 7 d 0 h ago"
    out = run("rules", "list").out
    assert "tunisia/wilayat-near" in out
    assert "the log" in out


@pytest.fixture
def stated(run: Run, tmp_path: Path) -> Settings:
    """Eleven days of odds of a crackdown; it came on the 15th, as the windows tell that were settled."""
    del run
    settings = Settings(home=tmp_path)
    with open_service(settings) as service:
        service.fits.save(replace(stating_fit(), theater="tunisia"), DRAWS, "test")
        numbers = []
        for number, value in enumerate(_ODDS):
            newest = service.publications.newest("tunisia")
            odds = (stated_odds(_CRACKDOWN, value, error=0.001),)
            said = statement(number, theater="tunisia", odds=odds)
            kept = service.publications.append(said, None if newest is None else newest.number)
            assert kept is not None
            numbers.append(kept.number)
        service.resolutions.record([_resolution(number, numbers[number]) for number in range(8)])
    return settings


def _resolution(number: int, publication: int) -> Resolution:
    """Of a window that opened that many days after the 9th: yes where it opened by the 15th."""
    opened = date(2016, 3, 9) + number * _DAY
    outcome = Outcome.YES if number <= 6 else Outcome.NO
    settled = datetime(2016, 4, 20, tzinfo=UTC)
    return Resolution(
        "tunisia", _CRACKDOWN, opened, 30, publication, outcome, settled, How.JUDGED, "officer", "decree"
    ).named()


def test_a_rule_that_is_not_switched_on_is_held_to_what_came(run: Run, stated: Settings, tmp_path: Path) -> None:
    """Lead time, false alarms, flaps; what is not known yet is counted apart; nothing is recorded."""
    (tmp_path / "near.yaml").write_text(_RULE, encoding="utf-8")
    with open_service(stated) as service:
        before = service.events.last()
    done = run("rules", "backtest", "tunisia", "--file", str(tmp_path / "near.yaml"), "--json")
    assert done.code == 0, done.err
    (found,) = json.loads(done.out)
    assert [(item["fired_at"], item["came"], item["flap"]) for item in found["episodes"]] == [
        ("2016-03-11T06:30:00Z", "came", False),
        ("2016-03-16T06:30:00Z", "false alarm", False),
        ("2016-03-18T06:30:00Z", "not known yet", True),
    ]
    assert [item["peak"] for item in found["episodes"]] == [0.5, 0.4, 0.6]
    (event,) = found["events"]
    assert (event["day"], event["exact"], event["warned_at"]) == ("2016-03-15", False, "2016-03-11T06:30:00Z")
    assert timedelta(seconds=event["lead_seconds"]) == timedelta(days=3, hours=16, minutes=30)
    assert (found["publications"], found["missed"], found["flaps"], found["notices"]) == (11, 0, 1, 5)
    assert found["rang_seconds"] == timedelta(days=4).total_seconds()
    assert found["false_alarms_per_month"] == pytest.approx(365.2425 / 12 / 10)
    with open_service(stated) as service:
        assert service.events.last() == before
        assert service.alerts.standing("tunisia", _FIRST).alerts == {}
    told = run("rules", "backtest", "tunisia", "--file", str(tmp_path / "near.yaml")).out
    assert "1 came, 1 false alarm, 3 a month, 1 not known yet" in told
    assert "1 flap: episodes that began within 1 d 0 h after the last one ended" in told
    assert "event of 2016-03-15 or later: 3 d 16 h ahead, by the firing of 2016-03-11 06:30 UTC" in told
    assert "! it rests on only 11 publications and 1 event: do not read rates off it" in told


def test_a_backtest_may_be_of_a_part_and_an_event_may_be_missed(run: Run, stated: Settings, tmp_path: Path) -> None:
    """From after the first firing, which is over by the day of the event."""
    del stated
    (tmp_path / "near.yaml").write_text(_RULE, encoding="utf-8")
    asked = ("rules", "backtest", "tunisia", "--file", str(tmp_path / "near.yaml"), "--from", "2016-03-12")
    (found,) = json.loads(run(*asked, "--json").out)
    assert (found["publications"], len(found["episodes"]), found["missed"]) == (7, 2, 1)
    assert "event of 2016-03-15 or later: missed" in run(*asked).out
    refused = run(*asked, "--to", "2016-03-12")
    assert (refused.code, "--from is '2016-03-12'; accepted: an instant before --to" in refused.err) == (1, True)


def test_a_backtest_of_nothing_or_of_a_wrong_file_is_refused(run: Run, tmp_path: Path) -> None:
    """With the file, its line, and what would be accepted."""
    (tmp_path / "near.yaml").write_text(_RULE.replace("horizon: 30", "horizon: 31"), encoding="utf-8")
    refused = run("rules", "backtest", "tunisia", "--file", str(tmp_path / "near.yaml"))
    assert (refused.code, "near.yaml:6: horizon is 31; accepted: a horizon" in refused.err) == (1, True), refused.err
    refused = run("rules", "backtest", "tunisia", "wilayat-near")
    assert (refused.code, "publications is none; accepted: a span in which" in refused.err) == (1, True)
