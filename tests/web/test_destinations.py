"""Destinations and deliveries over HTTP, on both databases: set by who administers all theaters, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.access import NOON, Guarded
from support.refusing import give_up
from tocsin.domain.access import Role
from tocsin.domain.delivery import WAITS
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from starlette.testclient import TestClient

_DESK = "/api/v1/destinations/desk"
_HOOK = {"kind": "webhook", "title": "The desk", "address": "http://127.0.0.1:9/hook-4711"}


@pytest.fixture
def eve(guarded: Guarded) -> TestClient:
    """Somebody who administers all theaters."""
    guarded.add("eve", Role.ADMIN)
    return guarded.signed_in("eve")


def test_a_destination_is_set_and_its_secret_shown_once(guarded: Guarded, eve: TestClient) -> None:
    """Neither it nor the address is in any list, in the events, or in the answer to the same request sent again."""
    once = {"Idempotency-Key": "one"}
    made, again = (eve.put(_DESK, json=_HOOK, headers=once) for _ in range(2))
    assert (made.status_code, again.status_code) == (200, 409)
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    (kept,) = guarded.service.destinations.destinations()
    assert (kept.secret, kept.address) == (secret, _HOOK["address"])
    listed = eve.get("/api/v1/destinations")
    assert [item["id"] for item in listed.json()["items"]] == ["desk", "log"]
    told = guarded.events(EventKind.DESTINATION_CHANGED)
    assert [event.actor for event in told] == ["eve"]
    for text in (again.text, listed.text, repr(told), eve.get("/api/v1/audit").text):
        assert secret not in text
        assert "hook-4711" not in text


def test_a_destination_may_have_a_secret_of_its_own(guarded: Guarded, eve: TestClient) -> None:
    """Which is not shown at all; one that is none is refused and not repeated."""
    own = "whsec_Qk9vSy1zZWNyZXQtdGhhdC1vcGVucy1ub3RoaW5nLTEyMw=="
    assert eve.put(_DESK, json=_HOOK | {"secret": own}).json()["secret"] is None
    assert guarded.service.destinations.destinations()[0].secret == own
    refused = eve.put(_DESK, json=_HOOK | {"secret": "my-plain-secret"})
    assert refused.status_code == 422
    assert "my-plain-secret" not in refused.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "ftp://127.0.0.1/"}, "address"),
        ({"kind": "e-mail", "address": "nobody"}, "address"),
        ({"kind": "pigeon"}, "kind"),
        ({"title": "two\nlines"}, "title"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_destination_is_refused(
    guarded: Guarded, eve: TestClient, changes: dict[str, str], field: str
) -> None:
    """By the field, and nothing is written."""
    answer = eve.put(_DESK, json=_HOOK | changes)
    assert answer.status_code == 422
    assert field in [item["field"] for item in answer.json()["problems"]]
    assert guarded.service.destinations.destinations() == []


@pytest.mark.fault(19)
def test_only_who_administers_all_theaters_may_set_where_notices_go(guarded: Guarded, eve: TestClient) -> None:
    """As every theater's rules may name it: not an administrator of some."""
    guarded.add("tom", Role.ADMIN, frozenset({"tunisia"}))
    tom = guarded.signed_in("tom")
    eve.put(_DESK, json=_HOOK)
    for answer in (tom.put(_DESK, json=_HOOK), tom.delete(_DESK), tom.post(f"{_DESK}/test")):
        assert answer.status_code == 403
    assert [item["id"] for item in tom.get("/api/v1/destinations").json()["items"]] == ["desk", "log"]
    assert eve.delete(_DESK).status_code == 204
    assert eve.delete(_DESK).status_code == 404


def test_a_message_that_was_given_up_is_sent_again(guarded: Guarded, eve: TestClient) -> None:
    """It is on the list with what the receiver said, and goes out with the same id; what is on its way does not."""
    eve.put(_DESK, json=_HOOK)
    sent = eve.post(f"{_DESK}/test")
    assert sent.status_code == 202
    path = f"/api/v1/deliveries/{sent.json()['message']}/desk/send-again"
    assert eve.post(path).status_code == 404
    give_up(guarded.service, NOON)
    (dead,) = eve.get("/api/v1/deliveries", params={"stage": "dead", "destination": "desk"}).json()["items"]
    assert (dead["message"], dead["last_word"]) == (sent.json()["message"], "the receiver answered 500")
    assert [item["dead"] for item in eve.get("/api/v1/destinations").json()["items"]] == [1, 0]
    guarded.add("tom", Role.OFFICER, frozenset({"tunisia"}))
    tom = guarded.signed_in("tom")
    assert tom.get("/api/v1/deliveries").json()["items"] == []  # it is of no theater
    assert tom.post(path).status_code == 404
    assert eve.post(path).json() == {"message": dead["message"], "destination": "desk", "stage": "waiting"}
    assert [event.actor for event in guarded.events(EventKind.DELIVERY_REVIVED)] == ["eve"]


def test_the_page_of_deliveries_shows_what_was_given_up_and_sends_it_again(guarded: Guarded, eve: TestClient) -> None:
    """With what came of it and when the next attempt is; only to whom it is theirs, and only what was given up."""
    eve.put(_DESK, json=_HOOK)
    message = eve.post(f"{_DESK}/test").json()["message"]
    sent = {"message": message, "destination": "desk"}
    assert eve.post("/admin/deliveries/send-again", data=sent).status_code == 404
    give_up(guarded.service, NOON)
    page = eve.get("/admin/deliveries?stage=dead").text
    assert "the receiver answered 500" in page
    assert f'<td class="n">{len(WAITS) + 1}</td>' in page
    assert 'href="/admin/deliveries?stage=dead&amp;destination=desk"' in eve.get("/admin/destinations").text
    guarded.add("tom", Role.OFFICER, frozenset({"tunisia"}))
    tom = guarded.signed_in("tom")
    assert "the receiver answered 500" not in tom.get("/admin/deliveries").text
    assert tom.post("/admin/deliveries/send-again", data=sent).status_code == 404
    again = eve.post("/admin/deliveries/send-again", data=sent)
    assert (again.status_code, again.url.query) == (200, f"message={message}".encode())
    assert ">waiting</span>" in again.text
    assert ">due</td>" in again.text
    assert "There is none" in eve.get("/admin/deliveries?stage=dead").text
    assert eve.get("/admin/deliveries?stage=lost").status_code == 422
    for odd in ("message=%00", "message=a%20b", "destination=%00"):
        assert eve.get(f"/admin/deliveries?{odd}").status_code in {200, 422}


@pytest.mark.fault(19)
def test_a_silence_reaches_no_theater_that_its_author_does_not_see(guarded: Guarded, eve: TestClient) -> None:
    """Neither by name nor by a pattern."""
    rule = {
        "title": "An attack",
        "reason": "The desk calls.",
        "severity": "critical",
        "kind": "tripwire",
        "indicator": "violence/border-attack",
        "at_least": 1,
        "within_days": 7,
    }
    assert eve.put("/api/v1/alert-rules/tunisia/attack", json={"rule": rule}).status_code == 200
    guarded.add("tom", Role.OFFICER, frozenset({"tunisia"}))
    guarded.add("kim", Role.OFFICER, frozenset())
    tom, kim = guarded.signed_in("tom"), guarded.signed_in("kim")
    wanted = {"ends_at": (NOON + timedelta(hours=2)).isoformat(), "comment": "an exercise"}
    for client, theater, status in ((tom, "*", 403), (tom, "tun*", 403), (tom, "tunisia", 201), (kim, "tunisia", 403)):
        assert client.post("/api/v1/silences", json=wanted | {"theater": theater}).status_code == status
    everywhere = eve.post("/api/v1/silences", json=wanted | {"theater": "*"}).json()["id"]
    assert len(tom.get("/api/v1/silences").json()["items"]) == 2
    (seen,) = kim.get("/api/v1/silences").json()["items"]
    assert (seen["id"], seen["rules"]) == (everywhere, [])
    assert tom.delete(f"/api/v1/silences/{everywhere}").status_code == 403
    assert kim.get("/api/v1/alerts").json()["items"] == kim.get("/api/v1/alert-rules").json()["items"] == []
    sent = {"theater": "tunisia", "id": "other", "rule": rule}
    guarded.add("ann", Role.ADMIN, frozenset())
    assert guarded.signed_in("ann").post("/api/v1/alert-rules", json=sent).status_code == 404
