"""A watched folder: files as people put them there, replace them, and get them wrong."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.feeds import FEED, TUNISIA, World, open_world
from tocsin.domain.errors import FeedError, FeedFormatError, FeedUnavailableError, InvalidObservationError
from tocsin.domain.feed import SETTLED_SECONDS
from tocsin.domain.feed_record import Outcome
from tocsin.domain.observation import Draft, read_drafts
from tocsin.domain.review import ROW_GONE, Action, Decision, ReviewItem
from tocsin.feeds.folder import FolderFeed, unsettled
from tocsin.usecases.confirm import confirm
from tocsin.usecases.correct import Changes, correct
from tocsin.usecases.dismiss import dismiss
from tocsin.usecases.ingest import ingest
from tocsin.usecases.retract import retract
from tocsin.usecases.take_page import Taken

if TYPE_CHECKING:
    from tocsin.usecases.feed_ports import Page

_HEAD = "observed_on,indicator,value,grade,origin,summary\n"
_ONE = "2016-02-20,violence/border-attack,1,B2,first,one\n"
_TWO = "2016-02-21,violence/border-attack,1,B2,second,two\n"
_NOW = datetime(2016, 3, 1, 12, tzinfo=UTC)


def _check(drafts: list[Draft]) -> list[object]:
    indicators = {indicator.id: indicator for indicator in TUNISIA.indicators}
    try:
        read_drafts(drafts, indicators, _NOW.date())
    except InvalidObservationError as error:
        return list(error.problems)
    return []


@dataclass
class Inbox:
    """A folder and the world that it is taken into."""

    world: World
    folder: Path
    complete: bool = False
    review: bool = False

    def put(self, name: str, text: str, age_seconds: float = 60.0) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        then = _NOW.timestamp() - age_seconds
        os.utime(path, (then, then))
        return path

    @property
    def connector(self) -> FolderFeed:
        return FolderFeed(FEED.id, self.folder, self.complete, _check, lambda: _NOW)  # type: ignore[arg-type]

    def take(self) -> Taken:
        return ingest(
            replace(FEED, rules=(), review=self.review),
            theater=TUNISIA,
            connector=self.connector,
            book=self.world.book,
            clock=self.world.clock,
            report=lambda _: None,
        )

    def waiting(self) -> list[ReviewItem]:
        return self.world.queue.items([FEED.id], Decision.WAITING)

    def origins(self) -> list[str]:
        return [row[3] for row in self.world.says()]


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    with open_world(tmp_path) as world:
        yield Inbox(world, folder)


def test_rows_are_observations_and_a_file_is_read_once(inbox: Inbox) -> None:
    """With the source and origin that a row states; otherwise the feed is the source."""
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    assert inbox.take() == Taken(records=2, added=2)
    assert inbox.origins() == ["first", "second"]
    assert {item.source for item in inbox.world.known()} == {"Wire"}
    assert list(inbox.connector.pages(inbox.world.book.state(FEED.id).watermark)) == []
    assert inbox.take() == Taken()


def test_a_replaced_file_corrects_the_rows_that_it_states_anew(inbox: Inbox) -> None:
    """The row is known again by day, indicator and origin, wherever in the file it stands."""
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    inbox.put("a.csv", _HEAD + _TWO + _ONE.replace(",1,B2", ",3,A1"))
    assert inbox.take() == Taken(records=1, known_already=1, corrected=1)
    assert sorted((row[3], row[2]) for row in inbox.world.says()) == [("first", 3.0), ("second", 1.0)]


@pytest.mark.fault(13)
@pytest.mark.parametrize("complete", [False, True])
def test_rows_that_are_gone_are_withdrawn_only_where_files_are_complete(inbox: Inbox, complete: bool) -> None:  # noqa: FBT001
    """And come back when they are there again; a file that is gone says nothing."""
    inbox.complete = complete
    path = inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    inbox.put("a.csv", _HEAD + _TWO)
    assert inbox.take().retracted == int(complete)
    assert inbox.origins() == (["second"] if complete else ["first", "second"])
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    assert inbox.take().added == int(complete)
    path.unlink()
    assert inbox.take() == Taken()
    assert sorted(inbox.origins()) == ["first", "second"]


@pytest.mark.fault(12)
def test_a_bad_file_is_refused_line_by_line_and_others_go_on(inbox: Inbox) -> None:
    """Nothing of it is taken, good rows included; mended, it is."""
    inbox.put("a.csv", _HEAD + _ONE + "2016-02-30,violence/border-atack,1,Z9,x,y\n", age_seconds=90)
    inbox.put("b.csv", _HEAD + _TWO)
    with pytest.raises(FeedFormatError) as refused:
        inbox.take()
    assert "a.csv:3: grade is 'Z9'" in str(refused.value)
    assert "a.csv:3: indicator is 'violence/border-atack'" in str(refused.value)
    assert inbox.origins() == ["second"]
    state = inbox.world.book.state(FEED.id)
    assert "a.csv:3" in state.problem
    assert state.retry_at == inbox.world.now + FEED.every
    inbox.put("a.csv", _HEAD + _ONE)
    assert inbox.take() == Taken(records=1, added=1)
    assert inbox.world.book.state(FEED.id).problem == ""


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda inbox: inbox.put("a.csv", _HEAD + _ONE, age_seconds=2.0),
        lambda inbox: inbox.put("a.csv.part", _HEAD + _ONE),
        lambda inbox: inbox.put(".a.csv", _HEAD + _ONE),
        lambda inbox: inbox.put("notes.txt", "x"),
        lambda inbox: (inbox.folder / "a.csv").mkdir(),
    ],
    ids=["just written", "under another name", "hidden", "no table", "a folder"],
)
def test_what_is_being_written_or_is_none_of_ours_is_left_alone(inbox: Inbox, spoil: Callable[[Inbox], object]) -> None:
    """Next time it may be whole."""
    spoil(inbox)
    assert inbox.take() == Taken()


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size or time is another one after the reading."""
    path = inbox.put("a.csv", _HEAD + _ONE)
    opened = Path.open

    def written_meanwhile(self: Path, *how: str) -> object:
        file = opened(self, *how)
        os.utime(path, (_NOW.timestamp() - 30, _NOW.timestamp() - 30))
        return file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", written_meanwhile)
        assert inbox.take() == Taken()
    assert inbox.take().added == 1


def test_a_folder_that_is_not_there_is_an_unavailable_feed(inbox: Inbox) -> None:
    """A disk that is not mounted must not pass for silence."""
    inbox.folder.rmdir()
    with pytest.raises(FeedUnavailableError, match="cannot be read"):
        inbox.take()


def test_a_large_file_is_taken_in_pages_and_known_only_after_the_last(inbox: Inbox) -> None:
    """Killed in between, the rest is sent again."""
    rows = [f"2016-02-{1 + n % 28:02d},violence/border-attack,1,B2,o{n},s\n" for n in range(1100)]
    inbox.put("a.csv", _HEAD + "".join(rows))
    pages: list[Page] = list(inbox.connector.pages(None))
    assert [len(page.records) for page in pages] == [500, 500, 100]
    assert [page.watermark == "{}" for page in pages] == [True, True, False]
    assert inbox.take().added == 1100


def test_two_rows_that_are_alike_are_two_records_and_one_report(inbox: Inbox) -> None:
    """As an import has it; taking one away leaves the report standing, as the other still says it."""
    inbox.complete = True
    inbox.put("a.csv", _HEAD + _ONE + _ONE)
    assert inbox.take() == Taken(records=2, added=1)
    inbox.put("a.csv", _HEAD + _ONE)
    assert inbox.take().retracted == 0
    assert inbox.origins() == ["first"]
    inbox.put("a.csv", _HEAD + _TWO)
    assert inbox.take() == Taken(records=2, added=1, deleted=1, retracted=1)


def test_a_record_that_is_no_draft_is_told(inbox: Inbox) -> None:
    """Only a store that somebody else wrote to holds one."""
    (page,) = (inbox.put("a.csv", _HEAD + _ONE), *inbox.connector.pages(None))[1:]
    with pytest.raises(FeedError, match="is no observation"):
        inbox.connector.read(replace(page.records[0], content=b"{"))


def test_files_come_in_the_order_in_which_they_were_put_there(inbox: Inbox) -> None:
    """So that of two corrections the later one holds."""
    inbox.put("b.csv", _HEAD + _ONE, age_seconds=timedelta(hours=2).total_seconds())
    inbox.put("a.csv", _HEAD + _TWO)
    assert [page.records[0].upstream_id[:5] for page in inbox.connector.pages(None)] == ["b.csv", "a.csv"]


_MENDED = _ONE.replace("2016-02-20", "2016-02-19")


@pytest.mark.fault(13)
def test_a_day_that_is_mended_in_a_file_asks_whether_the_old_row_still_counts(inbox: Inbox) -> None:
    """The mended row is another row; until a person decides, both count, and the take says so."""
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    inbox.put("a.csv", _HEAD + _MENDED + _TWO)
    assert inbox.take() == Taken(records=2, known_already=1, deleted=1, added=1, queued=1)
    assert sorted(inbox.origins()) == ["first", "first", "second"]
    (item,) = inbox.waiting()
    assert (item.action, item.draft.observed_on) == (Action.RETRACT, "2016-02-20")
    assert "not in its file any more" in item.why
    confirm(
        item.id,
        Changes(),
        theaters={"tunisia": TUNISIA},
        queue=inbox.world.queue,
        now=inbox.world.clock(),
        author="ann",
    )
    assert sorted(row[1] for row in inbox.world.says()) == ["2016-02-19", "2016-02-21"]
    inbox.put("a.csv", _HEAD + _MENDED)
    assert inbox.take().queued == 1


def test_what_somebody_withdraws_meanwhile_is_asked_about_no_more(inbox: Inbox) -> None:
    """Corrected before or not: who withdrew it has decided, the record is settled, and the row may come back."""
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    inbox.put("a.csv", _HEAD + _TWO)
    inbox.take()
    (item,) = inbox.waiting()
    indicators = {indicator.id: indicator for indicator in TUNISIA.indicators}
    corrected = correct(
        str(item.target),
        Changes(value="2"),
        reason="two posts",
        indicators=indicators,
        timeline=TUNISIA.timeline,
        ledger=inbox.world.ledger,
        now=inbox.world.clock(),
        author="ann",
    )
    assert inbox.waiting() == [item]
    withdrawn = retract(
        corrected.after.id,
        reason="an exercise",
        indicators=indicators,
        ledger=inbox.world.ledger,
        now=inbox.world.clock(),
        author="ann",
    )
    assert inbox.waiting() == []
    (decided,) = inbox.world.queue.items([FEED.id], Decision.CONFIRMED)
    assert (decided.id, decided.decided_by, decided.observation) == (item.id, "ann", withdrawn.after.id)
    assert Outcome.WAITING not in inbox.world.book.outcomes(FEED.id)
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    (again,) = inbox.waiting()
    assert again.action is Action.REPORT
    assert "ann has withdrawn" in again.why


def test_a_row_that_should_stay_is_asked_about_once_and_may_come_back(inbox: Inbox) -> None:
    """Dismissed, it counts on; and a row that is in its file again needs no decision."""
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    inbox.put("a.csv", _HEAD + _TWO)
    assert inbox.take().queued == 1
    inbox.put("a.csv", _HEAD + _TWO + _ONE)
    assert inbox.take().queued == 0
    assert inbox.waiting() == []
    inbox.put("a.csv", _HEAD + _TWO)
    assert inbox.take().queued == 1
    (item,) = inbox.waiting()
    dismiss(item.id, reason="it happened", queue=inbox.world.queue, now=inbox.world.clock(), author="ann")
    inbox.put("a.csv", _HEAD + _TWO + _ONE.replace("first", "third"))
    assert inbox.take() == Taken(records=1, known_already=1, added=1)
    assert sorted(inbox.origins()) == ["first", "second", "third"]


def test_a_file_that_is_used_again_for_other_rows_asks_nothing(inbox: Inbox) -> None:
    """No row of many is left: the name was used again. Of a few rows, all may have been mended."""
    rows = [f"2016-02-{1 + n:02d},violence/border-attack,1,B2,o{n},s\n" for n in range(22)]
    inbox.put("a.csv", _HEAD + "".join(rows[:11]))
    inbox.take()
    inbox.put("a.csv", _HEAD + "".join(rows[11:]))
    assert inbox.take() == Taken(records=11, added=11)
    inbox.put("b.csv", _HEAD + _ONE)
    inbox.take()
    inbox.put("b.csv", _HEAD + _MENDED)
    assert inbox.take().queued == 1


def test_what_waits_is_not_dropped_as_its_row_is_gone_but_says_so(inbox: Inbox) -> None:
    """Nobody has decided on it yet, and nothing of it counts that could be withdrawn; that it is gone bears on that."""
    inbox.review = True
    inbox.put("a.csv", _HEAD + _ONE)
    assert inbox.take().queued == 1
    inbox.put("a.csv", _HEAD + _TWO)
    assert inbox.take() == Taken(records=1, known_already=1, queued=1)
    assert {item.draft.origin: ROW_GONE in item.why for item in inbox.waiting()} == {"first": True, "second": False}
    inbox.put("a.csv", _HEAD + _TWO + _TWO.replace("second", "third"))
    inbox.take()
    assert [item.why.count(ROW_GONE) for item in inbox.waiting() if item.draft.origin == "first"] == [1]
    inbox.put("a.csv", _HEAD + _ONE + _TWO)
    inbox.take()
    assert {item.draft.origin: item.why for item in inbox.waiting() if ROW_GONE not in item.why} == {
        "first": "a person confirms what this feed brings",
        "second": "a person confirms what this feed brings",
    }


def test_only_so_many_rows_are_remembered(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the files taken last: the watermark is written with every page."""
    monkeypatch.setattr("tocsin.feeds.folder.MOST_COMPLETE_ROWS", 3)
    for name, text in (("a.csv", _ONE), ("b.csv", _TWO), ("c.csv", _ONE + _TWO), ("d.csv", (_ONE + _TWO) * 2)):
        inbox.put(name, _HEAD + text)
        inbox.take()
    files = json.loads(str(inbox.world.book.state(FEED.id).watermark))
    assert {name: len(item["rows"]) for name, item in files.items()} == {"a.csv": 0, "b.csv": 1, "c.csv": 2, "d.csv": 0}


def test_what_was_saved_just_now_is_told_with_the_seconds_that_it_must_rest(inbox: Inbox) -> None:
    """Exactly what a take would leave, so that who waits for it waits long enough and no longer."""
    inbox.put("new.csv", _HEAD + _ONE, age_seconds=1.5)
    inbox.put("settled.csv", _HEAD + _TWO, age_seconds=SETTLED_SECONDS)
    inbox.put("new.csv.part", _HEAD + _ONE, age_seconds=1.5)
    inbox.put("tomorrow.csv", _HEAD + _ONE, age_seconds=-90)
    assert unsettled(inbox.folder, _NOW) == {"new.csv": SETTLED_SECONDS - 1.5}
    assert unsettled(inbox.folder, _NOW + timedelta(seconds=SETTLED_SECONDS - 1.5)) == {}
    assert unsettled(inbox.folder / "not there", _NOW) == {}
    assert inbox.take().added == 2
