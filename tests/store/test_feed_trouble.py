"""Feeds whose records cannot be read, once or for good: nothing is counted twice, lost unseen, or stopped for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from support.feeds import FEED, START, TUNISIA, Script, World, event, open_world
from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.domain.feed_record import Outcome
from tocsin.domain.feed_watch import watch_feed
from tocsin.store.engine import reading
from tocsin.usecases.feed_ports import Page, RawRecord
from tocsin.usecases.ingest import PATIENCE, ingest
from tocsin.usecases.take_page import Taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tocsin.domain.incident import Incident


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def _bad(name: str, revision: int = 1) -> RawRecord:
    return RawRecord(name, str(revision), b"<html>")


def _fetched(world: World, name: str) -> str:
    question = text("SELECT fetched_at FROM feed_record WHERE upstream_id = :name")
    with reading(world.engine) as connection:
        return str(connection.execute(question, {"name": name}).scalar_one())


@pytest.mark.fault(12)
def test_bad_rows_that_are_sent_again_are_no_news_and_do_not_stop_a_table(world: World) -> None:
    """A table is sent as a whole: its six bad rows beside one new row are not six in seven of what is new."""
    bad = [_bad(f"b{number}") for number in range(6)]
    table = [*(event(f"g{number}", 1) for number in range(94)), *bad]
    assert world.take(*table) == Taken(records=100, unreadable=6, added=94)
    before = _fetched(world, "b0")
    for number in range(3):
        table.append(event(f"new{number}", 1))
        assert world.take(*table) == Taken(records=1, known_already=100 + number, added=1)
    assert _fetched(world, "b0") == before
    assert world.book.outcomes(FEED.id) == {Outcome.MAPPED: 97, Outcome.UNREADABLE: 6}


def test_what_could_not_be_read_is_read_once_it_can_be(world: World) -> None:
    """A day that has not begun yet has begun a day later: sent again, the record counts, and is news at last."""
    world.take(event("a", 1))
    tomorrow = event("t", 1, day=(START + timedelta(days=1)).date().isoformat())
    assert world.take(event("b", 1), tomorrow) == Taken(records=2, unreadable=1, added=1)
    world.now += timedelta(days=1)
    assert world.take(tomorrow) == Taken(known_already=1, added=1)
    assert world.book.state(FEED.id).new_at == world.now
    assert world.book.outcomes(FEED.id) == {Outcome.MAPPED: 3}


@pytest.mark.fault(12)
def test_a_bad_row_that_is_sent_each_time_does_not_hide_silence(world: World) -> None:
    """Nothing new has come for a month, and that is what is said."""
    world.take(event("a", 1), _bad("b"))
    came = world.now
    for _ in range(30):
        world.now += timedelta(days=1)
        assert world.take(event("a", 1), _bad("b")) == Taken(known_already=2)
    state = world.book.state(FEED.id)
    assert state.new_at == came
    assert [found.what for found in watch_feed(FEED, state, (), world.now)] == ["silent"]


def test_new_rows_that_cannot_be_read_are_not_what_a_feed_is_watched_for(world: World) -> None:
    """Of a page the readable ones move the instant of the last news; others do not."""
    assert world.take(_bad("a")) == Taken(records=1, unreadable=1)
    assert world.book.state(FEED.id).new_at is None
    world.take(event("b", 1), _bad("c"))
    assert world.book.state(FEED.id).new_at == world.now


@pytest.mark.fault(12)
def test_a_small_feed_that_changes_its_form_fails_and_loses_nothing(world: World) -> None:
    """One row a page is too few for a share; none of it being readable says enough. Mended, it is read."""
    world.take(event("a", 1))
    for name in ("b", "c"):
        with pytest.raises(
            FeedFormatError, match=r"of \d new records? of a page none .* earlier ones could.*changed its form"
        ):
            world.take(_bad(name))
        state = world.book.state(FEED.id)
        assert (state.watermark, "none can be read" in state.problem) == ("1", True)
    assert world.book.state(FEED.id).failures == 2
    world.sent[1:] = [Page((event("b", 2), event("c", 2)), "2")]
    assert world.take() == Taken(records=2, added=2)


def test_one_record_that_is_never_readable_holds_a_feed_up_for_days_and_not_for_ever(world: World) -> None:
    """After that it is kept as unreadable, and what is behind it comes in."""
    world.take(event("a", 1))
    world.sent += [Page((_bad("poison"),), "2"), Page((event("b", 1),), "3")]
    refused = 0
    while world.book.state(FEED.id).watermark == "1":
        try:
            world.take()
        except FeedFormatError:
            refused += 1
    assert refused == PATIENCE // FEED.every
    assert world.book.state(FEED.id).watermark == "3"
    assert world.book.outcomes(FEED.id) == {Outcome.MAPPED: 2, Outcome.UNREADABLE: 1}


def test_a_changed_form_is_not_given_in_to(world: World) -> None:
    """Record after record, however long it takes: a handful in a row is no accident."""
    world.take(event("a", 1))
    world.sent += [Page((_bad(f"b{number}"),), str(number + 2)) for number in range(9)]
    for _ in range(5 * (PATIENCE // FEED.every)):
        with pytest.raises(FeedFormatError):
            world.take()
    assert world.book.state(FEED.id).watermark == "5"
    assert world.book.outcomes(FEED.id)[Outcome.UNREADABLE] == 4


def test_history_is_dated_back_by_the_first_take_in_alone_though_it_broke_off(tmp_path: Path) -> None:
    """What an instant between two attempts saw is what it sees later, too."""
    with open_world(tmp_path, replace(FEED, history=True)) as world:
        broken = FeedUnavailableError(FEED.id, "500 at the last page")
        with pytest.raises(FeedUnavailableError):
            world.take(fails=broken)
        with pytest.raises(FeedUnavailableError):
            world.take(event("a", 1), event("b", 1), fails=broken)
        assert all(item.entered_at is not None for item in world.known())
        world.now += timedelta(days=10)
        middle, seen = world.now, world.known()
        world.now += timedelta(days=10)
        world.take(event("late", 1, day="2016-02-25"))
        assert world.known(middle) == seen
        assert len(world.known()) == 3


class _Broken(Script):
    """A connector with a fault of its own."""

    def pages(self, watermark: str | None) -> Iterator[Page]:
        yield from super().pages(watermark)
        raise ZeroDivisionError("it was \0 \ud800 nothing")


class _Poisoned(Script):
    """A reader whose message holds what no database takes as text."""

    def read(self, record: RawRecord) -> Incident:
        if record.content == b"poison":
            raise FeedFormatError(FEED.id, "the row lacks day; it has \0 \ud800")
        return super().read(record)


def _take(world: World, connector: Script) -> Taken:
    def clock() -> datetime:
        return world.clock()

    return ingest(world.feed, theater=TUNISIA, connector=connector, book=world.book, clock=clock, report=lambda _: None)


@pytest.mark.fault(12)
def test_a_fault_of_ours_is_noted_with_the_feed_before_it_is_raised(url: str) -> None:
    """`tocsin feeds` then says that the feed fails; otherwise its last success would only grow old."""
    world = World(url)
    try:
        with pytest.raises(ZeroDivisionError):
            _take(world, _Broken([Page((event("a", 1),), "1")]))
        state = world.book.state(FEED.id)
        assert (state.failures, state.watermark, state.problem) == (1, "1", "ZeroDivisionError: it was     nothing")
        assert state.retry_at is not None
        assert state.retry_at > world.now
    finally:
        world.engine.dispose()


def test_why_a_record_is_unreadable_can_be_kept_whatever_it_holds(url: str) -> None:
    """A zero byte, or half a character, in the name of a column."""
    world = World(url)
    try:
        records = (event("a", 1), RawRecord("half \ud800", "\ud800", b"poison"))
        assert _take(world, _Poisoned([Page(records, "1")])) == Taken(records=2, unreadable=1, added=1)
    finally:
        world.engine.dispose()
