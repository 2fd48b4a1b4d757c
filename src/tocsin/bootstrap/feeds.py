"""Feeds, put together: taking one in, and whether it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.usecases.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.bootstrap.service import Service
    from tocsin.domain.feed import Feed
    from tocsin.settings import Settings
    from tocsin.usecases.take_page import Taken

_CREDENTIALS = {
    "ucdp-ged": ("ucdp_token",),
    "acled": ("acled_username", "acled_password"),
}
"""The settings without which a kind cannot be asked."""


def missing_settings(feed: Feed, settings: Settings) -> tuple[str, ...]:
    """The environment variables that a feed needs and that are not set: until then it is off, and no failure."""
    needed = _CREDENTIALS.get(feed.kind, ())
    return tuple(f"TOCSIN_{name.upper()}" for name in needed if getattr(settings, name) is None)


def unsettled_files(feed: Feed, settings: Settings) -> dict[str, float]:
    """The files of a feed that would be left for the next time now, with the seconds that each must still rest."""
    from tocsin.bootstrap.connectors import folder_of, now  # noqa: PLC0415 (as below)
    from tocsin.feeds.folder import unsettled  # noqa: PLC0415 (as below)

    return unsettled(folder_of(feed, settings), now()) if feed.kind == "folder" else {}


def take_feed(service: Service, name: str, settings: Settings, report: Callable[[Taken], None]) -> Taken:
    """Take in a feed now; FeedError where it fails, InvalidInputError where a credential that it needs is not set."""
    # Imported here: what fetches and reads pages takes a while to load, and who asks how feeds stand takes none in.
    from tocsin.bootstrap.connectors import guard_of, make_connector, now  # noqa: PLC0415
    from tocsin.feeds.fetch import Fetcher  # noqa: PLC0415

    feed = service.catalog.feed(name)
    if missing := missing_settings(feed, settings):
        accepted = f"a credential, without which {feed.id} cannot be asked; or {{0}}_FILE with the file that holds it"
        raise InvalidInputError([Problem("", None, name, "not set", accepted.format(name)) for name in missing])
    theater = service.catalog.theater(feed.theater)
    with Fetcher(guard_of(feed, settings)) as fetcher:
        connector = make_connector(feed, theater, settings, fetcher)
        return ingest(feed, theater=theater, connector=connector, book=service.feeds, clock=now, report=report)
