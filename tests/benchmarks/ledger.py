"""The ledger: rows imported, observations accepted one at a time, and reads while it grows to a million."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from pydantic import SecretStr

from benchmarks.clock import latency, repeat, timed
from benchmarks.rows import Row, at_least, at_most
from benchmarks.world import DAY, World
from support.kit import Kit, open_kit
from support.postgresql import PostgresServer
from tocsin.bootstrap.service import open_service
from tocsin.domain.batch import KNOWN, Fate
from tocsin.domain.evidence import first_day_with_bearing
from tocsin.domain.indicator import Kind
from tocsin.domain.observation import Draft
from tocsin.domain.observation_mapping import own_columns
from tocsin.feeds.observation_file import Form, read_observation_file
from tocsin.inference.sample import NutsSampler
from tocsin.settings import Settings
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.migrate import upgrade
from tocsin.usecases.import_observations import import_observations
from tocsin.usecases.judge_import import Incoming
from tocsin.usecases.observe import observe
from tocsin.usecases.read_odds import read_odds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.bootstrap.service import Service
    from tocsin.domain.batch import Batch
    from tocsin.domain.theater import Theater

_ROWS = 100_000
_MOST_SECONDS = 60.0
_ONE_BY_ONE, _READS, _QUERIES = 300, 20, 60
_MOST_SLOWER = 2.0
_INDICATOR = "violence/border-attack"

# A ledger after years: most rows are about other theaters, many lie before the window, and some have older versions.
_SMALL, _LARGE = 1_000, 1_000_000
_BEFORE, _CORRECTED = 300_000, 50_000
_MICROSECONDS = 1_000_000
_FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)
INSERT INTO observation (id, fingerprint, indicator, observed_on, value, grade, origin, summary, source, author,
                         recorded_at, withdrawn, reason, links, supersedes)
SELECT '{kind}' || printf('%015d', i), '{kind}' || printf('%063d', i),
       {indicator}, date('{first}', '+' || (i * 7919 % {days}) || ' days'), i % 2, 'E5', '{kind}-' || i,
       'Report ' || i || ' of something that was seen', 'desk ' || (i % 50), 'benchmark',
       {instant}, 0, {reason}, '[]', {supersedes} FROM n"""
_ELSEWHERE = "'elsewhere/' || (i % 40)"


@dataclass(frozen=True)
class _Rows:
    """Rows that the database makes by itself: how many, about what, and from which day on for how many days."""

    kind: str
    count: int
    indicator: str
    first: date
    days: int
    supersedes: str | None = None

    def statement(self) -> str:
        """All of them in one."""
        changes = self.supersedes is not None
        known = datetime(2016, 1, 2 if changes else 1, tzinfo=UTC)
        return _FILL.format(
            kind=self.kind,
            count=self.count,
            indicator=self.indicator,
            first=self.first,
            days=self.days,
            instant=int(known.timestamp()) * _MICROSECONDS,
            reason="'counted again'" if changes else "''",
            supersedes=self.supersedes if changes else "NULL",
        )


def ledger(world: World) -> Iterator[Row]:
    """Imports and single observations into a fresh store; then queries and odds at a thousand and at a million."""
    small, large = world.home / "small", world.home / "large"
    small.mkdir()
    for database in ("SQLite", "PostgreSQL"):
        with _fresh(world, database) as service:
            yield from _imports(world, service, database)
            yield from _one_by_one(world, service, database)
    with open_kit(small, NutsSampler(), datetime.now(UTC)) as kit:
        _fill_and_fit(world, kit, small)
        shutil.copytree(small, large)
        _fill_years(world, kit.theater, large)
        with open_service(Settings(home=large)) as service:
            yield from _compare(world, kit.theater, kit.service, service)


@contextmanager
def _fresh(world: World, database: str) -> Iterator[Service]:
    """A service on an empty store that waits for the disk, as in use."""
    home = world.home / database
    home.mkdir()
    settings = Settings(home=home)
    with ExitStack() as stack:
        if database == "PostgreSQL":
            server = PostgresServer(durable=True)
            stack.callback(server.close)
            server.start()
            address = stack.enter_context(server.database("ledger"))
            settings = Settings(home=home, database_url=SecretStr(address))
        upgrade(settings.store_url)
        yield stack.enter_context(open_service(settings))


def _imports(world: World, service: Service, database: str) -> Iterator[Row]:
    data = _file()
    world.say(f"importing {_ROWS:,} rows into {database}")
    seconds: list[float] = []
    with timed(seconds):
        first = _import(service, data)
    with timed(seconds):
        again = _import(service, data)
    if (first.count(Fate.NEW), again.count(*KNOWN)) != (_ROWS, _ROWS):
        message = "the import did not do what is measured"
        raise RuntimeError(message)
    name = f"import {_ROWS:,} rows of CSV, {database}"
    yield at_most(name, seconds[0], "s", _MOST_SECONDS)
    yield at_least(f"rows imported, {database}", _ROWS / seconds[0], "rows/s", _ROWS / _MOST_SECONDS)
    yield Row(f"the same file again, {database}: all known already", seconds[1], "s")


def _file() -> bytes:
    random = Random(1)  # noqa: S311 (nothing is secret)
    first = date(2010, 1, 1)
    lines = ["observed_on,indicator,value,grade,origin,summary,source"]
    for number in range(_ROWS):
        day = first + timedelta(days=random.randrange(5900))
        lines.append(f"{day},{_INDICATOR},{random.randrange(4)},B2,o{number},Report {number} of the desk,desk")
    return "\n".join(lines).encode()


def _import(service: Service, data: bytes) -> Batch:
    drafts, problems = read_observation_file(data, "rows.csv", Form.CSV, own_columns())
    return import_observations(
        Incoming(drafts, problems),
        service.catalog.theater("tunisia"),
        ledger=service.ledger,
        now=datetime.now(UTC),
        author="benchmark",
        history=False,
    )


def _one_by_one(world: World, service: Service, database: str) -> Iterator[Row]:
    world.say(f"observations one at a time into {database}")
    numbers = count()
    seconds = repeat(lambda: _observe(service, next(numbers)), _ONE_BY_ONE)
    yield Row(f"observations accepted one at a time, durable, {database}", 1 / median(seconds), "/s")
    yield from latency(f"one observation accepted, durable, {database}", seconds)


def _observe(service: Service, number: int) -> object:
    theater = service.catalog.theater("tunisia")
    return observe(
        [Draft(_INDICATOR, DAY.isoformat(), "1", "B2", origin=f"new {number}")],
        indicators=service.catalog.indicators("tunisia"),
        timeline=theater.timeline,
        ledger=service.ledger,
        now=datetime.now(UTC),
        author="benchmark",
        history=False,
    )


def _fill_and_fit(world: World, kit: Kit, home: Path) -> None:
    """A thousand observations, nearly all in the window, and a fit of them."""
    rows = _SMALL - _count(home)
    _fill(home, _Rows("t", rows, _in_turn(kit.theater), date(2013, 4, 1), 1000))
    world.say("a fit to read odds from")
    if not kit.fit(DAY).accepted:
        message = "the fit was rejected, so there are no odds to read"
        raise RuntimeError(message)


def _fill_years(world: World, theater: Theater, home: Path) -> None:
    """The same ledger with a million; nothing that is added has a bearing on the theater's window."""
    world.say("filling a ledger to a million")
    own, first, days = _in_turn(theater), date(2003, 1, 1), 3400
    corrected = _Rows("v", _CORRECTED, own, first, days)
    _fill(home, _Rows("b", _BEFORE, own, first, days))
    _fill(home, corrected)
    _fill(home, replace(corrected, kind="w", supersedes="'v' || printf('%015d', i)"))
    _fill(home, _Rows("e", _LARGE - _count(home), _ELSEWHERE, first, 4700))


def _in_turn(theater: Theater) -> str:
    """In SQL: the theater's counts and sightings, one after the other."""
    names = [item.id for item in theater.indicators if item.kind in {Kind.COUNT, Kind.PRESENCE}]
    return f"CASE i % {len(names)} {' '.join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(names))} END"


def _compare(world: World, theater: Theater, small: Service, large: Service) -> Iterator[Row]:
    """Queries and odds of both in turn, so that what else the machine does slows both alike."""
    as_of = theater.timeline.close_of(DAY)
    names = [indicator.id for indicator in theater.indicators]
    since = first_day_with_bearing(theater, as_of)

    def query(service: Service) -> object:
        return service.ledger.observations(names, as_of, since)

    def odds(service: Service) -> object:
        return read_odds(
            theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=as_of, reasons=False
        ).odds

    for what, action, times in (("query what bears on the window", query, _QUERIES), ("read the odds", odds, _READS)):
        world.say(what)
        if action(small) != action(large):
            message = f"{what}: the answer depends on what has no bearing on it"
            raise RuntimeError(message)
        seconds: dict[int, list[float]] = {_SMALL: [], _LARGE: []}
        for _ in range(times):
            for rows, service in ((_SMALL, small), (_LARGE, large)):
                with timed(seconds[rows]):
                    action(service)
        for rows, taken in seconds.items():
            yield from latency(f"{what}, {rows:,} observations", taken)
        ratio = median(seconds[_LARGE]) / median(seconds[_SMALL])
        yield at_most(f"{what}: the million to the thousand", ratio, "×", _MOST_SLOWER)


def _count(home: Path) -> int:
    engine = open_engine(Settings(home=home).store_url)
    with reading(engine) as connection:
        found = int(connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one())
    engine.dispose()
    return found


def _fill(home: Path, rows: _Rows) -> None:
    engine = open_engine(Settings(home=home).store_url)
    with writing(engine) as connection:
        connection.exec_driver_sql(rows.statement())
    engine.dispose()
