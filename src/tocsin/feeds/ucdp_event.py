"""One event of UCDP GED, as the API writes it in JSON and the yearly file in CSV: the same columns, the same rules.

Columns after the GED Codebook (Sundberg & Melander 2013, Journal of Peace Research 50(4)). Values come as numbers from
the API and as text from the file; days as `2014-01-10`, `2014-01-10T00:00:00` or `2014-01-10 00:00:00.000`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError
from tocsin.domain.incident import Incident
from tocsin.feeds.deaths import read_deaths
from tocsin.feeds.degrees import MOST_EAST, MOST_NORTH, read_degrees
from tocsin.feeds.json_rows import canonical, digest, read_object, require
from tocsin.feeds.ucdp_ged import Violence
from tocsin.usecases.feed_ports import RawRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIRED = (
    "id",
    "type_of_violence",
    "conflict_name",
    "side_a",
    "side_b",
    "country",
    "latitude",
    "longitude",
    "date_start",
    "best",
)
"""Columns without which a row is refused."""

_TEXTS = ("source_headline", "source_article")
_DAY = 10


def ucdp_record(row: Mapping[str, Any], release: str) -> RawRecord:
    """A row of one release.

    The release is part of the revision, so that a row that goes back to what it once said is news again.
    """
    content = canonical(row)
    return RawRecord(str(row["id"]), f"{release}-{digest(content)}", content)


def read_ucdp_event(feed: str, record: RawRecord) -> Incident:
    """The incident: `kind` in UCDP's words (`state-based`, `non-state`, `one-sided`), `day` the first one it may be of.

    FeedFormatError where the row cannot be understood.
    """
    row = read_object(feed, record.content)
    require(feed, row, REQUIRED)
    try:
        return Incident(
            day=date.fromisoformat(str(row["date_start"])[:_DAY]),
            kind=Violence(int(row["type_of_violence"])).words,
            country=_text(row, "country"),
            area=_text(row, "adm_1"),
            place=_text(row, "where_coordinates"),
            latitude=read_degrees(row["latitude"], MOST_NORTH),
            longitude=read_degrees(row["longitude"], MOST_EAST),
            actors=tuple(name for side in ("side_a", "side_b") if (name := _text(row, side))),
            deaths=read_deaths(row["best"]),
            text="; ".join(text for name in ("conflict_name", *_TEXTS) if (text := _text(row, name))),
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise FeedFormatError(feed, f"event {record.upstream_id} is not as UCDP writes them: {error}") from error


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
