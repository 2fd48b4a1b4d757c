"""A table at an address: rows come in as they change, and a table that has lost its character is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.feed_server import reply
from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.domain.incident import Incident
from tocsin.feeds.json_rows import MAX_JSON_BYTES
from tocsin.feeds.table import Layout
from tocsin.feeds.url import UrlConnector
from tocsin.usecases.feed_ports import RawRecord

if TYPE_CHECKING:
    from support.feed_server import FeedServer
    from tocsin.feeds.fetch import Fetcher
    from tocsin.usecases.feed_ports import Page

_CSV = {"Content-Type": "text/csv"}
_JSON = {"Content-Type": "application/json"}
_LAYOUT = Layout("csv", ("id",), {"day": "when", "country": "where", "deaths": "dead"})
_TABLE = "id,when,where,dead,more\n1,2016-03-07,Tunisia,55,x\n2,2016-03-08T23:30:00-05:00,Libya,,y\n"


@pytest.fixture
def connector(server: FeedServer, fetcher: Fetcher) -> UrlConnector:
    """A table that the server says."""
    return UrlConnector("table", server.address("/t"), fetcher, _LAYOUT, ZoneInfo("Africa/Tunis"))


def _say(server: FeedServer, table: str, **headers: str) -> None:
    server.says("/t", reply(table.encode(), headers={**_CSV, **headers}))


def _records(connector: UrlConnector, watermark: str | None = None) -> list[RawRecord]:
    return [record for page in connector.pages(watermark) for record in page.records]


def _rows(table: dict[str, str]) -> str:
    return "id,when,where,dead\n" + "".join(f"{name},2016-03-07,{where},\n" for name, where in table.items())


def test_rows_become_incidents_by_the_declared_columns(connector: UrlConnector, server: FeedServer) -> None:
    """Further columns are kept with the record, and need not be declared; a day is the theater's."""
    _say(server, _TABLE)
    first, second = _records(connector)
    assert (first.upstream_id, second.upstream_id) == ("1", "2")
    assert json.loads(first.content) == {"id": "1", "when": "2016-03-07", "where": "Tunisia", "dead": "55", "more": "x"}
    assert connector.read(first) == Incident(date(2016, 3, 7), country="Tunisia", deaths=55)
    assert connector.read(second) == Incident(date(2016, 3, 9), country="Libya")


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("2016-03-07T23:30:00Z", date(2016, 3, 8)),
        ("2016-03-08T00:30:00+02:00", date(2016, 3, 7)),
        ("2016-03-07T23:30:00", date(2016, 3, 7)),
    ],
)
def test_an_instant_with_a_zone_is_a_day_of_the_theater(connector: UrlConnector, stated: str, day: date) -> None:
    """In Tunis, an hour ahead of universal time; without a zone it is as written."""
    row = json.dumps({"when": stated, "where": "", "dead": ""}).encode()
    assert connector.read(RawRecord("1", "1", row)).day == day


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "row",
    [
        {"when": "9999-12-31T23:59:59-12:00"},
        {"when": "2016-03-07", "dead": float("inf")},
        {"when": "2016-03-07", "dead": -3},
        {"when": "2016-03-07", "dead": "9" * 5_000},
    ],
)
def test_a_poisoned_row_is_unreadable_and_nothing_worse(connector: UrlConnector, row: dict[str, object]) -> None:
    """A day that is on no calendar; deaths without number, below none, and beyond counting."""
    with pytest.raises(FeedFormatError, match="row '1' cannot be read"):
        connector.read(RawRecord("1", "1", json.dumps(row).encode()))


def test_a_revision_is_the_row_and_not_the_order_of_its_columns(connector: UrlConnector, server: FeedServer) -> None:
    """A row that says the same is the same."""
    _say(server, "id,when,where,dead\n1,2016-03-07,Tunisia,5\n1,2016-03-07,Tunisia,5\n")
    (found,) = _records(connector)
    _say(server, "dead,where,when,id\n5,Tunisia,2016-03-07,1\n")
    assert _records(connector) == [found]
    _say(server, "dead,where,when,id\n6,Tunisia,2016-03-07,1\n")
    assert _records(connector)[0].revision != found.revision


def test_several_columns_may_name_a_row(connector: UrlConnector, server: FeedServer) -> None:
    """Without two names running into one."""
    connector = replace(connector, layout=replace(_LAYOUT, id_columns=("id", "where")))
    _say(server, "id,when,where,dead\na,2016-03-07,b|c,\na|b,2016-03-07,c,\n")
    assert [record.upstream_id for record in _records(connector)] == ['["a", "b|c"]', '["a|b", "c"]']


def test_json_rows_lie_at_a_dotted_path(connector: UrlConnector, server: FeedServer) -> None:
    """As do their cells; a number is a number, what a row leaves out is unknown, and lists are lists."""
    columns = {"day": "at.day", "latitude": "at.lat", "actors": "who", "links": "urls", "text": "note"}
    connector = replace(connector, layout=Layout("json", ("id",), columns, "data.rows"))
    rows = [
        {
            "id": 7,
            "at": {"day": "2016-03-07", "lat": 33.1},
            "who": ["A", "B"],
            "urls": "https://a.example https://b.example",
        },
        {"id": 8, "at": {"day": "2016-03-08"}, "who": "A; B", "note": "Curfew"},
    ]
    server.says("/t", reply(json.dumps({"data": {"rows": rows}}).encode(), headers=_JSON))
    first, second = [connector.read(record) for record in _records(connector)]
    links = ("https://a.example", "https://b.example")
    assert first == Incident(date(2016, 3, 7), latitude=33.1, actors=("A", "B"), links=links)
    assert second == Incident(date(2016, 3, 8), actors=("A", "B"), text="Curfew")


def test_what_has_not_changed_is_not_sent_again(connector: UrlConnector, server: FeedServer) -> None:
    """With 304 there is no page, and the watermark stays."""
    _say(server, _TABLE, ETag='"7"')
    (page,) = connector.pages(None)
    assert json.loads(page.watermark) == {"etag": '"7"'}
    server.says("/t", lambda asked: [reply(status=304 if asked.headers["if-none-match"] == '"7"' else 500)])
    assert list(connector.pages(page.watermark)) == []


def test_large_tables_come_in_pages(connector: UrlConnector, server: FeedServer) -> None:
    """Only the last page holds the marks by which the upstream knows what we have."""
    _say(server, _rows({str(number): "x" for number in range(4_500)}), ETag='"8"')
    pages = list(connector.pages(None))
    assert [len(page.records) for page in pages] == [2_000, 2_000, 500]
    assert [page.watermark for page in pages] == ["{}", "{}", '{"etag": "\\"8\\""}']


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "id,when,place,dead\n1,2016-03-07,x,\n",
            "column 'where' is missing; there came: 'id', 'when', 'place', 'dead'",
        ),
        ("", "column 'id' is missing; there came: nothing"),
        ("id,when,where,dead,id\n", "names 'id' twice"),
        ("id,when,where,dead\n1,2016-03-07,x\n", "line 2 has 3 cells; accepted: 4"),
        ('id,when,where,dead\n1,2016-03-07,"x\n', "not CSV in UTF-8"),
        ("id,when,where,dead\n ,2016-03-07,x,\n", "row 1 has ' ' as its 'id'"),
        ("id,when,where,dead\n1,2016-03-07,x,\n1,2016-03-07,y,\n", "row 2 has the id '1', which another row has too"),
    ],
)
def test_a_table_of_another_form_is_refused(connector: UrlConnector, server: FeedServer, table: str, said: str) -> None:
    """With what is wrong and what came."""
    _say(server, table)
    with pytest.raises(FeedFormatError, match=said):
        _records(connector)


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff\xfe", "not JSON"),
        (b'{"data": [', "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"data": [{"id": NaN}]}', "NaN is no number"),
        (b'{"data": [{"id": ' + b"9" * 5_000 + b"}]}", "not JSON"),
        (b'{"error": "quota"}', "no list at 'data'; there came an object of 'error'"),
        (b'{"data": {"a": 1}}', "no list at 'data'"),
        (b'"data"', "no list at 'data'; there came 'data'"),
        (b'{"data": [1]}', "row 1 is '1'; accepted: an object"),
        (b'{"data": [{"id": 1, "day": "2016-03-07"}]}', "column 'when' is missing; there came: 'id', 'day'"),
        (b'{"data": [{"id": [1], "when": 1, "where": 1, "dead": 1}]}', r"row 1 has '\[1\]' as its 'id'"),
        (b'{"data": [{"id": "\\ud800", "when": 1, "where": 1, "dead": 1}]}', "holds what is no text"),
        (b'{"data": [{"id": "a\\u0000", "when": 1, "where": 1, "dead": 1}]}', "as its 'id'"),
    ],
)
def test_json_of_another_form_is_refused(connector: UrlConnector, server: FeedServer, body: bytes, said: str) -> None:
    """Before any of it is taken in."""
    server.says("/t", reply(body, headers=_JSON))
    with pytest.raises(FeedFormatError, match=said):
        _records(replace(connector, layout=replace(_LAYOUT, form="json", records="data")))


@pytest.mark.fault(12)
def test_json_that_is_too_long_is_not_parsed(connector: UrlConnector) -> None:
    """It would take many times its size."""
    layout = replace(_LAYOUT, form="json")
    with pytest.raises(FeedFormatError, match="accepted: 16,777,216"):
        list(replace(connector, layout=layout)._records(b" " * (MAX_JSON_BYTES + 1)))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,yesterday,x,1", "its day is 'yesterday'"),
        ("1,,x,1", "its day is ''"),
        ("1,2016-03-07,x,many", "its deaths are 'many'"),
        ("1,2016-03-07,x,-1", "its deaths are '-1'"),
    ],
)
def test_a_row_that_cannot_be_understood_says_why(
    connector: UrlConnector, server: FeedServer, row: str, said: str
) -> None:
    """It is taken in as it is; only reading it fails."""
    _say(server, f"id,when,where,dead\n{row}\n")
    (record,) = _records(connector)
    with pytest.raises(FeedFormatError, match=f"row '1' cannot be read: {said}"):
        connector.read(record)


@pytest.fixture
def complete(connector: UrlConnector) -> UrlConnector:
    """A table that always holds all its rows."""
    return replace(connector, layout=replace(_LAYOUT, complete=True))


def _page(connector: UrlConnector, watermark: str | None) -> Page:
    (page,) = connector.pages(watermark)
    return page


@pytest.mark.fault(13)
def test_a_row_that_is_gone_from_a_complete_table_is_withdrawn(complete: UrlConnector, server: FeedServer) -> None:
    """Only what changed comes; a row that comes back has a revision of its own, or nobody would notice."""
    _say(server, _rows({"a": "x", "b": "x", "c": "x"}))
    start = _page(complete, None)
    assert len(start.records) == 3
    _say(server, _rows({"a": "x", "c": "y"}))
    without = _page(complete, start.watermark)
    assert [(item.upstream_id, item.deleted) for item in without.records] == [("c", False), ("b", True)]
    assert _page(complete, without.watermark).records == ()
    _say(server, _rows({"a": "x", "b": "x", "c": "x"}))
    again = _page(complete, without.watermark)
    assert [(item.upstream_id, item.deleted) for item in again.records] == [("b", False), ("c", False)]
    every = [(item.upstream_id, item.revision) for page in (start, without, again) for item in page.records]
    assert len(set(every)) == len(every)


@pytest.mark.fault(13)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("xyz"), min_size=1), min_size=1, max_size=5)
)
def test_what_was_taken_in_is_always_what_the_table_holds(
    complete: UrlConnector, server: FeedServer, tables: list[dict[str, str]]
) -> None:
    """Whatever the history: records that a store has not seen yet, applied in turn, give the table."""
    watermark, seen, held = None, set(), {}
    for table in tables:
        _say(server, _rows(table))
        for page in complete.pages(watermark):
            watermark = page.watermark
            for record in page.records:
                assert (record.upstream_id, record.revision) not in seen
                seen.add((record.upstream_id, record.revision))
                held[record.upstream_id] = None if record.deleted else complete.read(record).country
        assert {name: where for name, where in held.items() if where is not None} == table


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("before", "after", "refused"), [(40, 20, False), (40, 19, True), (12, 2, False), (3, 0, True)]
)
def test_a_table_that_loses_most_of_its_rows_is_refused(
    complete: UrlConnector, server: FeedServer, before: int, after: int, *, refused: bool
) -> None:
    """None left, or more than ten and more than half gone: an upstream's accident, and not so many withdrawals."""
    _say(server, _rows({str(number): "x" for number in range(before)}))
    watermark = _page(complete, None).watermark
    _say(server, _rows({str(number): "x" for number in range(after)}))
    if refused:
        with pytest.raises(FeedFormatError, match=f"{before - after} of the {before} rows known before are gone"):
            _records(complete, watermark)
    else:
        assert sum(record.deleted for record in _records(complete, watermark)) == before - after


@pytest.mark.fault(12)
def test_a_table_that_breaks_off_withdraws_nothing(complete: UrlConnector, server: FeedServer) -> None:
    """Its last rows only did not come."""
    _say(server, _rows({str(number): "x" for number in range(9)}))
    watermark = _page(complete, None).watermark
    part = _rows({str(number): "x" for number in range(5)}).encode()
    server.says("/t", reply(part, headers=_CSV, length=len(part) + 50))
    with pytest.raises(FeedUnavailableError, match="broke off"):
        _records(complete, watermark)


def test_a_complete_table_has_a_bound(complete: UrlConnector, server: FeedServer) -> None:
    """Its rows stand in the watermark."""
    _say(server, _rows({str(number): "x" for number in range(20_001)}))
    with pytest.raises(FeedFormatError, match="more than 20,000 rows"):
        _records(complete)
