"""A pool of real processes: some die, some do not listen, and the others notice nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor
from multiprocessing import forkserver
from typing import TYPE_CHECKING

import pytest

from support import errands
from support.processes import offspring, runs, wait_until
from tocsin.bootstrap.executors import PRELOADED
from tocsin.domain.errors import FitInterruptedError, SamplerFailedError, UnknownNameError
from tocsin.executor.pool import ProcessPool
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tocsin.executor.work import Work

_PATIENCE = 60.0  # seconds, for a machine that many share; what is promised is asserted apart
_GOOD_SECOND = 1.5  # a second, and what a busy machine adds


def _taken_up(work: Work[None], note: Path) -> int:
    """The process that runs a piece of work, once it does."""
    wait_until(lambda: note.exists() and bool(note.read_text(encoding="ascii")), _PATIENCE, "the work is taken up")
    assert work.running()
    return int(note.read_text(encoding="ascii"))


def test_it_is_an_executor(pool: ProcessPool) -> None:
    """What works with any executor works with this one, in as many processes as were asked for."""
    assert isinstance(pool, Executor)
    assert list(pool.map(errands.square, range(20))) == [number * number for number in range(20)]
    assert len({work.result() for work in [pool.submit(errands.pausing, 0.3) for _ in range(6)]}) == 2


def test_a_worker_is_forked_with_the_sampler_in_it(pool: ProcessPool) -> None:
    """It is imported once and not once a worker; a module that nobody preloads is not there."""
    assert pool.submit(errands.loaded, "nutpie").result(_PATIENCE)
    assert not pool.submit(errands.loaded, "tocsin.cli.app").result(_PATIENCE)


@pytest.mark.fault(3)
@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (errands.killed, "its process was killed (SIGKILL), as the kernel does when memory runs out"),
        (errands.aborted, "its process ended by SIGABRT"),
        (errands.left, "its process ended with exit code 7"),
        (errands.panicked, "PanicException: index out of bounds: the len is 3 but the index is 3"),
        (errands.out_of_memory, "MemoryError: Unable to allocate 32.0 GiB"),
        (errands.exited, "SystemExit: 3"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_breaks_down_breaks_down_alone_and_at_once(
    pool: ProcessPool, ending: Callable[[], object], said: str
) -> None:
    """The neighbor goes on in its process, and the process that broke down is replaced."""
    before = {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]}
    neighbor = pool.submit(errands.pausing, 1.0)
    began = time.monotonic()
    with pytest.raises(SamplerFailedError) as caught:
        pool.submit(ending).result(_PATIENCE)
    assert str(caught.value).startswith(said)
    assert time.monotonic() - began < _GOOD_SECOND
    assert neighbor.result(_PATIENCE) in before
    after = {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.5) for _ in range(2)]}
    assert len(after) == 2
    assert len(before & after) == 1


def test_an_error_comes_back_whole_and_the_worker_stays(pool: ProcessPool) -> None:
    """With its attributes, its words unchanged, and where it came from."""
    before = {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]}
    with pytest.raises(UnknownNameError) as caught:
        pool.submit(errands.refused, "lybia").result(_PATIENCE)
    assert str(caught.value) == str(UnknownNameError("theater", "lybia", ("tunisia", "twin")))
    assert caught.value.known == ("tunisia", "twin")
    assert "in refused" in caught.value.__notes__[0]
    assert pool.submit(errands.problem).result(_PATIENCE) == errands.problem()
    assert {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]} == before


def test_what_cannot_be_carried_is_said_and_hurts_nobody(pool: ProcessPool) -> None:
    """An error or a result with a lock in it, and a function that has no name elsewhere."""
    with pytest.raises(RuntimeError, match="ValueError: held"):
        pool.submit(errands.failing_with_a_lock).result(_PATIENCE)
    with pytest.raises(TypeError, match="cannot pickle"):
        pool.submit(errands.a_lock).result(_PATIENCE)
    with pytest.raises(Exception, match=r"[Cc]an't (get|pickle)"):
        pool.submit(lambda: 1)
    assert pool.submit(errands.square, 3).result(_PATIENCE) == 9


@pytest.mark.fault(7)
def test_what_listens_stops_in_a_second_and_keeps_its_process(pool: ProcessPool, tmp_path: Path) -> None:
    """With what it has compiled."""
    work = pool.submit(errands.until_stopped, tmp_path / "note")
    pid = _taken_up(work, tmp_path / "note")
    assert not work.cancel()  # as with any executor
    began = time.monotonic()
    work.stop()
    with pytest.raises(FitInterruptedError, match="it was cancelled"):
        work.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    assert pid in {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]}


@pytest.mark.fault(7)
def test_what_does_not_listen_is_ended_in_a_second(pool: ProcessPool, tmp_path: Path) -> None:
    """Its process is gone when that is said, and the neighbor notices nothing."""
    neighbor = pool.submit(errands.pausing, 1.5)
    work = pool.submit(errands.deaf, tmp_path / "note")
    pid = _taken_up(work, tmp_path / "note")
    began = time.monotonic()
    work.stop()
    with pytest.raises(FitInterruptedError, match="it was cancelled"):
        work.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    assert not runs(pid)
    assert neighbor.result(_PATIENCE) not in {pid, None}


def test_what_waits_never_begins_once_it_is_stopped(pool: ProcessPool, tmp_path: Path) -> None:
    """And what waits behind it does."""
    busy = [pool.submit(errands.pausing, 0.5) for _ in range(2)]
    waiting = pool.submit(errands.deaf, tmp_path / "note")
    behind = pool.submit(errands.square, 5)
    waiting.stop()
    assert waiting.cancelled()
    assert waiting.elapsed == 0
    assert behind.result(_PATIENCE) == 25
    assert all(work.result(_PATIENCE) for work in busy)
    assert not (tmp_path / "note").exists()


def test_a_worker_that_died_while_it_was_idle_costs_no_work(pool: ProcessPool) -> None:
    """It is no fault of what comes next."""
    for pid in {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]}:
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: not runs(pid), _PATIENCE, "the worker is dead")
    assert list(pool.map(errands.square, range(4))) == [0, 1, 4, 9]


def test_progress_comes_in_order_and_never_after_the_end(pool: ProcessPool) -> None:
    """Also where the work reports once more when it is over: that reaches neither it nor what comes next."""
    first = pool.submit(errands.counting, 5)
    assert first.result(_PATIENCE) == 5
    heard = [first.reports.get(timeout=_PATIENCE) for _ in range(6)]
    assert heard == [*(Progress("counting", done, 5) for done in range(5)), None]
    following = [pool.submit(errands.pausing, 0.5) for _ in range(2)]
    assert all(work.result(_PATIENCE) for work in following)
    for work in following:
        assert work.reports.get(timeout=_PATIENCE) is None
    assert first.reports.empty()


@pytest.mark.fault(3)
def test_a_killed_fork_server_is_started_again(pool: ProcessPool) -> None:
    """What ran is told as broken down, its process does not stay behind, and the pool goes on."""
    server = pool.submit(errands.parent_pid).result(_PATIENCE)
    before = {work.result(_PATIENCE) for work in [pool.submit(errands.pausing, 0.3) for _ in range(2)]}
    running = pool.submit(errands.pausing, 600)
    wait_until(running.running, _PATIENCE, "the work is taken up")
    os.kill(server, signal.SIGKILL)
    with pytest.raises(SamplerFailedError, match="its process ended"):
        running.result(_PATIENCE)
    # The kernel ends what it held one after the other: work that is given in that instant may break down as well.
    wait_until(lambda: not runs(server), _PATIENCE, "all of it has ended")
    assert list(pool.map(errands.square, range(4))) == [0, 1, 4, 9]
    assert pool.submit(errands.parent_pid).result(_PATIENCE) != server
    wait_until(lambda: not any(map(runs, before)), _PATIENCE, "the workers of the old server are gone")


@pytest.mark.fault(3)
def test_a_fork_server_that_is_not_known_to_be_dead_yet_is_asked_again(
    pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel tells a moment later that it was killed; until then nothing answers there."""
    server = pool.submit(errands.parent_pid).result(_PATIENCE)
    known, find_dead, asked = forkserver._forkserver, forkserver._forkserver.ensure_running, []  # type: ignore[attr-defined]

    def find_dead_late() -> None:
        asked.append(server)
        if len(asked) > 2:
            find_dead()

    monkeypatch.setattr(known, "ensure_running", find_dead_late)
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: not runs(server), _PATIENCE, "the fork server is dead")
    assert list(pool.map(errands.square, range(4))) == [0, 1, 4, 9]
    assert len(asked) > 2


def test_shut_down_takes_no_more_work_and_leaves_no_process(pool: ProcessPool) -> None:
    """What runs is waited for, what waits is cancelled if that was asked."""
    assert pool.submit(errands.square, 2).result(_PATIENCE) == 4  # the fork server is up
    with ProcessPool(1) as other:
        running, waiting = other.submit(errands.pausing, 0.5), other.submit(errands.square, 2)
        wait_until(running.running, _PATIENCE, "the work is taken up")
        other.shutdown(wait=False, cancel_futures=True)
        assert waiting.cancelled()
        with pytest.raises(RuntimeError, match="shut down"):
            other.submit(errands.square, 2)
    assert not runs(running.result(_PATIENCE))


_STARTING = """
import os, time
from tocsin.executor.pool import ProcessPool
with ProcessPool(2, preloaded=["slow_to_import"]) as pool:
    time.sleep(1)
    began = time.monotonic()
print(time.monotonic() - began, flush=True)
if pool.starting:  # as `tocsin worker` does
    os._exit(0)
"""


@pytest.mark.fault(20)
def test_what_is_only_being_started_keeps_nobody_from_ending(tmp_path: Path) -> None:
    """The fork server imports the sampler for many seconds on a busy machine; the process ends long before."""
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(40)\n", encoding="ascii")
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry)])
    with subprocess.Popen(
        [sys.executable, "-c", _STARTING], env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as owner:
        try:
            assert owner.stdout is not None
            assert float(owner.stdout.readline()) < 5
            assert owner.wait(_PATIENCE / 2) == 0
        finally:
            owner.kill()


_OWNER = """
import sys, time
from pathlib import Path
from support import errands
from tocsin.executor.pool import ProcessPool
pool = ProcessPool(2)
pool.submit(errands.deaf, Path(sys.argv[1])), pool.submit(errands.pausing, 0.1).result()
time.sleep(600)
"""


@pytest.mark.fault(2)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path, number: signal.Signals) -> None:
    """However that one ends: a worker that works, one that is idle and the fork server are gone within seconds."""
    note = tmp_path / "note"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(note)], env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.DEVNULL
    ) as owner:
        try:
            wait_until(lambda: note.exists() and bool(note.read_text(encoding="ascii")), _PATIENCE, "the work began")
            wait_until(lambda: len(offspring(owner.pid)) >= 4, _PATIENCE, "both workers and their servers run")
            children = offspring(owner.pid)
            assert int(note.read_text(encoding="ascii")) in children
            owner.send_signal(number)
            owner.wait(_PATIENCE)
            wait_until(lambda: not any(map(runs, children)), 5, "all of them are gone")
        finally:
            owner.kill()


_FORKING = """
import importlib, os, sys, threading, warnings
if sys.argv[1] == "calm":
    from tocsin.bootstrap.executors import calm_fork_server
    calm_fork_server()
for name in sys.argv[2:]:
    importlib.import_module(name)
if sys.argv[1] == "thread":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    if os.fork() == 0:
        os._exit(0)
    os.wait()
print(*(warning.message for warning in told))
"""


def _told_of_a_fork(how: str, *modules: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, how, *modules], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def test_the_fork_server_has_one_thread_when_it_forks() -> None:
    """Python counts them itself; a lock that another thread held would stay locked in the worker for good."""
    assert _told_of_a_fork("calm", *PRELOADED).strip() == ""


def test_a_second_thread_would_be_told_of() -> None:
    """By the same means."""
    assert "is multi-threaded" in _told_of_a_fork("thread")


def test_many_threads_may_hand_in_work(pool: ProcessPool) -> None:
    """Each gets its own answers."""
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        found[number] = list(pool.map(errands.square, range(number, number + 10)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert found == {number: [item * item for item in range(number, number + 10)] for number in range(8)}
