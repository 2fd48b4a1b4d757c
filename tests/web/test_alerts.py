"""Alerts over HTTP, on both databases: rules that are set, what fires, and what people say to it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.domain.access import Role
from tocsin.domain.account import Account
from tocsin.domain.event import Event, EventKind
from tocsin.jobs.alarm import make_alarm

if TYPE_CHECKING:
    from httpx2 import Response

    from conftest import Own

_API = "/api/v1"
_RULE = {
    "title": "An attack at the border",
    "reason": "The desk calls the border command.",
    "severity": "critical",
    "kind": "tripwire",
    "indicator": "violence/border-attack",
    "at_least": 1,
    "within_days": 7,
}
_ATTACK = {
    "indicator": "violence/border-attack",
    "observed_on": "2016-03-07",
    "value": 1,
    "grade": "B2",
    "origin": "bg",
    "summary": "the assault",
    "source": "a paper",
}


def _put(own: Own, rule: dict[str, Any], name: str = "border-attack", **headers: str) -> Response:
    return own.web.client.put(f"{_API}/alert-rules/tunisia/{name}", json={"rule": rule}, headers=headers)


def _judge(own: Own, after: timedelta = timedelta(0)) -> None:
    """What the worker does when something has come in."""
    own.clock.now += after
    make_alarm(own.web.means.settings, own.service, lambda: own.clock.now).bell.look()


def _get(own: Own, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
    answer = own.web.client.get(f"{_API}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def firing(own: Own) -> Own:
    """With one rule that was set here, whose alert fires."""
    assert _put(own, _RULE).status_code == 200
    assert own.post("observations", _ATTACK).status_code == 201
    _judge(own)
    return own


def test_a_rule_that_is_set_here_rings_as_one_of_a_file_does(firing: Own) -> None:
    """With why it rings, its steps, its notice, and the delivery of that."""
    (alert,) = [item for item in _get(firing, "alerts")["items"] if item["rule"] == "border-attack"]
    assert (alert["phase"], alert["episode"], alert["waits"], alert["told"]) == ("firing", 1, True, 1)
    assert _get(firing, "alerts/tunisia/border-attack") == alert
    steps = _get(firing, "theaters/tunisia/alert-steps", rule="border-attack")["items"]
    assert [(step["before"], step["after"]) for step in steps] == [("normal", "pending"), ("pending", "firing")]
    assert alert["why"] == steps[-1]["why"]
    (notice,) = _get(firing, "theaters/tunisia/notices", rule="border-attack")["items"]
    whole = _get(firing, f"theaters/tunisia/notices/{notice['id']}")
    assert "An attack at the border" in whole["text"]
    assert [item["destination"] for item in whole["deliveries"]] == ["log"]
    assert _get(firing, "deliveries", message=notice["id"])["items"] == whole["deliveries"]
    assert firing.web.client.get(f"{_API}/theaters/tunisia/notices/{'0' * 32}").status_code == 404


def test_lists_of_alerts_are_asked_for_by_what_they_hold(firing: Own) -> None:
    """By phase, severity, theater, and what nobody has in hand; as CSV as well."""
    asked = {"phase": "firing", "severity": "critical", "theater": "tunisia", "waiting": True}
    assert [item["rule"] for item in _get(firing, "alerts", **asked)["items"]] == ["border-attack"]
    assert _get(firing, "alerts", phase="pending")["items"] == []
    assert "border-attack" not in [item["rule"] for item in _get(firing, "alerts", severity="warning")["items"]]
    table = firing.web.client.get(f"{_API}/alerts", params={"format": "csv", **asked}).text.splitlines()
    assert len(table) == 2
    assert table[1].startswith("tunisia,border-attack,An attack at the border,critical")
    refused = firing.web.client.get(f"{_API}/alerts", params={"theater": "atlantis"})
    assert refused.status_code == 404


def test_an_alert_is_taken_up_for_some_hours(firing: Own) -> None:
    """Then it waits no more, until they have passed; the same under one key is done once."""
    path, key = f"{_API}/alerts/tunisia/border-attack/acknowledge", {"Idempotency-Key": "one"}
    sent = {"note": "calling the border command", "hours": 4}
    for replayed in (None, "true"):
        answer = firing.web.client.post(path, json=sent, headers=key)
        assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (200, replayed)
        said = answer.json()
        assert (said["waits"], said["acknowledged"]["by"]) == (False, "tester")
        assert said["acknowledged"]["note"] == "calling the border command"
    assert len([event for event in firing.events() if event.kind is EventKind.ALERT_ACKNOWLEDGED]) == 1
    firing.clock.now += timedelta(hours=4)
    again = _get(firing, "alerts/tunisia/border-attack")
    assert (again["waits"], again["acknowledged"]) == (True, None)


@pytest.mark.parametrize(
    ("sent", "field"), [({"hours": 0}, "hours"), ({"hours": 721}, "hours"), ({"note": "x" * 2_001}, "note")]
)
def test_what_cannot_be_an_acknowledgement_is_refused(firing: Own, sent: dict[str, object], field: str) -> None:
    """By the field, and nothing is written."""
    answer = firing.web.client.post(f"{_API}/alerts/tunisia/border-attack/acknowledge", json=sent)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, field)
    assert _get(firing, "alerts/tunisia/border-attack")["acknowledged"] is None


def test_what_does_not_fire_is_neither_taken_up_nor_assigned(own: Own) -> None:
    """As there would be nothing to do."""
    _put(own, _RULE)
    _add_account(own, "ada")
    for verb, sent in (("acknowledge", {}), ("assign", {"to": "ada"})):
        answer = own.web.client.post(f"{_API}/alerts/tunisia/border-attack/{verb}", json=sent)
        assert (answer.status_code, answer.json()["problems"][0]["accepted"]) == (422, "an alert that fires")


def _add_account(
    own: Own, name: str, role: Role = Role.OFFICER, theaters: frozenset[str] | None = None, *, disabled: bool = False
) -> None:
    now = own.clock.now
    account = Account(name.rjust(32, "0"), name, role, theaters, None, None, now, now if disabled else None)
    own.service.access.accounts.add(account, Event(EventKind.ACCOUNT_CHANGED, now, "", name, "tester"))


def test_an_alert_is_assigned_to_somebody_who_can_take_it_up(firing: Own) -> None:
    """It still waits until they do. Nobody else can be asked: not a viewer, who sees other theaters, or who left."""
    _add_account(firing, "ada")
    _add_account(firing, "viewer", Role.VIEWER)
    _add_account(firing, "elsewhere", theaters=frozenset({"mali"}))
    _add_account(firing, "gone", disabled=True)
    path = f"{_API}/alerts/tunisia/border-attack/assign"
    for name in ("viewer", "elsewhere", "gone", "nobody"):
        answer = firing.web.client.post(path, json={"to": name})
        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "to")
    said = firing.web.client.post(path, json={"to": "Ada", "note": "please"}).json()
    assert (said["assigned"]["to"], said["assigned"]["by"], said["waits"]) == ("ada", "tester", True)
    assert [event.subject for event in firing.events() if event.kind is EventKind.ALERT_ASSIGNED] == ["border-attack"]


def test_an_alert_that_is_snoozed_is_left_unsaid_and_told_when_that_is_over(own: Own) -> None:
    """As it still fires then; the silence is on the list meanwhile, with the rules that it is about."""
    _put(own, _RULE)
    path = f"{_API}/alerts/tunisia/border-attack/snooze"
    begun = own.web.client.post(path, json={"hours": 2, "comment": "an exercise"})
    assert begun.status_code == 201
    own.post("observations", _ATTACK)
    _judge(own)
    alert = _get(own, "alerts/tunisia/border-attack")
    assert (alert["phase"], alert["quiet"], alert["told"]) == ("firing", "silenced", 0)
    (silence,) = _get(own, "silences")["items"]
    assert (silence["rules"], silence["in_force"]) == (["tunisia/border-attack"], True)
    _judge(own, timedelta(hours=2))
    assert _get(own, "silences")["items"] == []
    assert _get(own, "alerts/tunisia/border-attack")["told"] == 1


def test_a_silence_is_ended_before_its_time(firing: Own) -> None:
    """Once; and one whose patterns match no rule is refused, as whoever misspells it would be woken all the same."""
    ends_at = (firing.clock.now + timedelta(hours=8)).isoformat()
    wanted = {"theater": "tun*", "rule": "border-*", "ends_at": ends_at, "comment": "an exercise"}
    made = firing.web.client.post(f"{_API}/silences", json=wanted)
    assert made.status_code == 201
    shipped = ["tunisia/border-offensive-likely", "tunisia/border-offensive-rising"]
    assert made.json()["rules"] == ["tunisia/border-attack", *shipped]
    path = f"{_API}/silences/{made.json()['id']}"
    firing.clock.now += timedelta(hours=1)
    assert firing.web.client.delete(path).json()["in_force"] is False
    assert firing.web.client.delete(path).status_code == 404
    told = [event.kind for event in firing.events() if event.kind.value.startswith("silence")]
    assert told == [EventKind.SILENCE_BEGUN, EventKind.SILENCE_ENDED]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "boarder-*"}, "matcher"),
        ({"severity": "loud"}, "severity"),
        ({"comment": " "}, "comment"),
        ({"ends_at": "2016-03-09T11:00:00Z"}, "ends_at"),
        ({"ends_at": "2018-03-09T11:00:00Z"}, "ends_at"),
        ({"theater": ""}, "theater"),
    ],
)
def test_what_cannot_be_a_silence_is_refused(firing: Own, changes: dict[str, str], field: str) -> None:
    """By the field, and nothing is written."""
    wanted = {"theater": "tunisia", "ends_at": "2016-03-09T20:00:00Z", "comment": "an exercise", **changes}
    answer = firing.web.client.post(f"{_API}/silences", json=wanted)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, field)
    assert _get(firing, "silences")["items"] == []


def test_a_rule_is_set_anew_only_over_the_version_that_was_seen(own: Own) -> None:
    """Its ETag names that; every version stays on record, with who set it."""
    first = _put(own, _RULE)
    assert (first.status_code, first.headers["etag"], first.json()["version"]) == (200, '"1"', 1)
    second = _put(own, _RULE | {"at_least": 2}, **{"If-Match": '"1"'})
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    late = _put(own, _RULE | {"at_least": 3}, **{"If-Match": '"1"'})
    assert (late.status_code, late.json()["version"]) == (412, 2)
    shown = own.web.client.get(f"{_API}/alert-rules/tunisia/border-attack")
    assert (shown.headers["etag"], shown.json()["rule"]["at_least"], shown.json()["set_by"]) == ('"2"', 2, "tester")
    again = own.web.client.get(f"{_API}/alert-rules/tunisia/border-attack", headers={"If-None-Match": '"2"'})
    assert again.status_code == 304
    assert _put(own, _RULE, **{"If-Match": "2"}).status_code == 422
    made = own.web.client.post(f"{_API}/alert-rules", json={"theater": "tunisia", "id": "border-attack", "rule": _RULE})
    assert (made.status_code, made.json()["version"]) == (409, 2)
    other = own.web.client.post(f"{_API}/alert-rules", json={"theater": "tunisia", "id": "other", "rule": _RULE})
    assert (other.status_code, other.json()["version"]) == (201, 1)


def test_a_rule_that_was_removed_is_judged_no_more(firing: Own) -> None:
    """And can be set again; one that another is inhibited by stays."""
    quieted = _RULE | {"title": "Another", "inhibited_by": ["border-attack"]}
    assert _put(firing, quieted, "other").status_code == 200
    path = f"{_API}/alert-rules/tunisia/border-attack"
    assert "quiets other" in firing.web.client.delete(path).json()["detail"]
    assert firing.web.client.delete(f"{_API}/alert-rules/tunisia/other").status_code == 204
    assert firing.web.client.delete(path, headers={"If-Match": '"7"'}).status_code == 412
    assert firing.web.client.delete(path).status_code == 204
    assert firing.web.client.delete(path).status_code == 404
    assert firing.web.client.get(f"{_API}/alerts/tunisia/border-attack").status_code == 404
    assert _put(firing, _RULE).json()["version"] == 3
    told = [event.detail["removed"] for event in firing.events() if event.kind is EventKind.RULE_CHANGED]
    assert told == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"indicator": "violence/none"}, "indicator"),
        ({"at_least": 0}, "at_least"),
        ({"kind": "loud"}, "kind"),
        ({"colour": "red"}, "colour"),
        ({"inhibited_by": ["nothing"]}, "inhibited_by[0]"),
        ({"inhibited_by": ["border-attack"]}, "inhibited_by"),
        ({"title": "a\0b"}, "rule"),
        ({"title": "\ud800"}, "rule"),
        ({"title": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}}, "rule"),
    ],
)
def test_what_a_file_could_not_declare_cannot_be_set(own: Own, changes: dict[str, object], field: str) -> None:
    """By the same words, and nothing is written."""
    body = json.dumps({"rule": _RULE | changes})
    headers = {"content-type": "application/json"}
    answer = own.web.client.put(f"{_API}/alert-rules/tunisia/border-attack", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert field in [item["field"] for item in answer.json()["problems"]]
    assert own.web.client.get(f"{_API}/alert-rules/tunisia/border-attack").status_code == 404


def test_a_rule_has_an_id_as_files_have_names(own: Own) -> None:
    """Small letters, digits and hyphens."""
    answer = _put(own, _RULE, "Border%20attack")
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "rule")


def test_alerts_are_told_in_the_stream_of_events_and_in_the_metrics(firing: Own) -> None:
    """Each step, the notice, and the acknowledgement, under the numbers by which a reader goes on."""
    firing.web.client.post(f"{_API}/alerts/tunisia/border-attack/acknowledge", json={})
    firing.web.client.app.state.followers.close()  # type: ignore[attr-defined] - what was missed is told, and no more
    stream = firing.web.client.get(f"{_API}/events", params={"after": 0}).text
    told = [json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line.startswith("data: ")]
    kinds = [item["kind"] for item in told if item["subject"] == "border-attack"]
    assert kinds == ["rule.changed", "alert.changed", "alert.fired", "alert.told", "alert.acknowledged"]
    metrics = firing.web.client.get("/metrics").text
    labels = 'rule="border-attack",severity="critical",theater="tunisia"'
    assert f"tocsin_alert_firing{{{labels}}} 1.0" in metrics
    assert f"tocsin_alert_waiting{{{labels}}} 0.0" in metrics
    assert 'tocsin_deliveries{destination="log",stage="waiting"} 1.0' in metrics
