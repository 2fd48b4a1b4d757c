"""Cursors, on a ledger that grows while it is read."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.growing_web import GROWING_NOW
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.web.cursors import make_cursor, read_cursor
from tocsin.web.schemas.history import HistoryBody
from tocsin.web.tables import columns_of

if TYPE_CHECKING:
    from support.web import Web
    from tocsin.web.cursors import Place

_URL = "/api/v1/theaters/tunisia/observations"
_FIRST = date(2016, 3, 1)
_QUESTION = {"list": "things", "of": ("tunisia", None)}


def _record(web: Web, label: str, day: int, hour: int) -> None:
    item = Observation(
        "",
        "violence/border-attack" if hour % 2 else "group/pledge-publication",
        _FIRST + timedelta(days=day),
        1.0,
        Grade("B", "2"),
        label,
        "",
        "",
        "x",
        datetime(2016, 3, 20, hour, tzinfo=UTC),
    )
    web.means.service.ledger.record([item.named()])


def _walk(web: Web, size: int, between: list[tuple[int, int]], label: str) -> list[str]:
    """The ids that a reader is given who asks for pages of a size, while rows come in between pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = web.client.get(_URL, params={"limit": size, "everything": True, **cursor}).json()
        assert len(body["items"]) <= size
        found += [item["id"] for item in body["items"]]
        if body["next"] is None:
            return found
        cursor = {"cursor": body["next"]}
        if between:
            _record(web, f"{label} {len(between)}", *between.pop())


_ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23)), max_size=6)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 9), before=_ROWS, between=_ROWS, label=st.uuids())
def test_pages_of_any_size_are_the_whole_in_order(
    growing: Web, size: int, before: list[tuple[int, int]], between: list[tuple[int, int]], label: object
) -> None:
    """Also where rows come in between pages: each that was there is given once, and none twice."""
    for number, row in enumerate(before):
        _record(growing, f"{label} before {number}", *row)
    there = _walk(growing, 1000, [], "")
    read = _walk(growing, size, list(between), str(label))
    assert [name for name in read if name in set(there)] == there
    assert len(set(read)) == len(read)
    whole = _walk(growing, 1000, [], "")
    assert [name for name in whole if name in set(read)] == read
    assert _walk(growing, size, [], "") == whole


@given(number=st.integers(-(2**31), 2**31 - 1), name=st.text(st.characters(codec="utf-8", categories=("L", "N", "P"))))
def test_a_cursor_gives_back_its_place(number: int, name: str) -> None:
    """Of every kind of part, to the microsecond."""
    place: Place = (number, name, date(2016, 3, 8), GROWING_NOW + timedelta(microseconds=7))
    assert read_cursor(make_cursor(_QUESTION, place), _QUESTION, (int, str, date, datetime)) == place


def _packed(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


_DIGEST = json.loads(base64.urlsafe_b64decode(make_cursor(_QUESTION, (1,)) + "==="))[0]


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "abc",
        "é",
        "!!!!",
        _packed(None),
        _packed([]),
        _packed({"a": 1}),
        _packed([_DIGEST, []]),
        _packed([_DIGEST, [1, 2]]),
        _packed([_DIGEST, ["1"]]),
        _packed([_DIGEST, [True]]),
        _packed([_DIGEST, [2**31]]),
        _packed([_DIGEST, [1.5]]),
        _packed(["another", [1]]),
        make_cursor({"list": "others"}, (1,)),
        base64.urlsafe_b64encode(b"[" * 1500).decode().rstrip("="),
    ],
)
def test_what_is_no_cursor_of_the_question_is_refused(cursor: str) -> None:
    """By its field, with what would be accepted; nothing of it reaches the store."""
    with pytest.raises(InvalidInputError, match=r"cursor is .*accepted: what `next` held"):
        read_cursor(cursor, _QUESTION, (int,))


@pytest.mark.fault(4)
def test_a_bad_cursor_is_a_problem_that_names_it(growing: Web) -> None:
    """Over HTTP, and one of a question with another filter too."""
    for number in range(3):
        _record(growing, str(number), number, 1)
    cursor = growing.client.get(_URL, params={"limit": 1}).json()["next"]
    for sent in ({"cursor": "abc"}, {"cursor": cursor, "since": "2016-03-01"}):
        answer = growing.client.get(_URL, params=sent)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [item["field"] for item in answer.json()["problems"]] == ["cursor"]
    assert len(growing.client.get(_URL, params={"limit": 1, "cursor": cursor}).json()["items"]) == 1


def test_csv_goes_on_by_its_link(growing: Web) -> None:
    """Its rows have no place for a cursor, so the header says where."""
    for number in range(3):
        _record(growing, str(number), number, 1)
    first = growing.client.get(_URL, params={"limit": 2}, headers={"Accept": "text/csv"})
    assert first.links["next"]["url"].startswith(_URL)
    second = growing.client.get(first.links["next"]["url"], headers={"Accept": "text/csv"})
    assert "next" not in second.links
    lines = [*first.text.splitlines()[1:], *second.text.splitlines()[1:]]
    assert [line.split(",")[1] for line in lines] == ["2016-03-01", "2016-03-02", "2016-03-03"]


def test_a_column_is_named_by_its_path_in_the_json() -> None:
    """One for each part of an interval too, so that a spreadsheet can plot it; also where it may be missing."""
    columns = columns_of(HistoryBody)
    expected = {"interval90.low", "interval90.high", "restated.odds.probability", "restated.odds.interval90.high"}
    assert expected <= set(columns)
    assert not {"interval90", "restated", "restated.odds"} & set(columns)
