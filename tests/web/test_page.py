"""docs/api.md names what there is: addresses of the interface, and who may use each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.databases import ONLY_SQLITE
from tocsin.domain.access import Principal, Right, Role

if TYPE_CHECKING:
    from support.access import Guarded

pytestmark = ONLY_SQLITE

_PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
_THEATER = "/api/v1/theaters/{theater}/"
_ASIDE = {"/api/v1/openapi.json"}  # it describes the others, and not itself
_BESIDES = {"POST /api/v1/session": "everybody"}  # what the table says in a cell of more words


def _described(guarded: Guarded) -> dict[str, dict[str, dict[str, Any]]]:
    return guarded.client().get("/api/v1/openapi.json").json()["paths"]  # type: ignore[no-any-return]


def _named() -> set[str]:
    """Every address on the page, the variables of its commands and programs put in, without what is asked of it."""
    text = _PAGE.replace('THEATER + "', "$A").replace("`…/", f"`{_THEATER}")
    text = text.replace("$A", "$V/theaters/tunisia").replace("$V", "/api/v1").replace("$ID", "{observation}")
    return set(re.findall(r"(?:/api/v1(?:/[\w{}.-]+)+|/(?:healthz|readyz|metrics|problems)\b)", text))


def _is(address: str, path: str) -> bool:
    """Whether an address is one of a path's: word by word, a parameter being any word."""
    asked, described = address.split("/"), path.split("/")
    return len(asked) == len(described) and all(
        word == part or (part.startswith("{") and word != "import") for word, part in zip(asked, described, strict=True)
    )


def _rows() -> list[list[str]]:
    """The table of who may do what: kind, addresses, who may read, who may change."""
    table = _PAGE.partition("## Who may do what")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return cells[2:]


def _least(right: str | None) -> str:
    """The first of the roles that have a right."""
    may = (role for role in Role if right is not None and Principal("somebody", role, None).may(Right(right)))
    return next((role.value for role in may), "everybody")


def test_every_address_on_the_page_is_described(guarded: Guarded) -> None:
    """Whoever types it finds something."""
    paths = _described(guarded).keys() | _ASIDE
    assert len(_named()) > 50
    assert [name for name in sorted(_named()) if not any(_is(name, path) for path in paths)] == []


def test_every_kind_and_every_address_is_in_the_table(guarded: Guarded) -> None:
    """Each described operation, under the kind that its tag says."""
    listed = {(row[0], path.replace("…/", _THEATER)) for row in _rows() for path in re.findall(r"`([^`]+)`", row[1])}
    described = {
        (operation["tags"][0], path) for path, found in _described(guarded).items() for operation in found.values()
    }
    assert listed == described | {("operation", path) for path in _ASIDE}


@pytest.mark.fault(19)
def test_the_table_says_who_may(guarded: Guarded) -> None:
    """The least role that has the right that each operation names; test_routes.py holds the routes to theirs."""
    rows = {
        path.replace("…/", _THEATER): (reads, changes.partition(";")[0])
        for _, addresses, reads, changes in _rows()
        for path in re.findall(r"`([^`]+)`", addresses)
    }
    said, right = {}, {}
    for path, operations in _described(guarded).items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            said[name] = rows[path][method != "get"]
            right[name] = _least(operation.get("x-right"))
    assert said | _BESIDES == right


def test_every_schema_has_a_name_of_its_own(guarded: Guarded) -> None:
    """Makers of clients name classes by titles, and leave out the second of a name."""
    document = guarded.client().get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    titles = [schema["title"] for schema in schemas.values() if schema.get("title")]
    assert sorted(titles) == sorted(set(titles))
    assert not any("__" in name for name in schemas)


def test_json_is_described_before_other_forms(guarded: Guarded) -> None:
    """Makers of clients take the first form that they can read."""
    for path, operations in _described(guarded).items():
        for operation in operations.values():
            for answer in operation["responses"].values():
                forms = list(answer.get("content", {}))
                assert "application/json" not in forms[1:], path
