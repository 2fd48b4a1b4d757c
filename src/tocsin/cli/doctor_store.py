"""What the doctor looks at in a store: its database, revision, rights, instants and draws. Nothing is changed."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from tocsin.bootstrap.feeds import missing_settings
from tocsin.bootstrap.service import open_service
from tocsin.cli.doctor_look import Unwell
from tocsin.domain.errors import StoreError
from tocsin.domain.plural import counted
from tocsin.settings import Settings
from tocsin.store.address import read_address, shown
from tocsin.store.address import require_file as require_there
from tocsin.store.engine import journal_mode, open_engine
from tocsin.store.inspection import database_version, server_clock, server_switches
from tocsin.store.migrate import revision
from tocsin.usecases.watch_feeds import watch_feeds

_CLOCKS_DIFFER = timedelta(minutes=5)
"""Machines that share a store need not agree to the second."""
_SHOWN = 3


class _Disposable(Protocol):
    def dispose(self) -> None: ...


def sqlite_library() -> str:
    """Which SQLite library there is, and how its known fault is met."""
    mode = journal_mode(sqlite3.sqlite_version_info)
    why = "" if mode == "WAL" else " because this version lacks the fix of the WAL-reset bug; slower writes, no risk"
    return f"{sqlite3.sqlite_version}, journal mode {mode}{why}"


def address(settings: Settings) -> str:
    """Whether the database answers, and which version it is."""
    require_file(settings)
    with disposed(open_engine(settings.store_url)) as engine:
        return f"{database_version(engine)} at {shown(engine.url)}"


def revision_of(settings: Settings) -> str | Unwell:
    """Whether the store has the tables that this Tocsin needs."""
    require_file(settings)
    with disposed(open_engine(settings.store_url)) as engine:
        found = revision(engine)
    if not found.up_to_date:
        message = f"revision {found.current or 'none'}, needed {found.head}; run: tocsin db upgrade"
        return Unwell(message)
    return f"revision {found.current}"


def rights(settings: Settings) -> str | Unwell:
    """Whether others on this machine could change what is kept."""
    if os.name != "posix":
        return "not looked at on this system"
    kept = [settings.home, settings.draws_folder, settings.store_file]
    for path in (item for item in kept if item is not None and item.exists()):
        mode = path.stat().st_mode
        if mode & stat.S_IWOTH:
            message = f"everybody on this machine may write {path} ({stat.filemode(mode)}); run: chmod o-w {path}"
            return Unwell(message)
    return f"only {_owner(settings.home)} and the group may write"


def recorded_instants(settings: Settings, now: datetime) -> str | Unwell:
    """Whether the clock is behind what is recorded: then new reports would seem older than old ones."""
    require_file(settings)
    with open_service(settings) as service:
        newest = service.inspection.newest()
    if newest is None:
        return "nothing is recorded yet"
    if newest > now + _CLOCKS_DIFFER:
        message = (
            f"something is recorded at {newest:%Y-%m-%d %H:%M} UTC, and it is {now:%Y-%m-%d %H:%M} UTC here; "
            "set the clock before anything else is recorded"
        )
        return Unwell(message)
    return f"the newest is of {newest:%Y-%m-%d %H:%M} UTC"


def draws(settings: Settings) -> str | Unwell:
    """Whether each fit has its draws; their content is for `tocsin verify`."""
    require_file(settings)
    with open_service(settings) as service:
        wanted = {fit.sha256: fit.id for fit in service.inspection.fits()}
        there = set(service.inspection.draws())
    missing = [wanted[name] for name in wanted if name not in there]
    if missing:
        some = ", ".join(missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
        lost = counted(len(missing), "fit")
        message = f"the draws of {lost} are not in {settings.draws_folder} ({some}); run: tocsin verify"
        return Unwell(message)
    size = sum(file.stat().st_size for file in _files(settings.draws_folder))
    strays = len(there - set(wanted))
    left = f"; {counted(strays, 'file')} of no fit, see tocsin verify" if strays else ""
    return f"of {counted(len(wanted), 'fit')}, {size / 2**20:.0f} MiB{left}"


def feeds(settings: Settings, now: datetime) -> str | Unwell:
    """Whether feeds fail, have gone silent or changed character; those without their credential are off."""
    require_file(settings)
    with open_service(settings) as service:
        declared = list(service.catalog.feeds.values())
        on = [feed for feed in declared if not missing_settings(feed, settings)]
        watched = watch_feeds(on, book=service.feeds, now=now)
    unwell = [f"{item.feed.id} {fault}" for item in watched for fault in item.unwell]
    if unwell:
        more = f" and {len(unwell) - _SHOWN} more" if len(unwell) > _SHOWN else ""
        return Unwell(f"{'; '.join(unwell[:_SHOWN])}{more}; see: tocsin feeds")
    asked = sum(item.state.started_at is not None for item in watched)
    return f"asked: {asked} of {len(declared)}, off: {len(declared) - len(on)}; none is unwell"


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*") if file.is_file()]


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return "the owner"


def durability(settings: Settings) -> str | Unwell:
    """Whether the server keeps what it has said is kept, and what time it is there."""
    require_file(settings)
    with disposed(open_engine(settings.store_url)) as engine:
        switches, there = server_switches(engine), server_clock(engine)
    if there is None:
        return "SQLite waits for the disk, and its clock is ours"
    off = [name for name, value in switches.items() if value == "off"]
    if off:
        message = f"{' and '.join(off)} is off, so a crash of the server loses what was accepted; set it on"
        return Unwell(message)
    apart = abs(datetime.now(UTC) - there)
    if apart > _CLOCKS_DIFFER:
        message = f"it is {there:%Y-%m-%d %H:%M:%S} UTC at the database, and not here; set the clock that is wrong"
        return Unwell(message)
    told = ", ".join(f"{name} {value}" for name, value in switches.items())
    return f"{told}; its clock is {apart.total_seconds():.1f} s from ours"


def require_file(settings: Settings) -> None:
    """StoreError where there is no file yet: opening it would make one."""
    if settings.store_file is not None and not settings.store_file.exists():
        message = f"none in {settings.home}; run: tocsin db upgrade, or set TOCSIN_HOME to where it is"
        raise StoreError(message)
    require_there(read_address(settings.store_url))


@contextmanager
def disposed[E: _Disposable](engine: E) -> Iterator[E]:
    """An engine, whose connections are closed afterwards."""
    try:
        yield engine
    finally:
        engine.dispose()
