"""What the doctor looks at on the machine: Python, libraries, compiler, clock and disk."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.catalog.read import Catalog
from tocsin.cli.doctor_look import Unwell
from tocsin.domain.plural import counted
from tocsin.settings import Settings

_LEAST_PYTHON = (3, 12)
_ROOM = 500 * 2**20
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
_LIMIT = re.compile(r"(>=|<|==)\s*([0-9][0-9.]*)")
_BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine on which this code runs lives before it."""


def python() -> str | Unwell:
    """Which Python runs, and on what processor."""
    found = f"{platform.python_version()} on {platform.machine()} ({sys.executable})"
    if sys.version_info[:2] < _LEAST_PYTHON:
        message = f"{found}; 3.12 or newer is needed, install it and run: make setup"
        return Unwell(message)
    return found


def libraries() -> str | Unwell:
    """Every library that Tocsin declares, with its version; Unwell with all that are missing, too old or too new."""
    found, wrong = [], []
    for requirement in requires("tocsin") or []:
        name, limits = _read_requirement(requirement)
        if name is None:
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
            continue
        wrong.extend(f"{name} is {installed}, needed is {limit}" for limit in _broken_limits(installed, limits))
        found.append(f"{name} {installed}")
    if wrong:
        message = f"{'; '.join(wrong)}; run: make setup"
        return Unwell(message)
    return ", ".join(found)


def _read_requirement(text: str) -> tuple[str | None, str]:
    """The name and limits of a requirement; no name where it is only for those who ask for an extra."""
    found = _REQUIREMENT.fullmatch(text.strip())
    if found is None or "extra" in (found[3] or ""):
        return None, ""
    return found[1], found[2]


def _broken_limits(installed: str, limits: str) -> list[str]:
    """The limits, such as `>=3.11` and `<4`, that a version does not keep."""
    number = _numbers(installed)
    broken = []
    for sign, limit in _LIMIT.findall(limits):
        width = max(len(number), len(_numbers(limit)))
        mine, other = (value + (0,) * (width - len(value)) for value in (number, _numbers(limit)))
        if not {">=": mine >= other, "<": mine < other, "==": mine == other}[sign]:
            broken.append(f"{sign}{limit}")
    return broken


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version, without what comes after it: (3, 11) of `3.11rc1`."""
    leading = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


def compiler() -> str:
    """Models are compiled by Numba, which brings its own; a C compiler makes no difference."""
    there = next((path for name in ("c++", "g++", "clang++") if (path := shutil.which(name))), None)
    return f"not needed, as Numba compiles the models (there is {there or 'none'})"


def time_zones(catalogs: Iterable[Catalog]) -> str | Unwell:
    """Whether the zone of every theater is known here."""
    zones = sorted({theater.timeline.zone for catalog in catalogs for theater in catalog.theaters.values()})
    for zone in zones:
        try:
            ZoneInfo(zone)
        except ZoneInfoNotFoundError:
            message = f"no data for {zone}; install the package tzdata: make setup"
            return Unwell(message)
    return ", ".join(zones) or "none is declared"


def clock(now: datetime) -> str | Unwell:
    """Whether the clock is plausible; a machine without a battery starts in 1970."""
    if now < _BUILT:
        message = f"it is {now:%Y-%m-%d %H:%M} UTC here, which is past; set the clock, or start the time service"
        return Unwell(message)
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def disk(settings: Settings) -> str | Unwell:
    """Whether the data folder can be written, and has room."""
    home = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = home / ".tocsin-doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        message = f"{home} cannot be written ({error.strerror}); set TOCSIN_HOME to a folder that can"
        return Unwell(message)
    free = shutil.disk_usage(home).free
    if free < _ROOM:
        message = f"{home} has {free // 2**20} MiB free; fits need {_ROOM // 2**20} MiB to spare: make room"
        return Unwell(message)
    return f"{home}, {free / 2**30:.1f} GiB free"


def compiled_models(settings: Settings) -> str:
    """Where compiled models are, and whether there are any: the first fit without takes half a minute longer."""
    folder = settings.cache_folder
    if not folder.is_dir():
        return f"none in {folder}; the first fit compiles and takes half a minute longer"
    files = [file for file in folder.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    return f"{counted(len(files), 'file')}, {size / 2**20:.0f} MiB in {folder}; may be deleted at any time"
