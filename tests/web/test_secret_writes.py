"""Writes of keys, accounts and passwords under an idempotency key, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, select

from support.access import CHEAP, PASSWORD
from tocsin.domain.access import Role
from tocsin.domain.event import EventKind
from tocsin.store.engine import reading
from tocsin.store.password import Argon2Passwords
from tocsin.store.tables import answer as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

    from support.access import Guarded

_KEYS, _ACCOUNTS = "/api/v1/keys", "/api/v1/accounts"
_OTHER = "entirely other words"
_ONCE = {"Idempotency-Key": "one"}
_NEW_KEY = {"name": "collector", "role": "viewer"}
_ADA = {"name": "ada", "password": PASSWORD, "role": "viewer"}
_SLOW_DIGITS = 64


def _rows(engine: Engine) -> list[dict[str, object]]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.key))]


def _eve(guarded: Guarded) -> TestClient:
    guarded.add("eve", Role.ADMIN)
    return guarded.signed_in("eve")


def _replayed(answer: Response) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


@pytest.mark.fault(4)
@pytest.mark.fault(19)
def test_the_same_key_is_not_made_twice_nor_shown_twice(guarded: Guarded, engine: Engine) -> None:
    """Whoever asks again hears which one was made and what to do; the store has nothing that could tell it again."""
    eve = _eve(guarded)
    made = eve.post(_KEYS, json=_NEW_KEY, headers=_ONCE)
    again = eve.post(_KEYS, json=_NEW_KEY, headers=_ONCE)
    assert (made.status_code, again.status_code) == (201, 409)
    key, problem = made.json(), again.json()
    assert _replayed(again)
    assert (problem["type"], problem["key"]) == ("urn:tocsin:problem:shown-once", key["id"])
    assert f"DELETE /api/v1/keys/{key['id']}" in problem["detail"]
    assert "GET /api/v1/keys" in problem["detail"]
    secret = key["key"].rpartition("_")[2][:64]
    assert secret not in again.text
    assert secret not in str(_rows(engine))
    assert [item.id for item in guarded.access.keys.every()] == [key["id"]]
    assert eve.post(_KEYS, json=_NEW_KEY | {"name": "else"}, headers=_ONCE).status_code == 422
    assert len(guarded.access.keys.every()) == 1
    assert eve.delete(f"{_KEYS}/{key['id']}").status_code == 204
    program = guarded.client(authorization=f"Bearer {key['key']}")
    assert program.get("/api/v1/session").status_code == 401


@pytest.mark.fault(4)
def test_a_key_is_revoked_once(guarded: Guarded) -> None:
    """The repetition is answered and tells the audit nothing new."""
    eve = _eve(guarded)
    key, _ = guarded.key()
    answers = [eve.delete(f"{_KEYS}/{key.id}", headers=_ONCE) for _ in range(2)]
    assert [item.status_code for item in answers] == [204, 204]
    assert [_replayed(item) for item in answers] == [False, True]


@pytest.mark.fault(4)
def test_the_same_account_is_made_once_and_told_twice(guarded: Guarded) -> None:
    """Another password under the same key is another request, and is not taken for the first one."""
    eve = _eve(guarded)
    made = eve.post(_ACCOUNTS, json=_ADA, headers=_ONCE)
    again = eve.post(_ACCOUNTS, json=_ADA, headers=_ONCE)
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.content == made.content
    assert (_replayed(made), _replayed(again)) == (False, True)
    other = eve.post(_ACCOUNTS, json=_ADA | {"password": _OTHER}, headers=_ONCE)
    assert (other.status_code, other.json()["type"]) == (422, "urn:tocsin:problem:key-reused")
    assert len(guarded.events(EventKind.ACCOUNT_CHANGED)) == 2
    assert eve.post(_ACCOUNTS, json=_ADA).status_code == 422  # without a key the name is taken


@pytest.mark.fault(4)
def test_an_account_is_changed_once(guarded: Guarded) -> None:
    """Although somebody changed it back meanwhile."""
    eve = _eve(guarded)
    guarded.add("ada")
    first = eve.patch(f"{_ACCOUNTS}/ada", json={"role": "officer"}, headers=_ONCE)
    assert eve.patch(f"{_ACCOUNTS}/ada", json={"role": "viewer"}).status_code == 200
    again = eve.patch(f"{_ACCOUNTS}/ada", json={"role": "officer"}, headers=_ONCE)
    assert (again.status_code, again.content, _replayed(again)) == (200, first.content, True)
    assert eve.get(f"{_ACCOUNTS}/ada").json()["role"] == "viewer"


@pytest.mark.fault(4)
def test_ones_own_password_is_changed_once(guarded: Guarded) -> None:
    """Sent again, the present password is not the present one any more, and that is no failure."""
    guarded.add("ada")
    ada = guarded.signed_in("ada")
    sent = {"password": _OTHER, "present": PASSWORD}
    change = partial(ada.post, f"{_ACCOUNTS}/ada/password", headers=_ONCE)
    assert [change(json=sent).status_code for _ in range(2)] == [204, 204]
    assert change(json=sent | {"password": "and yet others"}).json()["type"] == "urn:tocsin:problem:key-reused"
    assert ada.post(f"{_ACCOUNTS}/ada/password", json=sent).status_code == 401


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (_ADA | {"pasword": "a slip of the hand"}, 422),
        ({"name": "ada", "pasword": "a slip of the hand", "role": "viewer"}, 422),
        (_ADA | {"password": "short"}, 422),
    ],
)
def test_what_was_refused_is_not_kept(guarded: Guarded, engine: Engine, sent: dict[str, str], status: int) -> None:
    """A refusal may repeat what was sent, where it was sent in a field that no password belongs into."""
    eve = _eve(guarded)
    for _ in range(2):
        refused = eve.post(_ACCOUNTS, json=sent, headers=_ONCE)
        assert (refused.status_code, _replayed(refused)) == (status, False)
        assert _rows(engine) == []
    assert eve.post(_ACCOUNTS, json=_ADA, headers=_ONCE).status_code == 201


class _Constant(Argon2Passwords):
    """Passwords whose slow hash says nothing of what was hashed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bytes] = []
        self.hash = CHEAP.hash  # type: ignore[method-assign]
        self.verify = CHEAP.verify  # type: ignore[method-assign]
        self.outdated = CHEAP.outdated  # type: ignore[method-assign]

    def fingerprint(self, content: bytes, salt: bytes) -> str:
        """The same for all."""
        assert len(salt) == 16
        self.asked.append(content)
        return _SLOW_DIGITS * "0"


def _put(guarded: Guarded, passwords: Argon2Passwords) -> None:
    service = guarded.service
    means = replace(
        guarded.app.state.means, service=replace(service, access=replace(service.access, passwords=passwords))
    )
    guarded.app.state.means = means


@pytest.mark.fault(19)
@pytest.mark.parametrize("which", ["an account", "somebody's password", "ones own password"])
def test_nothing_but_a_slow_hash_of_a_password_is_kept(guarded: Guarded, engine: Engine, which: str) -> None:
    """With the slow hash taken out, the whole record is the same whatever the password was, and however long.

    So a guess at the password can be tried against the slow hash alone, which is that of passwords
    (tests/store/test_password.py).
    """
    guarded.add("ada")
    eve, slow = _eve(guarded), _Constant()
    found = []
    present = PASSWORD
    for new in ("entirely other words", "quite another one, and longer"):
        asked: dict[str, Callable[[], Response]] = {
            "an account": partial(eve.post, _ACCOUNTS, json=_ADA | {"name": "ida", "password": new}),
            "somebody's password": partial(eve.post, f"{_ACCOUNTS}/ada/password", json={"password": new}),
            "ones own password": partial(
                eve.post, f"{_ACCOUNTS}/eve/password", json={"password": new, "present": present}
            ),
        }
        _put(guarded, slow)
        answer = asked[which](headers=_ONCE)  # type: ignore[call-arg]
        assert answer.status_code in {201, 204}, answer.text
        assert new.encode() in slow.asked[-1]
        found.append(_rows(engine))
        assert guarded.service.answers.forget(guarded.clock.now.replace(year=2100)) == 1
        if which == "an account":
            _rename(engine)
        present = new
    assert found[0] == found[1]
    assert len(found[0]) == 1
    assert found[0][0]["request"] == _SLOW_DIGITS * "0"


def _rename(engine: Engine) -> None:
    """Make room for an account of the same name."""
    with engine.begin() as connection:
        connection.exec_driver_sql("update account set name = 'was-' || id where name = 'ida'")


@pytest.mark.fault(19)
def test_nobody_has_two_requests_with_passwords_told_apart_at_once(guarded: Guarded) -> None:
    """What that takes is taken from those who sign in; the next one is let in when it is done."""
    eve = _eve(guarded)
    begun, end = threading.Event(), threading.Event()

    class Held(_Constant):
        """A slow hash that goes on until the test ends it."""

        def fingerprint(self, content: bytes, salt: bytes) -> str:
            """When it is told to."""
            begun.set()
            assert end.wait(10)
            return CHEAP.fingerprint(content, salt)

    _put(guarded, Held())
    answers: list[Response] = []
    asked = threading.Thread(target=lambda: answers.append(eve.post(_ACCOUNTS, json=_ADA, headers=_ONCE)), daemon=True)
    asked.start()
    assert begun.wait(10)
    ask_another = partial(eve.post, _ACCOUNTS, json=_ADA | {"name": "bob"}, headers={"Idempotency-Key": "two"})
    refused = ask_another()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    end.set()
    asked.join(10)
    assert [item.status_code for item in answers] == [201]
    assert ask_another().status_code == 201


@pytest.mark.fault(19)
@pytest.mark.parametrize("role", Role)
def test_no_key_gives_an_account_anything(guarded: Guarded, role: Role) -> None:
    """An account, a role, a theater or a password that a key gave would stay when the key has ended."""
    guarded.add("ada")
    before = guarded.access.accounts.accounts()
    for days in (1, None):
        _, program = guarded.key(role, days=days)
        for ask in (
            partial(program.post, _ACCOUNTS, json=_ADA | {"name": "bob"}),
            partial(program.patch, f"{_ACCOUNTS}/ada", json={"role": "admin"}),
            partial(program.post, f"{_ACCOUNTS}/ada/password", json={"password": _OTHER}),
        ):
            for headers in ({}, _ONCE):
                refused = ask(headers=headers)
                assert refused.status_code == 403
                wanted = "session-wanted" if role is Role.ADMIN or "password" in ask.args[0] else "not-allowed"
                assert refused.json()["type"] == f"urn:tocsin:problem:{wanted}"
    assert guarded.access.accounts.accounts() == before
