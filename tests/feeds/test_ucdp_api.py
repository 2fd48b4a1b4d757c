"""UCDP over its API, with real rows: editions come by themselves, revisions and omissions come as such."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.ucdp_server import TOKEN, Row, Ucdp, real_rows
from support.upstream_server import (
    BROKEN_OFF,
    CUT_JSON,
    DOWN,
    OVERLOADED,
    WEB_PAGE,
    Direct,
    Reply,
    as_json,
    serving,
)
from tocsin.domain.errors import FeedError, FeedFormatError, FeedRefusedError, FeedUnavailableError
from tocsin.feeds.ucdp_api import UcdpApi
from tocsin.feeds.ucdp_edition import judged_anew, next_monthly, next_yearly, not_before
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.feeds.fetch import Fetcher

_ROWS = real_rows()


def _connector(upstream: Ucdp, fetcher: Fetcher, **options: object) -> UcdpApi:
    base = f"{upstream.server.base}/api" if upstream.server.base else "http://ucdp/api"
    given: dict[str, Any] = {"token": TOKEN, "base": base, **options}
    return UcdpApi(fetcher, "ucdp", **given)


def _records(pages: Iterable[Page]) -> list[RawRecord]:
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize("first_page", [0, 1])
def test_real_rows_come_whole_page_by_page(first_page: int) -> None:
    """Whether pages begin with 0 or with 1; a page that comes twice does no harm."""
    upstream = Ucdp({"21.1": _ROWS}, first_page=first_page)
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher, yearly="21.1", page_size=100)
        pages = list(connector.pages(None))
        incidents = {record.upstream_id: connector.read(record) for record in _records(pages)}
    assert [len(page.records) for page in pages] == [100, 100, 100, 100, 34]
    assert incidents.keys() == {str(row["id"]) for row in _ROWS}
    first = incidents["144242"]
    assert (first.day, first.kind, first.country, first.deaths) == (date(2014, 1, 10), "non-state", "Libya", 4)
    assert first.actors == ("Awlad Suleiman", "Toubou")
    assert (first.latitude, first.longitude) == (27.03766, 14.42832)
    assert Counter(item.kind for item in incidents.values()).keys() == {"state-based", "non-state", "one-sided"}
    assert all(TOKEN not in str(ask.query) for ask in upstream.server.asked)


def test_filters_are_asked_for_upstream() -> None:
    """What is not wanted is not sent."""
    upstream = Ucdp({"21.1": _ROWS})
    connector = _connector(upstream, Direct(upstream.server), yearly="21.1", countries=(616,), since=date(2015, 6, 1))
    incidents = [connector.read(record) for record in _records(connector.pages(None))]
    assert incidents
    assert {item.country for item in incidents} == {"Tunisia"}
    assert min(item.day for item in incidents) >= date(2015, 6, 1)


def test_months_follow_by_themselves_until_one_is_not_out_yet() -> None:
    """Over the turn of the year, and with a month without events of our countries."""
    tunisia = [row for row in _ROWS if row["country_id"] == 616]
    libya = [row for row in _ROWS if row["country_id"] == 620]
    upstream = Ucdp({"20.0.11": tunisia[:2], "20.0.12": libya[:3], "21.0.1": tunisia[2:3]})
    for upstream.empty_for_unknown in (False, True):
        connector = _connector(upstream, Direct(upstream.server), monthly="20.0.11", countries=(616,))
        pages = list(connector.pages(None))
        assert [len(page.records) for page in pages] == [2, 0, 1]
        assert list(connector.pages(pages[-1].watermark)) == []
    upstream.editions["21.0.2"] = tunisia[3:4]
    assert [r.upstream_id for r in _records(connector.pages(pages[-1].watermark))] == [str(tunisia[3]["id"])]


@pytest.mark.fault(13)
def test_a_yearly_edition_revises_and_withdraws_what_its_months_held() -> None:
    """Of three candidates one stays, one is changed and one is left out; an earlier year is nobody's business."""
    kept, changed, left_out, other, new = _ROWS[:5]
    upstream = Ucdp({"20.1": [other], "20.0.12": [kept, changed, left_out], "21.0.1": [new]})
    connector = _connector(upstream, Direct(upstream.server), yearly="20.1", monthly="20.0.12")
    before = list(connector.pages(None))
    upstream.editions["21.1"] = [kept, {**changed, "best": 99}, other]
    after = list(connector.pages(before[-1].watermark))
    records = _records(after)
    assert [(r.upstream_id, r.deleted) for r in records] == [
        (str(left_out["id"]), True),
        (str(kept["id"]), False),
        (str(changed["id"]), False),
        (str(other["id"]), False),
    ]
    assert connector.read(records[2]).deaths == 99
    old = {record.upstream_id: record.revision for record in _records(before)}
    assert all(record.revision != old[record.upstream_id] for record in records)
    assert list(connector.pages(after[-1].watermark)) == []


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), max_size=12), st.integers(0, 3))
def test_a_reading_that_breaks_off_goes_on_where_it_broke(breaks: list[int], drop: int) -> None:
    """Failures and dropped readings anywhere; in the end every row of the last edition that has it stands."""
    rows = _ROWS[:12]
    upstream = Ucdp({"20.1": rows[:5], "20.0.1": rows[4:8], "20.0.2": rows[8:]})
    upstream.editions["21.1"] = [{**row, "best": 77} for row in rows[:6]]
    connector = _connector(upstream, Direct(upstream.server), yearly="20.1", monthly="20.0.1", page_size=2)
    held: dict[str, bytes] = {}
    mark: str | None = None
    for count in breaks:
        upstream.server.failures.extend([None] * count + [DOWN])
        try:
            for number, page in enumerate(connector.pages(mark)):
                mark = _take(held, page)
                if number == drop:
                    break
        except FeedError:
            pass
        upstream.server.failures.clear()
    for page in connector.pages(mark):
        mark = _take(held, page)
    whole: dict[str, bytes] = {}
    for page in connector.pages(None):
        _take(whole, page)
    assert held == whole
    assert list(connector.pages(mark)) == []


def _take(held: dict[str, bytes], page: Page) -> str:
    for record in page.records:
        held.pop(record.upstream_id, None)
        if not record.deleted:
            held[record.upstream_id] = record.content
    return page.watermark


def test_the_next_page_is_asked_for_at_our_address() -> None:
    """Whatever address an answer names: the token goes nowhere else."""
    upstream = Ucdp({"21.1": _ROWS[:5]})
    with serving(upstream.server) as fetcher:
        list(_connector(upstream, fetcher, yearly="21.1", page_size=2).pages(None))
    assert [ask.query["page"] for ask in upstream.server.asked if ask.path.endswith("/21.1")] == ["0", "1", "2"]


@pytest.mark.fault(14)
def test_a_refused_token_is_not_sent_twice() -> None:
    """There is nothing to refresh: the feed is degraded until somebody sets another."""
    upstream = Ucdp({"21.1": _ROWS})
    upstream.token = TOKEN[::-1]
    with serving(upstream.server) as fetcher, pytest.raises(FeedRefusedError, match="TOCSIN_UCDP_TOKEN") as caught:
        list(_connector(upstream, fetcher, yearly="21.1").pages(None))
    assert len(upstream.server.asked) == 1
    assert TOKEN not in str(caught.value)


@pytest.mark.fault(14)
def test_a_spent_quota_keeps_what_came_before() -> None:
    """429 on the third page: two pages stand, and the wait is told."""
    upstream = Ucdp({"21.1": _ROWS})
    upstream.server.failures.extend([None, None, OVERLOADED])
    taken: list[Page] = []
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher, yearly="21.1", page_size=100)
        with pytest.raises(FeedUnavailableError) as caught:
            taken.extend(connector.pages(None))
        assert caught.value.retry_after_seconds == 120
        assert len(upstream.server.asked) == 3
        rest = list(connector.pages(taken[-1].watermark))
    assert sum(len(page.records) for page in [*taken, *rest]) == len(_ROWS)


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (DOWN, FeedUnavailableError, "500"),
        (BROKEN_OFF, FeedUnavailableError, "broke off"),
        (CUT_JSON, FeedUnavailableError, "inside its JSON"),
        (WEB_PAGE, FeedFormatError, "text/html"),
        (Reply(WEB_PAGE.content), FeedFormatError, "web page"),
        (Reply(b"null"), FeedFormatError, "NoneType; accepted: an object"),
        (as_json({"total": 3, "Result": []}), FeedFormatError, "lacks TotalCount, NextPageUrl; it has total, Result"),
        (
            as_json({"TotalCount": 1, "NextPageUrl": "", "Result": [{"ID": 1, "country_name": "Libya"}]}),
            FeedFormatError,
            "lacks id, type_of_violence, .*; it has ID, country_name",
        ),
        (
            as_json({"TotalCount": 5, "NextPageUrl": "http://x/?page=0", "Result": []}),
            FeedFormatError,
            "accepted: a later page",
        ),
        (as_json({"TotalCount": 5, "NextPageUrl": "", "Result": []}), FeedUnavailableError, "0 events; it states 5"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(reply: Reply, error: type[FeedError], said: str) -> None:
    """No page comes of it."""
    upstream = Ucdp({"21.1": _ROWS})
    upstream.server.failures.append(reply)
    taken: list[Page] = []
    with serving(upstream.server) as fetcher, pytest.raises(error, match=said):
        taken.extend(_connector(upstream, fetcher, yearly="21.1").pages(None))
    assert taken == []


def test_a_declared_edition_that_is_not_there_is_an_error() -> None:
    """Otherwise a slip of the pen looks like a quiet feed."""
    upstream = Ucdp({"21.1": _ROWS})
    with pytest.raises(FeedUnavailableError, match=r"no edition 12\.1"):
        list(_connector(upstream, Direct(upstream.server), yearly="12.1").pages(None))


@pytest.mark.parametrize(
    "options", [{}, {"yearly": "25"}, {"yearly": "../x"}, {"monthly": "26.0.13"}, {"monthly": "26.1"}]
)
def test_an_edition_is_named_as_upstream_names_it(options: dict[str, str]) -> None:
    """It becomes part of an address."""
    with pytest.raises(ValueError, match="accepted"):
        _connector(Ucdp({}), Direct(Ucdp({}).server), **options)


@pytest.mark.parametrize("watermark", ["[]", '{"file": "x"}', '{"edition": "../x"}', '{"yearly": 3}'])
def test_a_watermark_of_another_connector_is_refused(watermark: str) -> None:
    """Starting anew instead would take everything in again."""
    upstream = Ucdp({"21.1": _ROWS})
    with pytest.raises(FeedFormatError, match="not of this connector"):
        list(_connector(upstream, Direct(upstream.server), yearly="21.1").pages(watermark))


def test_editions_follow_each_other() -> None:
    """Names of real editions, and the two borders of a year."""
    assert [next_monthly("25.0.11"), next_monthly("25.0.12"), next_yearly("25.1")] == ["25.0.12", "26.0.1", "26.1"]
    assert [not_before("24.0.3", "25.1"), not_before("25.0.3", "25.1"), not_before("25.0.3", None)] == [
        "25.0.1",
        "25.0.3",
        "25.0.3",
    ]
    assert judged_anew("26.1", "24.0.7", "25.0.2") == ["25.0.1", "25.0.2"]
    assert judged_anew("25.1", "24.0.11", "25.0.2") == ["24.0.11", "24.0.12"]


@pytest.mark.parametrize("change", [{"latitude": 1e9}, {"date_start": "soon"}, {"type_of_violence": 7}, {"best": None}])
def test_a_row_that_cannot_be_understood_is_refused_by_itself(change: Row) -> None:
    """The rest of the page can be taken in."""
    content = json.dumps({**_ROWS[0], **change}).encode()
    with pytest.raises(FeedFormatError, match="event 144242"):
        _connector(Ucdp({}), Direct(Ucdp({}).server), yearly="21.1").read(RawRecord("144242", "1", content))
