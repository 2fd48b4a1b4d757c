"""`tocsin doctor`: is this machine fit for Tocsin?"""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import typer

from tocsin.bootstrap.service import catalog_folder
from tocsin.catalog.read import read_catalog
from tocsin.domain.errors import TocsinError
from tocsin.settings import Settings, read_settings
from tocsin.store.engine import journal_mode, open_engine
from tocsin.store.migrate import revision

_LIBRARIES = ("pymc", "pytensor", "nutpie", "numba", "numpy", "arviz-stats", "sqlalchemy", "zarr")
_ROOM = 500 * 2**20


class _Unwell(Exception):  # noqa: N818 - a finding, not an error
    """What is wrong and what to do about it."""


def doctor() -> None:
    """Look at every dependency, version, setting and known fault, and say what to do.

    Example: tocsin doctor
    """
    settings = read_settings()
    looks: dict[str, Callable[[Settings], str]] = {
        "python": _python,
        "libraries": _libraries,
        "sqlite": _sqlite,
        "data folder": _folder,
        "declarations": _declarations,
        "store": _store,
    }
    unwell = 0
    for name, look in looks.items():
        try:
            typer.echo(f"ok    {name}: {look(settings)}")
        except (_Unwell, TocsinError) as finding:
            unwell += 1
            typer.echo(f"WRONG {name}: {finding}")
    if unwell:
        raise typer.Exit(1)


def _python(_: Settings) -> str:
    return f"{platform.python_version()} on {platform.machine()} ({sys.executable})"


def _libraries(_: Settings) -> str:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError as error:
            message = f"{name} is not installed; run: make setup"
            raise _Unwell(message) from error
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _sqlite(_: Settings) -> str:
    mode = journal_mode(sqlite3.sqlite_version_info)
    why = "" if mode == "WAL" else " because this version lacks the fix of the WAL-reset bug; slower writes, no risk"
    return f"{sqlite3.sqlite_version}, journal mode {mode}{why}"


def _folder(settings: Settings) -> str:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".tocsin-doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        message = f"{home} cannot be written ({error.strerror}); set TOCSIN_HOME to a folder that can"
        raise _Unwell(message) from error
    free = shutil.disk_usage(home).free
    if free < _ROOM:
        message = f"{home} has {free // 2**20} MiB free; fits need {_ROOM // 2**20} MiB to spare"
        raise _Unwell(message)
    return f"{home}, {free // 2**30} GiB free"


def _declarations(settings: Settings) -> str:
    root = catalog_folder(settings)
    return f"{', '.join(read_catalog(root).theaters)} in {root}"


def _store(settings: Settings) -> str:
    if settings.store_file is not None and not settings.store_file.exists():
        message = f"none in {settings.home}; run: tocsin db upgrade, or set TOCSIN_HOME to where it is"
        raise _Unwell(message)
    found = revision(open_engine(settings.store_url))
    if not found.up_to_date:
        message = f"revision {found.current or 'none'}, needed {found.head}; run: tocsin db upgrade"
        raise _Unwell(message)
    return f"revision {found.current}"
