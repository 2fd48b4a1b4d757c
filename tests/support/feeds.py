"""A feed of one rule, and a connector that sends what a test tells it to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.catalog import find_kit, read_catalog
from tocsin.domain.errors import FeedError, FeedFormatError
from tocsin.domain.feed import Feed
from tocsin.domain.incident import Incident
from tocsin.domain.mapping import Rule
from tocsin.domain.observation import effective
from tocsin.store.engine import open_engine
from tocsin.store.feed import FeedShelf
from tocsin.store.migrate import upgrade
from tocsin.store.observation import ObservationLedger
from tocsin.store.review import ReviewShelf
from tocsin.usecases.feed_ports import Page, RawRecord
from tocsin.usecases.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tocsin.domain.observation import Observation
    from tocsin.usecases.take_page import Taken

START = datetime(2016, 3, 1, 12, tzinfo=UTC)
TUNISIA = read_catalog(find_kit()).theater("tunisia")
ATTACK = "violence/border-attack"
CLASH = "violence/infiltration-clash"
RULES = (
    Rule("attack", ATTACK, 1.0, "B2", "an attack", kinds=("attack", "both")),
    Rule("clash", CLASH, 1.0, "C3", "a clash", kinds=("clash", "both"), once_a_day_and_place=True),
)
FEED = Feed(
    id="tunisia/wire",
    title="Wire",
    kind="folder",
    options={},
    every=timedelta(hours=1),
    since=date(2016, 1, 1),
    review=False,
    expected_days=3,
    history=False,
    rules=RULES,
    same_as={"known": "bg-2016"},
)


def event(name: str, revision: int, kind: str = "attack", day: str = "2016-02-20", **more: object) -> RawRecord:
    """A record of an event."""
    return RawRecord(name, str(revision), json.dumps({"kind": kind, "day": day} | more).encode())


def gone(name: str, revision: int) -> RawRecord:
    """Its deletion."""
    return RawRecord(name, str(revision), b"", deleted=True)


@dataclass
class Script:
    """Sends its pages, those after the watermark; then fails, where it is told to."""

    sent: Sequence[Page]
    fails: FeedError | None = None

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """The watermark of a page is its number."""
        yield from self.sent[0 if watermark is None else int(watermark) :]
        if self.fails is not None:
            raise self.fails

    def read(self, record: RawRecord) -> Incident:
        """The incident, where it is one."""
        try:
            said = json.loads(record.content)
            return Incident(
                date.fromisoformat(said["day"]),
                said["kind"],
                latitude=said.get("latitude"),
                longitude=said.get("longitude"),
                deaths=said.get("deaths"),
                text=said.get("text", ""),
                links=tuple(said.get("links", ())),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise FeedFormatError(FEED.id, f"no event: {error}") from error


@dataclass
class World:
    """A store, a feed, and a clock that goes on a minute each time that it is asked."""

    url: str
    feed: Feed = FEED
    now: datetime = START
    sent: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the store."""
        self.engine = open_engine(self.url)
        upgrade(self.engine)
        self.ledger = ObservationLedger(self.engine)
        self.book = FeedShelf(self.engine)
        self.queue = ReviewShelf(self.engine)

    def clock(self) -> datetime:
        """A minute later."""
        self.now += timedelta(minutes=1)
        return self.now

    def take(self, *records: RawRecord, fails: FeedError | None = None) -> Taken:
        """Send one more page, and take in."""
        if records:
            self.sent.append(Page(records, str(len(self.sent) + 1)))
        return ingest(
            self.feed,
            theater=TUNISIA,
            connector=Script(self.sent, fails),
            book=self.book,
            clock=self.clock,
            report=lambda _: None,
        )

    def known(self, as_of: datetime | None = None) -> list[Observation]:
        """What stands at an instant."""
        names = [indicator.id for indicator in TUNISIA.indicators]
        instant = self.now if as_of is None else as_of
        return list(effective(self.ledger.observations(names, instant), instant))

    def says(self) -> list[tuple[str, str, float, str]]:
        """What stands now, in short."""
        return [(item.indicator, item.observed_on.isoformat(), item.value, item.origin) for item in self.known()]


@contextmanager
def open_world(folder: Path, feed: Feed = FEED) -> Iterator[World]:
    """A world on a SQLite file."""
    world = World(f"sqlite:///{folder / 'tocsin.db'}", feed)
    try:
        yield world
    finally:
        world.engine.dispose()
