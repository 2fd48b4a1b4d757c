"""From an observation by HTTP to the webhook that tells of the alert: all of `tocsin serve`, as it is run."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import httpx2
import numpy as np

from benchmarks.rows import Row, at_most
from support.feed_server import Asked, feed_server, reply
from support.kit import Kit, MemoryFits
from tocsin.bootstrap.service import Service, open_service
from tocsin.catalog.kit import find_kit
from tocsin.channels.signature import new_secret
from tocsin.domain.access import Principal, Role
from tocsin.domain.delivery import Destination, DestinationKind
from tocsin.domain.indicator import Kind
from tocsin.domain.observation import Draft
from tocsin.inference.sample import NutsSampler
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.make_key import make_key
from tocsin.usecases.observe import observe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.world import World

_DAYS = 200
_TARGETS = 1.0, 3.0  # seconds: the median and the tail
_PATIENCE = 60.0
_MAKER = Principal("benchmark", Role.ADMIN, theaters=None)
_RULE = """\
title: The odds moved
reason: So that every report that moves them is told.
severity: information
kind: change
scenario: {scenario}
horizon: {horizon}
by: 0.0005
scale: points
direction: either
since: {{notice: true}}
rings_on: [fitted, live, provisional]
destinations: [desk]
"""
_MEASURED = {
    "moved": ("tunisian-wilayat", 90, "group/pledge-publication", 100, "which no rule counts"),
    "counted": ("border-offensive", 30, "violence/border-attack", 30, "which a rule counts"),
}


def alerts(world: World) -> Iterator[Row]:
    """On a store of its own, with a rule that rings whenever the odds move; each report is withdrawn again."""
    home, catalog = world.home / "alerts", world.home / "alerts-catalog"
    _declare(catalog)
    key = _prepare(world, home, catalog)
    arrived: queue.SimpleQueue[tuple[float, dict[str, object]]] = queue.SimpleQueue()

    def take(asked: Asked) -> tuple[bytes]:
        arrived.put((time.perf_counter(), json.loads(asked.body)))
        return (reply(b"thanks"),)

    with feed_server() as receiver:
        with open_service(Settings(home=home, catalog=catalog)) as service:
            there = Destination("desk", DestinationKind.WEBHOOK, "The desk", receiver.says("/hook", take), new_secret())
            service.destinations.put(there, "benchmark", datetime.now(UTC))
        with _serve(home, catalog) as address, httpx2.Client(base_url=address) as client:
            client.headers["Authorization"] = f"Bearer {key}"
            world.say("the fit of last night, which a worker makes first")
            _wait_until_fitted(client)
            for rule, (_, _, indicator, times, what) in _MEASURED.items():
                world.say(f"observations of {indicator} to webhooks")
                yield from _rows(what, _measure(client, arrived, rule, indicator, times))


def _rows(what: str, seconds: list[float]) -> Iterator[Row]:
    name = f"observation posted, {what}, to the webhook"
    tail = float(np.quantile(seconds, 0.99))
    yield at_most(f"{name}, median of {len(seconds)}", median(seconds), "s", _TARGETS[0])
    yield at_most(f"{name}, 99th percentile", tail, "s", _TARGETS[1])
    yield Row(f"{name}, slowest", max(seconds), "s")


def _declare(catalog: Path) -> None:
    for folder in ("models", "indicators"):
        shutil.copytree(find_kit() / folder, catalog / folder)
    rules = catalog / "models/tunisia/alerts"
    shutil.rmtree(rules, ignore_errors=True)
    rules.mkdir()
    for name, (scenario, horizon, *_) in _MEASURED.items():
        (rules / f"{name}.yaml").write_text(_RULE.format(scenario=scenario, horizon=horizon), encoding="utf-8")


def _prepare(world: World, home: Path, catalog: Path) -> str:
    """A store with reports up to yesterday and a fit of them; a key for it."""
    settings, now = Settings(home=home, catalog=catalog), datetime.now(UTC)
    home.mkdir()
    upgrade(settings.store_url)
    with open_service(settings, clock=None) as service:
        _report(service, now)
        world.say("a fit of reports up to yesterday")
        kit = Kit(service, MemoryFits(), NutsSampler(), service.catalog.theater("tunisia"), now, home)
        if not kit.fit((now - timedelta(days=1)).date()).accepted:
            message = "the fit was rejected, so there are no odds to alert on"
            raise RuntimeError(message)
        access = service.access
        return make_key(
            "benchmark", role=Role.ADMIN, theaters=None, expires_at=None, actor=_MAKER, access=access, now=now
        ).text


def _report(service: Service, now: datetime) -> None:
    theater = service.catalog.theater("tunisia")
    names = [item.id for item in theater.indicators if item.kind in {Kind.COUNT, Kind.PRESENCE}]
    days = [(now - timedelta(days=back)).date().isoformat() for back in range(_DAYS, 1, -1)]
    drafts = [
        Draft(names[place % len(names)], day, "1" if place % 7 == 0 else "0", "B2", f"b{place}", "a report", "a paper")
        for place, day in enumerate(days)
    ]
    observe(
        drafts,
        indicators=service.catalog.indicators("tunisia"),
        timeline=theater.timeline,
        ledger=service.ledger,
        now=now - timedelta(hours=26),
        author="benchmark",
        history=True,
    )


@contextmanager
def _serve(home: Path, catalog: Path) -> Iterator[str]:
    """`tocsin serve` in a process of its own, until it answers and its worker has looked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "TOCSIN_HOME": str(home),
        "TOCSIN_CATALOG": str(catalog),
        "TOCSIN_PORT": str(port),
        "TOCSIN_LOG_LEVEL": "warning",
    }
    serving = subprocess.Popen([sys.executable, "-m", "tocsin", "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/readyz")
        yield address
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


def _wait_for(address: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            if httpx2.get(address).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    message = f"{address} did not answer in {_PATIENCE:g} s"
    raise RuntimeError(message)


def _wait_until_fitted(client: httpx2.Client) -> None:
    """Two fits are there: ours, and that of the worker."""
    until = time.monotonic() + _PATIENCE
    while len(client.get("/api/v1/theaters/tunisia/fits").raise_for_status().json()["items"]) < 2:
        if time.monotonic() > until:
            message = f"the worker made no fit in {_PATIENCE:g} s"
            raise RuntimeError(message)
        time.sleep(1.0)


def _measure(
    client: httpx2.Client,
    arrived: queue.SimpleQueue[tuple[float, dict[str, object]]],
    rule: str,
    indicator: str,
    times: int,
) -> list[float]:
    """Seconds from a report sent to its webhook; what it moved is moved back before the next one."""
    seconds = []
    path, day = "/api/v1/theaters/tunisia/observations", datetime.now(UTC).date().isoformat()
    for number in range(times + 1):
        sent = {"indicator": indicator, "observed_on": day, "value": 1, "grade": "B2", "origin": f"{rule} {number}"}
        began = time.perf_counter()
        made = client.post(path, json=sent).raise_for_status().json()
        seconds.append(_fired(arrived, rule) - began)
        name = made["observations"][0]["id"]
        client.post(f"{path}/{name}/retract", json={"reason": "it was for the measurement"}).raise_for_status()
        _fired(arrived, rule)
    return seconds[1:]


def _fired(arrived: queue.SimpleQueue[tuple[float, dict[str, object]]], rule: str) -> float:
    """When the next message came that says that the rule's alert fires."""
    while True:
        at, told = arrived.get(timeout=_PATIENCE)
        if (told["rule"], told["kind"]) == (rule, "fired"):
            return at
