"""UCDP's yearly file: streamed from a zip, in bounded memory, and taken up again where a reading broke off."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from support.ged_file import NOWHERE, SOURCE, read_long_file
from support.upstream_server import BROKEN_OFF, DOWN, WEB_PAGE, Ask, Reply, Upstream, serving
from tocsin.domain.errors import FeedError, FeedFormatError, FeedUnavailableError
from tocsin.feeds.ucdp_csv import UcdpCsv

if TYPE_CHECKING:
    from pathlib import Path

_REAL = SOURCE.read_bytes()
_ROWS = _REAL.count(b"\n") - 1


def _packed(content: bytes, name: str = "GEDEvent_v21_1.csv") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def _connector(path: Path, **options: object) -> UcdpCsv:
    given: dict[str, Any] = {"source": str(path), **options}
    return UcdpCsv(NOWHERE, "ged", **given)


@pytest.mark.parametrize("name", ["ged211.zip", "ged211.csv"])
def test_real_rows_come_in_pages_and_only_once(tmp_path: Path, name: str) -> None:
    """From a zip or alone; the same file gives nothing the second time."""
    path = tmp_path / name
    path.write_bytes(_packed(_REAL) if name.endswith("zip") else _REAL)
    connector = _connector(path, page_size=100)
    pages = list(connector.pages(None))
    assert [len(page.records) for page in pages] == [100, 100, 100, 100, _ROWS - 400, 0]
    incident = connector.read(pages[0].records[0])
    assert (incident.day, incident.kind, incident.deaths) == (date(2014, 1, 10), "non-state", 4)
    assert list(connector.pages(pages[-1].watermark)) == []


def test_only_declared_countries_become_records(tmp_path: Path) -> None:
    """Pages without any still move the watermark."""
    path = tmp_path / "ged.csv"
    path.write_bytes(_REAL)
    pages = list(_connector(path, page_size=50, countries=("Tunisia",)).pages(None))
    assert 0 < sum(len(page.records) for page in pages) < _ROWS
    assert json.loads(pages[-1].watermark)["rows"] == _ROWS


def test_a_reading_that_broke_off_goes_on_at_its_row(tmp_path: Path) -> None:
    """Wherever it was dropped, every row comes once."""
    path = tmp_path / "ged.zip"
    path.write_bytes(_packed(_REAL))
    connector, taken, mark = _connector(path, page_size=60), [], None
    for number in (1, 3, 2):
        for page in islice(connector.pages(mark), number):
            taken += page.records
            mark = page.watermark
    taken += [record for page in connector.pages(mark) for record in page.records]
    assert len(taken) == len({record.upstream_id for record in taken}) == _ROWS


@pytest.mark.fault(13)
def test_another_file_makes_every_row_a_revision(tmp_path: Path) -> None:
    """Even of rows that say what they said: the file may have gone back to it."""
    path = tmp_path / "ged.csv"
    path.write_bytes(_REAL)
    first = list(_connector(path).pages(None))
    path.write_bytes(_REAL.replace(b",27,27,31", b",30,27,31", 1))
    second = list(_connector(path).pages(first[-1].watermark))
    old = {(r.upstream_id, r.revision) for page in first for r in page.records}
    new = {(r.upstream_id, r.revision) for page in second for r in page.records}
    assert not old & new
    assert {name for name, _ in old} == {name for name, _ in new}


def test_an_address_is_asked_whether_the_file_has_changed() -> None:
    """The second time, nothing is sent."""

    def answer(ask: Ask) -> Reply:
        if ask.headers.get("if-none-match") == '"v1"':
            return Reply(b"", 304, headers={"ETag": '"v1"'})
        return Reply(_packed(_REAL), media="application/zip", headers={"ETag": '"v1"'})

    upstream = Upstream(answer)
    with serving(upstream) as fetcher:
        connector = UcdpCsv(fetcher, "ged", source=f"{upstream.base}/ged211-csv.zip")
        *_, last = connector.pages(None)
        assert list(connector.pages(last.watermark)) == []
    assert len(upstream.asked) == 2


_HEADER, _, _BODY = _REAL.partition(b"\n")


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (_packed(_REAL)[:-200], FeedUnavailableError, "damaged"),
        (_packed(_REAL)[:4_000] + b"\xff" * 8 + _packed(_REAL)[4_008:], FeedUnavailableError, "damaged"),
        (_packed(_REAL, "readme.txt"), FeedFormatError, "ends with '.csv'"),
        (_HEADER.replace(b"best", b"best_est") + b"\n" + _BODY, FeedFormatError, "lacks best; it has id, .*best_est"),
        (_REAL[:-30], FeedFormatError, "cells; the header has 12"),
        (_HEADER + b'\n1,"open', FeedFormatError, "not CSV"),
        (_HEADER + b"\n\xff\xfe", FeedFormatError, "not CSV in UTF-8"),
        (b"", FeedFormatError, "lacks id"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: bytes, error: type[FeedError], said: str) -> None:
    """With what is missing and what came."""
    path = tmp_path / "ged"
    path.write_bytes(content)
    with pytest.raises(error, match=said):
        list(_connector(path).pages(None))


@pytest.mark.parametrize(
    ("reply", "error"), [(DOWN, FeedUnavailableError), (BROKEN_OFF, FeedError), (WEB_PAGE, FeedFormatError)]
)
def test_an_upstream_that_fails_gives_no_page(reply: Reply, error: type[FeedError]) -> None:
    """Through the fetcher."""
    upstream = Upstream(lambda ask: reply)  # noqa: ARG005 (whatever it is asked)
    with serving(upstream) as fetcher, pytest.raises(error):
        list(UcdpCsv(fetcher, "ged", source=f"{upstream.base}/ged.zip").pages(None))


@pytest.mark.fault(12)
def test_nothing_of_a_zip_that_is_not_what_its_checksum_says_becomes_a_page(tmp_path: Path) -> None:
    """A digit that was flipped in an early row is known once the last row is read, and that comes first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ged.csv", _REAL + 4 * _REAL.partition(b"\n")[2])  # more than is unpacked at once
    flipped = buffer.getvalue().replace(b"2014-01-10", b"2015-01-10", 1)
    path = tmp_path / "ged.zip"
    path.write_bytes(flipped)
    pages = []
    with pytest.raises(FeedUnavailableError, match="damaged"):
        pages.extend(_connector(path, page_size=10).pages(None))
    assert pages == []


@pytest.mark.fault(13)
def test_a_file_that_is_put_back_makes_every_row_a_revision_again(tmp_path: Path) -> None:
    """A, B, A: the third reading must not pass for the first, or the ledger would keep what B said."""
    path, mark, seen = tmp_path / "ged.csv", None, set[tuple[str, str]]()
    for content in (_REAL, _REAL.replace(b",27,27,31", b",30,27,31", 1), _REAL):
        path.write_bytes(content)
        pages = list(_connector(path).pages(mark))
        now = {(record.upstream_id, record.revision) for page in pages for record in page.records}
        assert len(now) == _ROWS
        assert not now & seen
        seen |= now
        mark = pages[-1].watermark
    assert list(_connector(path).pages(mark)) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It may come later."""
    with pytest.raises(FeedUnavailableError, match=r"none\.csv cannot be read"):
        list(_connector(tmp_path / "none.csv").pages(None))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Six times as many rows cost no more beyond the file itself; tests/verify reads 310,000."""
    short = read_long_file(tmp_path / "short.zip", 4_000)
    long = read_long_file(tmp_path / "long.zip", 24_000)
    assert (long.rows, long.largest_page) == (24_000, 1_000)
    assert long.extra_bytes < 1.1 * short.extra_bytes
    assert long.extra_bytes < 16 * 1024 * 1024
