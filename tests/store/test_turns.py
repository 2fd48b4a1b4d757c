"""Who waits for another writer counts from when its turn came, so that nobody's reading changes behind them."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.store.engine import writing
from tocsin.store.observation import ObservationLedger

if TYPE_CHECKING:
    from sqlalchemy import Engine

_INDICATOR = "violence/border-attack"
_PATIENCE = 20.0


def _now() -> datetime:
    return datetime.now(UTC)


def _report(name: str, recorded_at: datetime, entered_at: datetime | None = None) -> Observation:
    plain = Observation(
        "", _INDICATOR, date(2016, 3, 7), 1.0, Grade("B", "2"), name, "", "", "ada", recorded_at, entered_at=entered_at
    )
    return plain.named()


def test_what_waited_for_another_writer_counts_from_its_turn(engine: Engine) -> None:
    """It was asked for before a reading, written after it, and is not in that reading later either."""
    ledger = ObservationLedger(engine, _now)
    asked, held, done = _now(), threading.Event(), threading.Event()

    def hold() -> None:
        with writing(engine):
            held.set()
            done.wait(_PATIENCE)

    holder = threading.Thread(target=hold)
    waiter = threading.Thread(target=ledger.record, args=([_report("late", asked)],))
    holder.start()
    assert held.wait(_PATIENCE)
    waiter.start()
    waiter.join(0.2)
    assert waiter.is_alive()
    read_at = _now()
    done.set()
    for thread in (holder, waiter):
        thread.join(_PATIENCE)
    assert ledger.observations([_INDICATOR], read_at) == []
    (recorded,) = ledger.observations([_INDICATOR], _now())
    assert recorded.recorded_at > read_at > asked


def test_history_keeps_its_day_and_is_written_down_at_its_turn(engine: Engine) -> None:
    """Only the instant of writing moves: what a fit had seen is told by it."""
    ledger = ObservationLedger(engine, _now)
    known, before = datetime(2016, 3, 8, tzinfo=UTC), _now()
    ledger.record([_report("old", known, entered_at=before - timedelta(hours=1))])
    (recorded,) = ledger.observations([_INDICATOR], _now())
    assert recorded.recorded_at == known
    assert recorded.written_at >= before


def test_an_instant_that_is_still_to_come_stays(engine: Engine) -> None:
    """A clock that was set back does not move what bears a later instant."""
    ledger = ObservationLedger(engine, _now)
    later = _now() + timedelta(days=1)
    ledger.record([_report("ahead", later)])
    assert ledger.observations([_INDICATOR], _now()) == []
    assert [item.recorded_at for item in ledger.observations([_INDICATOR], later)] == [later]


def test_awaiting_writers_ends_when_they_have_committed(engine: Engine) -> None:
    """Before that it does not, and what they wrote is there to be read."""
    ledger = ObservationLedger(engine, _now)
    order: list[str] = []
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(engine):
            held.set()
            free.wait(_PATIENCE)
            order.append("committed")

    def wait() -> None:
        ledger.await_writers()
        order.append("awaited")

    threads = [threading.Thread(target=hold), threading.Thread(target=wait)]
    threads[0].start()
    assert held.wait(_PATIENCE)
    threads[1].start()
    threads[1].join(0.2)
    free.set()
    for thread in threads:
        thread.join(_PATIENCE)
    assert order == ["committed", "awaited"]
