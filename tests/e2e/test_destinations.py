"""Where notices go, set and tried from a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from support.feed_server import feed_server, reply

if TYPE_CHECKING:
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
        "id": "desk", "kind": "webhook", "title": "The desk", "digest_minutes": None, "gone": False,
        "waiting": 0, "delivered": 0, "dead": 0, "bundled": 0,
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
