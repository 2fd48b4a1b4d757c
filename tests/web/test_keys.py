"""API keys: made once, taken until they expire or are revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.access import open_guarded
from tocsin.domain.access import Role
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from pathlib import Path

    from support.access import Guarded

_KEYS = "/api/v1/keys"
_SESSION = "/api/v1/session"


def test_a_key_is_shown_once_and_signs_a_program_in(guarded: Guarded) -> None:
    """As itself and not as whoever made it; what is kept is its hash."""
    guarded.add("eve", Role.ADMIN)
    eve = guarded.signed_in("eve")
    made = eve.post(_KEYS, json={"name": "collector", "role": "analyst", "theaters": ["tunisia"]}).json()
    program = guarded.client(authorization=f"Bearer {made['key']}")
    me = program.get(_SESSION).json()
    assert (me["name"], me["role"], me["session"]) == (f"key:{made['id']}", "analyst", None)
    listed = eve.get(_KEYS)
    assert made["key"][-40:] not in listed.text
    assert [(item["name"], item["created_by"]) for item in listed.json()["items"]] == [("collector", "eve")]
    kept = guarded.access.keys.find(made["id"])
    assert kept is not None
    assert len(kept.token) == 64
    assert kept.token not in made["key"]


@pytest.mark.fault(19)
def test_a_revoked_key_is_refused_at_once_in_every_process(guarded: Guarded, tmp_path: Path, url: str) -> None:
    """Two applications on one store, each with its own memory; the refusal is told once an hour and not each time."""
    with open_guarded(tmp_path, url) as other:
        guarded.add("eve", Role.ADMIN)
        key, here = guarded.key()
        there = other.client(authorization=here.headers["authorization"])
        assert [client.get(_SESSION).status_code for client in (here, there)] == [200, 200]
        assert guarded.signed_in("eve").delete(f"{_KEYS}/{key.id}").status_code == 204
        other.gate.look_again()  # as 20 ms later
        for client in (here, there, here):
            refused = client.get(_SESSION)
            assert refused.status_code == 401
            assert refused.json()["detail"].startswith(f"API key {key.id} is revoked")
            assert refused.headers["www-authenticate"] == "Bearer"
    told = guarded.events(EventKind.CREDENTIAL_REFUSED)
    assert [(item.subject, item.detail) for item in told] == [(key.id, {"why": "revoked"})]
    guarded.clock.move(hours=1)
    here.get(_SESSION)
    assert len(guarded.events(EventKind.CREDENTIAL_REFUSED)) == 2


@pytest.mark.fault(19)
def test_a_key_expires_although_nothing_changes_in_the_store(guarded: Guarded) -> None:
    """Memory does not make it last."""
    _, program = guarded.key(days=1)
    guarded.clock.move(hours=23.9)
    assert program.get(_SESSION).status_code == 200
    guarded.clock.move(hours=0.1)
    refused = program.get(_SESSION)
    assert refused.status_code == 401
    assert "expired" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("mangle", "said"),
    [
        (lambda key: key[:-1], "is no API key"),
        (lambda key: key[:30] + ("0" if key[30] != "0" else "1") + key[31:], "mistyped or cut off"),
        (lambda _: "x", "is no API key"),
        (lambda _: "", "is no API key"),
        (lambda _: "tocsin_0123456789ab_" + 64 * "0" + "00000000", "mistyped or cut off"),
    ],
)
@pytest.mark.fault(19)
def test_a_mistyped_key_is_told(guarded: Guarded, mangle: object, said: str) -> None:
    """By its checksum, without a look at the store; the key is not repeated."""
    _, program = guarded.key()
    key = program.headers["authorization"].removeprefix("Bearer ")
    sent = mangle(key)  # type: ignore[operator]
    refused = guarded.client(authorization=f"Bearer {sent}").get(_SESSION)
    assert refused.status_code == 401
    assert said in refused.json()["detail"]
    assert len(sent) < 10 or sent not in refused.text


def test_the_last_use_of_a_key_is_written_down_once_a_minute(guarded: Guarded) -> None:
    """So that a key that nobody uses is found."""
    key, program = guarded.key()
    began = guarded.clock.now
    for _ in range(3):
        assert program.get(_SESSION).status_code == 200
        guarded.clock.move(seconds=20)
    guarded.gate.close()
    kept = guarded.access.keys.find(key.id)
    assert kept is not None
    assert kept.used_at == began


def test_a_bad_key_is_not_made_good_by_a_cookie(guarded: Guarded) -> None:
    """Whoever sends a key means the key."""
    guarded.add("ada")
    browser = guarded.signed_in("ada")
    assert browser.get(_SESSION, headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_revoking_a_key_that_there_is_not_is_told(guarded: Guarded) -> None:
    """And one that was revoked before stays so."""
    key, _ = guarded.key()
    _, admin = guarded.key(Role.ADMIN)
    assert admin.delete(f"{_KEYS}/000000000000").status_code == 404
    assert [admin.delete(f"{_KEYS}/{key.id}").status_code for _ in range(2)] == [204, 204]
    assert len(guarded.events(EventKind.KEY_CHANGED)) == 3


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    "end", ["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2126-12-01T00:00:00Z"]
)
def test_an_end_that_no_store_could_tell_again_is_refused(guarded: Guarded, end: str) -> None:
    """The keys that there are can be listed and revoked afterwards."""
    _, admin = guarded.key(Role.ADMIN)
    refused = admin.post(_KEYS, json={"name": "x", "role": "viewer", "expires_at": end})
    assert refused.status_code == 422, refused.text
    assert "expires_at" in refused.json()["problems"][0]["field"]
    assert len(admin.get(_KEYS).json()["items"]) == 1
    kept = admin.post(_KEYS, json={"name": "x", "role": "viewer", "expires_at": "2100-01-01T02:00:00+02:00"})
    assert (kept.status_code, kept.json()["expires_at"]) == (201, "2100-01-01T00:00:00Z")


@pytest.mark.fault(19)
def test_a_key_makes_none_that_lasts_longer_than_itself(guarded: Guarded) -> None:
    """Else one that ends would have no end; one that ends with it may be made."""
    key, admin = guarded.key(Role.ADMIN, days=1)
    assert key.expires_at is not None
    new, later = {"name": "x", "role": "viewer"}, (key.expires_at + timedelta(seconds=1)).isoformat()
    for more in ({}, {"expires_at": later}):
        refused = admin.post(_KEYS, json=new | more)
        assert refused.status_code == 422, more
        assert key.expires_at.isoformat() in refused.json()["problems"][0]["accepted"]
    assert admin.post(_KEYS, json=new | {"expires_at": key.expires_at.isoformat()}).status_code == 201
    _, endless = guarded.key(Role.ADMIN)
    assert endless.post(_KEYS, json=new).status_code == 201
