"""Signing in, going on, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.access import PASSWORD
from tocsin.domain.access import Role
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from httpx2 import Client, Response

    from support.access import Guarded

_SESSION = "/api/v1/session"


def _sign_in(client: Client, name: str = "ada", password: str = PASSWORD) -> Response:
    return client.post(_SESSION, json={"name": name, "password": password})


def test_who_signs_in_is_told_what_they_may_do(guarded: Guarded) -> None:
    """And asks as that person from then on, with an event for each sign-in and sign-out."""
    guarded.add("ada", Role.ANALYST, frozenset({"tunisia"}))
    client = guarded.signed_in("Ada")
    me = client.get(_SESSION).json()
    assert (me["name"], me["role"], me["theaters"]) == ("ada", "analyst", ["tunisia"])
    assert me["rights"] == ["fit", "observe", "operate", "read"]
    assert client.delete(_SESSION).status_code == 204
    assert "tocsin" not in client.cookies
    assert client.get(_SESSION).status_code == 401
    assert [item.subject for item in guarded.events(EventKind.SIGNED_IN)] == [me["session"]]
    assert [item.actor for item in guarded.events(EventKind.SIGNED_OUT)] == ["ada"]


def test_the_cookie_keeps_to_its_host_over_https(guarded: Guarded) -> None:
    """And on this machine without https it has a name that a browser takes there."""
    guarded.add("ada")
    secure = _sign_in(guarded.client(https=True)).headers["set-cookie"]
    assert secure.startswith("__Host-tocsin=")
    assert secure.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure")
    plain = _sign_in(guarded.client()).headers["set-cookie"]
    assert plain.startswith("tocsin=")
    assert plain.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax")


def test_a_password_over_a_network_in_the_clear_is_refused(guarded: Guarded) -> None:
    """With what to do about it; an answer with a cookie would be as open."""
    guarded.add("ada")
    answer = guarded.client().post("http://tocsin.example/api/v1/session", json={"name": "ada", "password": PASSWORD})
    assert answer.status_code == 422
    assert "X-Forwarded-Proto" in answer.json()["detail"]


@pytest.mark.parametrize(("name", "password"), [("ada", "another password"), ("bob", PASSWORD), ("ada", "")])
def test_what_is_wrong_is_not_told(guarded: Guarded, name: str, password: str) -> None:
    """No name is found out this way."""
    guarded.add("ada")
    answer = _sign_in(guarded.client(), name, password)
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("name and password do not belong together, or the account is disabled")


def test_a_token_is_replaced_every_quarter_of_an_hour_and_taken_a_minute_longer(guarded: Guarded) -> None:
    """What was under way with the old one does not fail; who sends it later may have stolen it, which is told once."""
    guarded.add("ada")
    client, late = guarded.signed_in("ada"), guarded.client()
    first = client.cookies["tocsin"]
    late.cookies.set("tocsin", first)
    guarded.clock.move(minutes=14.9)
    assert client.get(_SESSION).status_code == 200
    assert client.cookies["tocsin"] == first
    guarded.clock.move(minutes=0.1)
    assert client.get(_SESSION).status_code == 200
    assert client.cookies["tocsin"] != first
    assert client.get(_SESSION).status_code == 200  # so that it is known that the new one has arrived
    guarded.clock.move(seconds=59)
    guarded.gate.look_again()  # as 20 ms later: what is kept in memory is looked through again
    taken = late.get(_SESSION)
    assert taken.status_code == 200
    assert "set-cookie" not in taken.headers  # the new token is for the one request that had it made
    guarded.clock.move(seconds=1)
    assert late.get(_SESSION).status_code == 401
    assert late.get(_SESSION).status_code == 401
    assert client.get(_SESSION).status_code == 200
    assert [item.detail for item in guarded.events(EventKind.CREDENTIAL_REFUSED)] == [{"why": "reused"}]


def test_a_session_that_is_left_alone_ends(guarded: Guarded) -> None:
    """After twelve hours; one that is used goes on."""
    guarded.add("ada")
    used, left = guarded.signed_in("ada"), guarded.signed_in("ada")
    guarded.clock.move(hours=11.9)
    assert used.get(_SESSION).status_code == 200
    guarded.clock.move(hours=0.1)
    assert used.get(_SESSION).status_code == 200
    assert left.get(_SESSION).status_code == 401


def test_no_session_lasts_longer_than_a_week(guarded: Guarded) -> None:
    """However much it is used."""
    guarded.add("ada")
    client = guarded.signed_in("ada")
    for _ in range(2 * 7 - 1):
        guarded.clock.move(hours=11.99)
        assert client.get(_SESSION).status_code == 200
    guarded.clock.move(hours=11.99)
    guarded.clock.move(hours=1)
    answer = client.get(_SESSION)
    assert answer.status_code == 401
    assert "7 days" in answer.json()["detail"]


def test_use_keeps_a_session_alive_although_it_is_written_down_by_the_minute(guarded: Guarded) -> None:
    """The last use is written by a thread that nobody waits for, and is there in the end."""
    guarded.add("ada")
    client = guarded.signed_in("ada")
    guarded.clock.move(minutes=5)
    assert client.get(_SESSION).status_code == 200
    guarded.gate.close()
    (found,) = guarded.access.sessions.unclosed()
    assert found[0].seen_at == guarded.clock.now


@pytest.mark.fault(19)
@pytest.mark.parametrize("header", ["x-forwarded-for", "x-forwarded-proto", "forwarded"])
def test_a_proxy_that_nobody_trusts_brings_nobody_in_over_bare_http(guarded: Guarded, header: str) -> None:
    """The host that it asks for is its own idea; whether its users came over https is not known."""
    guarded.add("ada")
    sent = {"name": "ada", "password": PASSWORD}
    client = guarded.client(sec_fetch_site="same-origin")
    refused = client.post(_SESSION, json=sent, headers={header: "https"})
    assert refused.status_code == 422
    assert "set-cookie" not in refused.headers
    assert client.post(_SESSION, json=sent).status_code == 201


@pytest.mark.fault(4)
def test_a_password_with_half_a_character_is_a_wrong_one(guarded: Guarded) -> None:
    """As it is no account's, whoever sends it is not signed in; and nobody gets it as theirs."""
    guarded.add("eve", Role.ADMIN)
    sent = {"content": b'{"name": "eve", "password": "\\ud800 and eleven more"}'}
    answer = guarded.client(content_type="application/json").post(_SESSION, **sent)
    assert answer.status_code == 401
    eve = guarded.signed_in("eve")
    new = {"content": b'{"name": "ada", "role": "viewer", "password": "\\ud800 and eleven more"}'}
    refused = eve.post("/api/v1/accounts", headers={"content-type": "application/json"}, **new)
    assert refused.status_code == 422
    assert "eleven" not in refused.text


def test_sessions_are_listed_for_their_owner_and_everybodys_for_an_administrator(guarded: Guarded) -> None:
    """Each may close theirs; other people's are as if they did not exist."""
    guarded.add("ada")
    guarded.add("eve", Role.ADMIN)
    ada, other, eve = guarded.signed_in("ada"), guarded.signed_in("ada"), guarded.signed_in("eve")
    mine = ada.get("/api/v1/sessions").json()["items"]
    assert [(item["account"], item["current"]) for item in mine].count(("ada", True)) == 1
    assert len(mine) == 2
    assert ada.get("/api/v1/sessions?all=true").status_code == 403
    everybodys = eve.get("/api/v1/sessions?all=true").json()["items"]
    assert sorted(item["account"] for item in everybodys) == ["ada", "ada", "eve"]
    eves = next(item["id"] for item in everybodys if item["account"] == "eve")
    assert ada.delete(f"/api/v1/sessions/{eves}").status_code == 404
    others = other.get(_SESSION).json()["session"]
    assert ada.delete(f"/api/v1/sessions/{others}").status_code == 204
    assert other.get(_SESSION).status_code == 401
    adas = ada.get(_SESSION).json()["session"]
    assert eve.delete(f"/api/v1/sessions/{adas}").status_code == 204
    assert ada.get(_SESSION).status_code == 401
