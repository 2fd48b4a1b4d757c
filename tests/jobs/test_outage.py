"""A store that is away for longer than a lease: nothing that is at work is begun a second time."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from support.jobs import Hands, UnsteadyJobs
from tocsin.domain.errors import StoreError
from tocsin.domain.job import State, Worker
from tocsin.domain.slot import Every
from tocsin.jobs.clock import keep_time
from tocsin.jobs.runner import Means, Runner
from tocsin.usecases.run_job import Job, Lane, Turn

_START = datetime(2016, 3, 8, 12, 7, tzinfo=UTC)
_LEASE = timedelta(seconds=45)


class _World:
    """Workers with two jobs that are due each hour; their threads run when they are told to."""

    def __init__(self) -> None:
        self.hands = Hands(_START)
        self.book = UnsteadyJobs()
        self.threads: list[Callable[[], None]] = []
        self.ran: list[str] = []
        self.told_to_stop: list[str] = []
        self.runner = self.worker("a")

    def worker(self, name: str) -> Runner:
        def run(job: str) -> Callable[[Turn], str]:
            def work(turn: Turn) -> str:
                self.ran.append(f"{job} by {name}")
                if turn.cancelled():
                    self.told_to_stop.append(job)
                return "done"

            return work

        jobs = [Job(job, Every(timedelta(hours=1)), "test", run(job)) for job in ("one", "two")]
        means = Means(self.book, lambda: self.hands.now, lambda: self.hands.elapsed, self.threads.append)
        worker = Worker(name, "host", 1, _START, _START)
        return Runner(jobs, worker, means, lease=_LEASE, room={Lane.FITS: 1, Lane.OTHER: 4})

    def try_to(self, *calls: Callable[[], None]) -> None:
        for call in calls:
            with suppress(StoreError):
                call()

    def states(self) -> set[tuple[State, int, str]]:
        return {(run.state, run.attempt, run.owner) for run in self.book.all()}


@pytest.mark.fault(9)
@pytest.mark.parametrize("seconds", [10, 60])
def test_what_is_at_work_when_the_store_comes_back_is_kept_and_not_begun_again(seconds: int) -> None:
    """Whoever calls first then, and however often it was called in vain meanwhile."""
    world = _World()
    world.runner.tick()
    assert len(world.threads) == 2
    world.book.away = True
    for _ in range(6):
        world.hands.wait(seconds / 6)
        world.try_to(world.runner.tick, world.runner.beat)
    world.book.away = False
    world.runner.tick()
    assert len(world.threads) == 2
    assert world.states() == {(State.RUNNING, 1, "a")}
    for work in world.threads:
        work()
    assert world.states() == {(State.DONE, 1, "a")}
    assert sorted(world.ran) == ["one by a", "two by a"]
    assert world.told_to_stop == []


@pytest.mark.fault(9)
def test_after_an_outage_nobody_sweeps_before_every_holder_could_have_renewed() -> None:
    """Another worker comes back first; one lease later what was not renewed is taken."""
    world = _World()
    other = world.worker("b")
    other.tick()
    world.book.away = True
    world.hands.wait(60)
    world.try_to(world.runner.tick)
    world.book.away = False
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 1, "b")}
    other.beat()
    world.hands.wait(44)
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 1, "b")}
    world.hands.wait(2)
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 2, "a")}


@pytest.mark.fault(9)
def test_a_run_whose_lease_was_lost_is_not_begun_again_where_it_is_still_at_work() -> None:
    """Another worker may take it; the first one's thread ends without touching what is not its own any more."""
    world = _World()
    world.runner.tick()
    left = world.threads.copy()
    world.threads.clear()
    world.hands.wait(46)
    swept = world.book.sweep(world.hands.now)
    assert len(swept) == 2
    world.runner.tick()
    assert world.threads == []
    other = world.worker("b")
    other.tick()
    assert world.states() == {(State.RUNNING, 2, "b")}
    for work in left:
        work()
    assert sorted(world.told_to_stop) == ["one", "two"]
    assert world.runner.running == ()
    for work in world.threads:
        work()
    assert world.states() == {(State.DONE, 2, "b")}


def test_a_worker_that_took_its_own_run_back_keeps_the_lease_that_is_its_own() -> None:
    """The end of the first attempt does not let go of the second."""
    world = _World()
    world.runner.tick()
    first = world.threads.copy()
    world.threads.clear()
    world.hands.wait(46)
    assert len(world.book.sweep(world.hands.now)) == 2
    for work in first:
        work()
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 2, "a")}
    world.hands.wait(40)
    world.runner.beat()
    world.hands.wait(40)
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 2, "a")}
    for work in world.threads:
        work()
    assert world.states() == {(State.DONE, 2, "a")}


@pytest.mark.fault(9)
def test_a_renewal_that_fails_does_not_keep_the_others_from_theirs() -> None:
    """And it is told, so that it is tried again."""
    world = _World()
    world.runner.tick()
    world.hands.wait(30)
    world.book.refused = "one"
    with pytest.raises(StoreError):
        world.runner.beat()
    until = {run.job: run.leased_until for run in world.book.all()}
    assert until == {"one": _START + _LEASE, "two": _START + timedelta(seconds=30) + _LEASE}


def test_a_lost_lease_tells_the_work_to_stop() -> None:
    """So that it does not go on for nobody."""
    world = _World()
    world.runner.tick()
    world.hands.wait(46)
    assert len(world.book.sweep(world.hands.now)) == 2
    world.runner.beat()
    for work in world.threads:
        work()
    assert sorted(world.told_to_stop) == ["one", "two"]


def test_what_is_past_its_deadline_is_told_to_stop_and_shown_as_failed() -> None:
    """Whether it hears that or not: it is not begun again here before it has ended, and elsewhere it may be."""
    world = _World()
    world.runner.tick()
    for _ in range(65 * 4):
        world.hands.wait(15)
        world.try_to(world.runner.beat, world.runner.tick)
    assert len(world.threads) == 2
    assert {(run.state, run.slot.hour) for run in world.book.all()} == {(State.FAILED, 12)}
    assert all("still at work after 1:00:00" in str(run.problem) for run in world.book.all())
    world.worker("b").tick()
    assert {(run.state, run.owner) for run in world.book.all() if run.slot.hour == 13} == {(State.RUNNING, "b")}
    for work in world.threads[:2]:
        work()
    assert sorted(world.told_to_stop) == ["one", "two"]
    assert {run.state for run in world.book.all() if run.slot.hour == 12} == {State.FAILED}
    assert world.runner.running == ()


def test_leases_go_by_the_clock_of_the_store_and_not_by_that_of_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two machines one is three minutes ahead; it is told, and takes nothing away."""
    world = _World()
    other = world.worker("b")
    other.tick()
    world.hands.step(180)
    world.book.ahead = timedelta(seconds=-180)
    world.runner.tick()
    assert "this clock is not the store's" in capsys.readouterr().out
    assert world.states() == {(State.RUNNING, 1, "b")}
    world.hands.wait(46)
    world.runner.tick()
    assert world.states() == {(State.RUNNING, 2, "a")}
    until = {run.leased_until for run in world.book.all()}
    assert until == {_START + timedelta(seconds=46) + _LEASE}


class _Beats:
    """A runner that fails at first; when it was called."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.at: list[float] = []
        self.enough = threading.Event()

    def tick(self) -> None:
        pass

    def beat(self) -> None:
        self.at.append(time.monotonic())
        if len(self.at) <= self.failures:
            raise StoreError("away") if len(self.at) % 2 else ValueError("odd")
        if len(self.at) == self.failures + 2:
            self.enough.set()

    def stop(self, patience: float) -> bool:
        return patience > 0


@pytest.mark.fault(9)
def test_a_beat_that_failed_is_repeated_at_once() -> None:
    """Not when the next one is due: the lease is running out. Whatever was wrong with it, the clock goes on."""
    beats = _Beats(failures=2)
    keep_time(beats, beats.enough, tick_seconds=30.0, lease=timedelta(seconds=12))  # type: ignore[arg-type]
    waits = [after - before for before, after in zip(beats.at, beats.at[1:], strict=False)]
    assert all(wait < 2.4 for wait in waits[:2])
    assert waits[2] > 2.5
