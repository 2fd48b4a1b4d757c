"""The desk answers what the store answers, bit for bit, whatever comes in and however much time passes."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier, current_thread
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.desks import START, THEATER, SmallStore, small_store, told
from tocsin.domain.errors import NoFitError
from tocsin.domain.grading import parse_grade
from tocsin.ensemble.futures import Futures
from tocsin.ensemble.odds import estimate, joint
from tocsin.ensemble.thin import bytes_of, thin
from tocsin.store.migrate import upgrade
from tocsin.usecases import desk_futures, desk_theater, freshness
from tocsin.usecases.desk_recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from tocsin.usecases.desk import Desk

INDICATORS = [indicator.id for indicator in THEATER.indicators]
_VALUES = {"field/claim": 1, "field/alert": 2}

_observe = st.tuples(
    st.just("observe"),
    st.sampled_from(INDICATORS),
    st.integers(0, 400),  # days ago: some long before the window
    st.integers(0, 3),
    st.sampled_from(["A1", "B2", "E5"]),
    st.sampled_from(["", "one", "two"]),
    # Hours from now at which it counts as known: history long ago, and what is still to come.
    st.sampled_from([-3000, -30, 0, 0, 0, 5, 30]),
)
_step = st.one_of(
    _observe,
    _observe,
    st.tuples(st.just("correct"), st.integers(0, 30), st.integers(-300, 300)),
    st.tuples(st.just("retract"), st.integers(0, 30)),
    st.tuples(st.just("fit"), st.sampled_from([-1500, -200, -20, -1, 0, 8])),
    st.tuples(st.just("pass"), st.sampled_from([0.01, 3, 20, 24, 200])),
    st.tuples(st.just("close"), st.just(0)),
    st.tuples(st.just("look back"), st.sampled_from([0.01, 5, 30, 300])),
    st.tuples(st.just("prepare"), st.just(0)),
)


@contextmanager
def _store(database: Database) -> Iterator[SmallStore]:
    with database.fresh(upgraded=True) as url, tempfile.TemporaryDirectory() as folder:
        store = small_store(url, Path(folder))
        yield store
        store.ledger._engine.dispose()


@contextmanager
def _desk(store: SmallStore, *, ahead: bool) -> Iterator[Desk]:
    desk = store.desk(ahead=ahead)
    yield desk
    desk.close()


def _do(store: SmallStore, desk: Desk, step: tuple[object, ...]) -> datetime:
    """Do one step; the instant to ask about after it."""
    what, *rest = step
    known = store.ledger.observations(INDICATORS, datetime.max.replace(tzinfo=START.tzinfo))
    replaced = {item.supersedes for item in known}
    standing = [item for item in known if item.id not in replaced and not item.withdrawn]
    if what == "observe":
        indicator, ago, value, grade, origin, hours = rest
        store.observe(
            indicator,
            store.now.date() - timedelta(days=ago),
            float(min(value, _VALUES.get(indicator, 3)) or (indicator == "field/price")),
            grade=parse_grade(grade),
            origin=origin or f"{ago} {value} {store.now}",
            recorded_at=store.now + timedelta(hours=hours),
            entered_at=store.now if hours else None,
        )
    elif what in {"correct", "retract"} and standing:
        before = standing[rest[0] % len(standing)]
        moved = before.observed_on - timedelta(days=rest[1]) if what == "correct" else before.observed_on
        change = replace(
            before,
            observed_on=min(moved, store.now.date()),
            grade=parse_grade("A2"),
            recorded_at=max(store.now, before.recorded_at),
            entered_at=None,
            supersedes=before.id,
            withdrawn=what == "retract",
            reason="it was counted wrongly",
        )
        store.ledger.record([change.named()])
    elif what == "fit":
        store.fit(store.now + timedelta(hours=rest[0]), seed=len(known))
    elif what == "pass":
        store.later(hours=rest[0])
    elif what == "close":
        store.now = THEATER.timeline.close_of(THEATER.timeline.last_day(store.now))
    elif what == "look back":
        return store.now - timedelta(hours=rest[0])
    elif what == "prepare":
        desk.prepared()
    return store.now


@given(steps=st.lists(_step, min_size=1, max_size=10), ahead=st.booleans())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_a_desk_says_what_the_store_says(database: Database, steps: list[tuple[object, ...]], ahead: bool) -> None:  # noqa: FBT001
    """After every step of any history, of now and of then; and a desk that has just begun says it too."""
    with _store(database) as store, _desk(store, ahead=ahead) as desk:
        store.observe("field/attack", date(2016, 3, 1), 1)
        store.fit(START - timedelta(hours=30), seed=7)
        for step in steps:
            as_of = _do(store, desk, step)
            desk.look_again()
            try:
                answer = desk.answer(THEATER, as_of)
            except NoFitError:
                assert store.fits.accepted(THEATER.id, as_of) == []
                continue
            store.same(answer, as_of)
        fresh = store.desk()
        store.same(fresh.answer(THEATER, store.now), store.now)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SmallStore]:
    """A store with one report and a fit of the day before."""
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    upgrade(url)
    opened = small_store(url, tmp_path / "fits")
    opened.observe("field/attack", date(2016, 3, 1), 1, recorded_at=START - timedelta(days=2))
    opened.fit(START - timedelta(hours=1), seed=7)
    yield opened
    opened.ledger._engine.dispose()


def _counting(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[str]:
    """The threads that call a function, one entry a call."""
    calls: list[str] = []
    real = getattr(module, name)

    def counted(*arguments: object, **named: object) -> object:
        calls.append(current_thread().name)
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, counted)
    return calls


def test_futures_that_were_prepared_are_not_waited_for(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more report that the rule counts, and the next day: neither is simulated by who asks; one two days on is."""
    simulated = _counting(monkeypatch, desk_futures, "simulate")
    with _desk(store, ahead=True) as desk:
        desk.answer(THEATER, store.now)
        desk.prepared()
        assert set(simulated) == {"desk ahead"}
        simulated.clear()
        store.later(seconds=1)
        store.observe("field/attack", date(2016, 3, 9), 1)
        desk.look_again()
        store.same(desk.answer(THEATER, store.now), store.now)
        assert current_thread().name not in simulated
        desk.prepared()
        simulated.clear()
        store.later(days=1)
        store.same(desk.answer(THEATER, store.now), store.now)
        assert current_thread().name not in simulated
        store.later(days=2)
        store.same(desk.answer(THEATER, store.now), store.now)
        assert current_thread().name in simulated


def test_one_thread_computes_and_all_get_it(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight that ask at once cost what one does."""
    derived = _counting(monkeypatch, desk_theater, "derive_evidence")
    desk = store.desk()
    together = Barrier(8)

    def ask() -> object:
        together.wait()
        return told(desk.answer(THEATER, store.now).reading)

    with ThreadPoolExecutor(8) as threads:
        found = [asked.result() for asked in [threads.submit(ask) for _ in range(8)]]
    assert all(item == found[0] for item in found)
    assert len(derived) == 1


def test_only_what_came_in_is_read(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the window again for one report, and nothing for what is about another theater."""
    windows = _counting(monkeypatch, store.ledger, "observations")
    computed = _counting(monkeypatch, desk_theater, "derive_evidence")
    desk = store.desk()
    desk.answer(THEATER, store.now)
    assert (len(windows), len(computed)) == (1, 1)
    store.observe("elsewhere/riot", date(2016, 3, 9), 1)
    desk.look_again()
    desk.answer(THEATER, store.now)
    assert (len(windows), len(computed)) == (1, 1)
    asked: list[object] = []
    real = store.ledger.observations
    monkeypatch.setattr(store.ledger, "observations", lambda *given: asked.append(given[2]) or real(*given))
    store.later(seconds=1)
    store.observe("field/claim", date(2016, 3, 9), 1)
    desk.look_again()
    desk.answer(THEATER, store.now)
    assert asked == [date.max]
    assert len(computed) == 2


def test_nothing_is_waited_for_while_nothing_changes(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same object, until something does, however much time of the day passes."""
    monkeypatch.setattr(freshness, "LOOK_EVERY_SECONDS", 60.0)  # this machine may be slow
    desk = store.desk()
    assert desk.held(THEATER, store.now) is None
    first = desk.answer(THEATER, store.now)
    held = desk.held(THEATER, store.now)
    assert held is not None
    assert told(held.reading) == told(first.reading)
    assert desk.held(THEATER, store.now + timedelta(hours=5)) is held
    assert desk.held(THEATER, store.now + timedelta(hours=12)) is None
    assert desk.held(THEATER, store.now - timedelta(days=2)) is None
    desk.look_again()
    assert desk.held(THEATER, store.now) is None
    monkeypatch.setattr(freshness, "LOOK_EVERY_SECONDS", 0.0)
    desk.answer(THEATER, store.now)
    assert desk.held(THEATER, store.now) is None


def test_memory_is_bounded() -> None:
    """What was used longest ago goes first, and what is too large is not kept at all."""
    kept: Recent[str, bytes] = Recent(10, len)
    for name in "abc":
        kept.put(name, b"1234")
        kept.get("a")
    assert [kept.get(name) for name in "abc"] == [b"1234", None, b"1234"]
    assert kept.bytes == 8
    kept.put("large", b"12345678901")
    assert (kept.get("large"), kept.bytes) == (None, 0)


@given(seed=st.integers(0, 2**32 - 1), left=st.integers(0, 7))
def test_thin_futures_give_the_same_bits(seed: int, left: int) -> None:
    """Whatever day of the step it is, by every horizon, a horizon that ends a step among them."""
    random = np.random.default_rng(seed)
    steps, horizons = 12, (7, 21, 21 + left, 60)
    futures = Futures(
        end_day=np.cumsum([left, *[7] * (steps - 1)]),
        reached=np.sort(random.random((2, 30, steps)).astype(np.float32), axis=2),
        noise=random.random((2, steps)) / 1000,
        first_day=random.integers(0, 90, (2, 30, 4)).astype(np.uint16),
    )
    weights = random.dirichlet(np.ones(30))
    few = thin(futures, horizons)
    assert bytes_of(few) < bytes_of(futures)
    for scenario in range(2):
        for days in horizons:
            assert estimate(few, scenario, days, weights) == estimate(futures, scenario, days, weights)
    assert joint(few, 0, 1, 60, weights) == joint(futures, 0, 1, 60, weights)


def test_history_of_a_fits_own_moment_takes_its_footing_away(store: SmallStore) -> None:
    """It was written down by the time of the fit, and the fit did not count it: so what it counted has changed."""
    desk = store.desk()
    assert desk.answer(THEATER, store.now).reading.reason is None
    store.observe("field/attack", date(2016, 2, 20), 2, recorded_at=START - timedelta(days=3), entered_at=store.now)
    desk.look_again()
    answer = desk.answer(THEATER, store.now)
    store.same(answer, store.now)
    assert answer.reading.reason == "what it counted has changed since the fit"
