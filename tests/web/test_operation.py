"""Whether it lives, whether it can answer, and the metrics."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from support.web import Web, open_app
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import StoreError
from tocsin.domain.job import Worker
from tocsin.settings import Settings
from tocsin.usecases.desk import Desk
from tocsin.web import stock
from tocsin.web.app import make_app

if TYPE_CHECKING:
    from support.kit import Kit
    from tocsin.domain.fit import Fit

_DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"


class _Away:
    """A store that does not answer."""

    def require_current(self) -> None:
        msg = "the server at 192.0.2.1 does not answer"
        raise StoreError(msg)


def _away(web: Web) -> TestClient:
    service = replace(web.means.service, tally=_Away())  # type: ignore[arg-type]
    return TestClient(make_app(replace(web.means, service=service)))


def test_the_process_lives_whatever_becomes_of_the_store(web: Web) -> None:
    """A restart would not bring the store back."""
    web.gate.principal = None
    assert _away(web).get("/healthz").json() == {"status": "alive"}


def test_it_is_ready_and_says_to_operators_how_it_stands(web: Web, kit: Kit, tunisia_fit: Fit) -> None:
    """The last tick and the last accepted fit, with their ages."""
    ticked = kit.now - timedelta(seconds=42)
    kit.service.jobs.tick(Worker("probe", "here", 1, ticked, ticked))
    told = web.client.get("/readyz").json()
    assert told["status"] == "ready"
    details = told["details"]
    assert details["tick_age_seconds"] == 42.0
    fits = {item["theater"]: item for item in details["fits"]}
    assert fits["tunisia"]["fit"] is not None
    assert fits["tunisia"]["since_recorded_seconds"] == pytest.approx(
        (kit.now - tunisia_fit.recorded_at).total_seconds()
    )
    assert details["feeds_failing"] == []


@pytest.mark.parametrize("principal", [None, Principal("ada", Role.VIEWER, None)])
def test_others_learn_only_that_it_is_ready(web: Web, principal: Principal | None) -> None:
    """No theater's name, no fit."""
    web.gate.principal = principal
    assert web.client.get("/readyz").json() == {"status": "ready"}


def test_names_of_theaters_that_are_not_theirs_are_hidden_from_operators(web: Web) -> None:
    """In the details and in the metrics."""
    web.gate.principal = Principal("ada", Role.ANALYST, frozenset({"mali"}))
    assert "tunisia" not in web.client.get("/readyz").text
    metrics = web.client.get("/metrics")
    assert metrics.status_code == 200
    assert 'theater="tunisia"' not in metrics.text
    assert "tocsin_observations" not in metrics.text


def test_a_store_that_is_away_is_told_with_its_reason_to_operators_alone(web: Web) -> None:
    """Where the store is, is nobody else's business."""
    client = _away(web)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:tocsin:problem:store-unavailable")
    assert answer.json()["reasons"] == ["the server at 192.0.2.1 does not answer"]
    assert "tocsin_store_up 0.0" in client.get("/metrics").text
    web.gate.principal = None
    assert "192.0.2.1" not in client.get("/readyz").text


@pytest.mark.fault(19)
def test_a_store_that_hangs_is_looked_at_once_and_told_of(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask: nobody waits for long, and no thread of the shared pool waits at all."""
    monkeypatch.setattr(stock, "PATIENCE_SECONDS", 0.1)
    answers, asked = threading.Event(), []

    class Hanging:
        def require_current(self) -> None:
            asked.append(threading.current_thread().name)
            answers.wait(30)

    service = replace(web.means.service, tally=Hanging())  # type: ignore[arg-type]
    client = TestClient(make_app(replace(web.means, service=service)))
    told = [client.get("/readyz") for _ in range(3)]
    assert {item.status_code for item in told} == {503}
    assert told[0].json()["reasons"] == ["the store has not answered within 0.1 s"]
    assert asked == ["tocsin stock"]
    answers.set()


def _values(text: str, name: str) -> dict[frozenset[tuple[str, str]], float]:
    """By labels, whatever their order."""
    rows = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, flags=re.MULTILINE)
    return {frozenset(re.findall(r'(\w+)="([^"]*)"', labels)): float(value) for labels, value in rows}


def _labels(**named: str) -> frozenset[tuple[str, str]]:
    return frozenset(named.items())


def test_the_metrics_are_the_odds_that_are_read(web: Web) -> None:
    """Each scenario by each horizon, with its interval, prior, age and standing."""
    web.client.get("/api/v1/theaters/tunisia")
    text = web.client.get("/metrics").text
    reading = web.means.desk.read(web.means.service.catalog.theater("tunisia"), web.means.clock())
    assert len(reading.odds) >= 5
    probabilities = _values(text, "tocsin_odds_probability")
    low, prior = _values(text, "tocsin_odds_interval_low"), _values(text, "tocsin_odds_prior")
    status = _values(text, "tocsin_odds_status")
    for odds in reading.odds:
        named = {"theater": "tunisia", "scenario": odds.scenario, "horizon_days": str(odds.horizon_days)}
        assert probabilities[_labels(**named)] == odds.probability
        assert prior[_labels(**named)] == odds.prior
        assert low[_labels(**named, level="90")] == odds.interval90.low
        assert status[_labels(**named, status=odds.status.value)] == 1.0
    counted = 'tocsin_http_request_seconds_count{method="GET",route="/api/v1/theaters/{theater}",status="200"} 1.0'
    assert counted in text
    assert _values(text, "tocsin_observations_total")[_labels()] > 100


def test_metrics_are_for_operators_unless_they_are_public(web: Web) -> None:
    """A setting opens them to everybody who can reach the port."""
    web.gate.principal = Principal("ada", Role.VIEWER, None)
    assert web.client.get("/metrics").status_code == 403
    web.gate.principal = None
    assert web.client.get("/metrics").status_code == 401
    public = replace(web.means, settings=Settings(home=web.means.settings.home, metrics_public=True))
    assert 'theater="tunisia"' in TestClient(make_app(public)).get("/metrics").text


def test_every_metric_on_the_dashboard_is_exported(web: Web) -> None:
    """A panel whose metric nobody exports would stay empty for good."""
    web.client.get("/api/v1/theaters")
    kit = web.means.service
    kit.jobs.tick(Worker("probe", "here", 1, web.means.clock(), web.means.clock()))
    feed = next(iter(kit.catalog.feeds))
    kit.feeds.start(feed, web.means.clock())
    kit.feeds.succeed(feed)
    exported = set(re.findall(r"^(tocsin_\w+)", web.client.get("/metrics").text, flags=re.MULTILINE))
    dashboard = json.loads(_DASHBOARD.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\btocsin_\w+", target["expr"])
    }
    assert len(asked) >= 8
    assert asked <= exported


def test_a_scrape_asks_the_store_seldom(kit: Kit, tunisia_fit: Fit) -> None:
    """However often it comes."""
    del tunisia_fit
    asked: list[str] = []

    class Counting(Desk):
        def read(self, theater: object, as_of: object) -> object:  # type: ignore[override]
            asked.append("")
            return super().read(theater, as_of)  # type: ignore[arg-type]

    service = kit.service
    desk = Counting(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
    with open_app(kit.service, desk, Settings(home=kit.home), lambda: kit.now) as opened:
        for _ in range(5):
            opened.client.get("/metrics")
    assert len(asked) == len(kit.service.catalog.theaters)
