"""What is of another theater is as if it did not exist, by whatever id it is asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import insert
from starlette.testclient import TestClient

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Principal, Role
from tocsin.domain.alert_rule import AlertRule, Tripwire
from tocsin.domain.delivery import Message, Refused
from tocsin.domain.observation import Draft
from tocsin.domain.review import Action, ReviewItem
from tocsin.domain.silence import Silence
from tocsin.store.engine import writing
from tocsin.store.review_row import to_review_row
from tocsin.store.tables import feed, feed_record, review_item
from tocsin.usecases.alert_ports import AlertMeans
from tocsin.usecases.judge_alerts import judge_alerts
from tocsin.usecases.order_fit import order_fit
from tocsin.web.app import make_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from sqlalchemy import Engine

    from conftest import Own
    from tocsin.usecases.alert_ports import Occasion

pytestmark = [pytest.mark.fault(19), ONLY_SQLITE]
_OTHER = Principal("ada", Role.OFFICER, frozenset({"other"}))
_ITEM = "0123456789abcdef"
_UNKNOWN = "f" * 32
_FEED = "tunisia/wire"
_BODIES: dict[str, dict[str, object]] = {
    "correct": {"value": 2, "reason": "miscounted"},
    "retract": {"reason": "a rumor"},
    "confirm": {},
    "dismiss": {"reason": "a rumor"},
}
_FORM = {"observed_on": "2016-03-09", "reliability": "B", "credibility": "2"}
"""What a page's form for a correction holds besides."""
_OF_A_THEATER = {
    "GET /api/v1/theaters/{theater}/observations/{observation}",
    "POST /api/v1/theaters/{theater}/observations/{observation}/correct",
    "POST /api/v1/theaters/{theater}/observations/{observation}/retract",
    "GET /api/v1/theaters/{theater}/fit-orders/{order}",
    "GET /api/v1/fits/{fit}",
    "GET /api/v1/fits/{fit}/draws",
    "POST /api/v1/theaters/{theater}/review/{item}/confirm",
    "POST /api/v1/theaters/{theater}/review/{item}/dismiss",
    "GET /api/v1/theaters/{theater}/notices/{notice}",
    "DELETE /api/v1/silences/{silence}",
    "POST /api/v1/deliveries/{message}/{destination}/send-again",
    "GET /theaters/{theater}/observations/{observation}",
    "POST /theaters/{theater}/observations/{observation}/correct",
    "POST /theaters/{theater}/observations/{observation}/retract",
    "GET /theaters/{theater}/fits/{fit}",
    "POST /theaters/{theater}/review/{item}/confirm",
    "POST /theaters/{theater}/review/{item}/dismiss",
    "POST /theaters/{theater}/silences/{silence}/end",
}
"""Routes that name something of a theater by an id that says nothing of the theater."""
_NAMED = {"scenario", "subject", "indicator", "rule"}
"""What is named within its theater, which the address names too and `Allow` looks at."""
_OF_NONE = {"destination", "session", "name", "key", "principal"}
"""What belongs to no theater: accounts, keys, sessions and destinations."""


@dataclass
class _Stage:
    """An application with two theaters, and what the one has of each kind."""

    own: Own
    client: TestClient
    ids: dict[str, str]

    def ask(self, route: str, **ids: str) -> Response:
        """Ask for something by its ids, under the other theater."""
        return self.request(route, "other", **ids)

    def request(self, route: str, theater: str, **ids: str) -> Response:
        """Ask under a theater, with the body that the route wants: a page wants a form."""
        method, path = route.split(" ")
        verb = path.rpartition("/")[2]
        body: dict[str, Any] = {}
        if verb in _BODIES:
            form = {**_FORM, **_BODIES[verb], "version": ids.get("observation", "")}
            body = {"json": _BODIES[verb]} if path.startswith("/api/") else {"data": form}
        return self.client.request(method, path.format(theater=theater, **ids), **body)


@pytest.fixture
def stage(fitted: Own, engine: Engine) -> Iterator[_Stage]:
    """Everything is of Tunisia; who asks sees another theater, which has none of it."""
    ids = {"destination": "log", **_make(fitted, engine)}
    means = fitted.web.means
    tunisia = means.service.catalog.theater("tunisia")
    quiet = next(item for item in tunisia.indicators if item.id != "violence/border-attack")
    other = replace(tunisia, id="other", scenarios=(), indicators=(quiet,), couplings=())
    theaters = {**means.service.catalog.theaters, "other": other}
    service = replace(means.service, catalog=replace(means.service.catalog, theaters=theaters))
    fitted.web.gate.principal = _OTHER
    with TestClient(make_app(replace(means, service=service)), base_url="http://localhost") as client:
        yield _Stage(fitted, client, ids)


def _make(own: Own, engine: Engine) -> dict[str, str]:
    service, now = own.service, own.clock.now
    observed = own.post(
        "observations", {"indicator": "violence/border-attack", "observed_on": "2016-03-09", "value": 1, "grade": "B2"}
    ).json()["observations"][0]["id"]
    order, _ = order_fit(
        service.catalog.theater("tunisia"),
        jobs=service.jobs,
        fits=service.fits,
        now=now,
        actor="grace",
        tick_seconds=60.0,
    )
    _wait_for_review(engine, own)
    notice = _ring(own)
    service.silences.begin(Silence(_ITEM * 2, "tunisia", "*", "*", now, now + timedelta(hours=1), "grace", "c"), now)
    return {
        "observation": observed,
        "order": order.run.id,
        "fit": service.fits.accepted("tunisia", now)[0].id,
        "item": _ITEM,
        "notice": notice,
        "message": notice,
        "silence": _ITEM * 2,
    }


def _wait_for_review(engine: Engine, own: Own) -> None:
    at = own.clock.now
    draft = Draft("violence/border-attack", "2016-03-08", "1", "B2", "wire", "an attack", "https://example.org")
    item = ReviewItem(_ITEM, _FEED, "r" * 32, at, Action.REPORT, draft, None, "new kind of event")
    record = {"id": "r" * 32, "feed": _FEED, "upstream_id": "bg", "revision": "1", "sha256": "0" * 64, "content": b""}
    record |= {"deleted": False, "latest": True, "fetched_at": at, "outcome": "queued", "why": "", "mismatches": "[]"}
    with writing(engine) as connection:
        begun = {"id": _FEED, "started_at": at, "checked_at": at, "failures": 0, "problem": ""}
        connection.execute(insert(feed), [begun])
        connection.execute(insert(feed_record), [record])
        connection.execute(insert(review_item), [to_review_row(item)])


def _ring(own: Own) -> str:
    """The id of a notice whose delivery was given up."""
    service, now = own.service, own.clock.now
    theater = service.catalog.theater("tunisia")
    rule = AlertRule("attack", "tunisia", "t", "r", Tripwire("violence/border-attack", 1, 7))

    def say(occasion: Occasion) -> Message:
        return Message(occasion.notice.id, now, "s", "t", "h", {})

    means = AlertMeans(
        service.alerts,
        service.publications,
        service.ledger,
        service.fits,
        service.feeds,
        say,
        lambda *_: (),
    )
    (telling,) = judge_alerts(theater, [rule], means, now).tellings
    (claimed,) = service.deliveries.claim(now, 1)
    service.deliveries.end(claimed, Refused("550", hopeless=True), now, 0.5)
    return telling.notice.id


def _said(answer: Response, ids: dict[str, str]) -> tuple[int, str]:
    if answer.headers["content-type"].startswith("text/html"):
        text = re.sub(r"request [0-9a-f]{16}", "", answer.text)
    else:
        body: dict[str, Any] = answer.json()
        body.pop("request", None)
        text = json.dumps(body)
    for value in ids.values():
        text = text.replace(value, "ID")
    return answer.status_code, text


@pytest.mark.parametrize("route", sorted(_OF_A_THEATER))
def test_what_is_of_another_theater_is_as_unknown_as_what_never_was(stage: _Stage, route: str) -> None:
    """The same answer, and nothing written; whoever may see it finds it."""
    names = [part.strip("{}") for part in route.split("/") if part.startswith("{") and part != "{theater}"]
    real = {name: stage.ids[name] for name in names}
    never = {name: value if name in _OF_NONE else _UNKNOWN[: len(value)] for name, value in real.items()}
    before = stage.own.service.events.last()
    found, expected = stage.ask(route, **real), stage.ask(route, **never)
    assert found.status_code == 404, found.text
    assert _said(found, real) == _said(expected, never)
    assert stage.own.service.events.last() == before
    stage.own.web.gate.principal = replace(_OTHER, theaters=None)
    seen = stage.request(route, "tunisia", **real)
    assert seen.status_code < 300, seen.text


def test_every_route_that_names_something_is_looked_at(stage: _Stage) -> None:
    """By its id, by its theater's address, or because it is of none."""
    for found in iter_route_contexts(stage.client.app.routes):  # type: ignore[attr-defined]
        parts = {part.strip("{}") for part in str(found.path).split("/") if part.startswith("{")}
        for method in (found.methods or set()) - {"HEAD"}:
            if f"{method} {found.path}" in _OF_A_THEATER or str(found.path).startswith("/static/"):
                continue
            if "theater" in parts:
                assert parts <= {"theater"} | _NAMED, found.path
            else:
                assert parts <= _OF_NONE, found.path
