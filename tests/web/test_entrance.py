"""The address itself: it says where things are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE

if TYPE_CHECKING:
    from support.access import Guarded

pytestmark = ONLY_SQLITE
_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_program_is_told_where_things_are(guarded: Guarded) -> None:
    """Without a credential; and at each address there is something, if not for everybody."""
    answer = guarded.client().get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["vary"] == "Accept"
    found = answer.json()
    assert found["description"] == "/api/v1/openapi.json"
    status = {name: guarded.client().get(address).status_code for name, address in found.items()}
    assert status == {
        "description": 200,
        "theaters": 401,
        "session": 401,
        "problems": 200,
        "health": 200,
        "readiness": 200,
        "metrics": 401,
    }


def test_a_browser_is_given_a_page_that_its_policy_lets_it_show(guarded: Guarded) -> None:
    """The same addresses as links; no script, style, form or picture, all of which the policy forbids."""
    client = guarded.client(accept=_BROWSER)
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none';")
    links = re.findall(r'href="([^"]+)"', page.text)
    assert links == list(guarded.client().get("/").json().values())
    assert not re.search(r"<(?!/?(?:!doctype|html|meta|title|h1|ul|li|a)\b)|style=|\son\w+=", page.text)


@pytest.mark.parametrize(("accept", "status"), [("image/png", 406), ("text/*", 200), ("application/json;q=0", 406)])
def test_what_cannot_be_given_is_said(guarded: Guarded, accept: str, status: int) -> None:
    """As everywhere."""
    answer = guarded.client(accept=accept).get("/")
    assert answer.status_code == status
    assert status == 200 or answer.json()["type"] == "urn:tocsin:problem:not-acceptable"
