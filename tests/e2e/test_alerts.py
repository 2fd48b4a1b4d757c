"""Alerts at a terminal: how they stand, what became of them, and what people say to them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.messages import MESSAGE, SECRET
from tocsin.bootstrap.service import open_service
from tocsin.catalog.kit import find_kit
from tocsin.domain.access import Role
from tocsin.domain.account import Account
from tocsin.domain.delivery import Destination, DestinationKind, Refused, Stage
from tocsin.domain.event import Event, EventKind
from tocsin.jobs.alarm import make_alarm
from tocsin.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

_RULE = """\
title: A pledge was published
reason: The desk reads it.
severity: warning
kind: tripwire
indicator: group/pledge-publication
at_least: 1
within_days: 30
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The shipped theaters with one rule more, and a store of their own."""
    for folder in ("models", "indicators"):
        shutil.copytree(find_kit() / folder, tmp_path / "catalog" / folder)
    rules = tmp_path / "catalog/models/tunisia/alerts"
    rules.mkdir(exist_ok=True)
    (rules / "pledge.yaml").write_text(_RULE, encoding="utf-8")
    monkeypatch.setenv("TOCSIN_CATALOG", str(tmp_path / "catalog"))
    return Settings(home=tmp_path, catalog=tmp_path / "catalog")


def _judge(settings: Settings) -> None:
    """What the worker does when something has come in."""
    with open_service(settings) as service:
        make_alarm(settings, service).bell.look()


def _pledge(run: Run) -> dict[str, object]:
    """How the alert stands."""
    told = json.loads(run("alerts", "--json").out)
    (alert,) = [item for item in told if item["rule"] == "pledge"]
    return alert  # type: ignore[no-any-return]


@pytest.fixture
def firing(run: Run, settings: Settings) -> Settings:
    """With the alert of that rule firing."""
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    assert run("observe", "tunisia", "group/pledge-publication", "1", "--on", day, "--grade", "B2").code == 0
    _judge(settings)
    return settings


def test_an_alert_that_fires_is_listed_with_its_reason_and_taken_up(run: Run, firing: Settings) -> None:
    """By whoever is at the keyboard."""
    del firing
    told = _pledge(run)
    assert (told["phase"], told["cause"], told["told"]) == ("firing", "it was met for long enough", 1)
    assert told["waits"] is True
    taken = run("alerts", "ack", "tunisia", "pledge", "--note", "read", "--hours", "4")
    assert taken.code == 0, taken.err
    assert "tunisia/pledge is taken up by " in taken.out
    told = _pledge(run)
    assert (told["acknowledged"]["note"], told["waits"]) == ("read", False)  # type: ignore[index]
    listed = run("alerts").out
    assert "has it in hand" in listed
    assert f"it was met for long enough: {told['why']}" in listed


def test_what_does_not_fire_cannot_be_taken_up(run: Run, settings: Settings) -> None:
    """Nor what is no rule."""
    del settings
    assert _pledge(run)["phase"] is None
    refused = run("alerts", "ack", "tunisia", "pledge")
    assert (refused.code, "alert pledge is never judged; accepted: an alert that fires" in refused.err) == (1, True)
    refused = run("alerts", "ack", "tunisia", "offensive")
    assert (refused.code, "no alert rule named 'offensive'" in refused.err) == (1, True)


def test_somebody_is_asked_to_take_an_alert_up(run: Run, firing: Settings) -> None:
    """Who has an account that may; the list says whom."""
    refused = run("alerts", "assign", "tunisia", "pledge", "--to", "ada")
    assert (refused.code, "to is 'ada'; accepted: an account that may" in refused.err) == (1, True)
    now = datetime.now(UTC)
    with open_service(firing) as service:
        account = Account("a" * 32, "ada", Role.OFFICER, None, None, None, now)
        service.access.accounts.add(account, Event(EventKind.ACCOUNT_CHANGED, now, "", "ada", "tester"))
    asked = run("alerts", "assign", "tunisia", "pledge", "--to", "ada", "--note", "please")
    assert (asked.code, asked.out) == (0, "ada is asked to take up tunisia/pledge\n"), asked.err
    assert "ada is asked to take it up" in run("alerts").out
    assert _pledge(run)["assigned"]["note"] == "please"  # type: ignore[index]


def test_steps_are_listed_a_page_at_a_time(run: Run, firing: Settings) -> None:
    """Oldest first, with why each was taken."""
    del firing
    steps = json.loads(run("alerts", "steps", "tunisia", "--rule", "pledge", "--json").out)
    assert [(step["before"], step["after"]) for step in steps] == [("normal", "pending"), ("pending", "firing")]
    listed = run("alerts", "steps", "tunisia", "--rule", "pledge", "--limit", "1").out
    assert f"there are more, after: --after {steps[0]['number']}" in listed
    assert steps[0]["why"] in listed
    told = json.loads(run("alerts", "notices", "tunisia", "--rule", "pledge", "--json").out)
    assert [(item["rule"], item["kind"], item["episode"]) for item in told] == [("pledge", "fired", 1)]
    assert told[0]["id"] in run("alerts", "notices", "tunisia").out
    assert "nothing was told of an alert of tunisia" in run("alerts", "notices", "tunisia", "--rule", "nothing").out
    assert "no alert of tunisia has taken a step" in run("alerts", "steps", "tunisia", "--rule", "nothing").out


def test_an_alert_is_left_unsaid_for_a_while(run: Run, settings: Settings) -> None:
    """By a pattern or by its name; the list says until when, and a silence is ended by how its id begins."""
    begun = run("alerts", "silence", "--rule", "pl*", "--hours", "2", "--comment", "an exercise")
    assert (begun.code, "nothing is said of tunisia/pledge until " in begun.out) == (0, True), begun.err
    assert run("alerts", "snooze", "tunisia", "pledge", "--hours", "1", "--comment", "known").code == 0
    listed = run("alerts", "silences")
    assert "an exercise" in listed.out
    assert "pl*" in listed.out
    found = json.loads(run("alerts", "silences", "--json").out)
    assert [item["rule"] for item in found] == ["pledge", "pl*"]
    assert _pledge(run)["quiet"] == "silenced"
    assert "nothing is said of it now: silenced" in run("alerts").out
    for item in found:
        assert run("alerts", "end-silence", item["id"][:12]).code == 0
    assert _pledge(run)["quiet"] is None
    assert "nothing is silenced" in run("alerts", "silences").out
    again = run("alerts", "end-silence", found[0]["id"])
    assert (again.code, again.err.strip()) == (
        1,
        f"no silence with the id {found[0]['id']!r}; it may have ended: see the list of silences",
    )
    refused = run("alerts", "silence", "--rule", "pledges", "--hours", "2", "--comment", "x")
    assert (refused.code, "accepted: patterns that match a rule" in refused.err) == (1, True)
    del settings


def test_what_was_sent_is_listed_and_what_was_given_up_is_sent_again(run: Run, firing: Settings) -> None:
    """With what came of the last attempt."""
    listed = run("destination", "deliveries")
    assert "A pledge was published" in listed.out
    (sent,) = json.loads(run("destination", "deliveries", "--to", "log", "--json").out)
    assert (sent["stage"], sent["rule"], sent["kind"]) == ("waiting", "pledge", "fired")
    refused = run("destination", "send-again", sent["message"], "log")
    assert (refused.code, "see: tocsin destination deliveries --stage dead" in refused.err) == (1, True)
    with open_service(firing) as service:
        now = datetime.now(UTC)
        (claimed,) = service.deliveries.claim(now, 1)
        service.deliveries.end(claimed, Refused("it is no longer there", gone=True), now, 0.5)
    assert "it is no longer there" in run("destination", "deliveries", "--stage", "dead").out
    again = run("destination", "send-again", sent["message"], "log")
    assert (again.code, "goes to log again" in again.out) == (0, True), again.err
    with open_service(firing) as service:
        assert [item.delivery.stage for item in service.deliveries.trails(None)] == [Stage.WAITING]


def test_whoever_sends_to_what_is_gone_is_told_to_set_it_anew(run: Run, firing: Settings) -> None:
    """It would only be given up once more, and nobody would look."""
    desk = Destination("desk", DestinationKind.WEBHOOK, "Desk", "http://127.0.0.1:9/", SECRET)
    with open_service(firing) as service:
        now = datetime.now(UTC)
        service.destinations.put(desk, "ada", now)
        service.deliveries.post(MESSAGE, "desk")
        (claimed,) = (item for item in service.deliveries.claim(now, 9) if item.destination == "desk")
        service.deliveries.end(claimed, Refused("410 Gone", gone=True), now, 0.5, desk)
    again = run("destination", "send-again", MESSAGE.id, "desk")
    assert (again.code, again.out) == (1, "")
    assert "destination is 'desk', which has said that it is gone; accepted: one that is set anew" in again.err
    with open_service(firing) as service:
        service.destinations.put(desk, "ada", now)
    assert run("destination", "send-again", MESSAGE.id, "desk").code == 0


def test_without_rules_there_are_no_alerts_and_nothing_to_take_up(run: Run, settings: Settings) -> None:
    """It says where rules are declared."""
    assert settings.catalog is not None
    shutil.rmtree(settings.catalog / "models/tunisia/alerts")
    assert "no alert rule is declared" in run("alerts").out
    assert json.loads(run("alerts", "--json").out) == []
