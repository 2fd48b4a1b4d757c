"""Threshold scenarios settle themselves, from a ledger and publications on a real database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from support.publications import DRAWS, stated_odds, statement, stating_fit
from support.theaters import full_theater
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Collection
from tocsin.domain.observation import Observation
from tocsin.domain.resolution import How, Outcome, Resolution, standing
from tocsin.domain.scenario import Threshold
from tocsin.store.fit import FitShelf
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.store.resolution import ResolutionShelf
from tocsin.usecases.settle import Settled, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from tocsin.domain.theater import Theater

_OPENED = date(2016, 3, 9)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class World:
    """A store with one window of 30 days from 9 March 2016, four attacks within six weeks settle it."""

    theater: Theater
    ledger: ObservationLedger
    publications: PublicationShelf
    resolutions: ResolutionShelf

    def report(self, day: int, value: float = 1.0, known: int | None = None, **changes: object) -> Observation:
        """Record an attack on the day-th day of the window, known at noon of that day or of a later one."""
        on = _OPENED + timedelta(days=day)
        noon = datetime.combine(on if known is None else _OPENED + timedelta(days=known), time(12), tzinfo=UTC)
        plain = Observation("", "field/attack", on, value, Grade("B", "2"), f"o{day}", "", "", "x", noon)
        item = replace(plain, **changes).named()  # type: ignore[arg-type]
        self.ledger.record([item])
        return item

    def settle(self, day: int, missing: Callable[[str, date], str | None] = lambda *_: None) -> Settled:
        """Settle in the afternoon of the day-th day of the window."""
        return settle(
            self.theater,
            ledger=self.ledger,
            publications=self.publications,
            resolutions=self.resolutions,
            now=datetime.combine(_OPENED + timedelta(days=day), time(15), tzinfo=UTC),
            missing=missing,
        )

    @property
    def outcomes(self) -> list[Outcome]:
        """Every version, oldest first."""
        return [item.outcome for item in self.resolutions.resolutions("full", _LATE)]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    """With a window of the rule and one of an event, which only people settle."""
    FitShelf(engine, tmp_path / "fits").save(stating_fit(), DRAWS, "test")
    book = PublicationShelf(engine)
    book.append(statement(0, odds=(stated_odds(), stated_odds("coup", rule=""))), None)
    book.append(statement(0, as_of=statement().as_of + _MINUTE, stated_at=statement().stated_at + _MINUTE), 1)
    return World(full_theater(), ObservationLedger(engine), book, ResolutionShelf(engine))


def test_a_window_is_settled_yes_as_soon_as_its_rule_is_met(world: World) -> None:
    """By name of the reports that met it, for the first statement of its day; again it changes nothing."""
    reports = [world.report(day) for day in (1, 3, 5)]
    assert world.settle(5).recorded == ()
    reports.append(world.report(8))
    done = world.settle(8)
    assert [(item.outcome, item.how, item.publication) for item in done.recorded] == [(Outcome.YES, How.RULE, 1)]
    assert done.recorded[0].reports == tuple(item.id for item in reports)
    assert "counted 4 times within 6 weeks" in done.recorded[0].reason
    assert world.settle(8).recorded == world.settle(60).recorded == ()


@pytest.mark.parametrize(("day", "settled"), [(29, False), (30, False), (31, True)])
def test_a_no_waits_for_the_end_and_for_the_delay(world: World, day: int, settled: bool) -> None:  # noqa: FBT001
    """The window's last day is the 29th counted from 0, and a report of it takes a day."""
    world.report(2, value=3.0)
    done = world.settle(day)
    assert [item.outcome for item in done.recorded] == ([Outcome.NO] if settled else [])
    assert bool(done.waiting) == (day == 30)


def test_silence_of_a_feed_is_no_no(world: World) -> None:
    """A false "resolved" when data vanish; once the feed has caught up it is one."""
    world.report(2)
    asked: list[tuple[str, date]] = []

    def missing(indicator: str, day: date) -> str:
        asked.append((indicator, day))
        return "feed ucdp has been silent since 2016-03-20"

    done = world.settle(40, missing)
    assert done.recorded == ()
    assert [reason for _, reason in done.waiting] == ["feed ucdp has been silent since 2016-03-20"]
    assert asked == [("field/attack", date(2016, 4, 7))]
    assert [item.outcome for item in world.settle(40).recorded] == [Outcome.NO]


def test_where_nobody_looked_there_is_no_no(world: World) -> None:
    """An empty ledger is not a quiet border; nor is a doubtful report somebody who looked."""
    world.report(2, grade=Grade("E", "5"))
    done = world.settle(200)
    assert done.recorded == ()
    assert "nobody is known to have looked on 2016-02-01" in done.waiting[0][1]


@pytest.mark.parametrize(
    "changes",
    [
        {"collection": Collection.OCCASIONAL, "since": None},
        {"since": date(2016, 3, 10)},
        {"since": date(2016, 2, 2)},  # the rule looks back from the window's first week to Monday, 1 February
    ],
)
def test_what_was_not_collected_is_left_to_people(world: World, changes: dict[str, object]) -> None:
    """Silence of what is looked at on occasion, or since later, says nothing."""
    world.report(2)
    attack, *others = world.theater.indicators
    theater = replace(world.theater, indicators=(replace(attack, **changes), *others))  # type: ignore[arg-type]
    done = replace(world, theater=theater).settle(60)
    assert done.recorded == ()
    assert "judge it" in done.waiting[0][1]


def test_what_was_collected_as_far_back_as_the_rule_looks_is_settled(world: World) -> None:
    """From the first of the six weeks that end with the window's first."""
    world.report(2)
    attack, *others = world.theater.indicators
    theater = replace(world.theater, indicators=(replace(attack, since=date(2016, 2, 1)), *others))
    assert [item.outcome for item in replace(world, theater=theater).settle(60).recorded] == [Outcome.NO]


def test_where_nobody_looked_before_the_window_there_is_no_no(world: World) -> None:
    """Attacks of the weeks before count toward the rule, so silence of then must be somebody's."""
    world.report(0, value=0.0, observed_on=_OPENED + timedelta(days=80), known=80)
    done = world.settle(90)
    assert done.recorded == ()
    assert "nobody is known to have looked on 2016-02-01" in done.waiting[0][1]


def test_a_correction_that_undoes_it_is_recorded_beside_it(world: World) -> None:
    """First open again, then no: three versions, each naming the former; nothing is rewritten."""
    big = world.report(2, value=4.0)
    first = world.settle(2).recorded[0]
    world.report(2, value=3.0, known=4, supersedes=big.id, reason="one was a smuggler", origin=big.origin)
    undone = world.settle(5).recorded[0]
    assert (undone.outcome, undone.supersedes) == (Outcome.OPEN, first.id)
    assert f"superseding {first.id}, which said yes" in undone.reason
    assert world.settle(6).recorded == ()
    assert world.settle(40).recorded[0].supersedes == undone.id
    assert world.outcomes == [Outcome.YES, Outcome.OPEN, Outcome.NO]
    assert len(standing(world.resolutions.resolutions("full", _LATE))) == 1


def test_a_report_that_comes_after_the_no_turns_it(world: World) -> None:
    """A year later, too."""
    world.report(2, value=3.0)
    assert world.settle(40).recorded[0].outcome is Outcome.NO
    world.report(9, known=400)
    assert world.settle(401).recorded[0].outcome is Outcome.YES
    assert world.outcomes == [Outcome.NO, Outcome.YES]


def test_what_people_have_judged_no_rule_overrides(world: World) -> None:
    """An automatic job that undoes it would make judging pointless."""
    window = date(2016, 3, 9)
    now = datetime(2016, 3, 12, tzinfo=UTC)
    judged = Resolution(
        "full", "offensive", window, 30, 1, Outcome.VOID, now, How.JUDGED, "ann", "The rule was ill posed"
    ).named()
    world.resolutions.record([judged])
    world.report(5, value=9.0)
    done = world.settle(40)
    assert done.recorded == ()
    assert done.left_to_people == 1
    assert world.outcomes == [Outcome.VOID]


def test_a_window_is_settled_by_the_rule_that_was_declared_when_it_opened(world: World) -> None:
    """A file that is edited afterwards neither settles it nor undoes what the rule has settled."""
    offensive = world.theater.scenario("offensive")
    easier = replace(offensive, mechanism=Threshold("field/attack", 2, 6))
    scenarios = tuple(easier if item is offensive else item for item in world.theater.scenarios)
    edited = replace(world, theater=replace(world.theater, scenarios=scenarios))
    world.report(2, value=3.0)
    assert edited.settle(5).recorded == ()
    assert [reason for _, reason in edited.settle(40).waiting] == [
        "the rule that was declared when it opened is not declared any more; judge it"
    ]
    assert [item.outcome for item in world.settle(40).recorded] == [Outcome.NO]
    assert edited.settle(41).recorded == ()


def test_events_are_never_settled_by_a_rule(world: World) -> None:
    """They have none; their windows wait for a person."""
    world.report(2)
    assert {item.scenario for item in world.settle(400).recorded} == {"offensive"}
