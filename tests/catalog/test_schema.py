"""JSON Schemas for editors: generated from the shapes, and as strict as they can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from tocsin.catalog import find_kit
from tocsin.catalog.document import parse_document
from tocsin.catalog.schema import rendered, schemas, write_schemas

if TYPE_CHECKING:
    from conftest import Folder

KIT = find_kit()
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOUNS = ["theater", "scenario", "indicator", "feed", "alert-rule", "rule-test", "observation-mapping"]
FILES = sorted(
    path
    for folder in ("models", "indicators")
    for path in (KIT / folder).rglob("*.yaml")
    if "observations" not in path.parts
)

BAD = [
    ("theater", "models/border/theater.yaml", "step: week", "step: fortnight"),
    ("theater", "models/border/theater.yaml", "window: 104", 'window: "104"'),
    ("theater", "models/border/theater.yaml", "    to: crackdown", "    into: crackdown"),
    ("theater", "models/border/theater.yaml", "A1: 0.985", "Z9: 0.985"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "[30, 90]", "[30, 731]"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "high: 0.12, within", "high: 12, within"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "hazard_link: {low: 5", "hazard_link: {low: 0"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "reason: uncommon", 'reason: " "'),
    ("scenario", "models/border/scenarios/offensive.yaml", "within: 8 weeks", "within: soon"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "    shift: {", "    factor: {"),
    ("scenario", "models/border/scenarios/crackdown.yaml", "2014-01-01", "2014-02-30"),
    ("indicator", "indicators/border/attack.yaml", "  since: 2014-01-01\n", ""),
    ("indicator", "indicators/border/claim.yaml", "coverage: 0.6", "coverage: 0.6, since: 2014-01-01"),
    ("indicator", "indicators/state/price.yaml", "mode: occasional", "mode: continuous"),
    ("indicator", "indicators/state/price.yaml", "steady}", "steady}\n  degrees_of_freedom: 2"),
    ("indicator", "indicators/state/measure.yaml", "[none, curfew, emergency]", "[none]"),
    ("indicator", "indicators/border/attack.yaml", "low: 2", "low: true"),
    ("indicator", "indicators/border/attack.yaml", "kind: count", "kind: counter"),
    ("feed", "models/border/feeds/events.yaml", "every: 6 hours", "every: sometimes"),
    ("feed", "models/border/feeds/events.yaml", "kind: acled", "kind: aclad"),
    ("feed", "models/border/feeds/events.yaml", "grade: B2", "grade: Z9"),
    ("feed", "models/border/feeds/news.yaml", "review: true", "review: false"),
    ("feed", "models/border/feeds/inbox.yaml", "complete: false\n", ""),
    ("alert-rule", "models/border/alerts/high.yaml", "at: 0.5", "at: 1.5"),
    ("alert-rule", "models/border/alerts/high.yaml", "[monday, friday]", "[mon]"),
    ("alert-rule", "models/border/alerts/high.yaml", "repeat: 12 hours", "repeat: soon"),
    ("alert-rule", "models/border/alerts/wire.yaml", "kind: tripwire", "kind: trip"),
    ("rule-test", "models/border/alerts/tests/high.yaml", "step: 1 hour", "step: soon"),
    ("rule-test", "models/border/alerts/tests/high.yaml", "phase: firing", "phase: ringing"),
    ("rule-test", "models/border/alerts/tests/high.yaml", "at: 1 hour", "at: 1h"),
    ("rule-test", "models/border/alerts/tests/high.yaml", "told: []", "told: [rang]"),
]


def _data(content: str) -> Any:  # noqa: ANN401 - a document is any data
    document, problems = parse_document("a file", content.encode())
    assert document is not None, problems
    return document.data


def _validator(noun: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[noun], format_checker=FormatChecker())


def _noun(path: Path) -> str:
    if path.is_relative_to(KIT / "indicators"):
        return "indicator"
    if path.parent.name == "feeds":
        return "feed"
    if path.parent.name in {"alerts", "tests"}:
        return "alert-rule" if path.parent.name == "alerts" else "rule-test"
    return "theater" if path.name == "theater.yaml" else "scenario"


@pytest.mark.parametrize("noun", NOUNS)
def test_the_schema_file_is_the_generated_one(noun: str) -> None:
    text = (SCHEMAS / f"{noun}.json").read_text(encoding="utf-8")
    assert text == rendered(schemas()[noun]), "run: python -m tocsin.catalog.schema"


@pytest.mark.parametrize("noun", NOUNS)
def test_the_schema_is_itself_valid(noun: str) -> None:
    schema = schemas()[noun]
    Draft202012Validator.check_schema(schema)  # raises where it is not
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema(schema | {"type": "no such type"})


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(KIT)) for path in FILES])
def test_every_shipped_file_fits_its_schema(path: Path) -> None:
    errors = list(_validator(_noun(path)).iter_errors(_data(path.read_text(encoding="utf-8"))))
    assert errors == []


@pytest.mark.parametrize(("noun", "file", "old", "new"), BAD, ids=[f"{bad[0]}: {bad[3]}" for bad in BAD])
def test_a_bad_example_does_not_fit_its_schema(folder: Folder, noun: str, file: str, old: str, new: str) -> None:
    assert _validator(noun).is_valid(_data(folder.texts[file]))
    folder.edit(file, old, new)
    assert not _validator(noun).is_valid(_data(folder.texts[file]))


def test_schemas_are_written_one_file_a_noun(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()}
    assert written == schemas()
