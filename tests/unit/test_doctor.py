"""What the doctor says of workers, feeds, backups, room and clocks; it makes nothing."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_POSTGRESQL
from support.publications import DRAWS, stating_fit
from tocsin.cli import doctor_store
from tocsin.cli.doctor_care import backups, last_tick, room, worker_here
from tocsin.cli.doctor_look import Unwell
from tocsin.cli.doctor_store import address, draws, durability, feeds, recorded_instants, revision_of
from tocsin.domain.errors import StoreError
from tocsin.domain.job import Worker
from tocsin.settings import Settings
from tocsin.store.address import read_address
from tocsin.store.backup_name import backup_name, store_mark
from tocsin.store.fit import FitShelf
from tocsin.store.job import JobRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def settings(engine: Engine, tmp_path: Path) -> Settings:
    """A home, and a store elsewhere that its address names."""
    return Settings(home=tmp_path, database_url=engine.url.render_as_string(hide_password=False))  # type: ignore[arg-type]


def _worker(name: str, silent: float, host: str = "", *, stopped: bool = False) -> Worker:
    ticked = _NOW - timedelta(seconds=silent)
    return Worker(name, host or platform.node(), 7, ticked, ticked, ticked if stopped else None)


def _said(look: str | Unwell) -> str:
    assert isinstance(look, Unwell), look
    return look.what


def test_a_worker_that_went_silent_without_stopping_is_found(engine: Engine, settings: Settings) -> None:
    """A killed one of long ago, after which others came, is not."""
    book = JobRecord(engine)
    assert "none has run" in str(last_tick(settings, _NOW))
    book.tick(_worker("old", 5000))
    assert "ticked 2016-03-08 10:36:40 UTC and not since" in _said(last_tick(settings, _NOW))
    book.tick(_worker("new", 10, "elsewhere"))
    assert isinstance(last_tick(settings, _NOW), str)
    assert "not since" in _said(worker_here(settings, _NOW))
    book.tick(_worker("mine", 5))
    assert isinstance(worker_here(settings, _NOW), str)
    book.tick(_worker("mine", 4, stopped=True))
    assert "none runs on" in _said(worker_here(settings, _NOW))
    assert "none runs since" in str(last_tick(settings, _NOW))


def test_a_backup_that_is_old_and_a_folder_that_takes_none_are_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only backups of this store count."""
    folder = tmp_path / "backups"
    assert "none of this store" in str(backups(settings, _NOW))
    assert not folder.exists()
    folder.mkdir()
    mark = store_mark(read_address(settings.store_url))
    (folder / backup_name("aa", _NOW)).touch()
    (folder / backup_name(mark, _NOW - timedelta(days=3))).touch()
    assert "the last one is of 2016-03-05 12:00 UTC" in _said(backups(settings, _NOW))
    (folder / backup_name(mark, _NOW - timedelta(days=1))).touch()
    assert "2 in " in str(backups(settings, _NOW))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "set TOCSIN_BACKUPS to a place that can" in _said(backups(settings, _NOW))


def test_a_disk_without_room_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the store is; and a cache that takes no files."""
    assert isinstance(room(settings), str)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda place, _: "cache" not in str(place) and place != settings.home)
        assert "TOCSIN_COMPILE_CACHE" in _said(room(settings))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=7 * 2**20))
    assert "has 7 MiB free" in _said(room(settings))


def test_a_fit_has_its_draws_from_the_moment_on_that_it_is_recorded(engine: Engine, settings: Settings) -> None:
    """And one whose file is taken away has none."""
    FitShelf(engine, settings.draws_folder).save(stating_fit(), DRAWS, "test")
    assert draws(settings) == "of 1 fit, 0 MiB"
    next(settings.draws_folder.iterdir()).unlink()
    assert "the draws of 1 fit are not in" in _said(draws(settings))


@ONLY_POSTGRESQL
def test_a_server_that_does_not_wait_for_its_disk_or_lives_in_another_time_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of these tests does not wait, so it is found as it is."""
    assert "fsync and full_page_writes is off" in _said(durability(settings))
    monkeypatch.setattr(doctor_store, "server_switches", lambda _: {"fsync": "on"})
    assert str(durability(settings)).startswith("fsync on; its clock is 0.")
    monkeypatch.setattr(doctor_store, "server_clock", lambda _: datetime.fromtimestamp(time.time() - 400, UTC))
    assert "set the clock that is wrong" in _said(durability(settings))


@pytest.mark.parametrize(
    "look",
    [
        address,
        revision_of,
        draws,
        durability,
        lambda settings: feeds(settings, _NOW),
        lambda settings: recorded_instants(settings, _NOW),
        lambda settings: last_tick(settings, _NOW),
        lambda settings: worker_here(settings, _NOW),
    ],
)
def test_a_store_that_is_not_there_is_not_made_by_looking(look: Callable[[Settings], object], tmp_path: Path) -> None:
    """A slip in the address would leave an empty file, which looks like a store that lost everything."""
    typo = tmp_path / "typo.db"
    with pytest.raises(StoreError, match="there is no store at"):
        look(Settings(home=tmp_path, database_url=f"sqlite:///{typo}"))  # type: ignore[arg-type]
    assert not typo.exists()
