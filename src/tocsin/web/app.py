"""The application, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from tocsin.web import entrance, openapi, operation, static_files
from tocsin.web.access import refuse_open_routes
from tocsin.web.api import (
    accounts,
    alert_history,
    alert_rules,
    alerts,
    audit,
    collection,
    deliveries,
    destinations,
    events,
    fit_orders,
    fits,
    history,
    imports,
    jobs,
    keys,
    observation_reads,
    observations,
    odds,
    oidc,
    publications,
    resolutions,
    review,
    scores,
    sessions,
    silences,
    theaters,
    track_record,
    what_if,
    why,
)
from tocsin.web.board.page import install_pages
from tocsin.web.board.pages import PAGES
from tocsin.web.body import Limits, Room
from tocsin.web.cookies import SessionCookie
from tocsin.web.csrf import CrossSiteGuard
from tocsin.web.followers import Followers
from tocsin.web.heavy import HeavyWork
from tocsin.web.oidc import open_oidc
from tocsin.web.pace import Pace
from tocsin.web.placing import place
from tocsin.web.problems import install_problems
from tocsin.web.request import RequestCare
from tocsin.web.stock import StockRoom
from tocsin.web.tracing import traced
from tocsin.web.traffic import Traffic
from tocsin.web.windows import OpenedWindows

if TYPE_CHECKING:
    from tocsin.web.means import Means

API = "/api/v1"
_NOUNS = (
    odds,  # what is asked most often comes first: see `place`
    theaters,
    observation_reads,
    observations,
    imports,
    history,
    why,
    what_if,
    collection,
    fits,
    fit_orders,
    publications,
    resolutions,
    scores,
    track_record,
    review,
    alerts,
    alert_history,
    silences,
    alert_rules,
    destinations,
    deliveries,
    jobs,
    audit,
    events,
    sessions,
    oidc,
    accounts,
    keys,
)
_DESCRIPTION = "The odds of named scenarios, the evidence behind them, and why they moved."


def make_app(means: Means) -> FastAPI:
    """The application on a service; RuntimeError where a route says nothing of who may use it."""
    app = FastAPI(
        title="Tocsin",
        version="1",
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=traced(),
    )
    app.state.means = means
    app.state.oidc = open_oidc(means.settings)
    for noun in _NOUNS:
        place(app, noun.router, API)
    place(app, entrance.router)
    place(app, operation.router)
    place(app, openapi.router, API)
    place(app, static_files.router)
    for page in PAGES:
        place(app, page.router)
    app.state.description = openapi.Description(app)
    app.add_middleware(CrossSiteGuard)
    app.add_middleware(SessionCookie, gate=means.gate)
    install_problems(app)
    install_pages(app)
    _take_care(app, means)
    refuse_open_routes(app.routes)
    return app


def _take_care(app: FastAPI, means: Means) -> None:
    """What stands around all routes, and what they share."""
    app.state.traffic = traffic = Traffic()
    app.state.pace = pace = Pace.of(means.settings)
    app.state.followers = followers = Followers(means, traffic)
    app.state.heavy = HeavyWork()
    app.state.stock = StockRoom(means)
    app.state.windows = OpenedWindows(means.service.publications)
    limits = Limits.of(means.settings)
    app.state.room = room = Room(limits.room)
    app.add_middleware(
        RequestCare,
        traffic=traffic,
        pace=pace,
        limits=limits,
        room=room,
        known=means.gate.knows,
        written=followers.wake,
    )
