"""What is wanted is found aside, and whatever goes wrong with one job concerns that job alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.jobs import Hands, MemoryJobs
from tocsin.cli.jobs_table import listing_json, print_listing
from tocsin.domain.errors import FitRejectedError, StoreError
from tocsin.domain.job import State, Worker
from tocsin.domain.slot import Every, OnNeed, Want
from tocsin.jobs.runner import Means, Runner
from tocsin.usecases.list_jobs import list_jobs
from tocsin.usecases.run_job import Job, Lane, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

_START = datetime(2016, 3, 8, 12, 7, tzinfo=UTC)
_PACE = OnNeed(timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


class _World:
    """A worker with a refit that is wanted or not, and a feed after it; looks and runs happen when they are told to."""

    def __init__(self) -> None:
        self.hands = Hands(_START)
        self.book = MemoryJobs()
        self.threads: list[Callable[[], None]] = []
        self.asked: list[datetime] = []
        self.answer: Want | Exception | None = None
        self.fault: Exception | None = None
        self.refit = Job("refit", _PACE, "age", self._fit, Lane.FITS, self._want)
        self.jobs = [self.refit, Job("feed", Every(timedelta(minutes=5)), "news", lambda _: "done")]
        means = Means(self.book, lambda: self.hands.now, lambda: self.hands.elapsed, self.threads.append)
        worker = Worker("a", "host", 1, _START, _START)
        room = {Lane.FITS: 1, Lane.OTHER: 1}
        self.runner = Runner(self.jobs, worker, means, lease=timedelta(seconds=45), room=room)
        later = replace(worker, id="b", started_at=_START + timedelta(hours=7))
        self.later = Runner(self.jobs, later, means, lease=timedelta(seconds=45), room=room)

    def _fit(self, _: Turn) -> str:
        if self.fault is not None:
            raise self.fault
        return "fitted"

    def _want(self, now: datetime) -> Want | None:
        self.asked.append(now)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ran(self) -> list[str]:
        """Which jobs have a run."""
        return sorted(run.job for run in self.book.all())

    def tick(self) -> None:
        """A tick, and what it started."""
        self.runner.tick()
        while self.threads:
            self.threads.pop(0)()


def _news(minutes_ago: int) -> Want:
    at = _START - timedelta(minutes=minutes_ago)
    return Want("so much came in", _START - timedelta(days=1), at, at)


def test_a_look_that_takes_long_holds_nothing_up() -> None:
    """Ticks go on, leases are swept and feeds begun; what it found is begun by the tick after it."""
    world = _World()
    world.answer = _news(15)
    world.runner.tick()
    look, feed = world.threads
    world.threads.clear()
    feed()
    for _ in range(70):
        world.hands.wait(5)
        world.runner.tick()
    assert world.book.workers()[0].ticked_at == world.hands.now
    assert [run.state for run in world.book.all() if run.job == "feed"] == [State.DONE, State.RUNNING]
    assert world.asked == []
    assert len(world.threads) == 1  # the feed: there is one look at a time
    look()
    assert "refit" not in world.ran()
    world.runner.tick()
    assert "refit" in world.ran()


def test_a_want_is_looked_into_once_in_each_check_and_again_after_a_clock_step() -> None:
    """To read the odds costs seconds of a processor; when the clock was set, what was found by it is worth nothing."""
    world = _World()
    for _ in range(6):
        world.tick()
        world.hands.wait(5)
    assert len(world.asked) == 1
    world.hands.wait(60)
    world.tick()
    assert len(world.asked) == 2
    world.hands.step(10)
    world.tick()
    assert len(world.asked) == 3


def test_what_was_found_by_a_clock_that_was_set_meanwhile_is_not_begun() -> None:
    """Its slot would lie a year ahead."""
    world = _World()
    year = timedelta(days=365)
    world.hands.step(year.total_seconds())
    world.answer = Want("so", None, None, None)
    world.runner.tick()
    look = world.threads.pop(0)
    world.hands.step(-year.total_seconds())
    world.answer = None
    world.runner.tick()
    look()
    world.tick()
    assert "refit" not in world.ran()


def test_a_refit_that_was_rejected_is_not_repeated_before_more_comes_in(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is one that broke down; a worker that is started anew tries once, as something may have been mended."""
    world = _World()
    world.answer, world.fault = _news(15), FitRejectedError("f", ["R-hat"])
    for _ in range(7 * 60):
        world.hands.wait(60)
        world.tick()
    assert [run.state for run in world.book.all() if run.job == "refit"] == [State.FAILED]
    print_listing(list_jobs(world.jobs, book=world.book, now=world.hands.now), world.hands.now)
    assert "once more comes in" in capsys.readouterr().out
    world.runner = world.later
    for _ in range(4 * 60):
        world.hands.wait(60)
        world.tick()
    assert [run.state for run in world.book.all() if run.job == "refit"] == [State.FAILED, State.FAILED]


@pytest.mark.parametrize("error", [ValueError("a zarr file reads oddly"), StoreError("away")], ids=["odd", "store"])
def test_a_want_that_cannot_be_told_starves_no_other_job(error: Exception) -> None:
    """And it is looked into again in the next check."""
    world = _World()
    world.answer = error
    world.tick()
    assert world.ran() == ["feed"]
    world.answer = _news(15)
    world.hands.wait(60)
    world.tick()
    world.tick()
    assert world.ran() == ["feed", "refit"]


def test_a_job_that_cannot_be_considered_starves_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with its schedule."""
    world = _World()
    odd = Job("odd", None, "test", lambda _: "done")  # type: ignore[arg-type]
    world.jobs.insert(0, odd)
    world.tick()
    assert world.ran() == ["feed"]
    monkeypatch.setattr(world.book, "claim", _refuse)
    world.hands.wait(300)
    with pytest.raises(StoreError):  # for all alike, so it is told to who keeps the time
        world.runner.tick()


def _refuse(*_: object, **__: object) -> None:
    raise StoreError("away")


def test_a_want_that_cannot_be_told_is_shown_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """In `tocsin jobs`, beside the others."""
    world = _World()
    world.answer = ValueError("a zarr file reads oddly")
    listing = list_jobs(world.jobs, book=world.book, now=_START)
    assert [entry.problem for entry in listing.entries] == ["ValueError: a zarr file reads oddly", None]
    assert '"problem": "ValueError: a zarr file reads oddly"' in listing_json(listing, _START)
    print_listing(listing, _START)
    assert "cannot be told whether it is wanted: ValueError: a zarr file reads oddly" in capsys.readouterr().out
