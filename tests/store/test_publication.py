"""The books of publications and resolutions on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from support.publications import DRAWS, STATED_AT, stated_odds, statement, stating_fit
from tocsin.domain.chain import verify_chain
from tocsin.domain.errors import StoreError
from tocsin.domain.resolution import How, Outcome, Resolution, windows_of
from tocsin.store.engine import writing
from tocsin.store.fit import FitShelf
from tocsin.store.publication import PublicationShelf
from tocsin.store.resolution import ResolutionShelf

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

Start = Callable[[str], "subprocess.Popen[str]"]

_LATE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def book(engine: Engine, tmp_path: Path) -> Iterator[PublicationShelf]:
    """A book in a store with the fit that states everything."""
    FitShelf(engine, tmp_path / "fits").save(stating_fit(), DRAWS, "test")
    return PublicationShelf(engine)


def _resolution(**changes: object) -> Resolution:
    plain = Resolution(
        theater="full",
        scenario="offensive",
        opened_on=date(2016, 3, 9),
        horizon_days=30,
        publication=1,
        outcome=Outcome.YES,
        settled_at=STATED_AT + timedelta(days=9),
        how=How.RULE,
        author="the rule",
        reason="counted 6 times",
        reports=("one", "two"),
    )
    return replace(plain, **changes).named()  # type: ignore[arg-type]


def test_publications_of_all_theaters_are_one_chain(book: PublicationShelf) -> None:
    """Each is read back bit for bit, by theater and instant or all in order."""
    here = [book.append(statement(0), None), book.append(statement(1), 1)]
    there = book.append(statement(2, theater="other"), None)
    chain = list(book.chain())
    assert chain == [*here, there]
    assert [item.number for item in chain] == [1, 2, 3]
    assert verify_chain(chain) == []
    assert book.publications("full", _LATE) == here
    assert book.publications("full", STATED_AT) == here[:1]
    assert book.latest("full", _LATE) == here[1]
    assert book.latest("full", STATED_AT - timedelta(seconds=1)) is None


def test_numbers_come_back_to_the_last_bit(book: PublicationShelf) -> None:
    """Decimals are text that keeps them."""
    odd = (stated_odds(probability=0.1 + 0.2, error=5e-324, prior=1 / 3),)
    assert book.append(statement(0, odds=odd), None) == book.latest("full", _LATE)
    assert next(iter(book.chain())).odds == odd


def test_the_same_statement_is_recorded_once(book: PublicationShelf) -> None:
    """A client that did not hear that it was recorded says it again."""
    first = book.append(statement(0), None)
    assert book.append(statement(0), None) == first
    assert book.append(statement(0), 1) == first
    assert len(list(book.chain())) == 1


def test_a_statement_decided_on_what_is_not_the_last_is_not_recorded(book: PublicationShelf) -> None:
    """Of two workers that decide at once the second looks again; another theater is not in its way."""
    book.append(statement(0), None)
    assert book.append(statement(1), None) is None
    assert book.append(statement(1, theater="other"), None) is not None
    assert book.append(statement(2), 1) is not None


_PUBLISHER = """
from datetime import UTC, datetime
from support.publications import statement
from tocsin.store.engine import open_engine
from tocsin.store.publication import PublicationShelf
book = PublicationShelf(open_engine({url!r}))
recorded = 0
for number in range({first}, {first} + 15):
    latest = book.latest("full", datetime(2100, 1, 1, tzinfo=UTC))
    recorded += book.append(statement(number), None if latest is None else latest.number) is not None
print(recorded, flush=True)
"""


def test_publishers_at_once_make_one_whole_chain(book: PublicationShelf, url: str, start: Start) -> None:
    """Three processes publish as fast as they can; every one that was told so is in the chain, and no other."""
    processes = [start(_PUBLISHER.format(url=url, first=first)) for first in (0, 100, 200)]
    recorded = 0
    for process in processes:
        assert process.stdout is not None
        recorded += int(process.stdout.readline())
        assert process.wait(60) == 0
    chain = list(book.chain())
    assert len(chain) == recorded >= 15
    assert verify_chain(chain) == []


@pytest.mark.parametrize("table", ["publication", "resolution"])
@pytest.mark.parametrize("change", ["UPDATE {} SET reason = 'better'", "DELETE FROM {}"])
def test_what_was_said_cannot_be_rewritten(engine: Engine, book: PublicationShelf, table: str, change: str) -> None:
    """Not by anybody who has the database and leaves its triggers alone."""
    book.append(statement(0), None)
    ResolutionShelf(engine).record([_resolution()])
    with pytest.raises(StoreError, match="append-only"), writing(engine) as connection:
        connection.execute(text(change.format(table)))
    assert [item.reason for item in book.chain()] == ["daily"]


def test_a_publication_cannot_be_replaced_either(engine: Engine, book: PublicationShelf) -> None:
    """SQLite's REPLACE deletes without asking the trigger for deletions."""
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    book.append(statement(0), None)
    ResolutionShelf(engine).record([_resolution()])
    for again in ("publication SELECT * FROM publication", "resolution SELECT * FROM resolution"):
        with pytest.raises(StoreError, match="append-only"), writing(engine) as connection:
            connection.execute(text(f"REPLACE INTO {again}"))


def test_a_publication_of_no_fit_is_refused(engine: Engine) -> None:
    """What states odds is on record."""
    with pytest.raises(StoreError):
        PublicationShelf(engine).append(statement(0), None)


def test_a_resolution_is_recorded_once_and_superseded_once(engine: Engine, book: PublicationShelf) -> None:
    """Whoever decided on what no longer stands is told by not finding his among those recorded."""
    book.append(statement(0), None)
    shelf = ResolutionShelf(engine)
    first = _resolution()
    assert shelf.record([first]) == (first,)
    assert shelf.record([first, _resolution(reason="the same from another worker")]) == ()
    undone = _resolution(outcome=Outcome.OPEN, supersedes=first.id, settled_at=STATED_AT + timedelta(days=10))
    assert shelf.record([undone]) == (undone,)
    assert shelf.record([_resolution(outcome=Outcome.NO, supersedes=first.id)]) == ()
    assert shelf.resolutions("full", _LATE) == [first, undone]
    assert shelf.resolutions("full", first.settled_at) == [first]
    assert shelf.resolutions("other", _LATE) == []


@pytest.mark.parametrize(
    "changes", [{"publication": 2}, {"outcome": Outcome.OPEN}, {"reason": ""}], ids=["unknown", "never settled", "why"]
)
def test_a_resolution_of_nothing_or_without_reason_is_refused(
    engine: Engine, book: PublicationShelf, changes: dict[str, object]
) -> None:
    """By the database, whoever writes."""
    book.append(statement(0), None)
    with pytest.raises(StoreError):
        ResolutionShelf(engine).record([_resolution(**changes)])


def test_a_window_belongs_to_what_was_stated_first_on_its_day(book: PublicationShelf) -> None:
    """Neither a later statement of that day nor one that was told afterwards opens it."""
    late = {"opens_on": date(2016, 3, 9), "odds": (stated_odds(probability=0.9),)}
    book.append(statement(1, foresight=False, **late), None)
    book.append(statement(2), 1)
    book.append(statement(3, opens_on=date(2016, 3, 11), odds=(stated_odds(), stated_odds("coup"))), 2)
    windows = windows_of(book.chain())
    assert {(key[1], key[2]): window.publication for key, window in windows.items()} == {
        ("offensive", date(2016, 3, 11)): 2,
        ("coup", date(2016, 3, 11)): 3,
    }
