"""The executor on a Dask cluster: a scheduler and two workers on this machine, which end badly as processes do."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import pytest

from support import errands
from support.dask_cluster import DaskCluster, dask_cluster, make_certificates
from support.processes import runs, wait_until
from tocsin.bootstrap.executors import where_fits_run
from tocsin.domain.errors import FitInterruptedError, InvalidInputError, Problem, SamplerFailedError, UnknownNameError
from tocsin.executor.dask import DaskPool
from tocsin.settings import Settings
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 90.0
_GOOD_SECOND = 1.5


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers; tests that kill one start another."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def dask(cluster: DaskCluster) -> Iterator[DaskPool]:
    """Connected, with both workers."""
    with DaskPool(cluster.address) as opened:
        found: set[int] = set()
        until = time.monotonic() + _PATIENCE
        while len(found) < 2 and time.monotonic() < until:
            found = {work.result(_PATIENCE) for work in [opened.submit(errands.pausing, 0.3) for _ in range(2)]}
        assert len(found) == 2
        yield opened


def test_it_is_an_executor(dask: DaskPool) -> None:
    """With answers in order, and the same function of the same arguments called each time."""
    assert isinstance(dask, Executor)
    assert list(dask.map(errands.square, range(5))) == [0, 1, 4, 9, 16]
    assert dask.submit(errands.problem).result(_PATIENCE) == Problem("a.csv", 0, "value", "-1", "a count")
    assert dask.submit(errands.own_pid).result(_PATIENCE) != os.getpid()


def test_an_error_comes_back_whole(dask: DaskPool) -> None:
    """Also one that does not survive pickling, and where it came from."""
    with pytest.raises(UnknownNameError, match="no theater named 'lybia'") as caught:
        dask.submit(errands.refused, "lybia").result(_PATIENCE)
    assert "in the Dask worker tcp://127.0.0.1" in caught.value.__notes__[0]


def test_progress_comes_in_order_and_never_after_the_end(dask: DaskPool) -> None:
    """Also where the work reports once more when it is over."""
    work = dask.submit(errands.counting, 5)
    heard = [work.reports.get(timeout=_PATIENCE) for _ in range(6)]
    assert heard == [*(Progress("counting", done, 5) for done in range(5)), None]
    assert work.result(_PATIENCE) == 5
    time.sleep(0.5)
    assert work.reports.empty()


def test_what_listens_stops_in_a_second_and_the_worker_stays(dask: DaskPool, tmp_path: Path) -> None:
    """And takes up what comes next."""
    note = tmp_path / "note"
    work = dask.submit(errands.until_stopped, note)
    wait_until(lambda: work.running() and note.exists(), _PATIENCE, "the work is taken up")
    began = time.monotonic()
    work.stop()
    with pytest.raises(FitInterruptedError, match="it was cancelled"):
        work.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    both = [dask.submit(errands.pausing, 0.5) for _ in range(2)]
    assert int(note.read_text(encoding="ascii")) in {other.result(_PATIENCE) for other in both}


def test_what_does_not_listen_is_given_up_in_a_second(dask: DaskPool) -> None:
    """Its worker is busy for as long as it takes; nobody waits for it."""
    work = dask.submit(errands.pausing, 4.0)
    wait_until(work.running, _PATIENCE, "the work is taken up")
    began = time.monotonic()
    work.stop()
    with pytest.raises(FitInterruptedError, match="it was cancelled"):
        work.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    assert dask.submit(errands.square, 5).result(_PATIENCE) == 25


def test_what_waits_never_begins_once_it_is_stopped(dask: DaskPool, tmp_path: Path) -> None:
    """And its queueing counts as no time."""
    busy = [dask.submit(errands.pausing, 1.0) for _ in range(4)]
    waiting = dask.submit(errands.until_stopped, tmp_path / "note")
    waiting.stop()
    assert waiting.cancelled()
    assert waiting.elapsed == 0
    assert all(work.result(_PATIENCE) for work in busy)
    assert dask.submit(errands.square, 3).result(_PATIENCE) == 9
    assert not (tmp_path / "note").exists()


@pytest.mark.fault(3)
def test_the_work_of_a_killed_worker_is_done_by_another(cluster: DaskCluster, dask: DaskPool, tmp_path: Path) -> None:
    """Nobody who waits notices."""
    note = tmp_path / "note"
    work = dask.submit(errands.slow_square, note, 7)
    wait_until(lambda: work.running() and note.exists(), _PATIENCE, "the work is taken up")
    first = int(note.read_text(encoding="ascii").split()[0])
    os.kill(first, signal.SIGKILL)
    assert work.result(_PATIENCE) == 49
    second = int(note.read_text(encoding="ascii").split()[1])
    assert first != second
    cluster.start_worker()


@pytest.mark.fault(3)
def test_a_panic_is_told_as_it_is_and_its_worker_leaves(cluster: DaskCluster, dask: DaskPool) -> None:
    """What it holds cannot be relied on any more; whoever keeps workers starts another."""
    before = {process.pid for process in cluster.processes[1:] if process.poll() is None}
    with pytest.raises(SamplerFailedError, match="PanicException: index out of bounds"):
        dask.submit(errands.panicked).result(_PATIENCE)
    wait_until(lambda: sum(map(runs, before)) < len(before), _PATIENCE, "a worker is gone")
    cluster.start_worker()
    assert list(dask.map(errands.square, range(4))) == [0, 1, 4, 9]


def test_an_encrypted_cluster_works_and_keeps_strangers_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no certificate of its authority is not let in."""
    monkeypatch.setattr("tocsin.executor.dask._ANSWER_SECONDS", 5.0)
    ours, theirs = (make_certificates(tmp_path / name) for name in ("ours", "theirs"))
    with dask_cluster(tmp_path, workers=1, certificates=ours) as encrypted:
        assert encrypted.address.startswith("tls://127.0.0.1:")
        with DaskPool(encrypted.address, certificates=ours) as pool:
            assert pool.submit(errands.square, 6).result(_PATIENCE) == 36
        with DaskPool(encrypted.address, certificates=theirs) as stranger, pytest.raises(SamplerFailedError):
            stranger.submit(errands.square, 6).result(_PATIENCE)


def test_without_a_scheduler_it_says_where_none_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a breakdown, which is worth another attempt."""
    monkeypatch.setattr("tocsin.executor.dask._ANSWER_SECONDS", 0.5)
    with (
        DaskPool("tcp://127.0.0.1:9") as lonely,
        pytest.raises(SamplerFailedError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
    ):
        lonely.submit(errands.square, 2).result(_PATIENCE)


@pytest.mark.fault(3)
def test_without_workers_and_without_its_scheduler_work_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First a scheduler that has no worker, then one that dies while work waits."""
    monkeypatch.setattr("tocsin.executor.dask._NOBODY_SECONDS", 1.0)
    monkeypatch.setattr("tocsin.executor.dask._ANSWER_SECONDS", 3.0)
    with dask_cluster(tmp_path, workers=0) as empty, DaskPool(empty.address) as pool:
        with pytest.raises(SamplerFailedError, match="has no worker, and none came for 1 s"):
            pool.submit(errands.square, 2).result(_PATIENCE)
        monkeypatch.setattr("tocsin.executor.dask._NOBODY_SECONDS", 600.0)
        work = pool.submit(errands.square, 2)
        time.sleep(0.5)
        empty.processes[0].kill()
        with pytest.raises(SamplerFailedError, match="was lost, and the work with it"):
            work.result(_PATIENCE)


def test_the_doctor_says_where_fits_run_and_whether_anybody_answers_there(cluster: DaskCluster) -> None:
    """And what to do where nobody does."""
    assert where_fits_run(Settings()) == "in processes of this machine, 1 at once"
    assert where_fits_run(Settings(dask_scheduler=cluster.address)).endswith(f"scheduler at {cluster.address}")
    with pytest.raises(
        OSError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9 .*unset TOCSIN_DASK_SCHEDULER"
    ):
        where_fits_run(Settings(dask_scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(InvalidInputError, match="TOCSIN_DASK_CA"):
        where_fits_run(Settings(dask_scheduler="tls://127.0.0.1:9"))


def test_shut_down_takes_no_more_work(cluster: DaskCluster) -> None:
    """What runs is waited for, what waits is cancelled if that was asked."""
    with DaskPool(cluster.address) as other:
        running = other.submit(errands.pausing, 1.0)
        wait_until(running.running, _PATIENCE, "the work is taken up")
        other.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(RuntimeError, match="shut down"):
            other.submit(errands.square, 2)
    assert running.result(0) > 0
