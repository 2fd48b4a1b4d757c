import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.observation import Draft
from tocsin.feeds import csv_records
from tocsin.feeds.observation_csv import read_observation_csv, write_observation_csv

_HEADER = "observed_on,indicator,value,grade,origin,summary,source,coverage\n"
_ROW = "2016-03-07,violence/border-attack,1,B2,bg,Posts attacked,desk note,0.5\n"


def _refusals(data: bytes) -> list[str]:
    with pytest.raises(InvalidObservationError) as caught:
        read_observation_csv(data, "x.csv")
    return str(caught.value).splitlines()


def test_a_file_becomes_drafts_that_know_their_line() -> None:
    """Every column, in any order, at its place."""
    plain = Draft(
        "violence/border-attack",
        "2016-03-07",
        "1",
        "B2",
        "bg",
        "Posts attacked",
        "desk note",
        "0.5",
        "x.csv",
        2,
    )
    assert read_observation_csv((_HEADER + _ROW).encode(), "x.csv") == [plain]
    turned = "value,coverage,source,summary,origin,grade,indicator,observed_on\n"
    turned += "1,0.5,desk note,Posts attacked,bg,B2,violence/border-attack,2016-03-07\n"
    assert read_observation_csv(turned.encode(), "x.csv") == [plain]


def test_links_stand_in_a_column_of_their_own() -> None:
    """As they are written; whether they are addresses is judged later."""
    header, row = _HEADER.replace("coverage", "coverage,links"), _ROW.strip() + ",https://example.org/a  nonsense\n"
    assert read_observation_csv((header + row).encode(), "x.csv")[0].links == "https://example.org/a  nonsense"
    assert read_observation_csv((_HEADER + _ROW).encode(), "x.csv")[0].links == ""


def test_columns_that_nobody_needs_may_be_left_out() -> None:
    """Three columns and a grade are enough."""
    draft = read_observation_csv(b"observed_on,indicator,value,grade\n2016-03-07,a/b,0,F6\n", "x.csv")[0]
    assert (draft.value, draft.grade, draft.origin, draft.coverage) == ("0", "F6", "", "")


def test_a_grade_may_stand_in_two_columns() -> None:
    """As the desk's own sheets have it."""
    data = b"observed_on,indicator,value,reliability,credibility\n2016-03-07,a/b,1,B,2\n"
    assert read_observation_csv(data, "x.csv")[0].grade == "B2"


@pytest.mark.parametrize("cells", [",B2", "B2,", "B,", ",2", "B,22", "b2,2"])
def test_two_columns_that_hold_no_letter_and_digit_do_not_join_to_a_grade(cells: str) -> None:
    """The refusal, later, must show both cells as they are."""
    data = f"observed_on,indicator,value,reliability,credibility\n2016-03-07,a/b,1,{cells}\n".encode()
    reliability, credibility = cells.split(",")
    grade = read_observation_csv(data, "x.csv")[0].grade
    assert grade == f"reliability {reliability!r} and credibility {credibility!r}"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("", "no grade"),
        (",reliability", "with reliability;"),
        (",credibility", "with credibility;"),
        (",grade,reliability,credibility", "with grade and reliability and credibility;"),
    ],
)
def test_a_grade_stands_in_one_way_only(columns: str, said: str) -> None:
    """Two statements of one grade could differ."""
    header = f"observed_on,indicator,value{columns}"
    cells = "2016-03-07,a/b,1" + ",B" * columns.count(",")
    (line,) = _refusals(f"{header}\n{cells}\n".encode())
    assert said in line
    assert "either a column 'grade'" in line


def test_a_header_is_judged_whole_even_where_no_line_under_it_can_be_read() -> None:
    """The missing grade and the short line in one go."""
    lines = _refusals(b"observed_on,indicator,value\n2016-03-07\n")
    assert ["header is with no grade" in lines[0], "1 cells long" in lines[1]] == [True, True]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_byte_order_marks_of_any_system_are_read(ending: str, mark: str) -> None:
    """Spreadsheets write both."""
    data = (mark + (_HEADER + _ROW).replace("\n", ending)).encode()
    assert [draft.line for draft in read_observation_csv(data, "x.csv")] == [2]


def test_blank_lines_are_passed_over_and_counted() -> None:
    """Rows of empty cells too: spreadsheets leave them behind."""
    data = ("\n" + _HEADER + "\n,,,,,,,\n" + _ROW + "\n\n").encode()
    assert [draft.line for draft in read_observation_csv(data, "x.csv")] == [5]


def test_the_line_of_a_record_is_the_one_on_which_it_begins() -> None:
    """Quoted text may run over several lines."""
    row = '2016-03-07,a/b,1,B2,bg,"first\nsecond\nthird",desk note,\n'
    drafts = read_observation_csv((_HEADER + row + _ROW).encode(), "x.csv")
    assert [draft.line for draft in drafts] == [2, 5]
    assert drafts[0].summary == "first\nsecond\nthird"


def test_latin_1_is_refused_with_every_line_and_byte() -> None:
    """An accent saved by an old spreadsheet."""
    row = _ROW.replace("Posts attacked", "Médenine")
    lines = _refusals((_HEADER + row + _ROW + row).encode("latin-1"))
    assert [line.split(" ")[0] for line in lines] == ["x.csv:2:", "x.csv:4:"]
    assert "byte 0xe9, at byte 44 of the line; accepted: UTF-8 text; save the file again as UTF-8" in lines[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_wider_encodings_are_refused_with_the_same_advice(encoding: str) -> None:
    """“Unicode text” is what some spreadsheets call UTF-16."""
    assert all("save the file again as UTF-8" in line for line in _refusals((_HEADER + _ROW).encode(encoding)))


def test_zero_bytes_are_refused_with_their_line() -> None:
    """A disk or a transfer went wrong."""
    (line,) = _refusals((_HEADER + _ROW + _ROW.replace("bg", "b\0g")).encode())
    assert line.startswith("x.csv:3: text is a zero byte")


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_another_separator_is_named_and_not_guessed(mark: str, name: str) -> None:
    """Where commas are decimal points, a guess would change numbers."""
    (line,) = _refusals((_HEADER + _ROW).replace(",", mark).encode())
    assert f"separator is {name}; accepted: commas" in line


def test_everything_wrong_with_a_header_is_told_at_once() -> None:
    """One round trip, not four."""
    accepted = "observed_on,indicator,value,grade,reliability,credibility,origin,summary,source,coverage,links,through"
    lines = _refusals(b"observed_on,value,value,sumary,grade\n2016-03-07,1,1,x,B2\n")
    assert lines == [
        "x.csv:1: column is 'sumary'; accepted: one of " + accepted,
        "x.csv:1: header is 'value' twice; accepted: each column once",
        "x.csv:1: header is without 'indicator'; accepted: a column 'indicator'",
    ]


def test_every_short_long_and_badly_quoted_line_is_told_with_its_number() -> None:
    """Only what can be read is read, and nothing of the file is taken."""
    short = "2016-03-07,violence/border-attack,1\n"
    long = "2016-03-07,violence/border-attack,1,B2,bg,Posts, attacked,desk note,\n"
    badly = '2016-03-07,violence/border-attack,1,B2,bg,"Posts" attacked,desk note,\n'
    lines = _refusals((_HEADER + short + _ROW + long + badly + _ROW + short).encode())
    assert [line.split(" ")[0] for line in lines] == ["x.csv:2:", "x.csv:4:", "x.csv:5:", "x.csv:7:"]
    assert "3 cells long; accepted: 8 cells, as the header has; is the line cut off?" in lines[0]
    assert 'text with a comma in it stands between "' in lines[1]
    assert "badly quoted" in lines[2]


def test_a_quote_that_is_never_closed_is_told_at_the_line_that_opens_it() -> None:
    """Otherwise the rest of the file would pass for one text."""
    opened = '2016-03-07,a/b,1,B2,bg,"Posts attacked,desk note,\n'
    lines = _refusals((_HEADER + _ROW + opened + _ROW * 3).encode())
    said = 'x.csv:3: record is cut off inside a quoted text (a " is never closed); accepted: '
    assert lines == [said + 'a closing " for every opening one']


def test_a_quote_left_open_in_a_long_file_is_told_too() -> None:
    """The parser gives up on the length of the cell before it sees the end."""
    opened = '2016-03-07,a/b,1,B2,bg,"Posts attacked,desk note,\n'
    (line,) = _refusals((_HEADER + opened + _ROW * 4000).encode())
    assert line.startswith("x.csv:2: record is too long in one cell")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    """An export that silently failed."""
    assert _refusals(data) == ["x.csv: content is empty; accepted: a header line and records under it"]


def test_a_header_with_nothing_under_it_is_refused() -> None:
    """An import that does nothing must not look like one that did."""
    (line,) = _refusals(_HEADER.encode())
    assert "nothing to import" in line


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is finite."""
    assert csv_records.MAX_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(csv_records, "MAX_BYTES", 50)
    (line,) = _refusals((_HEADER + _ROW).encode())
    assert line == "x.csv: size is 136 bytes; accepted: at most 50 bytes; split the file"


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.builds(Draft, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT), min_size=1, max_size=5))
def test_what_is_written_is_read_back_as_it_was(drafts: list[Draft]) -> None:
    """Commas, quotes and line breaks included; only rows of empty cells vanish."""
    back = read_observation_csv(write_observation_csv([*drafts, Draft("a/b", "", "1", "")]), "x.csv")
    written = [draft for draft in drafts if draft != Draft("", "", "", "")]
    assert [_content(draft) for draft in back[:-1]] == [_content(draft) for draft in written]


def _content(draft: Draft) -> tuple[str, ...]:
    return (
        draft.indicator,
        draft.observed_on,
        draft.value,
        draft.grade,
        draft.origin,
        draft.summary,
        draft.source,
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Never a traceback."""
    try:
        drafts: list[Draft] | None = read_observation_csv(data, "x.csv")
    except InvalidObservationError:
        drafts = None
    assert drafts is None or drafts


@given(st.integers(1, 60), st.data())
def test_a_file_cut_off_anywhere_never_gives_a_record_that_was_not_whole(rows: int, data: st.DataObject) -> None:
    """A broken upload is refused, or ends with a record that reads as it did but for its last cell."""
    text = _HEADER + _ROW * rows
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        drafts = read_observation_csv(cut.encode(), "x.csv")
    except InvalidObservationError:
        return
    full = list(csv.DictReader(io.StringIO(text)))
    for draft, row in zip(drafts, full, strict=False):
        assert (draft.observed_on, draft.value, draft.grade, draft.source) == (
            row["observed_on"],
            row["value"],
            row["grade"],
            row["source"],
        )
