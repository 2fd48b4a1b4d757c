"""What an administrator of one theater sees of everything else: nothing, not even a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.domain.access import Principal, Role
from tocsin.domain.event import Event, EventKind
from tocsin.store.engine import open_engine, writing
from tocsin.store.event import write_events
from tocsin.web.overseen import overseen_events

if TYPE_CHECKING:
    from support.access import Guarded

pytestmark = pytest.mark.fault(19)
_TUNISIA, _MALI = frozenset({"tunisia"}), frozenset({"mali"})


def _write(guarded: Guarded, url: str, kind: EventKind, theater: str = "", **detail: Any) -> None:  # noqa: ANN401
    engine = open_engine(url)
    with writing(engine) as connection:
        write_events(connection, [Event(kind, guarded.clock.now, theater, "subject", "author", detail)])
    engine.dispose()


def test_the_audit_tells_an_administrator_of_one_theater_of_that_theater_only(guarded: Guarded, url: str) -> None:
    """Events that name no theater are of those of their indicators, of their feed, or of the account they are about."""
    guarded.add("moussa", Role.ADMIN, _MALI)
    guarded.add("amel", Role.ANALYST, _TUNISIA)
    guarded.signed_in("moussa").delete("/api/v1/session")
    guarded.signed_in("amel").delete("/api/v1/session")
    guarded.key(Role.VIEWER, _MALI)
    _, bound = guarded.key(Role.ADMIN, _TUNISIA)
    for kind, more in [
        (EventKind.OBSERVATIONS_RECORDED, {"indicators": ["mali/secret-source"], "ids": ["mali-id"]}),
        (EventKind.OBSERVATIONS_RECORDED, {"indicators": ["violence/border-attack", "mali/secret-source"], "added": 7}),
        (EventKind.REVIEW_DECIDED, {"feed": "mali/feed"}),
        (EventKind.REVIEW_DECIDED, {"feed": "tunisia/feed"}),
        (EventKind.ODDS_PUBLISHED, {"theater": "mali"}),
        (EventKind.ODDS_PUBLISHED, {"theater": "tunisia"}),
        (EventKind.SIGN_IN_LIMITED, {}),
    ]:
        _write(guarded, url, kind, **more)
    rows = bound.get("/api/v1/audit").json()["items"]
    assert "mali" not in json.dumps(rows)
    assert "moussa" not in json.dumps(rows)
    assert [(row["kind"], row["detail"]) for row in rows[-3:]] == [
        ("observations.recorded", {"indicators": ["violence/border-attack"]}),
        ("review.decided", {"feed": "tunisia/feed"}),
        ("odds.published", {}),
    ]
    assert [row["kind"] for row in rows[:-3]] == [
        "account.changed",
        "session.opened",
        "session.closed",
        "key.changed",
    ]
    _, whole = guarded.key(Role.ADMIN)
    assert len(whole.get("/api/v1/audit").json()["items"]) == 16


def test_of_what_an_account_saw_before_only_their_own_theaters_are_told(guarded: Guarded) -> None:
    """An account that came over from another theater does not name it."""
    guarded.add("amel", Role.ANALYST, _MALI | _TUNISIA)
    guarded.add("eve", Role.ADMIN)
    whole = guarded.signed_in("eve")
    assert whole.patch("/api/v1/accounts/amel", json={"theaters": ["tunisia"]}).status_code == 200
    events = guarded.events(EventKind.ACCOUNT_CHANGED)
    bob = Principal("bob", Role.ADMIN, _TUNISIA)
    seen = overseen_events(events, bob, guarded.access, guarded.service.catalog)
    assert [item.detail["theaters"] for item in seen] == [["tunisia"], [["tunisia"], ["tunisia"]]]


def test_accounts_keys_and_sessions_of_other_theaters_are_as_if_they_did_not_exist(guarded: Guarded) -> None:
    """In lists, by their names, and in what is said of names that there are not."""
    guarded.add("moussa", Role.ADMIN, _MALI)
    guarded.add("amel", Role.ANALYST, _TUNISIA)
    guarded.signed_in("moussa")
    guarded.signed_in("amel")
    other, _ = guarded.key(Role.VIEWER, _MALI)
    mine, bound = guarded.key(Role.ADMIN, _TUNISIA)
    theirs = next(item.id for item, owner in guarded.access.sessions.unclosed() if owner.name == "moussa")
    guarded.add("bob", Role.ADMIN, _TUNISIA)
    person = guarded.signed_in("bob")
    assert [item["name"] for item in bound.get("/api/v1/accounts").json()["items"]] == ["amel", "bob"]
    assert [item["id"] for item in bound.get("/api/v1/keys").json()["items"]] == [mine.id]
    assert sorted(item["account"] for item in bound.get("/api/v1/sessions?all=true").json()["items"]) == ["amel", "bob"]
    before = guarded.service.events.last()
    for there, nowhere in [
        (("GET", "accounts/moussa"), ("GET", "accounts/nobody")),
        (("PATCH", "accounts/moussa"), ("PATCH", "accounts/nobody")),
        (("DELETE", f"keys/{other.id}"), ("DELETE", "keys/000000000000")),
        (("DELETE", f"sessions/{theirs}"), ("DELETE", "sessions/0000000000000000")),
    ]:
        said = []
        for method, path in (there, nowhere):
            client = person if method == "PATCH" else bound
            answer = client.request(method, f"/api/v1/{path}", json={} if method == "PATCH" else None)
            assert answer.status_code == 404, answer.text
            said.append(answer.json()["detail"].replace(path.partition("/")[2], "…"))
        assert said[0] == said[1]
    said = [
        bound.post("/api/v1/keys", json={"name": "x", "role": "viewer", "theaters": [name]}).text.replace(name, "…")
        for name in ("mali", "nowhere")
    ]
    assert "tunisia" in said[0]
    assert '"status":422' in said[0]
    assert "sahel" not in said[0]
    assert guarded.service.events.last() == before


def test_jobs_of_other_theaters_are_not_listed(guarded: Guarded) -> None:
    """A run that is ordered for one is on record, and named to nobody else."""
    _, whole = guarded.key(Role.ADMIN)
    assert whole.post("/api/v1/theaters/tunisia/fits").status_code == 202
    assert "tunisia" in whole.get("/api/v1/jobs").text
    _, bound = guarded.key(Role.ADMIN, _MALI)
    assert bound.get("/api/v1/jobs").json()["items"] == []
