"""One worker whose clock is turned by hand: sleep, clock steps, lost leases, stops."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from support.jobs import Hands, MemoryJobs
from tocsin.domain.errors import (
    FeedRefusedError,
    FitInterruptedError,
    FitRejectedError,
    SamplerFailedError,
    StoreError,
)
from tocsin.domain.job import JobRun, State, Worker
from tocsin.domain.slot import Daily, Every, OnOrder
from tocsin.jobs.runner import Means, Runner
from tocsin.usecases.run_job import Job, Lane, Turn

_START = datetime(2016, 3, 8, 12, 7, tzinfo=UTC)
_LEASE = timedelta(seconds=45)


class _World:
    """One worker with a feed every quarter of an hour and a fit every night; what ran, and what is in threads."""

    def __init__(self) -> None:
        self.hands = Hands(_START)
        self.book = MemoryJobs()
        self.ran: list[tuple[str, datetime]] = []
        self.threads: list[Callable[[], None]] = []
        self.inline = True
        self.fault: Exception | None = None
        self.runner = self.worker("a")

    def worker(self, name: str) -> Runner:
        def run(kind: str) -> Callable[[Turn], str]:
            return lambda turn: self._run(kind, turn)

        jobs = (
            Job("feed", Every(timedelta(minutes=15)), "news", run("feed")),
            Job("fit", Daily(time(2, 30), "Europe/Berlin"), "age", run("fit"), Lane.FITS),
            Job("ordered", OnOrder(), "somebody wants it", run("ordered"), Lane.FITS),
        )
        means = Means(self.book, lambda: self.hands.now, lambda: self.hands.elapsed, self._start)
        worker = Worker(name, "host", 1, _START, _START)
        return Runner(jobs, worker, means, lease=_LEASE, room={Lane.FITS: 1, Lane.OTHER: 1})

    def _start(self, work: Callable[[], None]) -> None:
        if self.inline:
            work()
        else:
            self.threads.append(work)

    def _run(self, kind: str, turn: Turn) -> str:
        if turn.cancelled():
            raise FitInterruptedError("it was cancelled")
        if self.fault is not None:
            raise self.fault
        self.ran.append((kind, turn.slot))
        return "done"

    def tick(self) -> list[str]:
        """What a tick ran."""
        before = len(self.ran)
        self.runner.tick()
        self.runner.beat()
        return [kind for kind, _ in self.ran[before:]]


@pytest.mark.fault(11)
def test_after_three_days_asleep_each_job_runs_once() -> None:
    """288 feeds and three fits were missed."""
    world = _World()
    assert world.tick() == ["feed", "fit"]
    assert world.tick() == []
    world.hands.step(3 * 86_400)
    assert world.tick() == ["feed", "fit"]
    assert world.tick() == []


def test_what_is_ordered_runs_at_the_next_tick_and_never_by_itself() -> None:
    """For the slot of its order."""
    world = _World()
    assert world.tick() == ["feed", "fit"]
    world.hands.wait(5)
    ordered, _ = world.book.order("ordered", theater="t", actor="ada", now=world.hands.now)
    world.hands.wait(5)
    assert world.tick() == ["ordered"]
    assert world.ran[-1] == ("ordered", ordered.slot)
    assert world.tick() == []


@pytest.mark.fault(11)
def test_a_clock_that_is_set_back_and_forward_repeats_nothing() -> None:
    """An hour back, minute by minute through it again, and an hour forward."""
    world = _World()
    world.tick()
    world.hands.step(-3600)
    for _ in range(60):
        assert world.tick() == []
        world.hands.wait(60)
    world.hands.wait(900)
    assert world.tick() == ["feed"]
    world.hands.step(3600)
    assert world.tick() == ["feed"]
    assert len(set(world.ran)) == len(world.ran)


@pytest.mark.fault(11)
@pytest.mark.parametrize("day", [datetime(2016, 3, 26, 12, tzinfo=UTC), datetime(2016, 10, 29, 12, tzinfo=UTC)])
def test_the_nightly_fit_runs_once_a_day_through_a_change_of_clocks(day: datetime) -> None:
    """Looked at every five minutes over three days."""
    world = _World()
    world.hands.now = day
    world.tick()
    world.ran.clear()
    for _ in range(3 * 288):
        world.hands.wait(300)
        world.tick()
    assert sum(kind == "fit" for kind, _ in world.ran) == 3
    assert sum(kind == "feed" for kind, _ in world.ran) == 3 * 96


@pytest.mark.fault(11)
def test_after_a_sleep_nobody_takes_the_run_of_a_worker_that_is_only_waking_up() -> None:
    """Its lease has expired on the clock; it has a lease's length to renew it."""
    world = _World()
    world.inline = False
    other = world.worker("b")
    other.tick()
    assert len(world.threads) == 2
    world.runner.tick()
    world.hands.step(3600)
    world.runner.tick()
    other.beat()
    world.hands.wait(50)
    other.beat()
    assert {run.owner for run in world.book.all() if run.state is State.RUNNING} == {"b"}


@pytest.mark.fault(2)
def test_the_run_of_a_worker_that_is_gone_is_taken_by_another() -> None:
    """Within a lease and a tick, and the one that comes back records nothing."""
    world = _World()
    world.inline = False
    world.worker("b").tick()
    left = world.threads.copy()
    world.threads.clear()
    world.inline = True
    for _ in range(10):
        world.hands.wait(5)
        world.tick()
    assert [kind for kind, _ in world.ran] == ["feed", "fit"]
    for work in left:
        work()
    assert {(run.state, run.owner) for run in world.book.all()} == {(State.DONE, "a")}


@pytest.mark.fault(20)
def test_a_stop_releases_what_runs_and_begins_nothing() -> None:
    """What ends by itself is released by the run, what does not by the stop."""
    world = _World()
    world.inline = False
    world.runner.tick()
    world.hands.elapsed = 0.0
    assert not world.runner.stop(0.0)
    assert {run.state for run in world.book.all()} == {State.OPEN}
    world.runner.tick()
    assert len(world.threads) == 2
    assert [worker.stopped_at for worker in world.book.workers()] == [_START]
    for work in world.threads:
        work()
    assert world.ran == []


def test_a_failure_is_attempted_again_and_a_refused_credential_is_not() -> None:
    """Half a minute later at the latest; a credential waits for the next slot."""
    world = _World()
    world.fault = StoreError("away")
    assert world.tick() == []
    world.fault = None
    world.hands.wait(31)
    assert world.tick() == ["feed", "fit"]
    world.fault = FeedRefusedError("acled", "401", "TOCSIN_ACLED_PASSWORD")
    world.hands.wait(900)
    world.tick()
    world.fault = None
    world.hands.wait(400)
    assert world.tick() == []
    feed = max((run for run in world.book.all() if run.job == "feed"), key=lambda run: run.slot)
    assert (feed.state, feed.attempt) == (State.FAILED, 1)
    assert "set TOCSIN_ACLED_PASSWORD" in str(feed.problem)


@pytest.mark.fault(3)
@pytest.mark.parametrize(
    "error",
    [
        SamplerFailedError("the sampler broke down 3 times"),
        FitInterruptedError("its deadline of 900 s passed"),
        FitRejectedError("f", ["R-hat"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fit_that_broke_down_thrice_or_took_too_long_is_given_up_for_its_slot(error: Exception) -> None:
    """Whoever fits has tried it again already; the next night it is another slot."""
    world = _World()
    world.fault = error
    world.tick()
    assert {run.state for run in world.book.all() if run.job == "fit"} == {State.FAILED}
    world.fault = None
    world.hands.wait(600)
    assert "fit" not in world.tick()
    world.hands.wait(86_400)
    assert "fit" in world.tick()


def test_what_comes_of_a_run_is_recorded_once_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is not thrown away, and the work not done again."""
    world = _World()
    finish, asked = world.book.finish, []
    monkeypatch.setattr("tocsin.jobs.patience._AGAIN_SECONDS", 0.001)

    def away_at_first(run: JobRun, outcome: str, now: datetime) -> bool:
        asked.append(run.job)
        if len(asked) < 3:
            raise StoreError("away")
        return finish(run, outcome, now)

    monkeypatch.setattr(world.book, "finish", away_at_first)
    assert world.tick() == ["feed", "fit"]
    assert asked == ["feed", "feed", "feed", "fit"]
    assert {run.state for run in world.book.all()} == {State.DONE}
