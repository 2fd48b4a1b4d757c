"""The first start, and demonstrations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE
from tocsin.bootstrap.first_admin import make_first_admin
from tocsin.domain.access import Role
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.event import EventKind
from tocsin.web.app import make_app
from tocsin.web.demo_gate import demo_gate
from tocsin.web.means import Means

if TYPE_CHECKING:
    from support.access import Guarded


def test_the_first_start_makes_an_administrator_who_can_sign_in(guarded: Guarded) -> None:
    """Once; a start in which there is somebody makes nobody."""
    made = make_first_admin(guarded.service, guarded.clock.now)
    assert made is not None
    assert made.password not in repr(made)
    answer = guarded.client().post("/api/v1/session", json={"name": made.name, "password": made.password})
    assert answer.json()["role"] == "admin"
    assert make_first_admin(guarded.service, guarded.clock.now) is None
    assert [item.actor for item in guarded.events(EventKind.ACCOUNT_CHANGED)] == ["first-start"]


def test_of_processes_that_start_at_once_one_makes_the_administrator(guarded: Guarded) -> None:
    """And one password is printed."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_first_admin(guarded.service, guarded.clock.now), range(4)))
    assert sum(item is not None for item in made) == 1
    (account,) = guarded.access.accounts.accounts()
    assert account.role is Role.ADMIN


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tocsin.example", "", "127.0.0.1.example"])  # noqa: S104
@pytest.mark.fault(19)
def test_a_demonstration_listens_to_this_machine_only(host: str) -> None:
    """As it lets everybody in."""
    with pytest.raises(InvalidInputError, match="host is"):
        demo_gate(host)


@ONLY_SQLITE
@pytest.mark.fault(19)
def test_a_demonstration_answers_under_its_own_name_only(guarded: Guarded) -> None:
    """A page elsewhere whose name leads here learns nothing, and one that posts here changes nothing."""
    means: Means = guarded.app.state.means
    for host in ("127.0.0.1", "::1", "localhost"):
        gate = demo_gate(host)
    guarded.app = make_app(Means(means.service, means.desk, gate, means.clock, means.settings))
    client = guarded.client()
    assert client.get("/api/v1/session").json()["role"] == "admin"
    assert client.get("http://rebound.example/api/v1/session").status_code == 401
    for header in ("x-forwarded-for", "X-Forwarded-Host", "forwarded"):  # a proxy has brought somebody from elsewhere
        assert client.get("/api/v1/session", headers={header: "localhost"}).status_code == 401
    body = {"name": "x", "role": "admin"}
    assert client.post("/api/v1/keys", json=body, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/api/v1/keys", json=body).status_code == 201
