"""What calls the runner goes on calling whatever the machine's clock does."""

import threading
import time
from datetime import datetime, timedelta, tzinfo
from typing import Self

import pytest

from tocsin.jobs.clock import keep_time


class _Clock(datetime):
    """The machine's clock, set back once it is told to."""

    back = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        shown = datetime.now(tz) - cls.back
        return cls.combine(shown.date(), shown.timetz())


class _Ticks:
    """A runner; when it was called. The clock is set back at its third tick."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.enough = threading.Event()

    def tick(self) -> None:
        self.at.append(time.monotonic())
        if len(self.at) == 3:
            _Clock.back = timedelta(hours=1)
        if len(self.at) == 6:
            self.enough.set()

    def beat(self) -> None:
        pass

    def stop(self, patience: float) -> bool:
        return patience > 0


@pytest.mark.fault(11)
def test_ticks_go_on_when_the_clock_is_set_back_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler alone would sleep until the clock shows the next instant again."""
    for module in ("tocsin.jobs.clock", "apscheduler.schedulers.base", "apscheduler.triggers.interval"):
        monkeypatch.setattr(f"{module}.datetime", _Clock)
    monkeypatch.setattr(_Clock, "back", timedelta())
    ticks = _Ticks()
    threading.Timer(30, ticks.enough.set).start()
    keep_time(ticks, ticks.enough, tick_seconds=0.1, lease=timedelta(seconds=45))  # type: ignore[arg-type]
    assert len(ticks.at) >= 6
    assert max(after - before for before, after in zip(ticks.at, ticks.at[1:], strict=False)) < 10
