"""Pages of the ledger, of publications and of fits, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from support.fits import fit_of
from support.publications import DRAWS, STATED_AT, statement, stating_fit
from tocsin.domain.event import EventKind
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation, State, state_of, states
from tocsin.store.event import EventShelf
from tocsin.store.fit import FitShelf
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.usecases.ports import LedgerPlace, LedgerQuestion

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

_INDICATORS = ("a/one", "b/two", "c/three")
_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)


def _ledger(engine: Engine, count: int, seed: int) -> ObservationLedger:
    """Reports, a third of which change an earlier one, with many equal days and instants."""
    random, ledger = Random(seed), ObservationLedger(engine)  # noqa: S311 (examples, not secrets)
    rows: list[Observation] = []
    open_: list[Observation] = []
    for number in range(count):
        day, hour = date(2016, 3, 1) + timedelta(days=random.randrange(4)), random.randrange(5)
        changed = open_.pop(random.randrange(len(open_))) if open_ and random.random() < 0.35 else None
        item = Observation(
            "",
            random.choice(_INDICATORS) if changed is None else changed.indicator,
            day,
            float(number),
            Grade("B", "2"),
            f"o{number}",
            "",
            "",
            "x",
            _NOON + timedelta(hours=hour if changed is None else hour + 3),
            supersedes=None if changed is None else changed.id,
            withdrawn=changed is not None and random.random() < 0.3,
            reason="" if changed is None else "counted again",
        ).named()
        rows.append(item)
        if not item.withdrawn:
            open_.append(item)
    ledger.record(rows)
    return ledger


def _place(item: Observation) -> LedgerPlace:
    return item.observed_on, item.recorded_at, item.id


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("size", [1, 7, 500])
def test_pages_hold_what_reading_the_whole_ledger_gives(engine: Engine, size: int, *, everything: bool) -> None:
    """Row for row with what became of each, at an instant in the midst of the changes, for days in the midst."""
    ledger = _ledger(engine, 60, seed=1)
    as_of, since, until = _NOON + timedelta(hours=4), date(2016, 3, 2), date(2016, 3, 3)
    whole = ledger.observations(_INDICATORS, as_of)
    became = states(whole, as_of)
    wanted = [
        (item, *became[item.id])
        for item in whole
        if since <= item.observed_on <= until and (everything or became[item.id][0] is State.STANDS)
    ]
    assert {State.SUPERSEDED, State.STANDS} <= {state for state, _ in became.values()}
    question = LedgerQuestion(_INDICATORS, as_of, since, until, everything)
    found: list[tuple[Observation, State, str | None]] = []
    while page := ledger.page(question, _place(found[-1][0]) if found else None, size):
        assert len(page) <= size
        found += [(item.observation, *state_of(item.observation, item.changed_by)) for item in page]
    assert found == wanted


def test_publications_are_given_a_page_at_a_time(engine: Engine, tmp_path: Path) -> None:
    """Of the theaters asked for, up to an instant, in order of number."""
    FitShelf(engine, tmp_path / "fits").save(stating_fit(), DRAWS, "test")
    book = PublicationShelf(engine)
    last: dict[str, int | None] = {"full": None, "other": None}
    for number, theater in enumerate(("full", "other", "full", "full", "other")):
        recorded = book.append(statement(number, theater=theater), last[theater])
        assert recorded is not None
        last[theater] = recorded.number
    late = STATED_AT + timedelta(days=30)

    def numbers(theaters: set[str], as_of: datetime, after: int, limit: int) -> list[int]:
        return [item.number for item in book.page(theaters, as_of, after, limit)]

    assert numbers({"full"}, late, 0, 2) == [1, 3]
    assert numbers({"full"}, late, 3, 2) == [4]
    assert numbers({"full", "other"}, STATED_AT + timedelta(days=3), 1, 9) == [2, 3, 4]
    assert numbers(set(), late, 0, 9) == []
    assert book.page({"full"}, late, 0, 9) == book.publications("full", late)


def test_all_fits_are_listed_rejected_ones_too(engine: Engine, tmp_path: Path) -> None:
    """The last recorded first, of one theater, as far as they were on record by then."""
    shelf = FitShelf(engine, tmp_path / "fits")
    first = fit_of("a" * 16, b"one")
    minute = timedelta(minutes=1)
    rejected = replace(fit_of("b" * 16, b"two"), rejections=("R-hat",), recorded_at=first.recorded_at + minute)
    other = replace(fit_of("c" * 16, b"three"), theater="mali")
    for fit, draws in ((first, b"one"), (rejected, b"two"), (other, b"three")):
        shelf.save(fit, draws, "test")
    assert shelf.recorded("tunisia", rejected.recorded_at) == [rejected, first]
    assert shelf.recorded("tunisia", first.recorded_at) == [first]
    assert shelf.accepted("tunisia", rejected.recorded_at) == [first]


def test_events_are_those_of_one_actor_or_subject_where_one_is_named(engine: Engine) -> None:
    """And of a kind; nobody's are none."""
    ledger = ObservationLedger(engine)
    for number, author in enumerate(("ada", "bo", "ada")):
        row = Observation("", "a/one", date(2016, 3, 7), 1.0, Grade("B", "2"), str(number), "", "", author, _NOON)
        ledger.record([row.named()])
    events = EventShelf(engine)
    assert [(item.number, item.actor) for item in events.after(0, 9, actor="ada")] == [(1, "ada"), (3, "ada")]
    assert [item.number for item in events.after(1, 9, [EventKind.OBSERVATIONS_RECORDED], "ada")] == [3]
    assert events.after(0, 9, [EventKind.FIT_ACCEPTED], "ada") == []
    assert events.after(0, 9, actor="eve") == []
    second = events.after(1, 1)[0]
    assert events.after(0, 9, subject=second.subject) == [second]
    assert events.after(0, 9, actor="ada", subject=second.subject) == []
