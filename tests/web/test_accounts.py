"""Accounts: who makes and changes them, and what it does to what is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.access import PASSWORD
from tocsin.domain.access import Role
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from support.access import Guarded

_ACCOUNTS = "/api/v1/accounts"
_NEW = "entirely other words"


def test_an_administrator_makes_an_account_that_can_sign_in(guarded: Guarded) -> None:
    """The answer and the list show no password, and the audit says who made it."""
    guarded.add("eve", Role.ADMIN)
    eve = guarded.signed_in("eve")
    body = {"name": "Ada", "password": PASSWORD, "role": "analyst", "theaters": ["tunisia"]}
    made = eve.post(_ACCOUNTS, json=body)
    assert made.status_code == 201
    assert made.json()["name"] == "ada"
    assert PASSWORD not in made.text
    assert "argon2" not in eve.get(_ACCOUNTS).text
    assert eve.get(f"{_ACCOUNTS}/ada").json() == made.json()
    assert guarded.signed_in("ada").get("/api/v1/theaters").status_code == 200
    told = guarded.events(EventKind.ACCOUNT_CHANGED)[-1]
    assert (told.actor, told.subject, told.detail) == ("eve", "ada", {"added": "analyst", "theaters": ["tunisia"]})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "key:1"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "ada"}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
        ({"role": "king"}, "role"),
        ({"theaters": ["atlantis"]}, "theaters"),
        ({"colour": "red"}, "colour"),
    ],
)
@pytest.mark.fault(4)
def test_an_account_that_cannot_be_is_refused_by_field(guarded: Guarded, change: dict[str, object], field: str) -> None:
    """And nothing is written; a password is not repeated."""
    guarded.add("ada")
    guarded.add("eve", Role.ADMIN)
    before = guarded.service.events.last()
    body = {"name": "bob", "password": PASSWORD, "role": "viewer"} | change
    client = guarded.signed_in("eve")
    answer = client.post(_ACCOUNTS, json=body)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["problems"]] == [field]
    assert str(body["password"]) not in answer.text
    assert len(guarded.access.accounts.accounts()) == 2
    assert guarded.service.events.last() == before + 1


def test_a_change_holds_at_once_for_open_sessions(guarded: Guarded) -> None:
    """Another role, other theaters, disabling; enabling does not bring a session back."""
    guarded.add("eve", Role.ADMIN)
    guarded.add("ada", Role.VIEWER)
    eve, ada = guarded.signed_in("eve"), guarded.signed_in("ada")

    def change(**body: object) -> None:
        answer = eve.patch(f"{_ACCOUNTS}/ada", json=body)
        assert answer.status_code == 200, answer.text

    assert ada.get(_ACCOUNTS).status_code == 403
    change(role="admin")
    assert ada.get(_ACCOUNTS).status_code == 200
    change(role="viewer", theaters=[])
    assert ada.get("/api/v1/theaters").json()["items"] == []
    change(theaters=None)
    assert len(ada.get("/api/v1/theaters").json()) >= 1
    change(disabled=True)
    assert ada.get("/api/v1/theaters").status_code == 401
    change(disabled=False)
    assert ada.get("/api/v1/theaters").status_code == 401
    assert guarded.signed_in("ada").get("/api/v1/theaters").status_code == 200
    told = [item.detail for item in guarded.events(EventKind.ACCOUNT_CHANGED)][2:]
    assert told[0] == {"role": ["viewer", "admin"]}
    assert told[-2:] == [{"disabled": True}, {"disabled": False}]


def test_what_changes_nothing_is_not_told(guarded: Guarded) -> None:
    """The audit holds changes."""
    guarded.add("eve", Role.ADMIN)
    eve = guarded.signed_in("eve")
    before = guarded.service.events.last()
    assert eve.patch(f"{_ACCOUNTS}/eve", json={"role": "admin", "disabled": False}).status_code == 200
    assert guarded.service.events.last() == before


@pytest.mark.parametrize("change", [{"role": "officer"}, {"disabled": True}, {"theaters": ["tunisia"]}])
@pytest.mark.fault(19)
def test_the_last_administrator_stays_one(guarded: Guarded, change: dict[str, object]) -> None:
    """Until there is another, who can sign in and sees every theater."""
    guarded.add("eve", Role.ADMIN)
    guarded.add("bob", Role.ADMIN, frozenset({"tunisia"}))
    eve = guarded.signed_in("eve")
    refused = eve.patch(f"{_ACCOUNTS}/eve", json=change)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:tocsin:problem:last-admin"
    guarded.add("ida", Role.ADMIN)
    assert eve.patch(f"{_ACCOUNTS}/eve", json=change).status_code == 200


@pytest.mark.fault(19)
def test_nobody_gives_or_takes_more_than_they_have(guarded: Guarded) -> None:
    """An administrator of one theater makes nobody of all, and changes nobody who sees more, nor their password."""
    guarded.add("eve", Role.ADMIN)
    guarded.add("bob", Role.ADMIN, frozenset({"tunisia"}))
    bob = guarded.signed_in("bob")
    before = guarded.service.events.last()
    new = {"name": "ada", "password": PASSWORD, "role": "viewer"}
    key = {"name": "x", "role": "viewer"}
    assert bob.post(_ACCOUNTS, json=new).status_code == 403
    assert bob.patch(f"{_ACCOUNTS}/bob", json={"theaters": None}).status_code == 403
    assert bob.patch(f"{_ACCOUNTS}/eve", json={"theaters": ["tunisia"]}).status_code == 404
    assert bob.post(f"{_ACCOUNTS}/eve/password", json={"password": _NEW}).status_code == 404
    assert bob.post("/api/v1/keys", json=key).status_code == 403
    assert guarded.service.events.last() == before
    assert bob.post(_ACCOUNTS, json=new | {"theaters": ["tunisia"]}).status_code == 201
    assert bob.post("/api/v1/keys", json=key | {"theaters": []}).status_code == 201


def test_ones_own_password_takes_the_present_one_and_closes_the_other_sessions(guarded: Guarded) -> None:
    """This session goes on."""
    guarded.add("ada")
    here, there = guarded.signed_in("ada"), guarded.signed_in("ada")
    path = f"{_ACCOUNTS}/ada/password"
    assert here.post(path, json={"password": _NEW}).status_code == 422
    wrong = here.post(path, json={"password": _NEW, "present": "not this one"})
    assert wrong.status_code == 401
    assert there.get("/api/v1/session").status_code == 200
    assert here.post(path, json={"password": _NEW, "present": PASSWORD}).status_code == 204
    assert here.get("/api/v1/session").status_code == 200
    assert there.get("/api/v1/session").status_code == 401
    signed_in = guarded.client().post("/api/v1/session", json={"name": "ada", "password": _NEW})
    assert signed_in.status_code == 201


def test_an_administrator_gives_another_password_and_its_sessions_end(guarded: Guarded) -> None:
    """Somebody who has no right to administer cannot."""
    guarded.add("eve", Role.ADMIN)
    guarded.add("ada")
    eve, ada = guarded.signed_in("eve"), guarded.signed_in("ada")
    assert ada.post(f"{_ACCOUNTS}/eve/password", json={"password": _NEW}).status_code == 403
    assert eve.post(f"{_ACCOUNTS}/ada/password", json={"password": _NEW}).status_code == 204
    assert ada.get("/api/v1/session").status_code == 401


def test_ones_own_name_in_upper_case_is_still_ones_own(guarded: Guarded) -> None:
    """An administrator's session that was left open does not do without the present password either."""
    guarded.add("eve", Role.ADMIN)
    eve = guarded.signed_in("eve")
    assert eve.post(f"{_ACCOUNTS}/EVE/password", json={"password": _NEW}).status_code == 422


def test_a_new_password_that_cannot_be_is_no_guess_at_the_present_one(guarded: Guarded) -> None:
    """Nobody is shut out for looking for a good one."""
    guarded.add("ada")
    ada = guarded.signed_in("ada")
    for _ in range(11):
        refused = ada.post(f"{_ACCOUNTS}/ada/password", json={"password": "short", "present": PASSWORD})
        assert refused.status_code == 422
    assert ada.post(f"{_ACCOUNTS}/ada/password", json={"password": _NEW, "present": PASSWORD}).status_code == 204


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ED%A0%80", "%F0%9F%94%94", "x" * 500])
@pytest.mark.fault(4)
def test_what_no_store_can_hold_is_not_asked_of_it(guarded: Guarded, name: str) -> None:
    """It is unknown, or wrong, as any other that there is not."""
    guarded.add("eve", Role.ADMIN)
    admin = guarded.signed_in("eve")
    found = [
        admin.get(f"{_ACCOUNTS}/{name}"),
        admin.patch(f"{_ACCOUNTS}/{name}", json={"role": "viewer"}),
        admin.post(f"{_ACCOUNTS}/{name}/password", json={"password": _NEW}),
        admin.delete(f"/api/v1/keys/{name}"),
        admin.delete(f"/api/v1/sessions/{name}"),
    ]
    assert [item.status_code for item in found] == 5 * [404]
    answer = guarded.client().post("/api/v1/session", json={"name": "a\0b", "password": "\0"})
    assert answer.status_code == 401
