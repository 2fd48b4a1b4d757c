"""Every list of the interface is a table: as JSON and as CSV, a page at a time, and not sent twice to who has it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.web import Web

_API = "/api/v1"
_WHOLE = {
    f"{_API}/jobs",
    f"{_API}/feeds",
    f"{_API}/theaters",
    f"{_API}/theaters/{{theater}}/scenarios",
    f"{_API}/theaters/{{theater}}/indicators",
    f"{_API}/theaters/{{theater}}/collection",
    f"{_API}/theaters/{{theater}}/sources",
    f"{_API}/theaters/{{theater}}/scores",
    f"{_API}/theaters/{{theater}}/track-record/links",
}
"""What is declared, or is a few things at a time, comes whole: `next` is null."""
_WHY = f"{_API}/theaters/{{theater}}/scenarios/{{scenario}}/why"
"""Its parts belong together, so it has no pages."""


def _lists(web: Web) -> dict[str, dict[str, Any]]:
    """Every GET whose answer is a page, by path, as it is described."""
    described = web.client.get(f"{_API}/openapi.json").json()
    schemas = described["components"]["schemas"]
    found = {}
    for path, operations in described["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        body = content.get("application/json", {}).get("schema", {})
        named = body.get("$ref", "").rpartition("/")[2]
        shape = schemas.get(named, body)
        a_list = shape.get("type") == "array" or "items" in shape.get("properties", {})
        if a_list and path.startswith(_API) and path != _WHY:
            found[path] = {"operation": operations["get"], "shape": shape, "content": content}
    return found


def test_no_list_is_given_without_its_forms_and_pages(web: Web) -> None:
    """Whoever adds a list makes it a page of a table, as all the others are."""
    found = _lists(web)
    assert len(found) >= 25
    for path, entry in found.items():
        assert "next" in entry["shape"].get("properties", {}), path
        assert "text/csv" in entry["content"], path
        asked = {item["name"] for item in entry["operation"]["parameters"]}
        assert "format" in asked, path
        assert {"cursor", "limit"} <= asked or path in _WHOLE, path
        assert "304" in entry["operation"]["responses"], path


def test_every_list_is_given_as_it_is_described(web: Web) -> None:
    """As CSV under its columns, not again to whoever has it, and page by page as in one."""
    for path in _lists(web):
        address = path.format(theater="tunisia", scenario="border-offensive")
        first = web.client.get(address)
        assert first.status_code == 200, path
        again = web.client.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        table = web.client.get(address, params={"format": "csv"})
        assert table.headers["content-type"].startswith("text/csv"), path
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert len(rows) >= len(first.json()["items"]), path  # of some, an item is several rows
        if path in _WHOLE or len(rows) < 2:
            continue
        pages, cursor = [], None
        while cursor is not None or not pages:
            page = web.client.get(address, params={"limit": 1} | ({} if cursor is None else {"cursor": cursor})).json()
            pages.append(page["items"])
            cursor = page["next"] if len(pages) < 3 else None
        told = [item for items in pages for item in items]
        assert told == first.json()["items"][: len(told)], path
