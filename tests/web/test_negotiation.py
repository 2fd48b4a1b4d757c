"""In which form tables are answered."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tocsin.domain.errors import InvalidInputError
from tocsin.web.negotiation import Form, answer_table, table_csv, wanted_form


def _asked(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.JSON),
        ("*/*", Form.JSON),
        ("application/json", Form.JSON),
        ("text/csv", Form.CSV),
        ("Text/CSV; q=0.5", Form.CSV),
        ("text/csv, application/json", Form.JSON),
        ("text/csv, application/json;q=0.9", Form.CSV),
        ("text/csv;q=0.2, */*;q=0.1", Form.CSV),
        ("application/json;q=0, */*", Form.CSV),
        ("text/html, */*;q=0.8", Form.JSON),
    ],
)
def test_what_the_client_likes_best_is_given(accept: str | None, form: Form) -> None:
    """A type says more than a range, and a quality of nothing refuses."""
    assert wanted_form(_asked(accept)) is form


def test_a_form_that_is_named_goes_before_the_header() -> None:
    """A link in a page cannot set a header."""
    assert wanted_form(_asked("application/json"), "csv") is Form.CSV


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "text/csv;q=much", "image/*"])
def test_a_client_that_takes_neither_is_told_what_there_is(accept: str) -> None:
    """406, with both types in it."""
    with pytest.raises(HTTPException, match=r"application/json or text/csv") as refused:
        wanted_form(_asked(accept))
    assert refused.value.status_code == 406


@pytest.mark.fault(4)
def test_a_form_that_there_is_not_is_refused_by_its_field() -> None:
    """With what would be accepted."""
    with pytest.raises(InvalidInputError, match=r"format is 'xml'; accepted: csv or json"):
        wanted_form(_asked(None), "xml")


def test_csv_has_the_same_header_whatever_rows_there_are() -> None:
    """A script that reads by column does not break on an empty table, nor on a text with a comma or a quote."""
    rows = [{"name": 'a "b", c', "value": 0.1, "sure": True, "links": ["x", "y"]}, {"name": "", "value": None}]
    columns = ["name", "value", "sure", "links"]
    assert table_csv([], columns) == b"name,value,sure,links\r\n"
    read = list(csv.DictReader(io.StringIO(table_csv(rows, columns).decode())))
    assert read[0] == {"name": 'a "b", c', "value": "0.1", "sure": "true", "links": "x y"}
    assert read[1] == dict.fromkeys(columns, "")


@pytest.mark.fault(4)
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    """As text, alone or first in a list; a number below zero stays a number."""
    rows = [{"text": text, "list": [text, "b"], "number": -0.5}]
    (read,) = csv.DictReader(io.StringIO(table_csv(rows, ["text", "list", "number"]).decode(), newline=""))
    assert read == {"text": f"'{text}", "list": f"'{text} b", "number": "-0.5"}


def test_answers_say_their_type_and_that_the_header_decides() -> None:
    """So that no cache gives one for the other."""
    answer = answer_table(Form.CSV, [{"a": 1}], ["a"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    assert answer_table(Form.JSON, [{"a": 1}], ["a"]).body == b'[{"a":1}]'
    assert answer_table(Form.JSON, [], ["a"], body={"rows": []}).body == b'{"rows":[]}'
