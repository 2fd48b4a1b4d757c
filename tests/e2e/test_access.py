"""`tocsin user` and `tocsin key`, as they are typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.command import Run

_PASSWORD = "three short words"  # noqa: S105 - opens nothing


def test_an_account_is_made_changed_disabled_and_listed(run: Run) -> None:
    """The password comes from standard input and is nowhere shown; the last administrator stays."""
    made = run("user", "add", "Eve", "--role", "admin", typed=f"{_PASSWORD}\n")
    assert (made.code, made.out) == (0, "eve may sign in as admin\n"), made.err
    assert run("user", "add", "ada", "--role", "viewer", "--theater", "tunisia", typed=_PASSWORD).code == 0
    assert run("user", "change", "ada", "--role", "analyst", "--all-theaters").code == 0
    assert run("user", "password", "ada", typed="entirely other words\n").code == 0
    refused = run("user", "disable", "eve")
    assert refused.code == 1
    assert "last account that can give every right" in refused.err
    assert run("user", "disable", "ada").code == 0
    listed = json.loads(run("user", "list", "--json").out)
    assert [(item["name"], item["role"], item["theaters"]) for item in listed] == [
        ("ada", "analyst", None),
        ("eve", "admin", None),
    ]
    assert listed[0]["disabled_at"] is not None
    assert "disabled" in run("user", "list").out
    assert run("user", "change", "ada", "--enable").code == 0
    assert json.loads(run("user", "list", "--json").out)[0]["disabled_at"] is None


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "ada", "--role", "viewer"), "short", "password is 5 characters long; accepted: 12 to 256"),
        (("add", "ada", "--role", "viewer", "--theater", "atlantis"), _PASSWORD, "declared theaters: "),
        (("add", "key:1", "--role", "viewer"), _PASSWORD, "name is 'key:1'; accepted: 1 to 64"),
        (("change", "ada"), "", "at least one of --role"),
        (("change", "ada", "--theater", "tunisia", "--all-theaters"), "", "not both"),
        (("disable", "ada"), "", "no account named 'ada'"),
    ],
)
@pytest.mark.fault(4)
def test_what_cannot_be_is_refused_with_what_is_accepted(
    run: Run, words: tuple[str, ...], typed: str, said: str
) -> None:
    """And nothing is written."""
    refused = run("user", *words, typed=typed)
    assert refused.code == 1
    assert said in refused.err
    assert json.loads(run("user", "list", "--json").out) == []


def test_a_key_is_printed_once_listed_and_revoked(run: Run) -> None:
    """Alone on standard output, so that a program can take it from there."""
    made = run("key", "add", "collector", "--role", "analyst", "--theater", "tunisia", "--days", "90")
    key = made.out.strip()
    assert made.code == 0, made.err
    assert key.startswith("tocsin_")
    assert "cannot be shown again" in made.err
    (listed,) = json.loads(run("key", "list", "--json").out)
    assert listed["id"] == key.split("_")[1]
    assert (listed["role"], listed["theaters"]) == ("analyst", ["tunisia"])
    assert key not in run("key", "list").out
    assert run("key", "revoke", listed["id"]).out == f"key {listed['id']} is revoked\n"
    assert "was revoked before" in run("key", "revoke", listed["id"]).out
    assert "revoked" in run("key", "list").out
    assert run("key", "revoke", "nonsense").code == 1
    as_json = json.loads(run("key", "add", "y", "--role", "viewer", "--json").out)
    assert as_json["key"].startswith(f"tocsin_{as_json['id']}_")
