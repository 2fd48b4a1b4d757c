"""Signing in, tried too often."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.access import CHEAP, PASSWORD, open_guarded
from tocsin.domain.errors import NotSignedInError, TooManyAttemptsError
from tocsin.domain.event import EventKind
from tocsin.usecases.open_session import Visitor
from tocsin.usecases.sign_in import admit, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

    from support.access import Guarded

pytestmark = pytest.mark.fault(19)


def _try(guarded: Guarded, name: str = "ada", password: str = "a wrong guess") -> Response:  # noqa: S107
    return guarded.client().post("/api/v1/session", json={"name": name, "password": password})


def test_ten_failures_shut_the_door_to_the_right_password_too(guarded: Guarded) -> None:
    """For a quarter of an hour from the first of them; sessions that are open go on, and it is told once."""
    guarded.add("ada")
    browser = guarded.signed_in("ada")
    assert [_try(guarded).status_code for _ in range(10)] == 10 * [401]
    guarded.clock.move(minutes=5)
    shut = [_try(guarded, password=PASSWORD) for _ in range(5)]
    assert {item.status_code for item in shut} == {429}
    assert {item.headers["retry-after"] for item in shut} == {"600"}
    assert shut[0].json()["type"] == "urn:tocsin:problem:too-many-attempts"
    assert browser.get("/api/v1/session").status_code == 200
    told = guarded.events(EventKind.SIGN_IN_LIMITED)
    assert [(item.subject, item.detail) for item in told] == [("ada", {"limit": "name"})]
    guarded.clock.move(minutes=10)
    assert _try(guarded, password=PASSWORD).status_code == 201


def test_many_names_from_one_address_are_shut_out_as_well(guarded: Guarded) -> None:
    """A name that nobody has tried is refused from there."""
    guarded.add("ada")
    assert [_try(guarded, f"name{number}").status_code for number in range(10)] == 10 * [401]
    assert _try(guarded, "ada", PASSWORD).status_code == 429
    assert [item.subject for item in guarded.events(EventKind.SIGN_IN_LIMITED)] == ["testclient"]


def test_success_is_no_failure(guarded: Guarded) -> None:
    """Nobody is shut out for signing in often."""
    guarded.add("ada")
    assert [_try(guarded, password=PASSWORD).status_code for _ in range(12)] == 12 * [201]


def test_guessing_the_present_password_counts_as_guessing(guarded: Guarded) -> None:
    """A session that was left open opens no other way in."""
    guarded.add("ada")
    browser = guarded.signed_in("ada")
    body = {"present": "a wrong guess", "password": "entirely other words"}
    found = [browser.post("/api/v1/accounts/ada/password", json=body).status_code for _ in range(11)]
    assert found == [*(10 * [401]), 429]


class _Counted:
    """Passwords that count how often they are hashed."""

    def __init__(self) -> None:
        self.verified = 0

    def verify(self, kept: str | None, password: str) -> bool:
        """As it is, counted."""
        self.verified += 1
        return CHEAP.verify(kept, password)


def test_a_thousand_sign_ins_cost_ten_hashes_in_however_many_processes(
    guarded: Guarded, tmp_path: Path, url: str
) -> None:
    """Two applications on one store, eight threads: the rest is refused before anything is hashed, and told once."""
    guarded.add("ada")
    counted = _Counted()
    with open_guarded(tmp_path, url) as other:
        both = [replace(item.access, passwords=counted) for item in (guarded, other)]
        now = guarded.clock.now

        def attempt(number: int) -> str:
            access = both[number % 2]
            address = f"198.51.100.{number % 250}"
            try:
                ticket = admit("ada", address, access=access, now=now)
                sign_in("ada", "a wrong guess", ticket, Visitor(address, ""), access=access, now=now)
            except NotSignedInError:
                return "failed"
            except TooManyAttemptsError:
                return "refused"
            return "signed in"

        began = time.process_time()
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(attempt, range(1000)))
        spent = time.process_time() - began
    assert (outcomes.count("failed"), outcomes.count("refused")) == (10, 990)
    assert counted.verified == 10
    assert len(guarded.events(EventKind.SIGN_IN_LIMITED)) == 1
    assert spent < 15  # a quarter of one processor, were they of one minute; measured 1 to 3 s


def test_many_names_from_many_addresses_cannot_use_up_the_processor(guarded: Guarded) -> None:
    """Sixty attempts a minute are heard, whoever makes them; a minute later it is open again."""
    now = guarded.clock.now
    for number in range(60):
        admit(f"name{number}", f"198.51.100.{number}", access=guarded.access, now=now)
    with pytest.raises(TooManyAttemptsError, match="of all names and addresses") as refused:
        admit("ada", "203.0.113.1", access=guarded.access, now=now)
    assert refused.value.wait_seconds == 60
    guarded.clock.move(minutes=1)
    admit("ada", "203.0.113.1", access=guarded.access, now=guarded.clock.now)


def test_addresses_of_one_network_count_as_one(guarded: Guarded) -> None:
    """Whoever has an IPv6 network has 2⁶⁴ addresses."""
    for number in range(10):
        admit(f"name{number}", f"2001:db8:0:1::{number:x}", access=guarded.access, now=guarded.clock.now)
    with pytest.raises(TooManyAttemptsError, match="from this address"):
        admit("ada", "2001:db8:0:1:ffff::1", access=guarded.access, now=guarded.clock.now)
    admit("ada", "2001:db8:0:2::1", access=guarded.access, now=guarded.clock.now)
