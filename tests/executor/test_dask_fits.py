"""Fits and forecasts on Dask workers: the same bits as in processes of this machine, also where a worker is killed."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from support import errands
from support.dask_cluster import dask_cluster
from support.harbor import declare_harbor
from support.kit import SEED, Kit, open_kit
from support.processes import wait_until
from tocsin.bootstrap.backtesting import Forecasts, make_forecasts
from tocsin.bootstrap.fitting import Fitter
from tocsin.domain.errors import InvalidInputError, StoreError
from tocsin.executor.work import Work
from tocsin.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.dask_cluster import DaskCluster
    from tocsin.usecases.ports import Progress, Sampler

NOW = datetime(2016, 2, 1, tzinfo=UTC)
ORIGINS = (date(2014, 10, 19), date(2014, 12, 14), date(2015, 2, 8), date(2015, 5, 10))
_PATIENCE = 300.0


@pytest.fixture(scope="module")
def harbor(tmp_path_factory: pytest.TempPathFactory, sampler: Sampler) -> Iterator[Kit]:
    """The harbor in a store of its own."""
    home = tmp_path_factory.mktemp("harbor")
    with open_kit(home, sampler, NOW, name="harbor", catalog=declare_harbor(home / "catalog")) as opened:
        yield opened


@pytest.fixture(scope="module")
def here(harbor: Kit) -> Settings:
    """Fits in processes of this machine."""
    return Settings(home=harbor.home, catalog=harbor.home / "catalog")


@pytest.fixture(scope="module")
def cluster(here: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers whose own settings name the store."""
    environment = {"TOCSIN_HOME": str(here.home), "TOCSIN_CATALOG": str(here.catalog), "TOCSIN_CORES": "1"}
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2, environment=environment) as started:
        yield started


@pytest.fixture(scope="module")
def there(here: Settings, cluster: DaskCluster) -> Settings:
    """The same store, with fits on Dask."""
    return here.model_copy(update={"dask_scheduler": cluster.address})


def _forecasts(harbor: Kit, settings: Settings, origins: Sequence[date] = ORIGINS) -> Forecasts:
    """Of some days, made anew."""
    shutil.rmtree(settings.backtests_folder, ignore_errors=True)
    heard: list[Progress] = []
    found = make_forecasts(
        settings,
        harbor.service,
        harbor.theater,
        origins,
        seed=SEED,
        processes=2,
        deadline_seconds=_PATIENCE,
        report=heard.append,
        cancelled=lambda: False,
    )
    assert [(item.done, item.total) for item in heard] == [(done, len(origins)) for done in range(len(origins) + 1)]
    return found


@pytest.fixture(scope="module")
def pooled(harbor: Kit, here: Settings) -> Forecasts:
    """What processes of this machine make of the days."""
    found = _forecasts(harbor, here)
    assert sorted(found.made) == list(ORIGINS)
    assert all(item.statement is not None for item in found.made.values())
    return found


@pytest.mark.fault(3)
def test_a_worker_killed_in_the_middle_changes_no_bit(
    harbor: Kit, there: Settings, cluster: DaskCluster, pooled: Forecasts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL to the worker that has just taken up the third day; another does it, and the pool's bits come out."""
    monkeypatch.setattr("tocsin.bootstrap.backtesting.forecast_here", errands.noted_forecast)
    notes = there.home / f"{ORIGINS[2]}.pids"
    killed: list[int] = []

    def kill() -> None:
        wait_until(lambda: notes.exists() and bool(notes.read_text(encoding="ascii").strip()), _PATIENCE, "a start")
        killed.append(int(notes.read_text(encoding="ascii").split()[0]))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = _forecasts(harbor, there)
    killer.join()
    taken_up = [int(line) for line in notes.read_text(encoding="ascii").split()]
    assert taken_up[0] == killed[0]
    assert len(set(taken_up)) == 2
    assert not found.failed
    assert {day: item.statement for day, item in found.made.items()} == {
        day: item.statement for day, item in pooled.made.items()
    }
    assert found.made == pooled.made
    cluster.start_worker()


def test_a_fit_on_a_worker_is_the_fit_of_a_process_here(harbor: Kit, there: Settings) -> None:
    """It is recorded in the store that the worker's own settings name, draws and all."""
    day = ORIGINS[0]
    expected = harbor.fit(day, keep=lambda _: True)
    with Fitter(there) as fitter:
        fit = fitter.fit(
            "harbor",
            as_of=harbor.theater.timeline.close_of(day),
            now=NOW,
            seed=SEED,
            actor="test",
            report=lambda _: None,
            cancelled=lambda: False,
        )
    assert fit.sha256 == expected.sha256
    assert harbor.service.fits.find(fit.id) == fit
    assert harbor.service.fits.draws(fit) == harbor.aside.draws(expected)


def test_a_worker_of_another_store_does_nothing(there: Settings, tmp_path: Path) -> None:
    """It would fit other reports, and record where nobody looks."""
    with Fitter(there.model_copy(update={"home": tmp_path})) as fitter, pytest.raises(StoreError) as caught:
        fitter.fit("harbor", as_of=NOW, now=NOW, seed=1, actor="t", report=lambda _: None, cancelled=lambda: False)
    assert f"the work is about the store sqlite:///{tmp_path}" in str(caught.value)


def test_a_worker_with_other_declared_files_does_nothing(harbor: Kit, there: Settings, pooled: Forecasts) -> None:
    """What it would make is another forecast than the one that is wanted."""
    assert pooled.made
    file = harbor.home / "catalog" / "indicators" / "harbor" / "raid.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("low: 0.1", "low: 0.2"), encoding="utf-8")
    try:
        with pytest.raises(StoreError, match="would be another where it is made"):
            _forecasts(harbor, there, ORIGINS[:1])
    finally:
        file.write_text(before, encoding="utf-8")


def test_no_secret_is_sent_to_a_dask_worker(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor the password of the store; a process of this machine is given both."""
    sent: list[bytes] = []

    class Listening(ThreadPoolExecutor):
        def submit(self, *work: object) -> Work[object]:  # type: ignore[override]
            sent.append(pickle.dumps(work))
            done: Work[object] = Work(b"")
            done.begin()
            done.set_exception(StoreError("heard"))
            return done

    monkeypatch.setattr("tocsin.bootstrap.fitting.open_executor", lambda *_: Listening())
    url = SecretStr("postgresql://tocsin:hunter2@database/tocsin")
    for address in (None, "tcp://scheduler:8786"):
        settings = here.model_copy(update={"database_url": url, "smtp_password": url, "dask_scheduler": address})
        with Fitter(settings) as fitter, pytest.raises(StoreError, match="heard"):
            fitter.fit("harbor", as_of=NOW, now=NOW, seed=1, actor="t", report=lambda _: None, cancelled=lambda: False)
    assert [b"hunter2" in parcel for parcel in sent] == [True, False]
    assert b"tocsin:***@database/tocsin" in sent[1]


@pytest.mark.parametrize("address", ["scheduler:8786", "http://scheduler:8786", "tcp://scheduler"])
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When settings are read."""
    monkeypatch.setenv("TOCSIN_DASK_SCHEDULER", address)
    with pytest.raises(InvalidInputError, match="TOCSIN_DASK_SCHEDULER"):
        read_settings()


def test_without_its_certificates_an_encrypted_cluster_is_refused(here: Settings, tmp_path: Path) -> None:
    """Each that is missing is named."""
    settings = here.model_copy(update={"dask_scheduler": "tls://127.0.0.1:8786", "dask_ca": tmp_path / "none.pem"})
    with pytest.raises(InvalidInputError) as caught, Fitter(settings):
        pass
    assert [problem.field for problem in caught.value.problems] == [
        "TOCSIN_DASK_CA",
        "TOCSIN_DASK_CERT",
        "TOCSIN_DASK_KEY",
    ]
