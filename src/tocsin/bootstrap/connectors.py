"""Connectors, put together: which one reads which kind of feed."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.observation import read_drafts
from tocsin.feeds.acled import Acled
from tocsin.feeds.fetch import Fetcher, Guard
from tocsin.feeds.folder import FolderFeed
from tocsin.feeds.gdelt import BASE as GDELT_BASE
from tocsin.feeds.gdelt import Gdelt
from tocsin.feeds.rss import RssConnector
from tocsin.feeds.table import Layout
from tocsin.feeds.ucdp_api import UcdpApi
from tocsin.feeds.ucdp_csv import UcdpCsv
from tocsin.feeds.url import UrlConnector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from tocsin.domain.errors import Problem
    from tocsin.domain.feed import Feed
    from tocsin.domain.observation import Draft
    from tocsin.domain.theater import Theater
    from tocsin.settings import Settings
    from tocsin.usecases.feed_ports import Connector

type Builder = Callable[[Feed, Theater, Settings, Fetcher], Connector]


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def guard_of(feed: Feed, settings: Settings) -> Guard:
    """What may be fetched for a feed: plain http only where its own address says so."""
    address = GDELT_BASE if feed.kind == "gdelt" else str(feed.options.get("address", ""))
    return Guard(private=settings.fetch_private, schemes=frozenset({"https", urlsplit(address).scheme or "https"}))


def folder_of(feed: Feed, settings: Settings) -> Path:
    """The folder that a feed of kind `folder` watches."""
    return settings.home / str(feed.options["path"])


def make_connector(feed: Feed, theater: Theater, settings: Settings, fetcher: Fetcher) -> Connector:
    """The connector of a feed, whose kind has been read from a declaration and so is one of those that there are."""
    return _BUILDERS[feed.kind](feed, theater, settings, fetcher)


def _folder(feed: Feed, theater: Theater, settings: Settings, _: Fetcher) -> Connector:
    indicators = {indicator.id: indicator for indicator in theater.indicators}

    def check(drafts: Sequence[Draft]) -> Sequence[Problem]:
        try:
            read_drafts(drafts, indicators, theater.timeline.last_day(now()), theater.timeline)
        except InvalidObservationError as error:
            return error.problems
        return ()

    folder = folder_of(feed, settings)
    if not Path(str(feed.options["path"])).is_absolute():
        # Below the data folder it is ours to make; elsewhere a missing folder is a disk that is not there.
        folder.mkdir(parents=True, exist_ok=True)
    return FolderFeed(feed.id, folder, complete=bool(feed.options["complete"]), check=check, now=now)


def _table(feed: Feed, theater: Theater, _: Settings, fetcher: Fetcher) -> Connector:
    options = cast("Mapping[str, Any]", feed.options)
    layout = Layout(
        form="csv" if feed.kind == "csv-url" else "json",
        id_columns=tuple(options["id"]),
        columns=options["columns"],
        records=options.get("records", ""),
        complete=options["complete"],
    )
    return UrlConnector(feed.id, options["address"], fetcher, layout, ZoneInfo(theater.timeline.zone))


def _rss(feed: Feed, theater: Theater, _: Settings, fetcher: Fetcher) -> Connector:
    return RssConnector(feed.id, str(feed.options["address"]), fetcher, now, ZoneInfo(theater.timeline.zone))


def _ucdp_ged(feed: Feed, _: Theater, settings: Settings, fetcher: Fetcher) -> Connector:
    options = cast("Mapping[str, Any]", feed.options)
    return UcdpApi(
        fetcher,
        feed.id,
        token=settings.credential("ucdp_token"),
        yearly=options["yearly"],
        monthly=options.get("monthly"),
        countries=options["countries"],
        since=feed.since,
    )


def _ucdp_ged_csv(feed: Feed, _: Theater, settings: Settings, fetcher: Fetcher) -> Connector:
    options = cast("Mapping[str, Any]", feed.options)
    source = options["source"] if "://" in options["source"] else str(settings.home / options["source"])
    return UcdpCsv(fetcher, feed.id, source=source, countries=options["countries"])


def _acled(feed: Feed, _: Theater, settings: Settings, fetcher: Fetcher) -> Connector:
    return Acled(
        fetcher,
        feed.id,
        username=settings.credential("acled_username"),
        password=settings.credential("acled_password"),
        countries=cast("Sequence[str]", feed.options["countries"]),
        since=feed.since,
    )


def _gdelt(feed: Feed, _: Theater, __: Settings, fetcher: Fetcher) -> Connector:
    options = cast("Mapping[str, Any]", feed.options)
    since = datetime.combine(feed.since, time(), tzinfo=UTC)
    return Gdelt(fetcher, feed.id, countries=options["countries"], codes=options["codes"], since=since)


_BUILDERS: dict[str, Builder] = {
    "folder": _folder,
    "csv-url": _table,
    "json-url": _table,
    "rss": _rss,
    "ucdp-ged": _ucdp_ged,
    "ucdp-ged-csv": _ucdp_ged_csv,
    "acled": _acled,
    "gdelt": _gdelt,
}
"""One builder for each kind that a feed file may name."""
