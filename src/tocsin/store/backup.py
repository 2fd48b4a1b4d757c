"""Backups: one file that holds the whole store and every fit's draws, verified when written and before it is used.

A backup is a zip of `manifest.json`, `store.sqlite` (whatever database the store is in) and `fits/<sha256>.zarr.zip`.
It appears under its name only once it has been read back and every hash in it was right.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from tocsin.domain.errors import StoreError
from tocsin.store.backup_file import FORM, STORE, Manifest, draws_member, draws_members, pack, verify_backup
from tocsin.store.backup_name import backup_name, store_mark
from tocsin.store.copy import CopiedTable, copy_store, require_empty
from tocsin.store.engine import open_engine, reading
from tocsin.store.migrate import require_current, revision, upgrade
from tocsin.store.room import room
from tocsin.store.tables import fit
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from tocsin.store.copy import Copied


def back_up(engine: Engine, fits: Path, folder: Path, *, now: datetime, report: Callable[[Progress], None]) -> Path:
    """Write a backup of a store and its draws into a folder, read it back, and say where it is.

    1. Copy the store, as it is at one instant, into one SQLite file. 2. Pack it with the draws of every fit in that
    copy: draws are written before their row and never change, so they are there. 3. Read everything back and compare.
    4. Give the file its name. DamagedBackupError, and no file, where anything is not as it was recorded. What `report`
    raises stops it, and leaves nothing behind.
    """
    require_current(engine)
    _make(folder)
    path = folder / backup_name(store_mark(engine.url), now)
    if path.exists():
        msg = f"{path} is there already; backups of one second are one backup"
        raise StoreError(msg)
    with room(folder, "backup") as place:
        copied, marks = _copied(engine, place / STORE, report)
        packed = place / "packed"
        members = {STORE: place / STORE} | {draws_member(mark): fits / Path(draws_member(mark)).name for mark in marks}
        rows = {table.name: table.rows for table in copied.tables}
        content = {table.name: table.sha256 for table in copied.tables}
        packed.touch(mode=0o600)  # it holds what webhooks are signed with
        pack(packed, members, Manifest(FORM, now.isoformat(), copied.revision, rows, {}, content), report)
        verify_backup(packed, report)
        _sync(packed)
        packed.rename(path)
    _sync(folder)
    return path


def restore(path: Path, engine: Engine, fits: Path, *, report: Callable[[Progress], None]) -> Manifest:
    """Put a verified backup into an empty store and a folder of draws.

    1. Refuse a target that holds anything. 2. Verify the backup. 3. Bring the backup's store up to this Tocsin's
    revision, in a copy. 4. Write the draws. 5. Write every row in one transaction: until it commits the target is as
    empty as it was. Where the revision is the same, each table must be what it was in the store that was backed up.
    StoreError where one of these does not hold.
    """
    require_empty(engine)
    manifest = verify_backup(path, report)
    _make(fits)
    with room(fits.parent, "backup") as place, zipfile.ZipFile(path) as archive:
        archive.extract(STORE, place)
        source = open_engine(f"sqlite:///{place / STORE}")
        try:
            upgrade(source)
            upgrade(engine)
            _write_draws(archive, draws_members(manifest), place, fits, report)
            copy_store(source, engine, report, expected=_expected(manifest, revision(source).head))
        finally:
            source.dispose()
    return manifest


def _write_draws(
    archive: zipfile.ZipFile, names: list[str], place: Path, fits: Path, report: Callable[[Progress], None]
) -> None:
    for done, name in enumerate(names, start=1):
        report(Progress("writing draws", done, len(names)))
        archive.extract(name, place)
        _sync(place / name)
        (place / name).replace(fits / Path(name).name)
    _sync(fits)


def _expected(manifest: Manifest, head: str) -> tuple[CopiedTable, ...] | None:
    """The tables as they were in the store itself; None where they have other columns now, or nothing was noted."""
    if manifest.revision != head or not manifest.content:
        return None
    return tuple(CopiedTable(name, manifest.rows.get(name, -1), mark) for name, mark in manifest.content.items())


def _copied(engine: Engine, file: Path, report: Callable[[Progress], None]) -> tuple[Copied, list[str]]:
    """What was copied, and the SHA-256 of the draws of every fit in it."""
    target = open_engine(f"sqlite:///{file}")
    try:
        upgrade(target)
        copied = copy_store(engine, target, report)
        with reading(target) as connection:
            return copied, sorted(set(connection.scalars(select(fit.c.sha256))))
    finally:
        target.dispose()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"the folder {folder} cannot be made: {error.strerror or error}"
        raise StoreError(msg) from error


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":  # Windows cannot open a folder, and its rename is durable without
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
