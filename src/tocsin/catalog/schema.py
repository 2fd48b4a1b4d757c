"""JSON Schemas of the declarations, for editors; `python -m tocsin.catalog.schema` writes schemas/*.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tocsin.catalog.alert_rule import AnyAlertRuleFile
from tocsin.catalog.feed import AnyFeedFile
from tocsin.catalog.indicator import AnyIndicatorFile
from tocsin.catalog.observation_mapping import ObservationMappingFile
from tocsin.catalog.rule_test import RuleTestFile
from tocsin.catalog.scenario import AnyScenarioFile
from tocsin.catalog.theater import TheaterFile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each noun, from the same shapes that the reader uses."""
    nouns: dict[str, TypeAdapter[Any]] = {
        "theater": TypeAdapter(TheaterFile),
        "scenario": TypeAdapter(AnyScenarioFile),
        "indicator": TypeAdapter(AnyIndicatorFile),
        "feed": TypeAdapter(AnyFeedFile),
        "alert-rule": TypeAdapter(AnyAlertRuleFile),
        "rule-test": TypeAdapter(RuleTestFile),
        "observation-mapping": TypeAdapter(ObservationMappingFile),
    }
    return {noun: {"$schema": _DIALECT, **_without_null(adapter.json_schema())} for noun, adapter in nouns.items()}


def rendered(schema: dict[str, Any]) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write one file for each noun."""
    for noun, schema in schemas().items():
        (folder / f"{noun}.json").write_text(rendered(schema), encoding="utf-8")


def _without_null(schema: Any) -> Any:  # noqa: ANN401 - a schema is any JSON
    """The schema without "or null": the reader refuses a key without a value, so editors shall too."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    rest = {key: _without_null(value) for key, value in schema.items() if key != "anyOf"}
    if "anyOf" in schema:
        rest.pop("default", None)
        return {**_without_null(options[0]), **rest} if len(options) == 1 else {"anyOf": options, **rest}
    return rest


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("schemas"))
