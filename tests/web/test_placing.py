"""Routes stand in the application one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from tocsin.web.placing import place

if TYPE_CHECKING:
    from support.web import Web


def test_every_route_is_placed_flat_and_the_odds_come_first(web: Web) -> None:
    """No router stands in another, which would be asked before the routes in it are; most ask for odds."""
    app = web.client.app
    assert isinstance(app, FastAPI)
    routes = app.router.routes
    assert all(isinstance(route, APIRoute) for route in routes)
    first = routes[0]
    assert isinstance(first, APIRoute)
    assert first.path == "/api/v1/theaters/{theater}/odds"


def test_a_router_with_another_one_in_it_is_refused() -> None:
    """When the application is made, not by being slow."""
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/inner", lambda: None)
    outer.include_router(inner)
    with pytest.raises(RuntimeError, match="no other routers"):
        place(FastAPI(openapi_url=None, docs_url=None, redoc_url=None), outer)
