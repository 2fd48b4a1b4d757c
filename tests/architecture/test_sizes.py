"""Small files, short functions, names that say something."""

import ast
from pathlib import Path
from statistics import median

import pytest

_SRC = Path(__file__).parents[2] / "src"
_FILES = sorted(_SRC.rglob("*.py"))
_LONGEST_FILE = 400
_LONGEST_FUNCTION = 60
_MEDIAN_FILE = 120
_EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "managers", "misc"}


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _long_functions(source: str) -> list[str]:
    return [
        f"{node.name} (line {node.lineno})"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > _LONGEST_FUNCTION
    ]


def test_there_is_something_to_measure() -> None:
    """An empty folder would pass everything below."""
    assert len(_FILES) > 50


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_SRC)))
def test_no_file_and_no_function_is_long(file: Path) -> None:
    """What does not fit is two things."""
    assert _lines(file) <= _LONGEST_FILE
    assert _long_functions(file.read_text(encoding="utf-8")) == []


def test_a_long_function_would_be_found() -> None:
    """60 lines are enough and 61 are not, nested ones and methods included."""
    body = "        x = 1\n"
    assert _long_functions(f"class A:\n    def f(self):\n{body * 59}") == []
    assert _long_functions(f"class A:\n    async def f(self):\n{body * 60}") == ["f (line 2)"]


def test_the_median_file_is_short() -> None:
    """Empty package files left out."""
    assert median(lines for file in _FILES if (lines := _lines(file)) > 1) <= _MEDIAN_FILE


def test_every_module_is_named_after_what_is_in_it() -> None:
    """A file of that name would take anything."""
    names = {part for file in _FILES for part in (*file.relative_to(_SRC).parts[:-1], file.stem)}
    assert "domain" in names
    assert "timeline" in names
    assert names & _EMPTY_NAMES == set()
