"""Who may use which route."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts

from tocsin.domain.access import Principal, Right, Role
from tocsin.web.access import Allow, GuardedRoute, refuse_open_routes

if TYPE_CHECKING:
    from support.web import Web


def test_nobody_is_let_in_without_a_credential(web: Web) -> None:
    """A problem says what to send."""
    web.gate.principal = None
    answer = web.client.get("/api/v1/theaters")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Authorization: Bearer" in answer.json()["detail"]


def test_a_theater_that_is_not_theirs_is_as_if_it_did_not_exist(web: Web) -> None:
    """The list leaves it out, and its own page is not found, without naming the others."""
    web.gate.principal = Principal("ada", Role.ANALYST, frozenset({"mali"}))
    assert web.client.get("/api/v1/theaters").json()["items"] == []
    answer = web.client.get("/api/v1/theaters/tunisia")
    assert answer.status_code == 404
    assert "known: none" in answer.json()["detail"]


def test_a_theater_that_is_theirs_is_shown(web: Web) -> None:
    """Two reads, one name."""
    web.gate.principal = Principal("ada", Role.VIEWER, frozenset({"tunisia"}))
    assert [item["id"] for item in web.client.get("/api/v1/theaters").json()["items"]] == ["tunisia"]
    assert len(web.client.get("/api/v1/theaters/tunisia").json()["scenarios"]) == 5


def test_a_route_without_a_policy_stops_the_start() -> None:
    """Deny by default, and say which one."""
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_open_routes(router.routes)


def test_a_route_of_an_included_router_is_held_to_it_too(web: Web) -> None:
    """However deep it is included: that is how all of ours come, and each of them is found."""
    inner, outer, app = (
        APIRouter(),
        APIRouter(prefix="/outer"),
        FastAPI(openapi_url=None, docs_url=None, redoc_url=None),
    )
    inner.add_api_route("/forgotten", lambda: None)
    outer.include_router(inner)
    app.include_router(outer)
    with pytest.raises(RuntimeError, match="/outer/forgotten"):
        refuse_open_routes(app.routes)
    ours = web.client.app
    assert isinstance(ours, FastAPI)
    assert {"/api/v1/theaters", "/metrics"} <= {str(found.path) for found in iter_route_contexts(ours.routes)}


def test_a_mounted_application_is_refused() -> None:
    """Its own policies, if it has any, are not looked at."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/aside", FastAPI())
    with pytest.raises(RuntimeError, match="/aside"):
        refuse_open_routes(app.routes)


def test_a_route_that_would_read_a_body_before_it_asks_who_may_stops_the_start() -> None:
    """As the framework does by itself; one for everybody has nobody to ask."""

    def take(body: dict[str, str]) -> None:
        del body

    for router, right in (
        (APIRouter(), Right.READ),
        (APIRouter(), None),
        (APIRouter(route_class=GuardedRoute), Right.READ),
    ):
        router.add_api_route("/hasty", take, methods=["POST"], dependencies=[Depends(Allow(right))])
        if right is not None and router.route_class is not GuardedRoute:
            with pytest.raises(RuntimeError, match="before they ask who may: /hasty"):
                refuse_open_routes(router.routes)
        else:
            refuse_open_routes(router.routes)
