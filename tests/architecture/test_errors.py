"""One error tree, in one file, with nothing dead in it."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from tocsin.domain import errors
from tocsin.domain.errors import TocsinError

_SRC = Path(__file__).parents[2] / "src" / "tocsin"


def _tree(error: type[TocsinError]) -> list[type[TocsinError]]:
    return [error, *(found for child in error.__subclasses__() for found in _tree(child))]


_ERRORS = [error for error in _tree(TocsinError) if error.__module__ == errors.__name__]


def test_the_tree_is_not_empty() -> None:
    """Were it, every check of it below would be green."""
    assert len(_ERRORS) >= 10
    declared = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, Exception)]
    assert {item.__name__ for item in declared} == {error.__name__ for error in _ERRORS}


@pytest.mark.parametrize("error", _ERRORS)
def test_every_error_says_in_its_docstring_what_went_wrong(error: type[TocsinError]) -> None:
    """Its own, not its parent's; one sentence at the top."""
    own = error.__dict__.get("__doc__")
    assert own
    assert own.splitlines()[0].endswith(".")


def _declared(source: str) -> list[str]:
    """Classes of a module that look like errors, by a base's name or by their own."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        and (node.name.endswith("Error") or any(re.search(r"(Error|Exception)$", ast.unparse(b)) for b in node.bases))
    ]


def test_errors_are_declared_in_one_file() -> None:
    """Whoever maps errors to answers finds all of them there; a private one that never leaves its file may stay."""
    elsewhere = {
        f"{file.relative_to(_SRC)}: {name}"
        for file in sorted(_SRC.rglob("*.py"))
        if file != _SRC / "domain" / "errors.py"
        for name in _declared(file.read_text(encoding="utf-8"))
        if not name.startswith("_")
    }
    assert elsewhere == set()


def test_an_error_declared_elsewhere_would_be_found() -> None:
    """By its base or by its name."""
    assert _declared("class Late(ValueError): ...\nclass OddError(Some): ...\nclass Fine(Base): ...") == [
        "Late",
        "OddError",
    ]


def _raised(source: str) -> set[str]:
    """Names of the errors that a module makes."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {ast.unparse(call).rsplit(".", maxsplit=1)[-1] for call in calls}


@pytest.mark.parametrize("error", [error for error in _ERRORS if not error.__subclasses__()])
def test_every_error_can_be_reached(error: type[TocsinError]) -> None:
    """Somebody makes it; an error that nobody makes is a promise that nobody keeps."""
    makers = [
        file
        for file in sorted(_SRC.rglob("*.py"))
        if file != _SRC / "domain" / "errors.py" and error.__name__ in _raised(file.read_text(encoding="utf-8"))
    ]
    assert makers
