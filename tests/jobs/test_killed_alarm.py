"""A worker killed at every point between what comes in and a receiver's answer: nothing is lost, nothing new twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from support.feed_server import Asked, FeedServer, feed_server, reply
from support.killed_alarm import KILLED_BY_RECEIVER, Point, run_alarm
from tocsin.bootstrap.service import Service, open_service
from tocsin.catalog.kit import find_kit
from tocsin.domain.delivery import LEASE, Destination, DestinationKind, Stage
from tocsin.domain.notice import NoticeKind
from tocsin.domain.observation import Draft
from tocsin.settings import Settings, read_settings
from tocsin.store.copy import copy_store
from tocsin.store.engine import open_engine
from tocsin.usecases.observe import observe
from tocsin.usecases.retract import retract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from support.kit import FittedStore
    from tocsin.domain.fit import Fit

pytestmark = pytest.mark.fault(15)

_SECRET = "whsec_Qk9vSy1zZWNyZXQtdGhhdC1vcGVucy1ub3RoaW5nLTEyMw=="  # noqa: S105 (opens nothing)
_RULE = """\
title: The odds of a wilayat moved
reason: The desk looks at what came in.
severity: warning
kind: change
scenario: tunisian-wilayat
horizon: 90
by: 0.0005
scale: points
direction: either
since: {notice: true}
rings_on: [fitted, live, provisional, refit wanted]
destinations: [desk]
"""
_TWICE = {Point.IN_SEND, Point.BEFORE_MARK}
"""Where the receiver has it and nobody knows: it is sent again, under the same id."""


class Receiver:
    """A webhook that verifies what it takes, and kills who sends where it is told to."""

    def __init__(self, server: FeedServer) -> None:
        """It kills nobody."""
        self.address = server.says("/hook", self._take)
        self.taken: list[tuple[str, str]] = []
        self.sender: subprocess.Popen[bytes] | None = None

    def _take(self, asked: Asked) -> Sequence[bytes]:
        Webhook(_SECRET).verify(asked.body, dict(asked.headers))
        self.taken.append((asked.headers["webhook-id"], json.loads(asked.body)["kind"]))
        if self.sender is not None:
            self.sender.kill()
            self.sender = None
            return ()
        return (reply(b"thanks"),)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """It is at work."""
    # Signatures bear the instant of the theater's clock, and this one checks against the clock on the wall.
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", _read_timestamp)
    with feed_server() as server:
        yield Receiver(server)


def _read_timestamp(_: Webhook, header: str) -> datetime:
    return datetime.fromtimestamp(float(header), UTC)


@pytest.fixture
def settings(
    url: str, engine: Engine, fitted_store: FittedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The shared store's content on each kind of database, and one rule that rings whenever the odds move."""
    home, catalog = tmp_path / "home", tmp_path / "catalog"
    fitted_store.copy(home)
    source = open_engine(Settings(home=home).store_url)
    copy_store(source, engine, lambda _: None)
    source.dispose()
    for folder in ("models", "indicators"):
        shutil.copytree(find_kit() / folder, catalog / folder)
    shutil.rmtree(catalog / "models/tunisia/alerts")  # of the shipped rules this is not about
    (catalog / "models/tunisia/alerts").mkdir()
    (catalog / "models/tunisia/alerts/moved.yaml").write_text(_RULE, encoding="utf-8")
    for name, value in (("HOME", home), ("CATALOG", catalog), ("DATABASE_URL", url)):
        monkeypatch.setenv(f"TOCSIN_{name}", str(value))
    return read_settings()


def _move(service: Service, standing: str | None, now: datetime) -> str | None:
    """Report something that moves the odds, or withdraw the report that stands; the id of what stands then."""
    indicators = service.catalog.indicators("tunisia")
    if standing is not None:
        retract(standing, reason="a rumor", indicators=indicators, ledger=service.ledger, now=now, author="test")
        return None
    done = observe(
        [Draft("group/pledge-publication", "2016-03-08", "1", "B2", origin=f"wire {now}")],
        indicators=indicators,
        timeline=service.catalog.theater("tunisia").timeline,
        ledger=service.ledger,
        now=now,
        author="test",
        history=False,
    )
    return done.added[0]


def _run_and_kill(point: Point, now: datetime, receiver: Receiver) -> None:
    """A process that does what is to be done and dies at a point; it must have got there."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "support.killed_alarm", point, now.isoformat()]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        receiver.sender = process if point is KILLED_BY_RECEIVER else None
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors.decode()


def test_a_worker_killed_at_any_point_loses_no_notice_and_makes_none_twice(
    settings: Settings, receiver: Receiver, tunisia_fit: Fit
) -> None:
    """Each is on record once, and reaches the receiver; a second time only under the same id."""
    now = tunisia_fit.as_of + timedelta(hours=1)
    with open_service(settings, lambda: now) as service:
        hook = Destination("desk", DestinationKind.WEBHOOK, "The desk", receiver.address, _SECRET)
        service.destinations.put(hook, "test", now)
        run_alarm(service, now)
        standing = None
        for number, point in enumerate(Point, start=1):
            now += timedelta(minutes=5)
            standing = _move(service, standing, now)
            now += timedelta(minutes=5)
            begun = len(receiver.taken)
            _run_and_kill(point, now, receiver)
            for _ in range(2):  # the second one takes what the first one's look has made
                now += LEASE + timedelta(minutes=1)
                run_alarm(service, now)
            fired = [item.notice for item in service.alerts.notices("tunisia") if item.notice.kind is NoticeKind.FIRED]
            assert [notice.episode for notice in fired] == list(range(1, number + 1)), point
            taken = Counter(name for name, kind in receiver.taken[begun:] if kind == NoticeKind.FIRED)
            assert taken == {fired[-1].id: 2 if point in _TWICE else 1}, point
        kept = {item.notice.id for item in service.alerts.notices("tunisia")}
        assert {name for name, _ in receiver.taken} == kept
        assert {trail.delivery.stage for trail in service.deliveries.trails(None)} == {Stage.DELIVERED}
