"""How a fit in a process is tried again, given up and stopped: the policy at work, on work that ends as told."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support import errands
from support.processes import runs, wait_until
from tocsin.bootstrap.executors import store_name
from tocsin.bootstrap.fitting import Fitter, Order
from tocsin.domain.errors import FitInterruptedError, SamplerFailedError, UnknownNameError
from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from tocsin.domain.fit import Fit
    from tocsin.executor.pool import ProcessPool

AT = datetime(2016, 3, 8, 23, tzinfo=UTC)
_PATIENCE = 60.0
_GOOD_SECOND = 1.5


@dataclass(frozen=True)
class _Bench:
    """A fitter whose processes do as told in place of a fit."""

    fitter: Fitter
    settings: Settings
    stopped: threading.Event

    def submit(self, theater: str) -> Future[Fit]:
        return self.fitter.submit(
            theater, as_of=AT, now=AT, seed=1, actor="test", report=lambda _: None, cancelled=self.stopped.is_set
        )

    def pids(self, theater: str) -> list[int]:
        return errands.pids(self.settings, theater)


@pytest.fixture
def bench(pool: ProcessPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Bench]:  # noqa: ARG001
    """With a deadline far away, and short waits between attempts."""
    monkeypatch.setattr("tocsin.executor.retry.FIRST_WAIT_SECONDS", 0.02)
    settings = Settings(home=tmp_path, fit_processes=2)
    with Fitter(settings) as fitter:
        yield _Bench(fitter, settings, threading.Event())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Tell the processes what to do in place of a fit."""
    return lambda errand: monkeypatch.setattr("tocsin.bootstrap.fitting.fit_here", errand)


@pytest.mark.fault(3)
def test_out_of_memory_and_a_panic_are_tried_again_in_new_processes(
    bench: _Bench, told: Callable[[object], None]
) -> None:
    """The third attempt does it."""
    told(errands.breaking_down_twice)
    order = Order("tunisia", AT, AT, 1, "test", store_name(bench.settings))
    assert bench.submit("tunisia").result(_PATIENCE) == errands.blank_fit(order)
    assert len(set(bench.pids("tunisia"))) == 3


@pytest.mark.fault(3)
def test_after_three_attempts_every_reason_is_told(bench: _Bench, told: Callable[[object], None]) -> None:
    """And there is no fourth."""
    told(errands.always_killed)
    with pytest.raises(SamplerFailedError, match=r"broke down 3 times.*attempt 1: .*SIGKILL.*attempt 3: ") as caught:
        bench.submit("tunisia").result(_PATIENCE)
    assert str(caught.value).count("SIGKILL") == 3
    assert len(set(bench.pids("tunisia"))) == 3


def test_a_refusal_is_told_as_it_is_and_not_tried_again(bench: _Bench, told: Callable[[object], None]) -> None:
    """Another attempt would be refused too."""
    told(errands.refusing)
    with pytest.raises(UnknownNameError, match="no theater named 'lybia'"):
        bench.submit("lybia").result(_PATIENCE)
    assert len(bench.pids("lybia")) == 1


@pytest.mark.fault(7)
def test_a_deadline_ends_within_a_second_what_cannot_be_interrupted(
    bench: _Bench, told: Callable[[object], None]
) -> None:
    """It counts from when a process took it up: who waits behind a slow fit has all of it."""
    told(errands.never_ending)
    short = replace(bench, fitter=Fitter(bench.settings.model_copy(update={"fit_deadline_seconds": 1.0})))
    with short.fitter:
        fits = [short.submit(name) for name in ("one", "two", "three")]
        for fit in fits:
            with pytest.raises(FitInterruptedError, match="its deadline of 1 s passed; the last accepted fit is"):
                fit.result(_PATIENCE)
        pids = [pid for name in ("one", "two", "three") for pid in short.pids(name)]
        assert len(pids) == 3
        assert not any(map(runs, pids))


@pytest.mark.fault(7)
def test_a_cancelled_fit_ends_within_a_second_and_is_not_tried_again(
    bench: _Bench, told: Callable[[object], None]
) -> None:
    """Its process with it."""
    told(errands.never_ending)
    fit = bench.submit("tunisia")
    wait_until(lambda: bool(bench.pids("tunisia")), _PATIENCE, "a process took it up")
    began = time.monotonic()
    bench.stopped.set()
    with pytest.raises(FitInterruptedError, match="it was cancelled"):
        fit.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    (pid,) = bench.pids("tunisia")
    assert not runs(pid)


def test_a_fit_is_not_tried_again_when_it_was_cancelled_while_it_waited_to_be(
    bench: _Bench, told: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait ends with it."""
    monkeypatch.setattr("tocsin.executor.retry.FIRST_WAIT_SECONDS", 600.0)
    told(errands.always_killed)
    fit = bench.submit("tunisia")
    wait_until(lambda: len(bench.pids("tunisia")) == 1, _PATIENCE, "the first attempt")
    bench.stopped.set()
    with pytest.raises(FitInterruptedError):
        fit.result(_GOOD_SECOND)
    assert len(bench.pids("tunisia")) == 1


@pytest.mark.fault(20)
def test_closing_ends_what_runs_and_what_waits_within_seconds(bench: _Bench, told: Callable[[object], None]) -> None:
    """With no process left, as a worker does that is told to terminate."""
    told(errands.never_ending)
    names = ("one", "two", "three")
    fits = [bench.submit(name) for name in names]

    def working() -> list[str]:
        """Whose fits a process has taken up: which two come first, the machine decides."""
        return [name for name in names if bench.pids(name)]

    wait_until(lambda: len(working()) == 2, _PATIENCE, "both processes work")
    began = time.monotonic()
    bench.fitter.__exit__(None, None, None)
    assert time.monotonic() - began < 5
    for fit in fits:
        with pytest.raises(FitInterruptedError, match="it was cancelled"):
            fit.result(0)
    assert len(working()) == 2
    assert not any(runs(pid) for name in names for pid in bench.pids(name))
