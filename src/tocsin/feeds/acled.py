"""ACLED over its API: what was added or changed since, and what was deleted."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError
from tocsin.domain.incident import Incident
from tocsin.feeds.acled_session import BASE, AcledSession
from tocsin.feeds.acled_slices import SliceReader
from tocsin.feeds.conditional import read_watermark
from tocsin.feeds.deaths import read_deaths
from tocsin.feeds.degrees import MOST_EAST, MOST_NORTH, read_degrees
from tocsin.feeds.json_rows import canonical, digest, read_object, require
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tocsin.feeds.fetch import Fetcher

LIMIT = 5000
"""Rows an answer holds, as the documentation gives it."""

_DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_EVENT = (
    "event_id_cnty",
    "timestamp",
    "event_date",
    "event_type",
    "sub_event_type",
    "actor1",
    "country",
    "admin1",
    "location",
    "latitude",
    "longitude",
    "fatalities",
)
_DELETED = ("event_id_cnty", "deleted_timestamp")
_ACTORS = ("actor1", "actor2", "assoc_actor_1", "assoc_actor_2")
_PREFIX = re.compile(r"[A-Z]+")
_ADDRESS = re.compile(r"https?://[^\s;,]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the feed has come.

    Attributes:
        seen: The latest `timestamp` of an event.
        at: The second at which a reading of events that broke off goes on.
        deleted: The latest `deleted_timestamp`.
        prefixes: The letters with which the ids of our events begin, such as `TUN`.
    """

    seen: int = 0
    at: int | None = None
    deleted: int = 0
    prefixes: tuple[str, ...] = ()

    def watermark(self) -> str:
        return json.dumps(asdict(self))


class Acled:
    """The connector.

    An event keeps its `event_id_cnty`; a change gives it a later `timestamp`, and only its last version can be read. So
    a revision is the time stamp with a digest of the row, and everything since some days before the latest time stamp
    seen is asked for again: nothing says that rows become visible in the order of their time stamps.

    Deletions are read before events: what was deleted and has come back stands then. Of deletions only those are kept
    whose id begins as one of our events', since that list cannot be asked by country.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        feed: str,
        *,
        username: str,
        password: str,
        countries: Sequence[str] = (),
        since: date | None = None,
        overlap_days: int = 7,
        base: str = BASE,
        limit: int = LIMIT,
    ) -> None:
        """Take the options; ValueError where nothing overlaps.

        Args:
            fetcher: Fetches everything.
            feed: Name of the feed, for errors.
            username: The name at ACLED, from the setting `acled_username`.
            password: The password there, from the setting `acled_password`.
            countries: Names as ACLED writes them; all countries where there are none.
            since: The first day of events to ask for.
            overlap_days: How many days before the latest time stamp are asked for again; at least 1.
            base: Where the API and its logins lie.
            limit: Rows an answer may hold.
        """
        if overlap_days < 1:
            raise ValueError(f"overlap_days is {overlap_days}; accepted: at least 1")
        self._feed = feed
        self._session = AcledSession(fetcher, feed, username=username, password=password, base=base)
        self._overlap = overlap_days * _DAY_SECONDS
        self._limit = limit
        # Nothing is coded, or deleted, before it happens; a day for time zones.
        self._first = 0 if since is None else max((since.toordinal() - _EPOCH - 1) * _DAY_SECONDS, 0)
        self._filters: dict[str, str] = {}
        if countries:
            self._filters["country"] = "|".join(countries)
        if since is not None:
            self._filters |= {"event_date": since.isoformat(), "event_date_where": ">="}

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """What is new since a watermark; see the port."""
        place = self._start(watermark)
        for piece in self._reader("deleted/read", _DELETED, {}).since(max(place.deleted - self._overlap, self._first)):
            place = replace(
                place, deleted=max(place.deleted, *(int(row["deleted_timestamp"]) for row in piece.rows), 0)
            )
            records = [_deletion(row) for row in piece.rows if self._is_ours(row, place)]
            if records:
                yield Page(tuple(records), place.watermark())
        start = max(place.seen - self._overlap, self._first) if place.at is None else place.at
        for piece in self._reader("acled/read", _EVENT, self._filters).since(start):
            found = {_prefix(row) for row in piece.rows}
            latest = max(place.seen, *(int(row["timestamp"]) for row in piece.rows), 0)
            place = _Place(latest, piece.after, place.deleted, tuple(sorted({*place.prefixes, *found})))
            yield Page(tuple(_event(row) for row in piece.rows), place.watermark())
        yield Page((), replace(place, at=None).watermark())

    def read(self, record: RawRecord) -> Incident:
        """The incident; `kind` is the type and the sub-type, such as `Battles/Armed clash`.

        FeedFormatError where the record cannot be understood.
        """
        row = read_object(self._feed, record.content)
        require(self._feed, row, _EVENT)
        try:
            return Incident(
                day=date.fromisoformat(_text(row, "event_date")),
                kind=f"{_text(row, 'event_type')}/{_text(row, 'sub_event_type')}",
                country=_text(row, "country"),
                area=_text(row, "admin1"),
                place=_text(row, "location"),
                latitude=read_degrees(row["latitude"], MOST_NORTH),
                longitude=read_degrees(row["longitude"], MOST_EAST),
                actors=tuple(name for key in _ACTORS if (name := _text(row, key))),
                deaths=read_deaths(row["fatalities"]),
                text="; ".join(text for key in ("notes", "source") if (text := _text(row, key))),
                links=tuple(_ADDRESS.findall(_text(row, "source"))),
            )
        except (ValueError, TypeError, OverflowError) as error:
            raise FeedFormatError(
                self._feed, f"event {record.upstream_id} is not as ACLED writes them: {error}"
            ) from error

    def _reader(self, path: str, required: Sequence[str], filters: Mapping[str, str]) -> SliceReader:
        ask = partial(self._ask, path, required, filters)
        return SliceReader(self._feed, ask, required[1], self._limit)

    def _ask(
        self, path: str, required: Sequence[str], filters: Mapping[str, str], params: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        return self._session.rows(path, {**filters, **params}, required)

    def _start(self, watermark: str | None) -> _Place:
        match read_watermark(self._feed, watermark):
            case {
                "seen": int() as seen,
                "at": int() | None as at,
                "deleted": int() as deleted,
                "prefixes": list() as begin,
            }:
                return _Place(seen, at, deleted, tuple(str(letters) for letters in begin))
            case known if not known:
                return _Place()
        raise FeedFormatError(self._feed, f"the watermark {str(watermark)[:80]!r} is not of this connector")

    def _is_ours(self, row: Mapping[str, Any], place: _Place) -> bool:
        return "country" not in self._filters or _prefix(row) in place.prefixes


def _event(row: Mapping[str, Any]) -> RawRecord:
    content = canonical(row)
    return RawRecord(str(row["event_id_cnty"]), f"{row['timestamp']}-{digest(content)}", content)


def _deletion(row: Mapping[str, Any]) -> RawRecord:
    revision = f"{row['deleted_timestamp']}-deleted"
    return RawRecord(str(row["event_id_cnty"]), revision, canonical(row), deleted=True)


def _prefix(row: Mapping[str, Any]) -> str:
    """The letters of an id, which stand for its country."""
    found = _PREFIX.match(str(row["event_id_cnty"]))
    return "" if found is None else found[0]


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
