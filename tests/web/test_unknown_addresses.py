"""Addresses that are not there, and methods that an address does not take: a problem, what to do, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.access import open_guarded
from support.databases import ONLY_SQLITE
from tocsin.web.problem_types import TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from support.web import Web

_RULE = "/api/v1/alert-rules/tunisia/attack"


def test_an_address_that_is_not_there_says_where_all_are(web: Web) -> None:
    """And what to do, as every problem does."""
    answer = web.client.get("/api/v1/nothing")
    assert answer.status_code == 404
    said = answer.json()
    assert (said["type"], said["title"]) == ("urn:tocsin:problem:not-found", TYPES["not-found"].meaning)
    assert "/api/v1/openapi.json" in said["detail"]
    assert said["to_do"] == TYPES["not-found"].to_do


def test_allow_names_what_all_routes_of_an_address_take(web: Web) -> None:
    """Not those of the first one alone."""
    answer = web.client.patch(_RULE)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"
    assert answer.json()["detail"] == "PATCH is not taken here; accepted: DELETE, GET, HEAD, PUT"


@pytest.mark.fault(19)
@ONLY_SQLITE
@pytest.mark.parametrize(("method", "address"), [("GET", "/api/v1/nothing"), ("PATCH", _RULE)])
def test_whoever_asks_for_what_is_not_there_is_counted(
    tmp_path: Path, url: str, engine: Engine, method: str, address: str
) -> None:
    """Or the store's process could be kept busy by anybody."""
    del engine  # it makes the tables
    with open_guarded(tmp_path, url, address_requests_per_minute=3) as guarded:
        stranger = guarded.client()
        found = [stranger.request(method, address).status_code for _ in range(5)]
        assert found[:3] == [found[0]] * 3
        assert found[3:] == [429, 429]
