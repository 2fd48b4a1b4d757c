"""The address itself: it says where things are."""

from __future__ import annotations

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


def test_a_browser_is_led_to_the_board_and_to_signing_in_first(guarded: Guarded) -> None:
    """From the address alone, with where it wanted to go kept."""
    client = guarded.client(accept=_BROWSER)
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"], answer.headers["vary"]) == (303, "/theaters", "Accept")
    answer = client.get("/theaters", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Ftheaters")
    assert "<h1>Sign in</h1>" in client.get("/theaters").text


def test_a_browser_that_asks_for_what_is_not_there_is_told_so_on_a_page(guarded: Guarded) -> None:
    """A program gets a problem, and so does whoever asks below the API's address."""
    page = guarded.client(accept=_BROWSER).get("/thaeters")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "there is no such address" in page.text
    for client, path in ((guarded.client(), "/thaeters"), (guarded.client(accept=_BROWSER), "/api/v1/thaeters")):
        assert client.get(path).headers["content-type"] == "application/problem+json", path


@pytest.mark.parametrize(("accept", "status"), [("image/png", 406), ("text/*", 200), ("application/json;q=0", 406)])
def test_what_cannot_be_given_is_said(guarded: Guarded, accept: str, status: int) -> None:
    """As everywhere."""
    answer = guarded.client(accept=accept).get("/")
    assert answer.status_code == status
    assert status == 200 or answer.json()["type"] == "urn:tocsin:problem:not-acceptable"
