"""Reads the tests of alert rules: those of a folder of declarations, and others by their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.catalog.document import parse_document
from tocsin.catalog.references import Declared
from tocsin.catalog.rule_test import RuleTestFile
from tocsin.catalog.rule_test_references import rule_test_of, rule_test_problems
from tocsin.catalog.shape import read_shape
from tocsin.catalog.tree import survey
from tocsin.domain.errors import InvalidDeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tocsin.catalog.read import Catalog
    from tocsin.domain.rule_test import RuleTest


def declared_rule_tests(root: Path) -> dict[str, Path]:
    """The test files that a folder of declarations holds, `models/<theater>/alerts/tests/<name>.yaml`, by label."""
    tree = survey(root)
    return {tree.label(path): path for tests in tree.rule_tests.values() for path in tests.values()}


def read_rule_tests(paths: Mapping[str, Path], catalog: Catalog) -> list[RuleTest]:
    """The tests of some files, by how messages name them.

    InvalidDeclarationError with everything that is wrong in any of them; nothing is read in part.
    """
    problems: list[Problem] = []
    found = [_read(label, path, catalog, problems) for label, path in paths.items()]
    if problems:
        raise InvalidDeclarationError(problems)
    return [test for test in found if test is not None]


def _read(label: str, path: Path, catalog: Catalog, problems: list[Problem]) -> RuleTest | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem(label, None, "the file", f"not readable ({error.strerror})", "a file that can be read"))
        return None
    document, found = parse_document(label, content)
    problems += found
    shaped = None if document is None else read_shape(document, RuleTestFile, problems)
    if document is None or shaped is None:
        return None
    test = Declared(document, shaped)
    wrong = [*_place_problems(test), *rule_test_problems(test, catalog)]
    problems += wrong
    return None if wrong else rule_test_of(test, catalog.theater(shaped.theater).timeline)


def _place_problems(test: Declared[RuleTestFile]) -> Iterator[Problem]:
    """A test beside the rules of one theater is about these."""
    match test.document.file.split("/"):
        case ["models", theater, "alerts", "tests", _] if theater != test.content.theater:
            yield test.document.problem(("theater",), repr(test.content.theater), f"{theater}, where it stands")
        case _:
            pass
