"""Feeds into the ledger: revised and deleted upstream, failed half way, corrected by people."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from support.feeds import ATTACK, CLASH, FEED, START, TUNISIA, World, event, gone, open_world
from tocsin.domain.errors import FeedFormatError, FeedRefusedError, FeedUnavailableError
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.feed import next_due
from tocsin.domain.feed_record import Outcome, record_id
from tocsin.domain.review import Action, Decision, ReviewItem
from tocsin.store.engine import reading
from tocsin.usecases.confirm import confirm
from tocsin.usecases.correct import Changes, correct
from tocsin.usecases.dismiss import dismiss
from tocsin.usecases.feed_ports import RawRecord
from tocsin.usecases.retract import retract
from tocsin.usecases.take_page import Taken

_INDICATORS = {indicator.id: indicator for indicator in TUNISIA.indicators}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        yield opened


def _rows(world: World, question: str) -> list[tuple[object, ...]]:
    with reading(world.engine) as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def test_what_comes_in_is_mapped_kept_as_it_came_and_counts_from_now_on(world: World) -> None:
    """Every rule that matches gives an observation; the raw record stands beside them, with its hash."""
    taken = world.take(event("a", 1, "both"), event("b", 1, "parade"), event("known", 1))
    assert taken == Taken(records=3, unmapped=1, added=3)
    assert sorted(world.says()) == [
        (ATTACK, "2016-02-20", 1.0, "bg-2016"),
        (ATTACK, "2016-02-20", 1.0, "tunisia/wire/a"),
        (CLASH, "2016-02-20", 1.0, "tunisia/wire/a"),
    ]
    first = world.known()[0]
    assert (first.author, first.source, first.entered_at) == ("feed tunisia/wire", "Wire", None)
    assert START < first.recorded_at <= world.now
    assert world.book.outcomes(FEED.id) == {Outcome.MAPPED: 2, Outcome.UNMAPPED: 1}
    reasons = [(item.rule, item.wanted, item.records, item.example) for item in world.book.unmapped(FEED.id)]
    assert reasons == [("attack", "attack or both", 1, "b: parade"), ("clash", "clash or both", 1, "b: parade")]
    (raw,) = _rows(world, "SELECT sha256, fetched_at, latest FROM feed_record WHERE upstream_id = 'b'")
    assert re.fullmatch("[0-9a-f]{64}", str(raw[0]))
    assert world.take() == Taken()


def test_what_was_taken_in_before_changes_nothing(world: World) -> None:
    """The same revision, or another name for the same content."""
    world.take(event("a", 1))
    before = _rows(world, "SELECT * FROM feed_record WHERE revision = '1'"), world.known()
    assert world.take(event("a", 1), event("a", 2)) == Taken(known_already=2)
    assert (_rows(world, "SELECT * FROM feed_record WHERE revision = '1'"), world.known()) == before
    assert _rows(world, "SELECT outcome, latest FROM feed_record WHERE revision = '2'") == [("unchanged", 0)]


@pytest.mark.fault(13)
def test_a_revision_corrects_and_a_deletion_withdraws_and_earlier_instants_do_not_change(world: World) -> None:
    """The evidence as of each earlier instant is the same, bit for bit, whatever the upstream does later."""
    seen: dict[datetime, object] = {}

    def look() -> None:
        known = world.ledger.observations(list(_INDICATORS), world.now)
        seen[world.now] = derive_evidence(TUNISIA, known, world.now)
        for instant, evidence in seen.items():
            everything = world.ledger.observations(list(_INDICATORS), world.now)
            assert derive_evidence(TUNISIA, [o for o in everything if o.recorded_at <= instant], instant) == evidence
            assert derive_evidence(TUNISIA, world.ledger.observations(list(_INDICATORS), instant), instant) == evidence

    look()
    for records, done, says in [
        ([event("a", 1, "both"), event("b", 1)], Taken(records=2, added=3), 3),
        ([event("a", 2, "both", day="2016-02-10")], Taken(records=1, corrected=2), 3),
        ([event("a", 3, day="2016-02-10")], Taken(records=1, corrected=1, retracted=1), 2),
        ([event("a", 4, "parade")], Taken(records=1, unmapped=1, retracted=1), 1),
        ([event("a", 5)], Taken(records=1, added=1), 2),
        ([gone("a", 6)], Taken(records=1, deleted=1, retracted=1), 1),
        ([gone("a", 7), gone("never seen", 1)], Taken(records=1, known_already=1, deleted=1), 1),
        ([event("a", 8)], Taken(records=1, added=1), 2),
        ([gone("a", 9), gone("b", 2)], Taken(records=2, deleted=2, retracted=2), 0),
    ]:
        assert world.take(*records) == done
        assert len(world.says()) == says
        look()
    reasons = {item.reason for item in world.ledger.observations([ATTACK], world.now)}
    assert reasons == {
        "",
        "revised upstream (2)",
        "revised upstream (3)",
        "no rule matches any more",
        "deleted upstream",
    }


def test_an_upstream_that_goes_back_to_what_it_said_is_followed(world: World) -> None:
    """Where revisions are named by their content, the name of the first version comes again."""

    def said(kind: str) -> RawRecord:
        import hashlib  # noqa: PLC0415

        record = event("a", 0, kind)
        return replace(record, revision=hashlib.sha256(record.content).hexdigest())

    for kind in ("attack", "clash", "attack", "clash", "attack"):
        assert world.take(said(kind)).records == 1
        assert [row[0] for row in world.says()] == [ATTACK if kind == "attack" else CLASH]


@pytest.mark.fault(12)
def test_a_page_of_another_form_is_not_taken_and_the_watermark_stays(world: World) -> None:
    """Two of five cannot be read: the upstream has changed its form. One in five is kept and counted."""
    world.take(event("a", 1))
    good = [event(str(number), 1) for number in range(3)]
    with pytest.raises(FeedFormatError, match=r"2 of 5 records; record x: no event: .*changed its form"):
        world.take(*good, RawRecord("x", "1", b"<html>"), RawRecord("y", "1", b"{}"))
    state = world.book.state(FEED.id)
    assert (state.watermark, state.failures) == ("1", 1)
    assert "2 of 5 records" in state.problem
    assert world.known() == world.known(world.now - timedelta(minutes=2))
    assert len(_rows(world, "SELECT id FROM feed_record")) == 1
    world.sent.pop()
    assert world.take(*good, event("3", 1), RawRecord("x", "1", b"<html>")) == Taken(records=5, unreadable=1, added=4)
    assert (world.book.state(FEED.id).failures, world.book.state(FEED.id).problem) == (0, "")
    assert world.book.outcomes(FEED.id)[Outcome.UNREADABLE] == 1


def test_an_unreadable_revision_leaves_standing_what_stood_and_may_be_read_later(world: World) -> None:
    """A reader that has learned the new form reads the same record again."""
    world.take(event("a", 1))
    assert world.take(RawRecord("a", "2", b"{"), event("b", 1)) == Taken(records=2, unreadable=1, added=1)
    assert len(world.says()) == 2
    assert world.take(event("a", 2, day="2016-02-11")) == Taken(known_already=1, corrected=1)
    assert sorted(row[1] for row in world.says()) == ["2016-02-11", "2016-02-20"]


def test_what_is_older_than_the_feed_wants_is_kept_and_not_mapped(world: World) -> None:
    """And told as such."""
    assert world.take(event("a", 1, day="2015-12-31")) == Taken(records=1, unmapped=1)
    assert [(item.rule, item.wanted) for item in world.book.unmapped(FEED.id)] == [("since", "from 2016-01-01")]


def test_what_no_database_takes_as_text_does_not_stop_a_feed(world: World) -> None:
    """A zero byte in an article or an id, as JSON allows it."""
    world.take(event("a\0b", 1, text="bad \0 byte"))
    (item,) = world.known()
    assert "\0" not in item.summary + item.origin
    assert "bad   byte" in item.summary


def test_a_day_that_has_not_begun_is_unreadable(world: World) -> None:
    """As for anybody else who reports."""
    assert world.take(event("a", 1, day="2016-04-01")) == Taken(records=1, unreadable=1)


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("error", "minutes"),
    [
        (FeedUnavailableError(FEED.id, "500"), 1),
        (FeedUnavailableError(FEED.id, "429", 7200.0), 120),
        (FeedRefusedError(FEED.id, "401", "TOCSIN_UCDP_TOKEN"), 360),
    ],
)
def test_pages_before_a_failure_stay_and_the_feed_is_left_alone_for_a_while(
    world: World, error: FeedFormatError, minutes: int
) -> None:
    """The watermark is behind what was taken; the wait doubles, unless the upstream asks for more."""
    with pytest.raises(type(error)):
        world.take(event("a", 1), fails=error)
    state = world.book.state(FEED.id)
    assert (state.watermark, state.failures, state.succeeded_at) == ("1", 1, None)
    assert next_due(FEED, state) == world.now + timedelta(minutes=minutes)
    assert len(world.says()) == 1
    with pytest.raises(type(error)):
        world.take(fails=error)
    again = world.book.state(FEED.id)
    assert again.failures == 2
    assert again.retry_at is not None
    assert again.retry_at - world.now >= timedelta(minutes=max(2, minutes))
    world.take()
    recovered = world.book.state(FEED.id)
    assert (recovered.failures, recovered.problem, recovered.retry_at) == (0, "", None)
    assert next_due(FEED, recovered) == recovered.succeeded_at + FEED.every  # type: ignore[operator]


def test_events_that_count_once_share_their_origin_in_any_order(world: World) -> None:
    """Named by day and place; the first of them may be deleted and the others still count once."""
    for name in "ab":
        world.take(event(name, 1, "clash", latitude=33.0, longitude=11.0))
    assert {row[3] for row in world.says()} == {"tunisia/wire/clash/2016-02-20/33.0,11.0"}
    world.take(gone("a", 2))
    assert len(world.says()) == 1


def test_only_the_first_take_in_of_a_declared_history_is_dated_back(tmp_path: Path) -> None:
    """Later old news counts from when it came: what an earlier instant saw does not change any more."""
    with open_world(tmp_path, replace(FEED, history=True)) as world:
        world.take(event("old", 1, day="2016-01-10"))
        world.take(event("late", 1, day="2016-01-11"))
        old, late = world.known()
        assert old.recorded_at < datetime(2016, 1, 20, tzinfo=UTC)
        assert old.entered_at is not None
        assert old.entered_at > START
        assert (late.entered_at, late.recorded_at > START) == (None, True)


def test_what_a_person_changed_is_not_undone_by_a_revision_but_queued(world: World) -> None:
    """A person who stands for another value decides; and only where the feed says something new."""
    world.take(event("a", 1))
    (before,) = world.known()
    done = correct(
        before.id,
        Changes(value="2"),
        reason="two attacks",
        indicators=_INDICATORS,
        timeline=TUNISIA.timeline,
        ledger=world.ledger,
        now=world.clock(),
        author="ann",
    )
    assert world.take(event("a", 2, text="reworded")).queued == 0
    taken = world.take(event("a", 3, day="2016-02-11"))
    assert (taken.corrected, taken.queued) == (0, 1)
    assert [item.id for item in world.known()] == [done.after.id]
    (item,) = world.queue.items([FEED.id], Decision.WAITING)
    assert (item.action, item.target, item.draft.observed_on) == (Action.CORRECT, done.after.id, "2016-02-11")
    assert item.why == f"ann stands for {done.after.id} (two attacks); the feed has revised it since"

    # A newer revision takes the place of what waits.
    world.take(event("a", 4, day="2016-02-12"))
    (newer,) = world.queue.items([FEED.id], Decision.WAITING)
    assert newer.draft.observed_on == "2016-02-12"
    _, said = confirm(
        newer.id,
        Changes(value="2"),
        theaters={"tunisia": TUNISIA},
        queue=world.queue,
        now=world.clock(),
        author="bob",
    )
    assert [(row.id, row.observed_on.isoformat(), row.value) for row in world.known()] == [(said.id, "2016-02-12", 2.0)]
    assert said.supersedes == done.after.id

    # It is deleted upstream: somebody stands for it, so somebody decides.
    assert world.take(gone("a", 5)).queued == 1
    (last,) = world.queue.items([FEED.id], Decision.WAITING)
    assert (last.action, last.target) == (Action.RETRACT, said.id)
    dismiss(last.id, reason="it did happen", queue=world.queue, now=world.clock(), author="bob")
    assert [row.id for row in world.known()] == [said.id]


def test_what_a_person_withdrew_stays_withdrawn(world: World) -> None:
    """The feed may suggest it again only by saying something else, and then a person decides."""
    world.take(event("a", 1))
    (before,) = world.known()
    retract(
        before.id,
        reason="an exercise",
        indicators=_INDICATORS,
        ledger=world.ledger,
        now=world.clock(),
        author="ann",
    )
    assert world.take(event("a", 2, text="reworded")).queued == 0
    assert world.take(event("a", 3, day="2016-02-12")).queued == 1
    assert world.known() == []
    (item,) = world.queue.items([FEED.id], Decision.WAITING)
    dismiss(item.id, reason="still an exercise", queue=world.queue, now=world.clock(), author="ann")
    assert world.take(event("a", 4, day="2016-02-12", text="again")) == Taken(records=1)
    assert world.known() == []


def test_nothing_in_the_queue_counts_until_it_is_confirmed(tmp_path: Path) -> None:
    """Confirmed in the same transaction as the observation; a dismissed one is not suggested again."""
    with open_world(tmp_path, replace(FEED, review=True)) as world:
        assert world.take(event("a", 1), event("b", 1)) == Taken(records=2, queued=2)
        assert world.known() == []
        first, second = sorted(
            world.queue.items([FEED.id], Decision.WAITING), key=lambda item: "Wire b" in item.draft.summary
        )
        _, said = confirm(
            first.id[:8],
            Changes(grade="A1"),
            theaters={"tunisia": TUNISIA},
            queue=world.queue,
            now=world.clock(),
            author="ann",
        )
        assert (str(said.grade), said.author, said.recorded_at) == ("A1", "ann", world.now)
        assert [item.id for item in world.known()] == [said.id]
        dismiss(second.id, reason="a rumor", queue=world.queue, now=world.clock(), author="ann")
        assert world.book.outcomes(FEED.id) == {Outcome.MAPPED: 1, Outcome.DISMISSED: 1}
        assert world.take(event("b", 2, latitude=33.00001)) == Taken(records=1)
        assert world.take(event("b", 3, day="2016-02-12")).queued == 1
        assert len(world.known()) == 1


@pytest.mark.parametrize("decided", ["dismissed", "confirmed"])
def test_a_text_or_a_link_that_changes_after_the_decision_comes_back_to_be_decided(
    tmp_path: Path, decided: str
) -> None:
    """A rumor that is confirmed, a report that is taken back: the words are all that an article says."""
    with open_world(tmp_path, replace(FEED, review=True)) as world:

        def waiting() -> list[ReviewItem]:
            return world.queue.items([FEED.id], Decision.WAITING)

        def decide() -> None:
            (item,) = waiting()
            if decided == "dismissed":
                dismiss(item.id, reason="a drill", queue=world.queue, now=world.clock(), author="ann")
            else:
                confirm(
                    item.id,
                    Changes(),
                    theaters={"tunisia": TUNISIA},
                    queue=world.queue,
                    now=world.clock(),
                    author="ann",
                )

        for number, more in enumerate(
            [
                {"text": "Unconfirmed: attack drill near the post"},
                {"text": "Ministry confirms attack, 12 dead at the post"},
                {"text": "Ministry confirms attack, 12 dead at the post", "links": ["https://news.example/1"]},
                {"text": "Unconfirmed: attack drill near the post"},
            ]
        ):
            assert world.take(event("a", 2 * number, **more)).queued == (
                0 if (number, decided) == (3, "dismissed") else 1
            )
            if waiting():
                assert more["text"] in waiting()[0].draft.summary
                decide()
            # The same words, and other things that make no difference, are decided already.
            assert world.take(event("a", 2 * number + 1, latitude=33.0, **more)).queued == 0
        assert len(world.known()) == (0 if decided == "dismissed" else 1)


def test_two_records_that_say_the_same_stand_as_one_until_both_are_gone(world: World) -> None:
    """Both are the declared known report; the summaries differ, so both are in the ledger and echo each other."""
    with_same = replace(FEED, same_as={"a": "one", "b": "one"})
    world.feed = with_same
    world.take(event("a", 1), event("b", 1))
    assert [row[3] for row in world.says()] == ["one", "one"]
    world.take(gone("a", 2))
    assert [row[3] for row in world.says()] == ["one"]


_KINDS = st.sampled_from(["attack", "clash", "both", "parade", None])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), _KINDS), max_size=4), max_size=6))
@example([[("a", "attack")], [("a", "clash"), ("a", "attack"), ("a", "clash"), ("a", "attack")]])
def test_after_any_history_the_ledger_says_what_the_upstream_says(
    tmp_path_factory: pytest.TempPathFactory, pages: list[list[tuple[str, str | None]]]
) -> None:
    """Records that are revised and deleted in any order, pages that are sent twice: what stands is the last of each."""
    last: dict[str, str | None] = {}
    with open_world(tmp_path_factory.mktemp("history")) as world:
        for number, page in enumerate(pages):
            records = []
            for place, (name, kind) in enumerate(page):
                revision = number * 10 + place
                records.append(gone(name, revision) if kind is None else event(name, revision, kind))
                last[name] = kind
            if records:
                world.take(*records)
                world.sent.append(world.sent[-1])
                assert world.take().records == 0
        wanted = sorted(
            (indicator, f"tunisia/wire/{name}")
            for name, kind in last.items()
            for indicator, kinds in ((ATTACK, ("attack", "both")), (CLASH, ("clash", "both")))
            if kind in kinds
        )
        assert sorted((row[0], row[3]) for row in world.says()) == wanted


def test_a_record_id_does_not_run_its_parts_together() -> None:
    """Of a feed `a` with record `bc`, and a feed `ab` with record `c`."""
    assert record_id("a", "bc", "1") != record_id("ab", "c", "1") != record_id("a", "b", "c1")
