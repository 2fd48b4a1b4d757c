"""The inner layers import little and touch nothing: no clock, no files, no network."""

import ast
import sys
from pathlib import Path

import pytest

_SRC = Path(__file__).parents[2] / "src"
_DOMAIN = sorted((_SRC / "tocsin" / "domain").rglob("*.py"))
_ENSEMBLE = sorted((_SRC / "tocsin" / "ensemble").rglob("*.py"))
_STANDARD = set(sys.stdlib_module_names)
# Parts of the standard library whose only use is to leave the process or to ask what time it is.
_OUTWARD = {
    "asyncio",
    "glob",
    "http",
    "io",
    "multiprocessing",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
_OUTWARD_CALLS = {"open", "input", "print", "exec", "eval", "__import__"}
_OUTWARD_METHODS = {
    "now",
    "utcnow",
    "today",
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "load",
    "loadtxt",
    "save",
    "savez",
    "savetxt",
    "fromfile",
    "tofile",
    "memmap",
    "import_module",
    "monotonic",
    "perf_counter",
    "time_ns",
}


def _imports(source: str) -> set[str]:
    """Modules that a file imports, wherever in it; relative ones as they are written."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = "." * node.level + (node.module or "")
            found.update(f"{stem}.{alias.name}" if stem == "tocsin" else stem for alias in node.names)
    return found


def _foreign(source: str, own: tuple[str, ...], libraries: frozenset[str] = frozenset()) -> list[str]:
    allowed = _STANDARD - _OUTWARD | libraries
    return sorted(
        name
        for name in _imports(source)
        if name.partition(".")[0] not in allowed
        and not any(name == home or name.startswith(f"{home}.") for home in own)
    )


def _outward(source: str) -> list[str]:
    """Calls that read a clock or a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func
            by_name = isinstance(name, ast.Name) and name.id in _OUTWARD_CALLS
            by_method = isinstance(name, ast.Attribute) and (
                name.attr in _OUTWARD_METHODS or ast.unparse(name) == "time.time"
            )
            if by_name or by_method:
                found.append(f"{ast.unparse(name)} (line {node.lineno})")
    return found


def _name(file: Path) -> str:
    return str(file.relative_to(_SRC))


def test_there_is_something_to_read() -> None:
    """Renamed folders would pass everything below."""
    assert len(_DOMAIN) > 10
    assert len(_ENSEMBLE) > 8


@pytest.mark.parametrize("file", _DOMAIN, ids=_name)
def test_the_domain_imports_the_standard_library_only(file: Path) -> None:
    """Also inside functions and for types; and of it nothing that leaves the process."""
    assert _foreign(file.read_text(encoding="utf-8"), ("tocsin.domain",)) == []


@pytest.mark.parametrize("file", _ENSEMBLE, ids=_name)
def test_the_ensemble_imports_numpy_and_the_domain_only(file: Path) -> None:
    """What answers in milliseconds must load in milliseconds."""
    own = ("tocsin.domain", "tocsin.ensemble")
    assert _foreign(file.read_text(encoding="utf-8"), own, frozenset({"numpy"})) == []


@pytest.mark.parametrize("file", _DOMAIN + _ENSEMBLE, ids=_name)
def test_the_inner_layers_read_no_clock_and_no_file(file: Path) -> None:
    """Time is an argument, and so is everything else."""
    assert _outward(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import scipy.stats", ["scipy.stats"]),
        ("import math, numpy", ["numpy"]),
        ("from pydantic import BaseModel", ["pydantic"]),
        ("def f():\n    import os", ["os"]),
        ("from time import time", ["time"]),
        ("from tocsin.store.fit import FitShelf", ["tocsin.store.fit"]),
        ("from tocsin import settings", ["tocsin.settings"]),
        ("import tocsin.domainlike", ["tocsin.domainlike"]),
        ("from . import timeline", ["."]),
        ("import math\nfrom datetime import time\nfrom tocsin.domain.odds import Odds\nfrom tocsin import domain", []),
    ],
)
def test_a_foreign_import_would_be_found(line: str, found: list[str]) -> None:
    """In each of the ways to write one."""
    assert _foreign(line, ("tocsin.domain",)) == found


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(tz=UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "time.monotonic()",
        "open('x')",
        "Path('x').read_text()",
        "Path('x').open()",
        "np.load('x')",
    ],
)
def test_a_look_at_the_clock_or_a_file_would_be_found(line: str) -> None:
    """And a time of day that is no look at the clock would not."""
    assert len(_outward(f"def f():\n    return {line}")) == 1
    assert _outward("datetime.combine(day, time(), tzinfo=zone)\nnow = 1\nopened(now)") == []
