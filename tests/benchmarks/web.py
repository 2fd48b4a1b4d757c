"""The web process: odds a second, new odds after an observation, memory with ten theaters, two processes."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.clock import latency, timed
from benchmarks.ledger import _fill_and_fit, _fill_years
from benchmarks.rows import Row, at_least, at_most
from benchmarks.web_client import Server, rate, resident, server
from benchmarks.world import DAY, World
from support.kit import open_kit
from tocsin.bootstrap.service import open_service
from tocsin.catalog.kit import find_kit
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared
from tocsin.inference.sample import NutsSampler
from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_ODDS = "/api/v1/theaters/{}/odds"
_ROUNDS, _SECONDS = 7, 2.0
_OBSERVATIONS = "/api/v1/theaters/tunisia/observations"
_PREPARED_SECONDS = 2.5  # in which the futures of one more report are simulated ahead
_TIMES, _COUNTED = 200, 10
_THEATERS = 10
_PAGES = 20  # of each theater
_MOST_PAGE_MS = 100.0
_LEAST_RATIO, _MOST_SLOWER, _MOST_MEBIBYTES = 0.6, 2.0, 200.0
_TARGETS = 25.0, 120.0  # milliseconds: the median and the tail
_SETTLE_SECONDS = 20


def web(world: World) -> Iterator[Row]:
    """On copies of a store with the Tunisia kit, so that what is written here changes nothing elsewhere."""
    fit = world.refits.fits[-1]
    now = fit.as_of + timedelta(hours=1)
    home = _copy(world, "web")
    served = "odds", str(home), str(find_kit()), now.isoformat()
    with server(*served, TOCSIN_PREPARE_AHEAD="false") as first, server("empty") as bare:
        yield from _rates(world, first, bare)
        with server(*served) as second:
            path = f"{_ODDS.format('tunisia')}?as_of={DAY}"
            yield at_least("two processes over one store: the same bytes", first.ask(path) == second.ask(path), "", 1)
    world.say("observations to new odds")
    with server(*served) as asked:
        yield from _new_odds(asked)
    yield from _theaters(world, now)
    yield from _grown(world)


def _copy(world: World, name: str) -> Path:
    """A store of its own with what the kit's holds."""
    home = world.home / name
    shutil.copytree(world.kit.home / "fits", home / "fits")
    for file in world.kit.home.glob("tocsin.db*"):
        shutil.copy(file, home)
    return home


def _rates(world: World, asked: Server, bare: Server) -> Iterator[Row]:
    """In turn, so that what else the machine does slows both alike."""
    world.say("requests a second")
    asked.ask(_ODDS.format("tunisia"))
    bare.ask("/empty")
    empty, odds = [], []
    for _ in range(_ROUNDS):
        empty.append(rate(bare, "/empty", _SECONDS))
        odds.append(rate(asked, _ODDS.format("tunisia"), _SECONDS))
    yield Row("an empty FastAPI endpoint", median(empty), "/s")
    yield Row("GET odds, with a key", median(odds), "/s")
    ratio = median(one / other for one, other in zip(odds, empty, strict=True))
    yield at_least("GET odds to the empty endpoint", ratio, "×", _LEAST_RATIO)


def _new_odds(asked: Server) -> Iterator[Row]:
    seconds = _accept(asked, "group/pledge-publication", _TIMES)
    for row, target in zip(latency("observation posted to its new odds answered", seconds), _TARGETS, strict=True):
        yield at_most(row.name, row.value, row.unit, target)
    counted = _accept(asked, "violence/border-attack", _COUNTED, pause=_PREPARED_SECONDS)
    yield from latency("the same where a rule counts it, futures prepared", counted)


def _accept(asked: Server, indicator: str, times: int, pause: float = 0.0) -> list[float]:
    """Seconds from a report sent to an answer that it is on disk and what it did to the odds; the first is left out."""
    seconds: list[float] = []
    with asked.client() as client:
        for number in range(times + 1):
            time.sleep(pause)
            sent = {"indicator": indicator, "observed_on": DAY.isoformat(), "value": 1, "grade": "B2"}
            with timed(seconds):
                answer = client.post(_OBSERVATIONS, json=sent | {"origin": f"{indicator} {number}"})
            told = answer.raise_for_status().json()
            if told["change"] is None or told["known_already"]:
                raise RuntimeError(answer.text)
    return seconds[1:]


def _theaters(world: World, now: datetime) -> Iterator[Row]:
    """The Tunisia kit under ten names, each with its fit."""
    world.say(f"{_THEATERS} theaters")
    names = [f"theater-{number}" for number in range(1, _THEATERS)]
    catalog, home = world.home / "catalog", _copy(world, "many")
    shutil.copytree(find_kit() / "indicators", catalog / "indicators")
    shutil.copytree(find_kit() / "models" / "tunisia", catalog / "models" / "tunisia")
    for name in names:
        feeds = shutil.ignore_patterns("feeds")
        shutil.copytree(find_kit() / "models" / "tunisia", catalog / "models" / name, ignore=feeds)
    fit = world.refits.fits[-1]
    with open_service(Settings(home=home, catalog=catalog)) as service:
        draws = service.fits.draws(fit)
        for name in names:
            theater = service.catalog.theater(name)
            own = declared(theater, lay_out(theater))
            service.fits.save(replace(fit, id=f"{name}-{fit.id}"[:64], theater=name, declared=own), draws, "benchmark")
    with server("odds", str(home), str(catalog), now.isoformat()) as asked:
        for name in ["tunisia", *names]:
            asked.ask(_ODDS.format(name))
        loaded = resident(asked.pid)
        most = loaded
        for _ in range(_SETTLE_SECONDS):
            time.sleep(1.0)  # futures are being prepared
            most = max(most, resident(asked.pid))
        for name in ["tunisia", *names]:
            asked.ask(f"{_ODDS.format(name)}?as_of={DAY}")
        again = resident(asked.pid)
        pages = [_page_seconds(asked, name) for _ in range(_PAGES) for name in ["tunisia", *names]]
    p95 = sorted(pages)[int(0.95 * len(pages))]
    yield at_most(f"the board page, p95 of {len(pages)}, {_THEATERS} theaters", 1e3 * p95, "ms", _MOST_PAGE_MS)
    yield at_most(f"memory of the web process, {_THEATERS} theaters", loaded, "MiB", _MOST_MEBIBYTES)
    yield Row("the most while futures are prepared", most, "MiB")
    yield at_most("after reading an earlier instant of each", again, "MiB", _MOST_MEBIBYTES)


def _page_seconds(asked: Server, theater: str) -> float:
    began = time.perf_counter()
    asked.ask(f"/theaters/{theater}")
    return time.perf_counter() - began


def _grown(world: World) -> Iterator[Row]:
    """The same with a thousand and a million observations in the ledger."""
    small, large = world.home / "web-small", world.home / "web-large"
    small.mkdir()
    with open_kit(small, NutsSampler(), datetime.now(UTC)) as kit:
        _fill_and_fit(world, kit, small)
        shutil.copytree(small, large)
        _fill_years(world, kit.theater, large)
        now = kit.theater.timeline.close_of(DAY) + timedelta(hours=1)
    seconds = {}
    for home, rows in ((small, "1,000"), (large, "1,000,000")):
        world.say(f"observations to new odds, {rows} in the ledger")
        with server("odds", str(home), str(find_kit()), now.isoformat()) as asked:
            seconds[home] = _accept(asked, "group/pledge-publication", _TIMES)
        yield from latency(f"posted to new odds, {rows} observations", seconds[home])
    ratio = median(seconds[large]) / median(seconds[small])
    yield at_most("new odds: the million to the thousand", ratio, "×", _MOST_SLOWER)
