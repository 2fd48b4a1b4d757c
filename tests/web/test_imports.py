"""Files imported over HTTP, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from httpx2 import Response

    from conftest import Own

_PATH = "/api/v1/theaters/tunisia/observations/import"
_HEAD = "observed_on,indicator,value,grade,summary\n"
_ROWS = (
    "2016-03-07,violence/border-attack,1,A1,Ben Guerdane\n"
    "2015-11-24,violence/border-attack,1,B2,\n"
    "2016-03-07,violence/border-attack,1,A1,Ben Guerdane\n"
)
_MAPPING = """\
fields:
  observed_on: {column: Date, format: "%d/%m/%Y"}
  value: {column: Count}
  indicator: {constant: violence/border-attack}
  grade: {constant: B2}
"""
_FOREIGN = "Date,Count\n07/03/2016,2\n"


def _send(own: Own, body: str | bytes, kind: str = "text/csv", key: str | None = None, **params: str) -> Response:
    headers = {"content-type": kind} | ({} if key is None else {"Idempotency-Key": key})
    return own.web.client.post(_PATH, content=body, headers=headers, params=params)


def test_a_csv_is_recorded_whole_with_one_event(own: Own) -> None:
    """The same file twice is the file once."""
    answer = _send(own, _HEAD + _ROWS, history="true")
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["recorded"], said["repeated"], said["dry_run"], said["change"]) == (2, 1, False, None)
    assert [(group["year"], group["new"]) for group in said["groups"]] == [(2015, 1), (2016, 1)]
    assert {item.author for item in own.ledger()} == {"tester"}
    assert all(item.entered_at == own.clock.now for item in own.ledger())
    (event,) = own.events()
    assert (event.kind, event.detail["added"]) == (EventKind.OBSERVATIONS_RECORDED, 2)
    again = _send(own, _HEAD + _ROWS, history="true").json()
    assert (again["recorded"], again["known_already"]["stand"]) == (0, 2)
    assert len(own.events()) == 1


def test_a_dry_run_records_nothing(own: Own) -> None:
    """It says what would be new."""
    answer = _send(own, _HEAD + _ROWS, dry_run="true")
    assert answer.status_code == 200
    assert (answer.json()["recorded"], answer.json()["new"], answer.json()["dry_run"]) == (0, 2, True)
    assert own.ledger() == []
    assert own.events() == []


def test_json_lines_are_read_too(own: Own) -> None:
    """By their type, or as the request says."""
    line = '{"observed_on": "2016-03-07", "indicator": "violence/border-attack", "value": 1, "grade": "A1"}\n'
    assert _send(own, line, "application/x-ndjson").json()["recorded"] == 1
    assert _send(own, line, "text/csv", format="jsonl").json()["known_already"]["stand"] == 1


def test_a_foreign_file_is_read_by_its_mapping(own: Own) -> None:
    """Sent as parts; the boundary that a client makes anew does not make another request of it."""
    for place in range(2):
        answer = own.web.client.post(
            _PATH,
            files={"file": ("chronicle.csv", _FOREIGN), "mapping": ("map.yaml", _MAPPING)},
            headers={"Idempotency-Key": "parts"},
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["recorded"] == 1
        assert ("idempotency-replayed" in answer.headers) == bool(place)
    (item,) = own.ledger()
    assert (str(item.observed_on), item.value, str(item.grade)) == ("2016-03-07", 2.0, "B2")


@pytest.mark.fault(4)
def test_every_bad_line_is_told_with_its_number_and_nothing_is_written(own: Own) -> None:
    """Good rows among them too."""
    bad = "2016-03-07,violence/border-attack,many,A1,\n2016-02-30,violence/border-attack,1,Z9,\n"
    answer = _send(own, _HEAD + _ROWS + bad + "short\n")
    assert answer.status_code == 422
    told = {(item["line"], item["field"]) for item in answer.json()["problems"]}
    assert told == {(5, "value"), (6, "grade"), (6, "observed_on"), (7, "record")}
    assert own.ledger() == []
    assert own.events() == []


@pytest.mark.fault(4)
def test_a_thousand_bad_lines_are_told_once_each(own: Own) -> None:
    """In `problems`; the detail stays short enough to be read."""
    answer = _send(own, _HEAD + "2016-03-07,violence/border-attack,many,A1,\n" * 1000)
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) == 1000
    assert "990 more" in answer.json()["detail"]
    assert len(answer.json()["detail"]) < 3000


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("body", "kind", "params", "status", "told"),
    [
        (b"", "text/csv", {}, 422, "empty"),
        (b"\xff\xfe", "text/csv", {}, 422, "encoding"),
        (b"\x00", "text/csv", {}, 422, "zero byte"),
        (b"{}", "application/json", {}, 415, "text/csv"),
        (b"x", "", {}, 415, "text/csv"),
        (b"x", "multipart/form-data", {}, 400, "cannot be read"),
        (b"x", "multipart/form-data; boundary=x", {}, 400, "cannot be read"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", {}, 422, "a part 'file'"),
        (b"[" * 10_000, "application/x-ndjson", {}, 422, "record"),
        (b"x", "text/csv", {"format": "xml"}, 422, "format"),
        (b"x", "text/csv", {"dry_run": "perhaps"}, 422, "dry_run"),
        (b"x", "text/csv", {"as_of": "2016-03-08"}, 422, "dry_run=true"),
        (b"x", "text/csv", {"as_of": "yesterday", "dry_run": "true"}, 422, "as_of"),
        (b"x", "text/csv", {"indicator": "x/y"}, 404, "x/y"),
    ],
)
def test_a_bad_file_is_a_problem_and_nothing_is_written(
    own: Own, body: bytes, kind: str, params: dict[str, str], status: int, told: str
) -> None:
    """Never a 5xx."""
    answer = _send(own, body, kind, **params)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.text
    assert own.ledger() == []


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"mapping": ("m.yaml", _MAPPING)}, "'file'"),
        ({"file": ("c.csv", _FOREIGN), "other": ("x", "x")}, "other"),
        ({"file": ("c.csv", _FOREIGN), "mapping": ("m.yaml", "fields: [")}, "m.yaml"),
        ({"file": ("c.csv", _FOREIGN), "mapping": ("m.yaml", "x" * (1024 * 1024 + 1))}, "at most 1,048,576 bytes"),
        ({"file": ("c.pdf", "x")}, "the parameter format"),
    ],
)
def test_bad_parts_are_refused_by_name(own: Own, parts: dict[str, tuple[str, str]], told: str) -> None:
    """And nothing is written."""
    answer = own.web.client.post(_PATH, files=parts)
    assert answer.status_code == 422, answer.text
    assert told in answer.text
    assert own.ledger() == []


@pytest.mark.fault(4)
def test_a_file_that_is_too_large_is_refused(own: Own) -> None:
    """Whether it says its length or not, with a key or without."""

    def pieces() -> list[bytes]:
        return [b"x" * 1024 * 1024] * 70

    for key in ({}, {"Idempotency-Key": "large"}):
        answer = own.web.client.post(_PATH, content=iter(pieces()), headers={"content-type": "text/csv", **key})
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:tocsin:problem:too-large"
    assert own.ledger() == []
