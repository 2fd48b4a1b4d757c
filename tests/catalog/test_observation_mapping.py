import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tocsin.catalog import find_kit
from tocsin.catalog.document import parse_document
from tocsin.catalog.observation_mapping import read_observation_mapping
from tocsin.catalog.schema import schemas
from tocsin.domain.errors import InvalidDeclarationError
from tocsin.domain.observation_mapping import ObservationMapping, Source
from tocsin.feeds.observation_file import Form, read_observation_file
from tocsin.feeds.shipped import shipped_drafts

_WHOLE = """\
separator: semicolon
fields:
  observed_on: {column: Tag, format: "%d.%m.%Y"}
  indicator: {column: Art, values: {Angriff: violence/border-attack}}
  value: {column: Zahl, values: {keine: 0}, other_values: as written}
  grade: {constant: C3}
ignored: [Nr]
"""

_BAD = [
    ("separator: semicolon", "separator: colon", 1, "separator", "comma, semicolon, tab or bar"),
    ("%d.%m.%Y", "%d.%m.%y", 3, "fields.observed_on.format", "year (%Y), month (%m) and day (%d)"),
    ("%d.%m.%Y", "%H:%M", 3, "fields.observed_on.format", "year (%Y)"),
    ("%d.%m.%Y", "%d.%m.%Y %", 3, "fields.observed_on.format", "year (%Y)"),
    ("constant: C3", "constant: Z9", 6, "fields.grade", "an Admiralty grade"),
    ("constant: C3", "constant: C3, column: Note", 6, "fields.grade", "either a column or a constant"),
    ("{constant: C3}", "{values: {gut: B2}}", 6, "fields.grade", "either a column or a constant"),
    ("constant: C3", "constant: C3, values: {gut: B2}", 6, "fields.grade", "values beside a column only"),
    ("  grade: {constant: C3}", "  reliability: {constant: C}", 2, "fields", "both reliability and credibility"),
    ("  grade: {constant: C3}\n", "", 2, "fields", "either grade or both"),
    ("ignored: [Nr]", "ignored: [Nr, Tag]", 1, "the file", "each column read or ignored, not both: Tag"),
    ("  value: {column", "  number: {column", 5, "fields.number", "observed_on, indicator, value"),
    ("values: {keine: 0}, ", "", 5, "fields.value", "other_values beside values only"),
    ("keine: 0", "keine: true", 5, "fields.value.values.keine", "what each word of the column means"),
]
_BEYOND_A_SCHEMA = {"%d.%m.%y", "%H:%M", "%d.%m.%Y %", "constant: Z9", "ignored: [Nr, Tag]"}


def test_a_mapping_says_where_each_field_comes_from() -> None:
    """Columns, forms, words and constants; numbers are the text of cells."""
    assert read_observation_mapping(_WHOLE.encode(), "m.yaml") == ObservationMapping(
        sources={
            "observed_on": Source("Tag", "%d.%m.%Y"),
            "indicator": Source("Art", words={"Angriff": "violence/border-attack"}),
            "value": Source("Zahl", words={"keine": "0"}, others=True),
        },
        constants={"grade": "C3"},
        ignored=("Nr",),
        separator=";",
    )


@pytest.mark.parametrize(("old", "new", "line", "field", "accepted"), _BAD, ids=[bad[1] or "no grade" for bad in _BAD])
def test_a_bad_mapping_is_refused_at_its_line(old: str, new: str, line: int, field: str, accepted: str) -> None:
    """With the field and what it would accept."""
    assert old in _WHOLE
    with pytest.raises(InvalidDeclarationError) as caught:
        read_observation_mapping(_WHOLE.replace(old, new).encode(), "m.yaml")
    found = [problem for problem in caught.value.problems if problem.field == field]
    assert found, str(caught.value)
    assert (found[0].file, found[0].line) == ("m.yaml", line)
    assert accepted in found[0].accepted


def test_everything_wrong_with_a_mapping_is_told_at_once() -> None:
    """One round trip, not three."""
    bad = _WHOLE.replace("semicolon", "colon").replace("%Y", "%y").replace("column: Zahl", "column: Zahl, unit: 1")
    with pytest.raises(InvalidDeclarationError) as caught:
        read_observation_mapping(bad.encode(), "m.yaml")
    assert [problem.line for problem in caught.value.problems] == [1, 3, 5]


def _data(text: str) -> Any:  # noqa: ANN401 - a document is any data
    document, _ = parse_document("m.yaml", text.encode())
    assert document is not None
    return document.data


def test_the_schema_takes_the_good_one_and_refuses_every_bad_one_whose_fault_a_schema_can_say() -> None:
    """Editors mark the same lines."""
    validator = Draft202012Validator(schemas()["observation-mapping"])
    assert list(validator.iter_errors(_data(_WHOLE))) == []
    passed = {new for old, new, *_ in _BAD if validator.is_valid(_data(_WHOLE.replace(old, new)))}
    assert passed == _BEYOND_A_SCHEMA


def test_the_example_of_the_page_on_imports_reads_the_file_beside_it() -> None:
    """As somebody would who copies both; over the shipped history, whose attack of that day it does not count again."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    mapping, sheet = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)[0] for kind in ("yaml", "csv"))
    declared = read_observation_mapping(mapping.encode(), "desk.yaml")
    drafts, problems = read_observation_file(sheet.encode(), "desk.csv", Form.CSV, declared)
    assert problems == []
    assert [(draft.observed_on, draft.value, draft.grade) for draft in drafts] == [
        ("2016-03-07", "2", "B2"),
        ("2016-03-06", "0", "C3"),
        ("2016-03-05", "1", "C2"),
    ]
    shipped = shipped_drafts(find_kit() / "indicators")
    origins = {(draft.observed_on, draft.indicator, draft.origin) for draft in shipped}
    assert (drafts[0].observed_on, drafts[0].indicator, drafts[0].origin) in origins
