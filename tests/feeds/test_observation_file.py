import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.observation import Draft
from tocsin.domain.observation_mapping import FIELDS, ObservationMapping, Source, own_columns
from tocsin.feeds.observation_file import Form, read_observation_file

_OWN = own_columns()
_GOOD = {"observed_on": "2016-03-07", "indicator": "a/b", "value": 1, "grade": "B2"}
_FOREIGN = ObservationMapping(
    sources={
        "observed_on": Source("Tag", "%d.%m.%Y"),
        "indicator": Source("Art", words={"Angriff": "violence/border-attack"}),
        "value": Source("Zahl", words={"keine": "0"}, others=True),
        "summary": Source("Text"),
    },
    constants={"grade": "C3", "source": "police desk"},
    ignored=("Nr",),
    separator=";",
)


def _lines(*objects: object) -> bytes:
    return "".join(f"{json.dumps(item)}\n" for item in objects).encode()


def _problems(data: bytes, form: Form = Form.JSONL, mapping: ObservationMapping = _OWN) -> list[str]:
    return [str(problem) for problem in read_observation_file(data, "x", form, mapping)[1]]


def test_json_lines_become_drafts_that_know_their_line() -> None:
    """Blank lines count; numbers keep their digits; two names make a grade."""
    record = b'{"observed_on":"2016-03-07","indicator":"a/b","value":1.50,"reliability":"B","credibility":2}'
    assert read_observation_file(b"\xef\xbb\xbf\r\n" + record + b"\r\n", "x", Form.JSONL, _OWN) == (
        [Draft("a/b", "2016-03-07", "1.50", "B2", place="x", line=2)],
        [],
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "x:2: record is no JSON ("),
        ("[1]", "x:2: record is JSON, but no object: '[1]'"),
        ('{"a": ' * 100_000, "x:2: record is "),
        (json.dumps(_GOOD | {"sumary": "x"}), "x:2: name is 'sumary'; accepted: one of observed_on,"),
        (json.dumps(_GOOD | {"value": None}), "x:2: value is null; accepted: text or a number"),
        (json.dumps(_GOOD | {"value": True}), "x:2: value is true"),
        (json.dumps(_GOOD | {"value": float("nan")}), "x:2: value is NaN"),
        (json.dumps(_GOOD | {"links": ["https://example.org"]}), "x:2: links is a list"),
        (json.dumps(_GOOD | {"source": {"name": "desk"}}), "x:2: source is an object"),
        (json.dumps(_GOOD | {"summary": "\ud800"}), "x:2: summary is text with half a character"),
        (json.dumps(_GOOD | {"summary": "a\0"}), "x:2: summary is text with a zero character"),
        (json.dumps(_GOOD)[:-1] + ', "value": 2}', "x:2: record is 'value' twice"),
        ('{"observed_on": "2016-03-07", "indicator": "a/b", "grade": "B2"}', "x:2: record is without 'value'"),
        ('{"observed_on": "2016-03-07", "indicator": "a/b", "value": 1}', "x:2: record is with no grade"),
    ],
)
def test_a_bad_json_line_is_told_and_hides_no_other(line: str, said: str) -> None:
    """The line before and the bad one after it are judged too."""
    found = _problems(_lines(_GOOD) + line.encode() + b"\n" + b"also bad\n")
    assert found[0].startswith("x:3: record is no JSON") or found[0].startswith(said)
    assert {text.split(" ")[0] for text in found} == {"x:2:", "x:3:"}
    assert any(text.startswith(said) for text in found)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_json_lines_without_a_record_are_refused(data: bytes) -> None:
    """An export that silently failed."""
    (line,) = _problems(data)
    assert line.startswith("x: content is empty; accepted: one JSON object a line")


def test_a_foreign_file_is_read_as_its_mapping_says() -> None:
    """Its separator, its days, its words; constants for what it does not say; a column that is ignored."""
    data = b"Nr;Tag;Art;Zahl;Text\n1;07.03.2016;Angriff;2;zwei, am Tor\n2;8.3.2016; Angriff ;keine;\n"
    drafts, problems = read_observation_file(data, "x", Form.CSV, _FOREIGN)
    same = {"indicator": "violence/border-attack", "grade": "C3", "source": "police desk", "place": "x"}
    assert drafts == [
        Draft(observed_on="2016-03-07", value="2", summary="zwei, am Tor", line=2, **same),
        Draft(observed_on="2016-03-08", value="0", line=3, **same),
    ]
    assert problems == []


def test_json_lines_are_read_by_the_same_mapping() -> None:
    """Names are columns; a number stands for its digits."""
    data = _lines({"Tag": "07.03.2016", "Art": "Angriff", "Zahl": 2, "Text": "t", "Nr": 5})
    (draft,), problems = read_observation_file(data, "x", Form.JSONL, _FOREIGN)
    assert (draft.observed_on, draft.value, draft.grade, problems) == ("2016-03-07", "2", "C3", [])


def test_what_a_mapping_does_not_cover_is_refused_by_line_and_the_rest_of_the_row_goes_on_to_be_judged() -> None:
    """A day of another form, a word that is not listed: two problems, and a draft beside them."""
    data = b"Tag;Art;Zahl;Text\n2016-03-07;Ueberfall;many;=1\n"
    drafts, problems = read_observation_file(data, "x", Form.CSV, _FOREIGN)
    day = "a day of the calendar as %d.%m.%Y, the format that the mapping declares for 'Tag'"
    assert [str(problem) for problem in problems] == [
        "x:2: observed_on is '2016-03-07'; accepted: " + day,
        "x:2: indicator is 'Ueberfall'; accepted: one of the values that the mapping declares for 'Art': Angriff",
    ]
    assert [draft.value for draft in drafts] == ["many"]


def test_a_column_that_the_mapping_neither_reads_nor_ignores_is_refused_plainly() -> None:
    """So that nothing is left out unknowingly; and one that it reads must be there."""
    known = "a column that the mapping reads, or lists under ignored: Tag,Art,Zahl,Text,Nr"
    assert _problems(b"Nr;Tag;Art;Text;Opfer\n1;07.03.2016;Angriff;t;3\n", Form.CSV, _FOREIGN) == [
        "x:1: column is 'Opfer'; accepted: " + known,
        "x:1: header is without 'Zahl'; accepted: a column 'Zahl'",
    ]


def test_a_file_with_another_separator_than_the_mapping_declares_is_refused() -> None:
    """Commas where semicolons are declared."""
    (line,) = _problems(b"Tag,Art,Zahl,Text\n", Form.CSV, _FOREIGN)
    assert "separator is commas; accepted: semicolons, as in: Tag;Art;Zahl;Text;Nr" in line


def test_a_file_about_one_indicator_needs_no_column_for_it_and_may_have_none() -> None:
    """Two statements of it could differ."""
    one = own_columns("violence/border-attack")
    (draft,), _ = read_observation_file(b"observed_on,value,grade\n2016-03-07,1,B2\n", "x", Form.CSV, one)
    assert draft.indicator == "violence/border-attack"
    assert "column is 'indicator'" in _problems(b"observed_on,value,grade,indicator\n1,1,1,1\n", Form.CSV, one)[0]


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_NAMES = [name for name in FIELDS if name not in {"reliability", "credibility"}]
_ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(_NAMES, _TEXT)), min_size=1, max_size=6).map(
    lambda rows: [row | {"value": row["value"] or "1"} for row in rows]  # a row of empty cells is no row
)


@given(_ROWS)
def test_rows_are_the_same_drafts_from_either_form_and_by_any_names(rows: list[dict[str, str]]) -> None:
    """CSV, JSON lines, and both once more under foreign names."""
    wanted = [tuple(row[name] for name in _NAMES) for row in rows]
    foreign = ObservationMapping({name: Source(name.upper()) for name in _NAMES}, separator="|")
    renamed = [{name.upper(): cell for name, cell in row.items()} for row in rows]
    for mapping, told in ((_OWN, rows), (foreign, renamed)):
        sheet = io.StringIO(newline="")
        writer = csv.DictWriter(sheet, list(told[0]), delimiter=mapping.separator, lineterminator="\n")
        writer.writeheader()
        writer.writerows(told)
        for form, data in ((Form.CSV, sheet.getvalue().encode()), (Form.JSONL, _lines(*told))):
            drafts, problems = read_observation_file(data, "x", form, mapping)
            assert problems == []
            assert [tuple(getattr(draft, name) for name in _NAMES) for draft in drafts] == wanted


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_json_lines_or_refused(data: bytes) -> None:
    """Never a traceback, never nothing."""
    drafts, problems = read_observation_file(data, "x", Form.JSONL, _OWN)
    assert drafts or problems
