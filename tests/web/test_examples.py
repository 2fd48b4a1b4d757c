"""Every operation is described with an example of what it answers, and of what it is sent, as a real store has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from support.api_examples import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.web import Web

_COMMITTED = json.loads(FILE.read_text(encoding="utf-8"))


def _described(web: Web) -> dict[str, Any]:
    return web.client.get("/api/v1/openapi.json").json()  # type: ignore[no-any-return]


def _bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON that is answered where all is well, or sent."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            answers = {f"{name} {status}": it for status, it in operation["responses"].items() if status < "300"}
            for key, holder in {**answers, name: operation.get("requestBody", {})}.items():
                content = holder.get("content", {}).get("application/json")
                if content is not None:
                    yield key, content


def _example(content: dict[str, Any], schemas: dict[str, Any]) -> object:
    """Beside the schema, or in it; None where there is none."""
    named = content["schema"].get("$ref", "").rpartition("/")[2]
    return content.get("example") or next(iter(schemas.get(named, {}).get("examples", ())), None)


def test_every_body_has_an_example_that_is_one(web: Web) -> None:
    """It validates against the schema beside which it stands."""
    document = _described(web)
    schemas = document["components"]["schemas"]
    found = dict(_bodies(document))
    assert len(found) > 80
    assert [name for name, content in found.items() if _example(content, schemas) is None] == []
    for content in found.values():
        schema = {**content["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(_example(content, schemas))
    assert _COMMITTED.keys() <= found.keys()
