"""One job that somebody asks for: done, busy, overtaken, failing; and the nightly look at what was recorded."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, text

from support.jobs import MemoryJobs
from support.publications import DRAWS, statement, stating_fit
from support.theaters import full_theater
from tocsin.bootstrap.service import Service, open_service
from tocsin.domain.errors import JobBusyError, JobInterruptedError, JobOvertakenError, StoreError
from tocsin.domain.job import State, Worker
from tocsin.domain.slot import Every
from tocsin.jobs.care import settle_theater, verify_all
from tocsin.jobs.once import run_once
from tocsin.jobs.timetable import make_timetable
from tocsin.settings import Settings
from tocsin.store.engine import open_engine, writing
from tocsin.store.migrate import upgrade
from tocsin.store.tables import publication
from tocsin.usecases.run_job import Ended, Ending, Job, Lane, Turn

_NOW = datetime(2016, 3, 9, 12, tzinfo=UTC)
_LEASE = timedelta(seconds=45)
_TOKEN = SecretStr("t")


def _once(book: MemoryJobs, job: Job, now: datetime = _NOW) -> Ended:
    worker = Worker("me", "host", 1, now, now)
    return run_once(job, book=book, worker=worker, lease=_LEASE, stopped=threading.Event(), report=lambda _: None)


def _job(fault: Exception | None = None) -> Job:
    def run(turn: Turn) -> str:
        if fault is not None:
            raise fault
        return f"done for {turn.slot:%H:%M}"

    return Job("job", Every(timedelta(hours=1)), "test", run)


def test_a_job_is_run_now_for_a_slot_of_this_instant() -> None:
    """On record like any other run, and its worker has stopped."""
    book = MemoryJobs()
    assert _once(book, _job()) == Ended(Ending.DONE, "done for 12:00")
    assert [(run.state, run.slot) for run in book.all()] == [(State.DONE, _NOW)]
    assert book.workers()[0].stopped_at is not None


def test_a_job_that_fails_is_open_for_a_worker() -> None:
    """With the reason."""
    book = MemoryJobs()
    ended = _once(book, _job(StoreError("the disk is full")))
    assert (ended.ending, ended.said) == (Ending.RETRY, "StoreError: the disk is full")


def test_a_job_that_is_running_is_busy() -> None:
    """By whom, since when."""
    book = MemoryJobs()
    assert book.claim("job", _NOW, owner="w1", now=_NOW, until=_NOW + _LEASE) is not None
    with pytest.raises(JobBusyError, match="by worker w1 since 2016-03-09 12:00:00 UTC"):
        _once(book, _job(), _NOW + timedelta(seconds=5))


def test_a_job_whose_later_slot_is_done_is_not_called_busy() -> None:
    """The clock was set back, and it says so."""
    book = MemoryJobs()
    ahead = _NOW + timedelta(hours=1)
    run = book.claim("job", ahead, owner="w1", now=ahead, until=ahead + _LEASE)
    assert run is not None
    assert book.finish(run, "done", ahead)
    with pytest.raises(
        JobOvertakenError,
        match="it is 2016-03-09 12:00:00 UTC by this clock, and its slot of 2016-03-09 13:00:00 UTC is",
    ):
        _once(book, _job())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A store with three publications."""
    settings = Settings(home=tmp_path)
    upgrade(settings.store_url)
    with open_service(settings) as opened:
        opened.fits.save(stating_fit(), DRAWS, "test")
        for number in range(3):
            assert opened.publications.append(statement(number), number or None) is not None
        yield opened


def _timetable(service: Service, settings: Settings) -> dict[str, Job]:
    fitter = SimpleNamespace()
    return {job.name: job for job in make_timetable(settings, service, fitter)}  # type: ignore[arg-type]


def test_the_timetable_has_each_job_of_each_theater_and_feed_once(service: Service, tmp_path: Path) -> None:
    """A feed without its credential is off; fits wait in a lane of their own; each says why, and has its deadline."""
    plain = _timetable(service, Settings(home=tmp_path))
    assert list(plain) == [
        "ingest/tunisia/inbox",
        "refit-wanted/tunisia",
        "fit-ordered/tunisia",
        "refit-nightly/tunisia",
        "publish/tunisia",
        "settle/tunisia",
        "remind/tunisia",
        "watch/tunisia",
        "backup",
        "verify",
        "forget-runs",
        "forget-answers",
    ]
    assert set(_timetable(service, Settings(home=tmp_path, ucdp_token=_TOKEN))) - set(plain) == {
        "ingest/tunisia/ucdp-ged"
    }
    assert {job.name for job in plain.values() if job.lane is Lane.FITS} == {
        "refit-wanted/tunisia",
        "fit-ordered/tunisia",
        "refit-nightly/tunisia",
    }
    assert {job.name for job in plain.values() if job.want is not None} == {"refit-wanted/tunisia"}
    assert all(job.why and timedelta(minutes=10) < job.deadline <= timedelta(hours=6) for job in plain.values())


def test_a_chain_whose_end_was_cut_off_is_found_by_the_next_nightly_look(service: Service, tmp_path: Path) -> None:
    """It must hold the head that was noted when all was well; what is broken is not looked at five times."""
    book = MemoryJobs()
    look = _timetable(replace(service, jobs=book), Settings(home=tmp_path))["verify"]
    assert ", head 3:" in _once(book, look).said
    engine = open_engine(Settings(home=tmp_path).store_url)
    with writing(engine) as connection:
        question = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'publication'")
        guards = connection.execute(question).all()
        for guard in guards:
            connection.execute(text(f"DROP TRIGGER {guard.name}"))
        connection.execute(delete(publication).where(publication.c.number == 3))
        for guard in guards:
            connection.execute(text(guard.sql))
    engine.dispose()
    for days in (1, 2):
        ended = _once(book, look, _NOW + timedelta(days=days))
        assert ended.ending is Ending.FAILED
        assert "does not hold it with the noted SHA-256" in ended.said


def test_verifying_and_settling_stop_between_pieces_of_work(service: Service, tmp_path: Path) -> None:
    """Once their worker stops or their time is up."""
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(len(asked) >= 2)
        return asked[-1]

    turn = Turn("run", _NOW, _NOW, cancelled, lambda _: None)
    with pytest.raises(JobInterruptedError):
        verify_all(service, turn)
    assert asked == [False, False, True]
    with pytest.raises(JobInterruptedError):
        settle_theater(service, Settings(home=tmp_path), full_theater(), turn)
