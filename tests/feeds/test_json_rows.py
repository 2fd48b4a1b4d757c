"""Rows of upstream JSON: within a bound, and poisoned numbers cost their row and no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.domain.errors import FeedFormatError
from tocsin.domain.feed_record import record_id, short_name
from tocsin.feeds.acled import Acled
from tocsin.feeds.fetch import Fetcher, Guard
from tocsin.feeds.json_rows import MAX_JSON_BYTES, canonical, read_object, read_rows
from tocsin.feeds.ucdp_event import read_ucdp_event, ucdp_record
from tocsin.usecases.feed_ports import RawRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.domain.incident import Incident

_UCDP = {
    "id": 1,
    "type_of_violence": 1,
    "conflict_name": "c",
    "side_a": "a",
    "side_b": "b",
    "country": "Libya",
    "latitude": 1,
    "longitude": 1,
    "date_start": "2014-01-01",
    "best": 3,
}
_ACLED = {
    "event_id_cnty": "TUN1",
    "timestamp": 1,
    "event_date": "2016-03-07",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": "a",
    "country": "Tunisia",
    "admin1": "Medenine",
    "location": "Ben Guerdane",
    "latitude": 33,
    "longitude": 11,
    "fatalities": 3,
}
_LONG = "9" * 5_000


def _read_acled(row: dict[str, Any]) -> Incident:
    with Fetcher(Guard()) as fetcher:
        connector = Acled(fetcher, "acled", username="u", password="p")  # noqa: S106 (nobody's)
        return connector.read(RawRecord("TUN1", "1", canonical(row)))


def _read_ucdp(row: dict[str, Any]) -> Incident:
    return read_ucdp_event("ged", ucdp_record(row, "25.1"))


@pytest.mark.fault(12)
def test_json_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    """16 MiB become ten times as much in memory."""
    with pytest.raises(FeedFormatError, match=r"16,777,218 bytes long; accepted: 16,777,216"):
        read_object("f", b"{" + b" " * MAX_JSON_BYTES + b"}")
    assert read_object("f", b"{" + b" " * (MAX_JSON_BYTES - 2) + b"}") == {}


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "poison", ["Infinity", "-Infinity", "NaN", "1e999", _LONG, f"-{_LONG}", f'"{_LONG}"', "-7", "1e300"]
)
@pytest.mark.parametrize(
    ("row", "field", "read"),
    [
        (_UCDP, "best", _read_ucdp),
        (_UCDP, "type_of_violence", _read_ucdp),
        (_ACLED, "fatalities", _read_acled),
    ],
    ids=["deaths by UCDP", "kind", "deaths by ACLED"],
)
def test_a_poisoned_number_costs_its_row_and_no_other(
    poison: str, row: dict[str, Any], field: str, read: Callable[[dict[str, Any]], Incident]
) -> None:
    """It comes in an answer with a good row, which is read; its own is unreadable."""
    good = json.dumps(row)
    bad = json.dumps(row | {field: "HERE"}).replace('"HERE"', poison)
    first, second = read_rows("f", read_object("f", f'{{"data": [{good}, {bad}]}}'.encode()), "data", row)
    assert read(first).country == row["country"]
    with pytest.raises(FeedFormatError, match="is not as"):
        read(second)


@pytest.mark.parametrize("deaths", [0, 12, "12", 0.0, 12.0])
def test_deaths_that_are_a_number_are_read(deaths: object) -> None:
    """From the API as a number, from the file as text."""
    assert _read_ucdp(_UCDP | {"best": deaths}).deaths == int(float(str(deaths)))


@pytest.mark.fault(12)
def test_half_a_character_in_an_id_is_a_name_like_another() -> None:
    """JSON can spell it, no text can hold it; two such names stay two."""
    row = read_object("f", b'{"id": "a\\ud800", "other": "a\\ud801"}')
    names = [short_name(row[key]) for key in ("id", "other")]
    assert len(set(names)) == 2
    assert all(name.encode() and record_id("f", name, "1") for name in names)
    assert short_name(names[0]) == names[0]


@pytest.mark.fault(12)
@pytest.mark.parametrize("text", ['{"a": ' + "[" * 100_000, '{"a": "\\ud800"', "{", '{"a": 1e}', "[1]", '"\\ud800"'])
def test_what_is_no_object_is_refused_in_words(text: str) -> None:
    """Nested too deep, cut, or something else; never another error."""
    with pytest.raises(Exception, match="feed f") as refused:
        read_object("f", text.encode())
    assert type(refused.value).__module__ == "tocsin.domain.errors"
