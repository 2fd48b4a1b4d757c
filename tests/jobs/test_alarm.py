"""From an observation to a receiver: what is recorded rings, signed, and once, in a real store, over a real wire."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from support.feed_server import feed_server, reply
from support.outbox import deliveries
from support.processes import wait_until
from tocsin.bootstrap.service import catalog_folder, open_service
from tocsin.domain.delivery import Destination, DestinationKind, Stage
from tocsin.domain.observation import Draft
from tocsin.jobs.alarm import make_alarm
from tocsin.settings import Settings
from tocsin.usecases.observe import observe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.feed_server import FeedServer
    from support.kit import FittedStore
    from tocsin.bootstrap.service import Service
    from tocsin.domain.fit import Fit

_SECRET = "whsec_Qk9vSy1zZWNyZXQtdGhhdC1vcGVucy1ub3RoaW5nLTEyMw=="  # noqa: S105 (opens nothing)
_PATIENCE_SECONDS = 60.0
_RULE = """\
title: A wilayat may be declared
reason: The desk calls the embassy.
severity: critical
kind: level
scenario: tunisian-wilayat
horizon: 90
at: 0.045
clear_at: 0.04
rings_on: [fitted, live, provisional, refit wanted]
destinations: [desk]
"""


@pytest.fixture
def settings(tmp_path: Path, fitted_store: FittedStore) -> Settings:
    """A store of its own with the shipped theater, and a rule on it."""
    home, catalog = tmp_path / "home", tmp_path / "catalog"
    fitted_store.copy(home)
    for folder in ("models", "indicators"):
        shutil.copytree(catalog_folder(Settings(home=home)) / folder, catalog / folder)
    shutil.rmtree(catalog / "models/tunisia/alerts")  # of the shipped rules this is not about
    (catalog / "models/tunisia/alerts").mkdir()
    (catalog / "models/tunisia/alerts/wilayat.yaml").write_text(_RULE, encoding="utf-8")
    return Settings(home=home, catalog=catalog)


@pytest.fixture
def receiver() -> Iterator[FeedServer]:
    """It takes every post."""
    with feed_server() as started:
        started.says("/hook", reply(b"thanks"))
        yield started


class Clock:
    """The time of the theater: an hour after the day of the fit, and going on from there."""

    def __init__(self, fit: Fit) -> None:
        """It starts now."""
        self._began, self._from = monotonic(), fit.as_of + timedelta(hours=1)

    def __call__(self) -> datetime:
        """The present instant."""
        return self._from + timedelta(seconds=monotonic() - self._began)


@contextmanager
def alarmed(settings: Settings, clock: Clock) -> Iterator[Service]:
    """A service whose alarm is at work."""
    stopped = threading.Event()
    with open_service(settings, clock) as service:
        threads = make_alarm(settings, service, clock).start(stopped)
        try:
            yield service
        finally:
            stopped.set()
            for thread in threads:
                thread.join(_PATIENCE_SECONDS)


def _pledge(service: Service, clock: Clock) -> None:
    observe(
        [Draft("group/pledge-publication", "2016-03-08", "1", "A1", origin="wire")],
        indicators=service.catalog.indicators("tunisia"),
        timeline=service.catalog.theater("tunisia").timeline,
        ledger=service.ledger,
        now=clock(),
        author="test",
        history=False,
    )


@pytest.mark.fault(15)
def test_an_observation_that_makes_odds_cross_rings_at_the_receiver_once(
    settings: Settings, receiver: FeedServer, tunisia_fit: Fit
) -> None:
    """Signed, so that an independent library verifies it; also where the process that judged it is started again."""
    clock = Clock(tunisia_fit)
    with alarmed(settings, clock) as service:
        hook = Destination("desk", DestinationKind.WEBHOOK, "The desk", receiver.address("/hook"), _SECRET)
        service.destinations.put(hook, "test", clock())
        wait_until(lambda: bool(service.alerts.standing("tunisia", clock()).alerts), _PATIENCE_SECONDS, "judged")
        assert receiver.asked == []
        _pledge(service, clock)
        wait_until(lambda: bool(receiver.asked), _PATIENCE_SECONDS, "told")
    with alarmed(settings, clock) as service:
        wait_until(
            lambda: {item.stage for item in deliveries(service.deliveries)} == {Stage.DELIVERED},
            _PATIENCE_SECONDS,
            "delivered",
        )
        (notice,) = service.alerts.notices("tunisia")
    (asked,) = receiver.asked
    headers, data = asked.headers, json.loads(asked.body)
    assert headers["webhook-id"] == notice.notice.id
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(_SECRET).sign(notice.notice.id, at, asked.body.decode())
    assert (data["theater"], data["rule"], data["kind"]) == ("tunisia", "wilayat", "fired")
    assert data["odds"]["probability"] > 0.045
