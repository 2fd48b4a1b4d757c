"""Once a day the feeds are looked at, and what is unwell is named and logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from support.feeds import FEED, START, TUNISIA, World, event, open_world
from tocsin.bootstrap.connectors import make_connector
from tocsin.bootstrap.feeds import take_feed
from tocsin.bootstrap.service import open_service
from tocsin.cli.doctor_look import Unwell
from tocsin.cli.doctor_store import feeds as look_at_feeds
from tocsin.domain.errors import FeedError, FeedUnavailableError, InvalidInputError
from tocsin.domain.slot import Daily
from tocsin.feeds.fetch import Fetcher, Guard
from tocsin.jobs.care import watch_over
from tocsin.jobs.timetable import make_timetable
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.feed_ports import RawRecord
from tocsin.usecases.run_job import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.bootstrap.service import Service


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def _watch(world: World) -> tuple[str, list[tuple[str, str]]]:
    """What the job says, and feed and fault of each warning."""
    off = replace(FEED, id="tunisia/off", kind="acled")
    catalog = SimpleNamespace(feeds={FEED.id: FEED, off.id: off})
    turn = Turn("run", world.now, world.now, lambda: False, lambda _: None)
    service = SimpleNamespace(catalog=catalog, feeds=world.book)
    with capture_logs() as logged:
        said = watch_over(service, Settings(), TUNISIA, turn)  # type: ignore[arg-type]
    assert all(line["log_level"] == "warning" for line in logged)
    return said, [(line["feed"], line["fault"]) for line in logged]


def test_feeds_that_are_well_are_counted(world: World) -> None:
    """And those that are off for want of a credential."""
    world.take(event("a", 1))
    assert _watch(world) == ("feeds as usual: 1, off: 1", [])


@pytest.mark.fault(12)
def test_a_silent_feed_is_named_and_logged(world: World) -> None:
    """Without anybody asking for the list of feeds."""
    world.take(event("a", 1))
    world.now += timedelta(days=5)
    silent = "silent: nothing new for 5 days, up to 3 days are usual"
    assert _watch(world) == (
        f"feeds unwell: 1 of 1: tunisia/wire {silent}; see: tocsin feeds",
        [("tunisia/wire", silent)],
    )


@pytest.mark.fault(12)
def test_a_small_feed_that_has_changed_its_form_is_named_and_logged(world: World) -> None:
    """A row every other day, of which nothing can be read from one day on."""
    for number in range(70):
        world.now += timedelta(days=2)
        good = event(f"g{number}", 1)
        try:
            world.take(good if number < 35 else RawRecord(good.upstream_id, "1", b'{"kind": "attack", "day": "1.2."}'))
        except FeedError:
            world.sent.pop()
    said, logged = _watch(world)
    assert (
        "failed 35 times in a row: feed tunisia/wire sent what cannot be read: of 1 new record of a page none can"
        in said
    )
    assert [fault.partition(":")[0] for _, fault in logged] == ["failed 35 times in a row", "silent"]


@pytest.mark.fault(12)
def test_a_feed_that_fails_is_named_and_logged(world: World) -> None:
    """With the first line of what was wrong."""
    with pytest.raises(FeedUnavailableError):
        world.take(fails=FeedUnavailableError(FEED.id, "500\nand more"))
    _, logged = _watch(world)
    assert logged == [("tunisia/wire", "failed 1 time in a row: feed tunisia/wire is unavailable: 500")]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Settings, Service]]:
    """The shipped catalog on an empty store."""
    settings = Settings(home=tmp_path)
    upgrade(settings.store_url)
    with open_service(settings) as opened:
        yield settings, opened


def test_the_timetable_watches_each_theater_daily(service: tuple[Settings, Service]) -> None:
    """In the morning, by its clocks."""
    jobs = {job.name: job for job in make_timetable(*service, fitter=SimpleNamespace())}  # type: ignore[arg-type]
    schedule = jobs["watch/tunisia"].schedule
    assert isinstance(schedule, Daily)
    assert schedule.zone == "Africa/Tunis"
    said = jobs["watch/tunisia"].run(Turn("run", START, START, lambda: False, lambda _: None))
    assert "feeds as usual: " in said


@pytest.mark.fault(12)
def test_the_doctor_tells_of_feeds_that_are_unwell(service: tuple[Settings, Service]) -> None:
    """Nothing is wrong with a feed that was never asked; one that has failed is unwell."""
    settings, opened = service
    now = datetime(2016, 3, 8, tzinfo=UTC)
    assert "none is unwell" in str(look_at_feeds(settings, now))
    opened.feeds.start("tunisia/inbox", now)
    opened.feeds.fail("tunisia/inbox", "the folder is not there", now)
    found = look_at_feeds(settings, now)
    assert isinstance(found, Unwell)
    assert "tunisia/inbox failed 1 time in a row: the folder is not there; see: tocsin feeds" in found.what


@pytest.mark.fault(12)
def test_a_feed_without_its_credential_is_not_asked_by_hand_either(service: tuple[Settings, Service]) -> None:
    """It says which variable to set, touches no network, and is no failure of the feed."""
    settings, opened = service
    with pytest.raises(InvalidInputError, match=r"TOCSIN_UCDP_TOKEN.*not set") as refused:
        take_feed(opened, "tunisia/ucdp-ged", settings, lambda _: None)
    assert "tunisia/ucdp-ged" in str(refused.value)
    assert "TOCSIN_UCDP_TOKEN_FILE" in str(refused.value)
    assert opened.feeds.state("tunisia/ucdp-ged").started_at is None


@pytest.mark.parametrize("absolute", [False, True])
def test_a_yearly_file_without_a_root_lies_in_the_data_folder(tmp_path: Path, *, absolute: bool) -> None:
    """As a watched folder does, wherever the process was started."""
    (tmp_path / "ged.csv").write_bytes(b"nothing")
    source = str(tmp_path / "ged.csv") if absolute else "ged.csv"
    feed = replace(FEED, kind="ucdp-ged-csv", options={"source": source, "countries": ()})
    with Fetcher(Guard()) as fetcher:
        connector = make_connector(feed, TUNISIA, Settings(home=tmp_path), fetcher)
        with pytest.raises(FeedError, match="a row lacks"):
            list(connector.pages(None))
