"""What the gate keeps in memory, and for how long."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from support.access import OPERATOR, open_guarded
from support.databases import ONLY_SQLITE
from tocsin.domain.access import Role
from tocsin.domain.event import Event, EventKind
from tocsin.store.event import EventShelf
from tocsin.usecases.freshness import Freshness
from tocsin.usecases.revoke_key import revoke_key
from tocsin.web.cookies import cookie_name
from tocsin.web.gate import StoreGate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sqlalchemy import Engine

    from support.access import Guarded
    from tocsin.domain.access import Principal
    from tocsin.domain.api_key import ApiKey

pytestmark = ONLY_SQLITE
_THEATERS = "/api/v1/theaters"


@dataclass
class _Events:
    """Events of which a test says when there are more."""

    kinds: list[EventKind] = field(default_factory=list)

    def last(self) -> int:
        return len(self.kinds)

    def after(self, number: int, limit: int, kinds: Collection[EventKind] = ()) -> list[Event]:
        return [kind for kind in self.kinds[number:] if kind in kinds][:limit]  # type: ignore[misc]


@dataclass
class _Keys:
    """Keys that count how often they are looked for, and by which threads."""

    find_in_store: Callable[[str], ApiKey | None]
    threads: list[int] = field(default_factory=list)

    def find(self, key: str) -> ApiKey | None:
        self.threads.append(threading.get_ident())
        return self.find_in_store(key)

    def note_used(self, used: object) -> None:
        """Not looked at here."""


@dataclass
class _World:
    """A gate in whose world only the test lets time pass and things happen."""

    gate: StoreGate
    events: _Events
    keys: _Keys
    seconds: list[float]
    request: Request

    def ask(self, times: int) -> None:
        async def identify() -> None:
            for _ in range(times):
                principal = await self.gate.identify(self.request)
                assert principal is not None
                assert principal.role is Role.OFFICER

        asyncio.run(identify())


@pytest.fixture
def world(guarded: Guarded) -> _World:
    """With one key."""
    _, program = guarded.key(Role.OFFICER)
    events, keys, seconds = _Events(), _Keys(guarded.access.keys.find), [0.0]
    access = replace(guarded.access, keys=keys)  # type: ignore[arg-type]
    freshness = Freshness(events, lambda: seconds[0])  # type: ignore[arg-type]
    header = (b"authorization", program.headers["authorization"].encode())
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": [header], "state": {}}
    return _World(StoreGate(access, events, freshness, guarded.clock), events, keys, seconds, Request(scope))  # type: ignore[arg-type]


def test_what_is_known_costs_no_query_and_no_thread(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request looks in the store, by a thread of its own; a thousand others do not leave theirs."""
    world.ask(1)
    assert len(world.keys.threads) == 1
    assert world.keys.threads[0] != threading.get_ident()

    def hop(*_: object, **__: object) -> None:
        pytest.fail("the request waited for a thread")

    monkeypatch.setattr("tocsin.web.gate.run_in_threadpool", hop)
    world.ask(1000)
    assert len(world.keys.threads) == 1


def test_observations_and_fits_make_nobody_unknown(world: _World) -> None:
    """Else every report would have every credential read again; an account, key or session that changes does."""
    world.ask(1)
    for kind in EventKind:
        before = len(world.keys.threads)
        world.events.kinds.append(kind)
        world.seconds[0] += 1.0
        world.ask(2)
        turning = {EventKind.ACCOUNT_CHANGED, EventKind.KEY_CHANGED, EventKind.SIGNED_OUT}
        assert len(world.keys.threads) - before == (kind in turning), kind


def test_a_change_is_noticed_within_20_ms(world: _World) -> None:
    """Until then what is known holds, and no longer."""
    world.ask(1)
    world.events.kinds.append(EventKind.KEY_CHANGED)
    world.seconds[0] = 0.0199
    world.ask(1)
    assert len(world.keys.threads) == 1
    world.seconds[0] = 0.02
    world.ask(1)
    assert len(world.keys.threads) == 2


def test_the_gate_and_the_desk_share_their_looks(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """One query tells both that nothing has changed."""
    monkeypatch.setattr("tocsin.usecases.freshness.LOOK_EVERY_SECONDS", 3600)
    _, program = guarded.key(Role.VIEWER)
    looks: list[int] = []
    real = EventShelf.last

    def counted(shelf: EventShelf) -> int:
        looks.append(real(shelf))
        return looks[-1]

    monkeypatch.setattr(EventShelf, "last", counted)
    assert program.get("/api/v1/theaters/tunisia/odds").json()["type"] == "urn:tocsin:problem:no-fit"
    assert len(looks) == 1


@pytest.mark.fault(19)
def test_a_good_key_passes_at_an_address_that_is_turned_away(tmp_path: Path, url: str, engine: Engine) -> None:
    """Also after somebody's account or key was changed; one that was revoked does not."""
    del engine  # it makes the tables
    with open_guarded(tmp_path, url, address_requests_per_minute=2) as guarded:
        (_, first), (_, second), (revoked, other) = (guarded.key(Role.VIEWER) for _ in range(3))
        assert [client.get(_THEATERS).status_code for client in (first, second, other)] == [200, 200, 200]
        stranger = guarded.client()
        assert [stranger.get(_THEATERS).status_code for _ in range(4)] == [401, 401, 429, 429]
        assert revoke_key(revoked.id, actor=OPERATOR, access=guarded.access, now=guarded.clock.now)
        guarded.gate.look_again()
        # The first one notices the change, after which the second has to be looked up anew.
        asked = (first, second, other, other)
        assert [client.get(_THEATERS).status_code for client in asked] == [200, 200, 429, 429]
        bad = (b"authorization", other.headers["authorization"].encode())
        assert not guarded.gate.knows({"headers": [bad], "scheme": "http"})


def _still(guarded: Guarded, principal: Principal) -> Principal | None:
    guarded.gate.look_again()
    return asyncio.run(guarded.gate.still(principal))


@pytest.mark.fault(19)
def test_whoever_stays_neither_turns_a_token_nor_uses_a_session(guarded: Guarded) -> None:
    """A stream's answer has begun and can bring no token: the browser's next request gets the new one."""
    guarded.add("ada")
    browser = guarded.signed_in("ada")
    (session,) = (item for item, _ in guarded.access.sessions.unclosed())
    ada = guarded.access.accounts.named("ada")
    assert ada is not None
    principal = ada.principal(session.id)
    for _ in range(3):
        guarded.clock.move(minutes=15)
        assert _still(guarded, principal) == principal
    assert "set-cookie" in browser.get("/api/v1/session").headers
    guarded.clock.move(minutes=2)
    assert _still(guarded, principal) == principal, "with another token the session is the same"
    assert browser.get("/api/v1/session").status_code == 200
    for _ in range(12):
        guarded.clock.move(hours=1)
        last = _still(guarded, principal)
    assert last is None, "nobody has used it for twelve hours"
    assert guarded.events(EventKind.CREDENTIAL_REFUSED) == []


@pytest.mark.fault(19)
def test_whoever_stays_goes_when_what_they_came_by_ends(guarded: Guarded) -> None:
    """A session that is closed, an account that is disabled, and a key that is revoked or expires."""
    guarded.add("eve", Role.ADMIN)
    guarded.add("ada")
    eve, ada = guarded.signed_in("eve"), guarded.signed_in("ada")
    key, _ = guarded.key(days=1)
    short, _ = guarded.key(days=1 / 24)
    came = {account.name: account.principal(item.id) for item, account in guarded.access.sessions.unclosed()}
    assert all(_still(guarded, item) for item in (*came.values(), key.principal, short.principal))
    guarded.clock.move(hours=1)
    assert _still(guarded, short.principal) is None
    assert ada.delete("/api/v1/session").status_code == 204
    assert eve.delete(f"/api/v1/keys/{key.id}").status_code == 204
    assert [_still(guarded, item) for item in (came["ada"], key.principal)] == [None, None]
    assert _still(guarded, came["eve"]) is not None
    guarded.add("bob", Role.ADMIN)
    assert guarded.signed_in("bob").patch("/api/v1/accounts/eve", json={"disabled": True}).status_code == 200
    assert _still(guarded, came["eve"]) is None


@pytest.mark.fault(19)
def test_whoever_is_known_is_let_in_from_an_address_that_is_turned_away(
    tmp_path: Path, url: str, engine: Engine
) -> None:
    """A stranger at the same address makes a good key no worse; one that nobody knows is turned away unlooked at."""
    del engine  # it makes the tables
    with open_guarded(tmp_path, url, address_requests_per_minute=2) as guarded:
        key, program = guarded.key(Role.ADMIN)
        assert program.get("/api/v1/session").status_code == 200
        stranger = guarded.client(authorization="Bearer nonsense")
        assert [stranger.get("/api/v1/session").status_code for _ in range(4)] == [401, 401, 429, 429]
        assert program.get("/api/v1/session").status_code == 200
        assert program.delete(f"/api/v1/keys/{key.id}").status_code == 204
        guarded.gate.look_again()
        assert program.get("/api/v1/session").status_code == 429
        assert program.get("/api/v1/session").status_code == 429


def test_a_request_under_an_idempotency_key_counts_once(tmp_path: Path, url: str, engine: Engine) -> None:
    """Though it is asked twice whom it comes from."""
    del engine  # it makes the tables
    with open_guarded(tmp_path, url, requests_per_minute=2) as guarded:
        _, program = guarded.key(Role.ADMIN)
        path = "/api/v1/theaters/tunisia/fits"
        answers = [program.post(path, headers={"Idempotency-Key": str(number)}).status_code for number in range(3)]
        assert answers[2] == 429
        assert 429 not in answers[:2]


@pytest.mark.fault(19)
def test_the_token_of_a_session_is_no_key_though_it_is_known(guarded: Guarded) -> None:
    """Nor is a key a token: what each is good for is another thing, such as what no key may do."""
    guarded.add("ada", Role.ADMIN)
    page = guarded.signed_in("ada")
    assert page.get("/api/v1/session").status_code == 200
    token = next(iter(page.cookies.values()))
    assert guarded.client(authorization=f"Bearer {token}").get("/api/v1/session").status_code == 401
    _, program = guarded.key(Role.ADMIN)
    assert program.get("/api/v1/session").status_code == 200
    text = program.headers["authorization"].removeprefix("Bearer ")
    assert guarded.client(cookie=f"{cookie_name('http')}={text}").get("/api/v1/session").status_code == 401
