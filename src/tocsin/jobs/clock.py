"""The clock: what calls the runner, until it is told to stop."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from tocsin.domain.errors import StoreError
from tocsin.domain.job import renewal_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from tocsin.jobs.runner import Runner

STOP_SECONDS = 5.0
"""How long what runs is given to stop by itself; with what surrounds it a worker ends within ten seconds."""
LETTING_GO_SECONDS = 1.5
"""How long the store is given after that to take down that the worker stops: it may be locked, away or frozen."""

_TICK = "tick"
_AGAIN_SECONDS = 0.5  # after a beat that failed, as leases are running out
_OVERDUE_TICKS = 3
_log = structlog.get_logger("tocsin.jobs")


def keep_time(
    runner: Runner,
    stopped: threading.Event,
    *,
    tick_seconds: float,
    lease: timedelta,
    beside: Sequence[threading.Thread] = (),
) -> bool:
    """Call the runner until `stopped` is set; whether everything that ran had ended then.

    `beside` are threads that end by themselves once it is set; they are given no longer than what runs.

    APScheduler calls `tick`. It sleeps until an instant of the machine's clock, so when that clock is set back an hour
    it sleeps an hour too long. This loop, which counts seconds that pass, sees to that. It never touches the store,
    which may hold whoever asks it for as long as it likes: leases are renewed, and the end is made, in other threads.
    """
    ticked = [time.monotonic()]

    def tick() -> None:
        done(runner.tick)
        ticked[0] = time.monotonic()

    beating = threading.Thread(target=_beat, args=(runner, stopped, renewal_seconds(lease)), daemon=True)
    beating.start()
    with _ticking(tick, tick_seconds) as wake:
        while not stopped.wait(tick_seconds):
            if time.monotonic() - ticked[0] > _OVERDUE_TICKS * tick_seconds:
                ticked[0] = time.monotonic()
                wake()
    until = time.monotonic() + STOP_SECONDS + LETTING_GO_SECONDS
    ended = _stop_in_time(runner)
    beating.join(_AGAIN_SECONDS)  # it has been told to end too, and does unless the store keeps it
    for thread in beside:
        thread.join(max(0.0, until - time.monotonic()))
    return ended and not any(thread.is_alive() for thread in (beating, *beside))


def _beat(runner: Runner, stopped: threading.Event, seconds: float) -> None:
    """Renew the leases every so many seconds, and at once where that failed."""
    wait = seconds
    while not stopped.wait(wait):
        wait = seconds if done(runner.beat) else min(seconds, _AGAIN_SECONDS)


def _stop_in_time(runner: Runner) -> bool:
    """Stop the runner; False where not everything had ended in time, or where the store keeps it waiting."""
    ended: list[bool] = []
    stopping = threading.Thread(target=lambda: ended.append(runner.stop(STOP_SECONDS)), daemon=True)
    stopping.start()
    stopping.join(STOP_SECONDS + LETTING_GO_SECONDS)
    if not ended:
        _log.warning("the store did not answer in time; what ran here is reopened once its lease has expired")
    return ended == [True]


@contextmanager
def _ticking(tick: Callable[[], None], seconds: float) -> Iterator[Callable[[], None]]:
    """APScheduler at work; gives a function that makes it call at once."""
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    now = datetime.now(UTC)
    scheduler.add_job(tick, IntervalTrigger(seconds=seconds, start_date=now, timezone=UTC), id=_TICK, next_run_time=now)
    scheduler.start()
    try:
        yield lambda: scheduler.modify_job(_TICK, next_run_time=datetime.now(UTC))
    finally:
        scheduler.shutdown(wait=False)


def done(call: Callable[[], None]) -> bool:
    """Call, and whether that could be done. What cannot be now is done by a later call: the clock goes on."""
    try:
        call()
    except StoreError as error:
        _log.warning("the store is away", problem=str(error))
        return False
    except Exception:  # noqa: BLE001 (nothing that one call does wrong may stop the clock)
        _log.exception("a call of the clock failed")
        return False
    return True
