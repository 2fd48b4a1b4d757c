"""Requests that another site had a browser send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Role

if TYPE_CHECKING:
    from support.access import Guarded

pytestmark = [pytest.mark.fault(19), ONLY_SQLITE]  # what is refused here has not come as far as the store
_PATH = "/api/v1/accounts/ada"
_ADMIN = {"role": "admin"}


def _browser(guarded: Guarded, **headers: str) -> int:
    """The status of a change with somebody's cookie and these headers."""
    guarded.add("ada")
    guarded.add("eve", Role.ADMIN)
    signed_in = guarded.signed_in("eve")
    browser = guarded.client(**headers)
    browser.cookies.set("tocsin", signed_in.cookies["tocsin"])
    before = guarded.access.accounts.named("ada")
    answer = browser.patch(_PATH, json=_ADMIN)
    changed = guarded.access.accounts.named("ada") != before
    assert changed is (answer.status_code == 200)
    if not changed:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:tocsin:problem:cross-site"
    return answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://localhost"},
        {"sec_fetch_site": ""},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://localhost.elsewhere.example"},
        {"origin": "http://localhost:81"},
        {"origin": "null"},
        {"origin": ""},
        {"authorization": "Basic eDp5"},
        {},
    ],
)
def test_a_cross_site_post_changes_nothing(guarded: Guarded, headers: dict[str, str]) -> None:
    """Nor does one that does not say where it comes from."""
    assert _browser(guarded, **headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "http://localhost"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
    ],
)
def test_a_post_of_this_sites_own_pages_is_taken(guarded: Guarded, headers: dict[str, str]) -> None:
    """As it is where the browser says nothing but the origin."""
    assert _browser(guarded, **headers) == 200


def test_a_key_needs_no_site(guarded: Guarded) -> None:
    """No browser adds one to what another site has it send."""
    _, program = guarded.key(Role.ADMIN)
    new = {"name": "collector", "role": "viewer"}
    made = program.post("/api/v1/keys", json=new, headers={"sec-fetch-site": "cross-site"})
    assert made.status_code == 201


def test_nobody_is_signed_in_by_another_site(guarded: Guarded) -> None:
    """They would go on under a name that is not theirs."""
    answer = guarded.client(sec_fetch_site="cross-site").post("/api/v1/session", json={"name": "a", "password": "b"})
    assert answer.status_code == 403


def test_reading_is_not_asked_where_it_comes_from(guarded: Guarded) -> None:
    """A link from elsewhere leads here; the cookie goes along and nothing is changed."""
    guarded.add("ada")
    browser = guarded.signed_in("ada")
    assert browser.get("/api/v1/session", headers={"sec-fetch-site": "cross-site"}).status_code == 200
