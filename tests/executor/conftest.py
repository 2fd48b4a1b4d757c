"""A pool and a fitter that the tests share: starting one takes seconds."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support.kit import Kit, open_kit
from tocsin.bootstrap.executors import PRELOADED, calm_fork_server
from tocsin.bootstrap.fitting import Fitter
from tocsin.catalog.kit import find_kit
from tocsin.executor.pool import ProcessPool
from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.usecases.ports import Sampler

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPool]:
    """Two workers."""
    calm_fork_server()
    with ProcessPool(2, preloaded=PRELOADED) as opened:
        yield opened


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped declarations with the Tunisia theater in them twice, so that both are compiled once."""
    folder = tmp_path_factory.mktemp("twins")
    shutil.copytree(find_kit() / "models", folder / "models")
    shutil.copytree(find_kit() / "indicators", folder / "indicators")
    shutil.copytree(folder / "models" / "tunisia", folder / "models" / "twin")
    return folder


@pytest.fixture(scope="session")
def twin_settings(twins: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two processes on a store of their own."""
    return Settings(home=tmp_path_factory.mktemp("home"), catalog=twins, fit_processes=2)


@pytest.fixture(scope="session")
def fitter(pool: ProcessPool, twin_settings: Settings) -> Iterator[Fitter]:  # noqa: ARG001 - it has the fork server up
    """A fitter whose workers stay warm from test to test."""
    with Fitter(twin_settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def desk(twin_settings: Settings, sampler: Sampler) -> Iterator[Kit]:
    """The store that the fitter works on, with all shipped observations."""
    with open_kit(twin_settings.home, sampler, NOW, catalog=twin_settings.catalog) as opened:
        yield opened
