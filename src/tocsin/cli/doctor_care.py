"""What the doctor looks at of the work that goes on by itself: workers, feeds, backups, and room for all of it."""

from __future__ import annotations

import os
import platform
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.cli.doctor_look import Unwell
from tocsin.cli.doctor_store import disposed, require_file
from tocsin.domain.job import Worker
from tocsin.settings import Settings
from tocsin.store.address import file_of, read_address
from tocsin.store.backup_name import backups_of, store_mark
from tocsin.store.engine import open_engine
from tocsin.store.job import JobRecord

_ROOM = 500 * 2**20
_FAILURES = 3
"""A feed that fails once or twice is tried again by itself."""
_BACKUP_DUE = timedelta(days=2)
_SHOWN = 3


def last_tick(settings: Settings, now: datetime) -> str | Unwell:
    """Whether the worker that was there last still is, unless it was told to stop."""
    require_file(settings)
    with disposed(open_engine(settings.store_url)) as engine:
        known = JobRecord(engine).workers()
    if not known:
        return "none has run yet; it is started by: tocsin worker"
    last = known[0]
    if last.stopped_at is not None:
        return f"none runs since {last.stopped_at:%Y-%m-%d %H:%M:%S} UTC"
    return _alive(last, settings, now)


def worker_here(settings: Settings, now: datetime) -> str | Unwell:
    """Whether a worker runs on this host: the one question of a look at the health of its container."""
    require_file(settings)
    with disposed(open_engine(settings.store_url)) as engine:
        here = [item for item in JobRecord(engine).workers() if item.host == platform.node()]
    if not here or here[0].stopped_at is not None:
        return Unwell(f"none runs on {platform.node()}; it is started by: tocsin worker")
    return _alive(here[0], settings, now)


def _alive(worker: Worker, settings: Settings, now: datetime) -> str | Unwell:
    told = f"{worker.id} (process {worker.pid} on {worker.host}) ticked {worker.ticked_at:%Y-%m-%d %H:%M:%S} UTC"
    if now - worker.ticked_at > timedelta(seconds=settings.lease_seconds + 3 * settings.tick_seconds):
        return Unwell(f"{told} and not since: it was killed, or hangs; look at its log, and start it again")
    return told


def backups(settings: Settings, now: datetime) -> str | Unwell:
    """Whether backups can be written, and how old the last one of this store is."""
    folder = settings.backup_folder
    if wrong := _cannot_hold(folder, "TOCSIN_BACKUPS"):
        return wrong
    kept = backups_of(store_mark(read_address(settings.store_url)), folder)
    if not kept:
        return f"none of this store in {folder} yet; a worker makes one every night, or now: tocsin backup"
    at, path = kept[-1]
    if now - at > _BACKUP_DUE:
        return Unwell(
            f"the last one is of {at:%Y-%m-%d %H:%M} UTC ({path}); see why: tocsin jobs, or run: tocsin backup"
        )
    return f"{len(kept)} in {folder}, the last one of {at:%Y-%m-%d %H:%M} UTC"


def room(settings: Settings) -> str | Unwell:
    """Whether the disks of the store, where it is a file, and of compiled models have room and take files."""
    file = file_of(read_address(settings.store_url))
    for folder, variable in (
        (None if file is None else file.parent, "TOCSIN_DATABASE_URL"),
        (settings.cache_folder, "TOCSIN_COMPILE_CACHE"),
    ):
        if folder is not None and (wrong := _cannot_hold(folder, variable)):
            return wrong
    return "the store's folder and that of compiled models may be written and have room"


def _cannot_hold(folder: Path, variable: str) -> Unwell | None:
    """Why nothing can be written to a folder, or to where it will be made; nothing is written to find out."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Unwell(f"{folder} cannot be written; set {variable} to a place that can")
    free = shutil.disk_usage(there).free
    if free < _ROOM:
        return Unwell(f"{folder} has {free // 2**20} MiB free, {_ROOM // 2**20} MiB are needed: make room")
    return None
