"""The description of an application, narrowed to what there is, so that generated requests get past a first refusal."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


def narrowed(document: dict[str, Any], known: dict[str, list[str]]) -> dict[str, Any]:
    """The document with the values that path parameters may have, beside one that is not known."""
    found = deepcopy(document)
    for path in found["paths"].values():
        for method in _METHODS:
            for parameter in path.get(method, {}).get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": [*known[parameter["name"]], "unknown"]}
    return found
