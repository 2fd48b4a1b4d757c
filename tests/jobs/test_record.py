"""The record of runs: the one in memory and the one in a database do the same, whatever happens."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import SecretStr, ValidationError
from sqlalchemy import Engine, insert

from support.databases import SqliteDatabase
from support.jobs import MemoryJobs
from tocsin.bootstrap.service import open_service
from tocsin.domain.errors import StoreError
from tocsin.domain.event import EventKind
from tocsin.domain.job import (
    ATTEMPTS,
    JobRun,
    State,
    Worker,
    expired,
    patience_seconds,
    renewal_seconds,
    reopened_at,
)
from tocsin.domain.slot import Every, latest_slot
from tocsin.settings import Settings
from tocsin.store.engine import open_engine, writing
from tocsin.store.event import EventShelf
from tocsin.store.job import JobRecord
from tocsin.store.migrate import upgrade
from tocsin.store.tables import job_run
from tocsin.usecases.job_ports import JobBook
from tocsin.usecases.list_jobs import list_jobs
from tocsin.usecases.run_job import Job


@contextmanager
def open_writer(url: str) -> Iterator[Engine]:
    other = open_engine(url)
    yield other
    other.dispose()


_AT = datetime(2016, 3, 8, 12, tzinfo=UTC)
_LEASE = timedelta(seconds=45)
_HOURLY = Every(timedelta(hours=1))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobBook]:
    if request.param == "memory":
        yield MemoryJobs()
        return
    kind = SqliteDatabase(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with kind.fresh(upgraded=True) as address:
        engine = open_engine(address)
        yield JobRecord(engine)
        engine.dispose()


def _claim(book: JobBook, slot: datetime | None = _AT, owner: str = "a", now: datetime = _AT) -> JobRun | None:
    return book.claim("job", slot, owner=owner, now=now, until=now + _LEASE)


def _claimed(book: JobBook, slot: datetime | None = _AT, owner: str = "a", now: datetime = _AT) -> JobRun:
    run = _claim(book, slot, owner, now)
    assert run is not None
    return run


@pytest.mark.fault(8)
def test_a_slot_is_claimed_once(book: JobBook) -> None:
    """While it runs and after it has ended, by anybody."""
    run = _claimed(book)
    assert _claim(book, owner="b") is None
    assert book.finish(run, "done", _AT)
    assert _claim(book, owner="b") is None
    assert not book.finish(run, "again", _AT)


def test_one_run_of_a_job_is_at_work_at_a_time(book: JobBook) -> None:
    """The next slot waits for the one before."""
    run = _claimed(book)
    later = _AT + timedelta(hours=1)
    assert _claim(book, later, now=later) is None
    assert book.finish(run, "done", later)
    assert _claimed(book, later, now=later).slot == later


@pytest.mark.fault(2)
def test_an_expired_lease_is_reopened_and_its_holder_can_record_nothing(book: JobBook) -> None:
    """Whoever takes it has another attempt; the first one's result is refused."""
    first = _claimed(book)
    late = _AT + _LEASE
    assert book.sweep(late - timedelta(microseconds=1)) == []
    assert [run.state for run in book.sweep(late)] == [State.OPEN]
    second = _claimed(book, owner="b", now=late)
    assert (second.id, second.attempt, second.slot) == (first.id, 2, _AT)
    assert not book.renew(first, late + _LEASE)
    assert not book.finish(first, "late", late)
    assert not book.release(first, late)
    assert book.finish(second, "done", late)


def test_a_lease_that_is_renewed_is_not_swept(book: JobBook) -> None:
    """Though it would have expired."""
    run = _claimed(book)
    assert book.renew(run, _AT + 3 * _LEASE)
    assert book.sweep(_AT + 2 * _LEASE) == []


def test_a_run_that_kills_its_workers_is_given_up(book: JobBook) -> None:
    """After five attempts nobody dies of it any more."""
    now = _AT
    for _ in range(ATTEMPTS):
        assert _claim(book, now=now) is not None
        now += _LEASE
        (swept,) = book.sweep(now)
    assert swept.state is State.FAILED
    assert _claim(book, now=now) is None


@pytest.mark.fault(20)
def test_a_released_run_is_taken_at_once_and_its_attempt_does_not_count(book: JobBook) -> None:
    """A worker may be restarted as often as one likes."""
    for _ in range(ATTEMPTS + 2):
        run = _claimed(book)
        assert run.attempt == 1
        assert book.release(run, _AT)


def test_a_failed_run_waits(book: JobBook) -> None:
    """And is attempted again by whoever comes then."""
    again_at = _AT + timedelta(minutes=1)
    assert book.fail(_claimed(book), "no", _AT, again_at)
    assert _claim(book) is None
    assert _claimed(book, None, "b", again_at).attempt == 2


def test_a_later_slot_stands_for_an_open_one(book: JobBook) -> None:
    """What could not be attempted again in time is skipped, in words."""
    first = _claimed(book)
    assert book.release(first, _AT)
    later = _AT + timedelta(hours=3)
    assert book.finish(_claimed(book, later, now=later), "done", later)
    assert _claim(book, _AT, now=later) is None
    assert [run.slot for run in book.standing(later)] == [later]


@pytest.mark.fault(11)
def test_a_clock_set_back_an_hour_repeats_nothing(book: JobBook) -> None:
    """A slot earlier than the last one is not begun."""
    assert book.finish(_claimed(book), "done", _AT)
    back = _AT - timedelta(hours=1)
    assert _claim(book, back, now=back) is None


@pytest.mark.fault(11)
def test_a_clock_that_was_years_ahead_holds_nothing_up(book: JobBook) -> None:
    """Its slots are on record, and the jobs of today run."""
    wrong = datetime(2099, 1, 1, tzinfo=UTC)
    assert book.finish(_claimed(book, wrong, now=wrong), "done", wrong)
    assert _claimed(book).slot == _AT


def _order(book: JobBook, now: datetime = _AT) -> tuple[JobRun, bool]:
    return book.order("job", theater="tunisia", actor="ada", now=now)


def test_an_order_is_an_open_run_that_whoever_comes_takes_up(book: JobBook) -> None:
    """Its first attempt is the first; it is found by its id, whatever became of it."""
    run, new = _order(book)
    assert (run.state, run.slot, run.attempt, new) == (State.OPEN, _AT, 0, True)
    assert book.find(run.id) == run
    taken = _claimed(book, None)
    assert (taken.id, taken.attempt) == (run.id, 1)
    assert book.finish(taken, "fitted", _AT)
    found = book.find(run.id)
    assert found is not None
    assert (found.state, found.outcome) == (State.DONE, "fitted")
    assert book.find("x") is None


def test_an_order_while_one_waits_or_runs_is_that_one(book: JobBook) -> None:
    """Once it has ended, the next is a new one, though the clock stands still."""
    first, _ = _order(book)
    assert _order(book, _AT + timedelta(minutes=1)) == (first, False)
    taken = _claimed(book, None)
    assert _order(book) == (taken, False)
    assert book.finish(taken, "fitted", _AT)
    second, new = _order(book)
    assert (second.id != first.id, second.slot > first.slot, new) == (True, True, True)
    assert _claimed(book, None).id == second.id


@pytest.mark.fault(11)
@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=365)])
@pytest.mark.parametrize("ended", [True, False])
def test_an_order_after_the_clock_was_ahead_is_taken_up(book: JobBook, ahead: timedelta, ended: bool) -> None:  # noqa: FBT001
    """What ended then does not stand for it, and what was left open then does not keep it waiting."""
    wrong = _AT + ahead
    _order(book, wrong)
    if ended:
        assert book.finish(_claimed(book, None, now=wrong), "fitted", wrong)
    run, _ = _order(book)
    late = max(_AT, run.next_attempt_at or _AT)
    assert _claimed(book, None, now=late).id == run.id


def test_an_order_passes_over_what_a_clock_that_was_ahead_has_left(book: JobBook) -> None:
    """A slot two hours ahead is heeded; the order that came after it then lies just beyond, and has its slot."""
    assert book.finish(_claimed(book), "done", _AT)
    first, _ = _order(book, _AT)
    assert book.finish(_claimed(book, None), "done", _AT)
    second, fresh = _order(book, _AT - timedelta(hours=2))
    assert (fresh, first.slot, second.slot) == (
        True,
        _AT + timedelta(microseconds=1),
        _AT + timedelta(microseconds=2),
    )


def test_an_order_is_told_once_with_its_actor(engine: Engine) -> None:
    """In the transaction that puts it on record."""
    book = JobRecord(engine)
    run, _ = _order(book)
    _order(book)
    (event,) = EventShelf(engine).after(0, 10)
    assert (event.kind, event.theater, event.subject, event.actor) == (EventKind.FIT_ORDERED, "tunisia", run.id, "ada")


@pytest.mark.fault(11)
@pytest.mark.parametrize("ahead", [timedelta(hours=26), timedelta(days=30_000)])
def test_a_lease_of_a_clock_that_was_far_ahead_holds_nothing_up(book: JobBook, ahead: timedelta) -> None:
    """Its worker was killed before the clock was set right: the job runs by the clock that is right."""
    left = _claimed(book, _AT + ahead, now=_AT + ahead)
    assert _claim(book, owner="b") is None
    assert [(run.id, run.state) for run in book.sweep(_AT)] == [(left.id, State.OPEN)]
    again = _claimed(book, owner="b")
    assert again.slot == _AT
    assert book.finish(again, "done", _AT)
    (entry,) = list_jobs([Job("job", _HOURLY, "test", str)], book=book, now=_AT).entries
    assert entry.last is not None
    assert (entry.last.slot, entry.due_at) == (_AT, _AT + timedelta(hours=1))


def test_the_longest_lease_that_may_be_set_is_not_taken_for_one_of_a_wrong_clock(book: JobBook) -> None:
    """Also of a worker whose clock is half an hour ahead."""
    with pytest.raises(ValidationError):
        Settings(lease_seconds=3601)
    ahead = _AT + timedelta(minutes=30)
    assert book.claim("job", _AT, owner="a", now=ahead, until=ahead + timedelta(seconds=3600)) is not None
    assert book.sweep(_AT) == []


def test_old_runs_are_forgotten_but_the_latest(book: JobBook) -> None:
    """And workers that have not been heard of since."""
    for hours in range(3):
        at = _AT + timedelta(hours=hours)
        assert book.finish(_claimed(book, at, now=at), "done", at)
    book.tick(Worker("old", "host", 1, _AT, _AT))
    book.tick(Worker("new", "host", 2, _AT, _AT + timedelta(days=2)))
    assert book.forget(_AT + timedelta(days=1)) == 2
    assert [run.slot for run in book.standing(_AT + timedelta(days=1))] == [_AT + timedelta(hours=2)]
    assert [worker.id for worker in book.workers()] == ["new"]


def test_the_last_run_that_ended_well_is_found_and_not_forgotten(book: JobBook) -> None:
    """However often it has failed since: what it said is what later ones are held to."""
    assert book.last_done("job") is None
    for hours in range(2):
        at = _AT + timedelta(hours=hours)
        assert book.finish(_claimed(book, at, now=at), f"done {hours}", at)
    for hours in range(2, 4):
        at = _AT + timedelta(hours=hours)
        assert book.fail(_claimed(book, at, now=at), "no", at, None)
    _claimed(book, _AT + timedelta(hours=4), now=_AT + timedelta(hours=4))
    assert book.forget(_AT + timedelta(days=1)) == 3
    last = book.last_done("job")
    assert last is not None
    assert last.outcome == "done 1"


def test_the_clock_of_the_store_is_this_machines_where_it_is_the_same_machine(book: JobBook) -> None:
    """Asked of the server where there is one."""
    assert abs(book.clock_ahead()) < timedelta(seconds=2)


@pytest.mark.fault(9)
def test_a_lease_outlives_somebody_who_writes_for_half_a_minute(url: str, engine: Engine, tmp_path: Path) -> None:
    """Whoever keeps leases gives up a wait early and asks again, many times in each lease."""
    lease = timedelta(seconds=45)
    assert patience_seconds(lease) * 4 <= renewal_seconds(lease)
    assert 2 * renewal_seconds(lease) + patience_seconds(lease) < lease.total_seconds()
    del engine
    settings = Settings(home=tmp_path, database_url=SecretStr(url), lease_seconds=2)
    with open_service(settings) as service, open_writer(url) as other, writing(other):
        began = time.monotonic()
        with pytest.raises(StoreError):
            service.jobs.tick(Worker("a", "host", 1, _AT, _AT))
        assert time.monotonic() - began < 5


@pytest.mark.fault(8)
def test_a_row_of_somebody_who_takes_no_lock_is_respected(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unique key refuses the second, and the loser is told that it is not his."""
    book = JobRecord(engine)
    run = JobRun("x", "job", _AT, State.DONE, 1, "b", None, _AT, _AT)
    with writing(engine) as connection:
        connection.execute(insert(job_run).values({name: getattr(run, name) for name in run.__slots__}))
    monkeypatch.setattr("tocsin.store.job._read", lambda *_: [])  # as if it had come after our look
    assert _claim(book) is None


def test_waits_double_are_bounded_and_end() -> None:
    """From half a minute, never before an upstream asked us to come."""
    waits = [reopened_at(attempt, _AT, 0.0) for attempt in range(1, ATTEMPTS)]
    assert [(at - _AT).total_seconds() for at in waits if at is not None] == [30, 60, 120, 240]
    assert reopened_at(ATTEMPTS, _AT, 0.0) is None
    assert reopened_at(1, _AT, 0.999, 500.0) == _AT + timedelta(seconds=500)


_NAMES = st.sampled_from(["feed", "fit"])
_OWNERS = st.sampled_from(["a", "b"])


class BothRecords(RuleBasedStateMachine):
    """Two workers, random ticks, crashes, lost leases and clock jumps, over both records at once."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_engine(f"sqlite:///{Path(self.folder.name) / 'tocsin.db'}")
        upgrade(self.engine)
        self.books: tuple[MemoryJobs, JobRecord] = (MemoryJobs(), JobRecord(self.engine))
        self.now = _AT
        self.held: list[tuple[JobRun, JobRun]] = []
        self.done: set[tuple[str, datetime]] = set()

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule(seconds=st.one_of(st.integers(1, 90), st.sampled_from([-3600, 3600, 3 * 86_400, -86_400])))
    def time_passes_or_jumps(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(job=_NAMES)
    def somebody_orders(self, job: str) -> None:
        one, other = (book.order(job, theater="t", actor="a", now=self.now) for book in self.books)
        assert (_seen(one[0]), one[1]) == (_seen(other[0]), other[1])

    @rule(job=_NAMES, owner=_OWNERS)
    def a_worker_ticks(self, job: str, owner: str) -> None:
        slot = latest_slot(_HOURLY, self.now)
        one, other = (book.claim(job, slot, owner=owner, now=self.now, until=self.now + _LEASE) for book in self.books)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.job, one.slot) not in self.done
            self.held.append((one, other))

    @rule(data=st.data(), ending=st.sampled_from(["finish", "fail", "give up", "release", "renew", "crash"]))
    def a_run_goes_on_or_ends(self, data: st.DataObject, ending: str) -> None:
        if not self.held:
            return
        pair = data.draw(st.sampled_from(self.held))
        if ending != "renew":
            self.held.remove(pair)
        one, other = (self._do(book, run, ending) for book, run in zip(self.books, pair, strict=True))
        assert one == other
        if ending == "finish" and one:
            key = pair[0].job, pair[0].slot
            assert key not in self.done
            self.done.add(key)

    def _do(self, book: JobBook, run: JobRun, ending: str) -> bool | None:
        if ending == "finish":
            return book.finish(run, "done", self.now)
        if ending == "fail":
            return book.fail(run, "no", self.now, self.now + timedelta(seconds=30))
        if ending == "give up":
            return book.fail(run, "no", self.now, None)
        if ending == "release":
            return book.release(run, self.now)
        return book.renew(run, self.now + _LEASE) if ending == "renew" else None

    @rule()
    def somebody_sweeps(self) -> None:
        one, other = ([_seen(run) for run in book.sweep(self.now)] for book in self.books)
        assert sorted(one) == sorted(other)

    @rule()
    def old_runs_are_forgotten(self) -> None:
        before = self.now - timedelta(days=2)
        assert self.books[0].forget(before) == self.books[1].forget(before)
        self.done = {(run.job, run.slot) for run in self.books[0].all() if run.state is State.DONE}

    @invariant()
    def both_records_say_the_same(self) -> None:
        one, other = ([_seen(run) for run in book.standing(self.now)] for book in self.books)
        assert one == other

    @invariant()
    def one_run_of_a_job_is_at_work_and_each_slot_has_one_row(self) -> None:
        runs = self.books[0].all()
        running = [run.job for run in runs if run.state is State.RUNNING]
        assert len(running) == len(set(running))
        assert len({(run.job, run.slot) for run in runs}) == len(runs)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Whatever is neither over nor held is open or will be swept."""
        for run in self.books[0].all():
            if run.state is State.OPEN:
                assert run.next_attempt_at is not None
            if run.state is State.RUNNING:
                assert run.leased_until is not None
                assert expired(run, run.leased_until)


def _seen(run: JobRun) -> tuple[object, ...]:
    return tuple(str(getattr(run, name)) for name in run.__slots__ if name != "id")


TestBothRecords = BothRecords.TestCase
TestBothRecords.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
