"""Failures in practice, played with the real sampler in real processes on a real store."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from support import errands
from support.kit import SEED, Kit
from support.processes import offspring, runs, wait_until
from tocsin.bootstrap.fitting import Fitter
from tocsin.bootstrap.service import open_service
from tocsin.domain.errors import FitInterruptedError
from tocsin.domain.odds import Status
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.read_odds import read_odds

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from tocsin.domain.fit import Fit
    from tocsin.usecases.ports import Progress

MONDAY, TUESDAY = date(2016, 3, 7), date(2016, 3, 8)
_DAY_SECONDS = 86_400.0
_PATIENCE = 300.0
_GOOD_SECOND = 1.5


class _Watch:
    """Hears of a fit: `sampling` is set when the first draws are there."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []
        self.sampling = threading.Event()

    def __call__(self, progress: Progress) -> None:
        self.heard.append(progress)
        if progress.phase == "sampling" and progress.done > 0:
            self.sampling.set()


def _submit(
    fitter: Fitter, desk: Kit, theater: str, day: date, watch: _Watch, cancelled: Callable[[], bool] = lambda: False
) -> Future[Fit]:
    as_of = desk.theater.timeline.close_of(day)
    return fitter.submit(theater, as_of=as_of, now=desk.now, seed=SEED, actor="test", report=watch, cancelled=cancelled)


def _served(desk: Kit, day: date, fit: Fit, age: float) -> None:
    """The odds of a day are those of a fit of that age, and the store is whole."""
    reading = desk.read(day)
    assert reading.fit == fit
    assert {item.fit for item in reading.odds} == {fit.id}
    assert {item.age_seconds for item in reading.odds} == {age}


@pytest.fixture(scope="session")
def monday(fitter: Fitter, desk: Kit) -> Fit:
    """An accepted fit that has been made in a process."""
    watch = _Watch()
    fit = _submit(fitter, desk, "tunisia", MONDAY, watch).result(_PATIENCE)
    assert fit.accepted
    assert watch.heard[0].phase == "compiling"
    assert watch.heard[-1].phase == "simulating futures"
    assert watch.heard[-1].done == watch.heard[-1].total
    return fit


@pytest.mark.fault(7)
def test_a_stopped_fit_ends_in_a_second_and_the_last_accepted_one_is_served(
    fitter: Fitter, desk: Kit, monday: Fit
) -> None:
    """Stopped while it samples; with its age, to the second."""
    watch, stop = _Watch(), threading.Event()
    fit = _submit(fitter, desk, "tunisia", TUESDAY, watch, stop.is_set)
    assert watch.sampling.wait(_PATIENCE)
    began = time.monotonic()
    stop.set()
    with pytest.raises(FitInterruptedError, match="it was cancelled; the last accepted fit is unchanged"):
        fit.result(_PATIENCE)
    assert time.monotonic() - began < _GOOD_SECOND
    _served(desk, TUESDAY, monday, _DAY_SECONDS)


@pytest.mark.fault(7)
def test_a_deadline_ends_even_a_compiling_fit_in_a_second(desk: Kit, monday: Fit, twin_settings: Settings) -> None:
    """A fresh process has yet to load and compile, which nobody can interrupt."""
    with Fitter(twin_settings.model_copy(update={"fit_deadline_seconds": 2.0})) as hasty:
        watch, began = _Watch(), time.monotonic()
        with pytest.raises(FitInterruptedError, match="its deadline of 2 s passed"):
            _submit(hasty, desk, "tunisia", TUESDAY, watch).result(_PATIENCE)
        # What comes before the process takes it up is the fork server's start.
        assert time.monotonic() - began < 2 + _GOOD_SECOND + 5
    assert not watch.sampling.is_set()
    _served(desk, TUESDAY, monday, _DAY_SECONDS)


@pytest.mark.fault(2)
def test_a_worker_killed_with_all_its_processes_leaves_the_last_odds_and_no_orphan(
    desk: Kit, monday: Fit, twin_settings: Settings
) -> None:
    """`kill -9` of the process that refits, while its child samples."""
    code = f"""
import sys
from datetime import datetime
from pathlib import Path
from tocsin.bootstrap.fitting import Fitter
from tocsin.settings import Settings
def say(progress):
    print(progress.phase, progress.done, flush=True)
at = datetime.fromisoformat({desk.theater.timeline.close_of(TUESDAY).isoformat()!r})
with Fitter(Settings(home=Path({str(twin_settings.home)!r}), catalog=Path({str(twin_settings.catalog)!r}))) as fitter:
    fitter.fit("tunisia", as_of=at, now=at, seed={SEED}, actor="test", report=say, cancelled=lambda: False)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ) as owner:
        assert owner.stdout is not None
        assert any(line.startswith("sampling ") and line != "sampling 0\n" for line in owner.stdout)
        children = offspring(owner.pid)
        assert len(children) >= 3  # the fork server, the process that fits, and the one that counts their resources
        owner.kill()
        assert owner.wait() == -signal.SIGKILL
    wait_until(lambda: not any(map(runs, children)), 5, "no process is left behind")
    connection = sqlite3.connect(twin_settings.home / "tocsin.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert [file.name for file in (twin_settings.home / "fits").iterdir()] == [f"{monday.sha256}.zarr.zip"]
    _served(desk, TUESDAY, monday, _DAY_SECONDS)


@pytest.mark.fault(3)
def test_a_fit_killed_while_it_samples_is_made_again_and_its_neighbor_notices_nothing(
    fitter: Fitter, desk: Kit, monday: Fit, tunisia_fit: Fit, twin_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two theaters that differ in name only: both fits have the bits of one made in this process."""
    monkeypatch.setattr("tocsin.bootstrap.fitting.fit_here", errands.noted_fit)
    mine, its = _Watch(), _Watch()
    fit = _submit(fitter, desk, "tunisia", TUESDAY, mine)
    neighbor = _submit(fitter, desk, "twin", TUESDAY, its)
    assert mine.sampling.wait(_PATIENCE)
    _served(desk, TUESDAY, monday, _DAY_SECONDS)
    os.kill(errands.pids(twin_settings, "tunisia")[0], signal.SIGKILL)
    assert neighbor.result(_PATIENCE).sha256 == tunisia_fit.sha256
    assert fit.result(_PATIENCE).sha256 == tunisia_fit.sha256
    assert len(set(errands.pids(twin_settings, "tunisia"))) == 2
    assert len(errands.pids(twin_settings, "twin")) == 1
    _served(desk, TUESDAY, replace(tunisia_fit, **_times(fit.result())), 0.0)


def _times(fit: Fit) -> dict[str, float]:
    """What differs between two runs of one recipe."""
    return {"compile_seconds": fit.compile_seconds, "sample_seconds": fit.sample_seconds}


@pytest.mark.fault(5)
def test_where_nothing_was_observed_the_odds_are_prior_only(desk: Kit, tmp_path: Path, twins: Path) -> None:
    """From an empty store to what is read of it."""
    settings = Settings(home=tmp_path, catalog=twins)
    upgrade(settings.store_url)
    as_of = desk.theater.timeline.close_of(TUESDAY)
    with Fitter(settings) as fitter, open_service(settings) as service:
        fit = _submit(fitter, desk, "tunisia", TUESDAY, _Watch()).result(_PATIENCE)
        assert fit.prior_only
        assert fit.accepted
        reading = read_odds(
            desk.theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=as_of, reasons=False
        )
    assert reading.fit == fit
    assert {item.status for item in reading.odds} == {Status.PRIOR_ONLY}
    assert all(item.prior_driven and item.probability == pytest.approx(item.prior) for item in reading.odds)
