"""GDELT: one page a file, only rows of our countries, gaps counted, and nothing that is not what the list says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import gdelt_server
from support.gdelt_server import packed, row
from support.upstream_server import DOWN, OVERLOADED, WEB_PAGE, Direct, Reply, serving
from tocsin.domain.errors import FeedError, FeedFormatError, FeedUnavailableError
from tocsin.domain.incident import Incident
from tocsin.feeds.gdelt import Gdelt
from tocsin.feeds.gdelt_list import GdeltList
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tocsin.feeds.fetch import Fetcher

_BEGIN = datetime(2016, 3, 7, 12, tzinfo=UTC)


def _stamp(number: int) -> str:
    return f"{_BEGIN + number * timedelta(minutes=15):%Y%m%d%H%M%S}"


@pytest.fixture
def upstream() -> gdelt_server.Gdelt:
    return gdelt_server.Gdelt()


def _connector(upstream: gdelt_server.Gdelt, fetcher: Fetcher, **options: object) -> Gdelt:
    given: dict[str, Any] = {
        "countries": ("TS",),
        "since": _BEGIN,
        "base": f"{upstream.server.base}/gdeltv2",
        **options,
    }
    return Gdelt(fetcher, "gdelt", **given)


def _ids(pages: Iterable[Page]) -> list[list[str]]:
    return [[record.upstream_id for record in page.records] for page in pages]


def test_rows_of_our_countries_come_one_page_a_file(upstream: gdelt_server.Gdelt) -> None:
    """Files without any move the watermark too; what is read is in the fields that rules look at."""
    with serving(upstream.server) as fetcher:
        upstream.publish(_stamp(0), [row(1)])
        upstream.publish(_stamp(1), [row(2), row(3, country="LY"), row(4, code="141")])
        upstream.publish(_stamp(2), [row(5, country="FR")])
        connector = _connector(upstream, fetcher)
        pages = list(connector.pages(None))
        assert _ids(pages) == [["2", "4"], []]
        assert json.loads(pages[-1].watermark) == {"file": _stamp(2), "gaps": 0}
        assert list(connector.pages(pages[-1].watermark)) == []
        assert _ids(_connector(upstream, fetcher, codes=("14",)).pages(None)) == [["4"], []]
    assert connector.read(pages[0].records[0]) == Incident(
        day=date(2016, 3, 7),
        kind="190",
        country="TS",
        area="TS28",
        place="Ben Gardane, Madanin, Tunisia",
        latitude=33.1378,
        longitude=11.2197,
        actors=("TUNISIA", "MILITANT"),
        text="6 mentions in 2 sources, Goldstein scale -10.0",
        links=("https://example.org/2",),
    )


@pytest.mark.parametrize("ranges", [True, False])
def test_an_upstream_without_ranges_is_read_as_well(ranges: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """It sends the whole list."""
    upstream = gdelt_server.Gdelt(ranges=ranges)
    with serving(upstream.server) as fetcher:
        for number in range(3):
            upstream.publish(_stamp(number), [row(number)])
        assert _ids(_connector(upstream, fetcher).pages(None)) == [["1"], ["2"]]


@settings(max_examples=80)
@given(st.integers(1, 60), st.integers(-3, 63), st.integers(150, 900))
def test_the_list_is_read_from_any_stamp_in_pieces_of_any_size(files: int, begin: int, piece: int) -> None:
    """Exactly the files after it, in order, whatever line a piece cuts."""
    upstream = gdelt_server.Gdelt()
    for number in range(files):
        upstream.publish(_stamp(number), [])
    listing = GdeltList(Direct(upstream.server), "gdelt", "http://gdelt/gdeltv2/masterfilelist.txt", max(piece, 400))
    newest, found = listing.after(_stamp(begin))
    assert newest == _stamp(files - 1)
    assert [item.stamp for item in found] == [_stamp(number) for number in range(max(begin + 1, 0), files)]


def test_a_long_list_costs_few_and_short_requests(upstream: gdelt_server.Gdelt) -> None:
    """Of ten thousand files, the last ones: one piece; some in the middle: halving."""
    line = f"1 {'0' * 32} http://gdelt/gdeltv2/"
    upstream.lines = [f"{line}{_stamp(number)}.export.CSV.zip" for number in range(10_000)]
    listing = GdeltList(Direct(upstream.server), "gdelt", "http://gdelt/gdeltv2/masterfilelist.txt")
    _, found = listing.after(_stamp(9_990))
    assert len(list(found)) == 9
    assert len(upstream.server.asked) == 1
    _, found = listing.after(_stamp(4_000))
    assert next(iter(found)).stamp == _stamp(4_001)
    assert len(upstream.server.asked) < 10


@settings(max_examples=60)
@given(st.lists(st.integers(0, 5), max_size=15), st.integers(0, 3))
def test_a_reading_that_breaks_off_loses_and_doubles_nothing(breaks: list[int], more: int) -> None:
    """Failures anywhere, and files that come meanwhile: every file is one page, once."""
    upstream = gdelt_server.Gdelt()
    for number in range(4):
        upstream.publish(_stamp(number), [row(number)])
    connector = _connector(upstream, Direct(upstream.server), base="http://gdelt/gdeltv2", since=_BEGIN - timedelta(1))
    taken: list[str] = []
    mark: str | None = None
    for count in breaks:
        upstream.server.failures.extend([None] * count + [DOWN])
        try:
            for page in connector.pages(mark):
                taken += [record.upstream_id for record in page.records]
                mark = page.watermark
        except FeedError:
            pass
        upstream.server.failures.clear()
        for _ in range(more):
            number = len(upstream.files)
            upstream.publish(_stamp(number), [row(number)])
    taken += [record.upstream_id for page in connector.pages(mark) for record in page.records]
    assert taken == [str(number) for number in range(len(upstream.files))]


def _missing(upstream: gdelt_server.Gdelt) -> None:
    del upstream.files[_stamp(1)]


def _replaced(upstream: gdelt_server.Gdelt) -> None:
    upstream.files[_stamp(1)] = packed([row(66)])


def _truncated(upstream: gdelt_server.Gdelt) -> None:
    _list_as(upstream, upstream.files[_stamp(1)][:-40])


def _list_as(upstream: gdelt_server.Gdelt, content: bytes) -> None:
    """The list gives the MD5 of what lies there, however broken it is."""
    kept = upstream.lines
    upstream.lines = []
    upstream.publish(_stamp(1), [])
    line = upstream.lines[0].split()
    md5 = gdelt_server.hashlib.md5(content, usedforsecurity=False).hexdigest()
    upstream.lines = [" ".join([line[0], md5, line[2]]) if line[2] in old else old for old in kept]
    upstream.files[_stamp(1)] = content


@pytest.mark.parametrize(
    ("harm", "said"),
    [(_missing, "listed and not there"), (_replaced, "does not match its MD5"), (_truncated, "is damaged upstream")],
)
def test_a_file_that_cannot_be_had_stops_the_feed_until_it_is_old_and_then_counts_as_a_gap(
    upstream: gdelt_server.Gdelt, harm: Callable[[gdelt_server.Gdelt], None], said: str
) -> None:
    """What passes is waited for; what does not is counted, not hidden."""
    with serving(upstream.server) as fetcher:
        for number in range(3):
            upstream.publish(_stamp(number), [row(number)])
        harm(upstream)
        connector = _connector(upstream, fetcher, since=_BEGIN - timedelta(hours=1))
        taken: list[Page] = []
        with pytest.raises(FeedUnavailableError, match=said):
            taken.extend(connector.pages(None))
        assert _ids(taken) == [["0"]]
        upstream.publish(_stamp(1 + 96), [row(97)])
        rest = list(connector.pages(taken[-1].watermark))
    assert _ids(rest) == [[], ["2"], ["97"]]
    assert [json.loads(page.watermark)["gaps"] for page in rest] == [1, 1, 1]


@pytest.mark.parametrize("failure", [DOWN, OVERLOADED])
def test_an_upstream_that_is_down_is_no_gap_however_old_the_file(upstream: gdelt_server.Gdelt, failure: Reply) -> None:
    """Only what the upstream itself says is not there is given up."""
    with serving(upstream.server) as fetcher:
        upstream.publish(_stamp(1), [row(1)])
        upstream.publish(_stamp(900), [row(2)])
        upstream.server.failures.extend([None, failure])
        with pytest.raises(FeedUnavailableError):
            list(_connector(upstream, fetcher).pages(None))
        assert _ids(_connector(upstream, fetcher).pages(None)) == [["1"], ["2"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed([row(1), row(2) + "\tone more"]), "62 columns; accepted: 61"),
        (packed([row(1).replace("\t", ",")]), "1 columns; accepted: 61"),
        (packed([row(1)], "readme.txt"), "accepted: one member"),
        (b"not a zip", "not a zip"),
    ],
)
def test_a_file_of_another_form_is_never_given_up(upstream: gdelt_server.Gdelt, content: bytes, said: str) -> None:
    """The form has changed: somebody must look, or all that follows would be gaps."""
    with serving(upstream.server) as fetcher:
        for number in (1, 2, 900):
            upstream.publish(_stamp(number), [row(number)])
        _list_as(upstream, content)
        with pytest.raises(FeedFormatError, match=said):
            list(_connector(upstream, fetcher).pages(None))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (WEB_PAGE, "a line of the list is '<!DOCTYPE"),
        (Reply(b"", media="text/plain"), "names no file of events"),
        (Reply(b"123 abc", 206, media="text/plain"), "no Content-Range that fits"),
    ],
)
def test_a_list_of_another_form_is_refused(upstream: gdelt_server.Gdelt, reply: Reply, said: str) -> None:
    """And nothing is taken in."""
    upstream.server.failures.append(reply)
    with serving(upstream.server) as fetcher, pytest.raises(FeedFormatError, match=said):
        list(_connector(upstream, fetcher).pages(None))


def test_a_large_file_comes_in_several_pages_with_the_watermark_at_its_end(upstream: gdelt_server.Gdelt) -> None:
    """So that a broken one is read again from its start."""
    upstream.publish(_stamp(1), [row(number) for number in range(5_001)])
    pages = list(_connector(upstream, Direct(upstream.server), base="http://gdelt/gdeltv2").pages(None))
    assert [len(page.records) for page in pages] == [5_000, 1]
    assert [json.loads(page.watermark)["file"] for page in pages] == [_stamp(0), _stamp(1)]


def test_no_country_is_refused(upstream: gdelt_server.Gdelt) -> None:
    """Nobody wants all rows of the world."""
    with pytest.raises(ValueError, match="FIPS"):
        _connector(upstream, Direct(upstream.server), countries=())


@pytest.mark.parametrize("watermark", ["[]", '{"file": 1}', '{"edition": "25.1"}'])
def test_a_watermark_of_another_connector_is_refused(upstream: gdelt_server.Gdelt, watermark: str) -> None:
    """Starting anew instead would take everything in again."""
    with pytest.raises(FeedFormatError, match="not of this connector"):
        list(_connector(upstream, Direct(upstream.server)).pages(watermark))


@pytest.mark.parametrize("place", [1, 56])
def test_a_row_that_cannot_be_understood_is_refused_by_itself(upstream: gdelt_server.Gdelt, place: int) -> None:
    """The rest of the page can be taken in."""
    cells = row(9).split("\t")
    cells[place] = "999"
    record = RawRecord("9", "1", "\t".join(cells).encode())
    with pytest.raises(FeedFormatError, match="event 9"):
        _connector(upstream, Direct(upstream.server)).read(record)
