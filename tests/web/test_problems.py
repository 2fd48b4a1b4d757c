"""The map of errors to problems, and the page that says what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.domain import errors
from tocsin.domain.errors import TocsinError
from tocsin.web.problem_types import TYPES
from tocsin.web.problems import ANSWERED, HTTP, STATUS

if TYPE_CHECKING:
    from support.web import Web


def _leaves(error: type[TocsinError]) -> list[type[TocsinError]]:
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    return [found for child in children for found in _leaves(child)] if children else [error]


@pytest.mark.parametrize("error", _leaves(TocsinError), ids=lambda error: error.__name__)
def test_every_error_that_can_be_raised_has_an_entry_of_its_own(error: type[TocsinError]) -> None:
    """None is answered by what somebody thought of for another."""
    assert error in STATUS


def test_every_type_of_problem_is_explained_and_no_other() -> None:
    """Neither one that cannot come nor one that nobody explains; a domain's type may come of the framework too."""
    used = {slug for _, slug in STATUS.values()} | set(HTTP.values()) | ANSWERED | {"http"}
    assert used == set(TYPES)


def test_the_page_of_problems_is_for_everybody(web: Web) -> None:
    """Whoever is refused may read why."""
    web.gate.principal = None
    listed = web.client.get("/problems").json()
    assert {item["type"].rpartition(":")[2] for item in listed} == set(TYPES)
    assert all(item["meaning"].endswith(".") and item["to_do"] for item in listed)
