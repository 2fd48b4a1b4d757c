"""Where notices go, set and tried from a terminal; and how alerts stand."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from support.feed_server import feed_server, reply
from tocsin.bootstrap.service import open_service
from tocsin.catalog.kit import find_kit
from tocsin.jobs.alarm import make_alarm
from tocsin.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

_SECRET = "whsec_Qk9vSy1zZWNyZXQtdGhhdC1vcGVucy1ub3RoaW5nLTEyMw=="  # noqa: S105 (opens nothing)


def test_a_webhook_is_set_tried_listed_and_removed(run: Run) -> None:
    """Its secret is printed once, verifies what it is sent, and is nowhere shown again."""
    with feed_server() as receiver:
        where = receiver.says("/hook-4711", reply(b"thanks"))
        made = run("destination", "set", "desk", "--kind", "webhook", "--title", "The desk", "--address", where)
        assert made.code == 0, made.err
        secret = made.out.strip()
        tried = run("destination", "test", "desk")
        assert (tried.code, tried.out) == (0, "desk has it: 200 OK\n"), tried.err
        (asked,) = receiver.asked
        assert Webhook(secret).verify(asked.body, dict(asked.headers))["type"] == "test"
    listed = run("destination", "list")
    assert listed.out == (
        "desk: The desk (webhook); 0 waiting, 0 given up\nlog: the log of the worker (log); 0 waiting, 0 given up\n"
    )
    as_json = run("destination", "list", "--json").out
    assert json.loads(as_json)[0] == {
        "id": "desk", "kind": "webhook", "title": "The desk", "gone": False, "waiting": 0, "delivered": 0, "dead": 0,
    }  # fmt: skip
    assert secret not in as_json
    assert "hook-4711" not in as_json
    assert run("destination", "remove", "desk").out == "desk is removed\n"
    again = run("destination", "remove", "desk")
    assert (again.code, "no destination named 'desk'" in again.err) == (1, True)


def test_what_a_receiver_refuses_is_told_and_ends_badly(run: Run) -> None:
    """By the status of the command too, for scripts."""
    with feed_server() as receiver:
        where = receiver.says("/hook", reply(status=500))
        run("destination", "set", "desk", "--kind", "webhook", "--title", "The desk", "--address", where)
        tried = run("destination", "test", "desk")
    assert tried.code == 1
    assert "desk does not have it: " in tried.err
    assert "500" in tried.err


def test_an_address_and_a_secret_can_come_by_the_input(run: Run) -> None:
    """So that neither stands in the list of processes; a secret that is known already is not printed."""
    words = ("--kind", "webhook", "--title", "The desk", "--address", "-", "--secret-from-input")
    with feed_server() as receiver:
        where = receiver.says("/hook", reply(b"thanks"))
        made = run("destination", "set", "desk", *words, typed=f"{where}\n{_SECRET}\n")
        assert (made.code, made.out) == (0, ""), made.err
        assert run("destination", "test", "desk").code == 0
    (asked,) = receiver.asked
    Webhook(_SECRET).verify(asked.body, dict(asked.headers))


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Desk", "--kind", "log", "--title", "t"), ["id is 'Desk'; accepted: small letters, digits and hyphens"]),
        (("log", "--kind", "log", "--title", "t"), ["id is 'log'; accepted: another id: the log is always there"]),
        (("desk", "--kind", "log", "--title", " "), ["title is ' '; accepted: one line of at most 200 characters"]),
        (("desk", "--kind", "log", "--title", "t", "--address", "x"), ["address is set; accepted: none: the log has"]),
        (("desk", "--kind", "chat", "--title", "t", "--address", "room"), ["address is not of this form; accepted"]),
        (("desk", "--kind", "e-mail", "--title", "t", "--address", "a@b.example, Eve"), ["plain ASCII mail addresses"]),
        (
            ("D", "--kind", "webhook", "--title", "", "--address", "ftp://x", "--secret-from-input"),
            ["id is 'D'", "title is ''", "address is not of this form; accepted: an http or https", "accepted: whsec_"],
        ),
    ],
)
def test_what_cannot_be_a_destination_is_refused_with_all_that_is_wrong(
    run: Run, words: tuple[str, ...], told: list[str]
) -> None:
    """And nothing is set."""
    refused = run("destination", "set", *words)
    assert refused.code == 1
    assert [text for text in told if text not in refused.err] == []
    assert run("destination", "list").out.startswith("log: ")


_RULE = """\
title: A pledge was published
reason: The desk reads it.
severity: warning
kind: tripwire
indicator: group/pledge-publication
at_least: 1
within_days: 30
"""


def test_an_alert_that_fires_is_listed_with_its_reason_and_taken_up(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever is at the keyboard; one that does not fire cannot be."""
    settings = Settings(home=tmp_path, catalog=tmp_path / "catalog")
    for folder in ("models", "indicators"):
        shutil.copytree(find_kit() / folder, tmp_path / "catalog" / folder)
    (tmp_path / "catalog/models/tunisia/alerts").mkdir()
    (tmp_path / "catalog/models/tunisia/alerts/pledge.yaml").write_text(_RULE, encoding="utf-8")
    monkeypatch.setenv("TOCSIN_CATALOG", str(settings.catalog))
    assert json.loads(run("alerts", "--json").out)[0]["state"] is None
    refused = run("alerts", "ack", "tunisia", "pledge")
    assert (refused.code, "alert pledge is never judged; accepted: an alert that fires" in refused.err) == (1, True)
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    assert run("observe", "tunisia", "group/pledge-publication", "1", "--on", day, "--grade", "B2").code == 0
    with open_service(settings) as service:
        make_alarm(settings, service).bell.look()
    (told,) = json.loads(run("alerts", "--json").out)
    assert (told["state"], told["cause"], told["told"]) == ("firing", "it was met for long enough", 1)
    taken = run("alerts", "ack", "tunisia", "pledge", "--note", "read", "--hours", "4")
    assert taken.code == 0, taken.err
    assert "tunisia/pledge is taken up by " in taken.out
    (told,) = json.loads(run("alerts", "--json").out)
    assert (told["acknowledged"]["note"], told["acknowledged"]["episode"]) == ("read", 1)
    listed = run("alerts").out
    assert "has it in hand" in listed
    assert f"it was met for long enough: {told['why']}" in listed


def test_without_rules_there_are_no_alerts_and_nothing_to_take_up(run: Run) -> None:
    """It says where rules are declared."""
    assert "no alert rule is declared" in run("alerts").out
    assert json.loads(run("alerts", "--json").out) == []
    refused = run("alerts", "ack", "tunisia", "offensive")
    assert (refused.code, "no alert rule named 'offensive'" in refused.err) == (1, True)
