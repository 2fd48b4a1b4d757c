"""What we would have said with today's corrections, on the Tunisia theater's fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.domain.elicitation import logit
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.grading import Grade
from tocsin.domain.hindsight import as_corrected
from tocsin.domain.observation import Observation
from tocsin.domain.odds import Status
from tocsin.store.engine import open_engine
from tocsin.store.fit import FitShelf
from tocsin.store.migrate import upgrade
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.usecases.publish import publish
from tocsin.usecases.restate import MOST_POINTS, Restated, restate, state_corrected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from support.kit import Kit
    from tocsin.domain.fit import Fit
    from tocsin.domain.publication import Publication

_HOUR = timedelta(hours=1)
_DAY = date(2016, 3, 8)
_ATTACK = "violence/border-attack"


@dataclass(frozen=True)
class World:
    """A store that was kept from day to day: reports written down when they were known, and the fit of 8 March."""

    kit: Kit
    ledger: ObservationLedger
    fits: FitShelf
    book: PublicationShelf
    fitted: Fit

    def report(self, after: timedelta, **changes: object) -> Observation:
        """Record a report so long after the fit."""
        plain = Observation("", _ATTACK, _DAY, 3.0, Grade("A", "1"), "clash", "", "", "x", self.fitted.as_of + after)
        item = replace(plain, **changes).named()  # type: ignore[arg-type]
        self.ledger.record([item])
        return item

    def change(self, item: Observation, after: timedelta, **changes: object) -> Observation:
        """Record a change of a report."""
        known = self.fitted.as_of + after
        fields = {"supersedes": item.id, "recorded_at": known, "entered_at": None, "reason": "counted again"}
        changed = replace(item, **(fields | changes)).named()  # type: ignore[arg-type]
        self.ledger.record([changed])
        return changed

    def publish(self, after: timedelta) -> Publication:
        """Publish so long after the fit."""
        codec, now = self.kit.service.codec, self.fitted.as_of + after
        done = publish(
            self.kit.theater, ledger=self.ledger, fits=self.fits, codec=codec, publications=self.book, now=now
        )
        assert done.publication is not None
        return done.publication

    def restate(self, *publications: Publication) -> tuple[Restated, ...]:
        """What would have been said, with what is known a month later."""
        return restate(
            self.kit.theater,
            publications,
            ledger=self.ledger,
            fits=self.fits,
            codec=self.kit.service.codec,
            known_at=self.fitted.as_of + timedelta(days=30),
        )

    def state(self, publication: Publication) -> Restated:
        """What the reports as they were known would have made us say, computed although nothing has changed."""
        known = self.ledger.observations([item.id for item in self.kit.theater.indicators], publication.stated_at)
        return state_corrected(
            self.kit.theater,
            publication,
            as_corrected(self.kit.theater, known, publication.stated_at),
            ledger=self.ledger,
            fits=self.fits,
            codec=self.kit.service.codec,
        )


def _world(kit: Kit, fit: Fit, folder: Path, engine: Engine) -> World:
    upgrade(engine)
    ledger, fits = ObservationLedger(engine), FitShelf(engine, folder / "fits")
    known = kit.service.ledger.observations([item.id for item in kit.theater.indicators], fit.as_of)
    ledger.record([replace(item, entered_at=item.recorded_at) for item in known])
    fitted = replace(fit, recorded_at=fit.as_of + timedelta(minutes=1))
    fits.save(fitted, kit.service.fits.draws(fit), "test")
    return World(kit, ledger, fits, PublicationShelf(engine), fitted)


@pytest.fixture
def worlds(kit: Kit, tunisia_fit: Fit, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two stores alike, for what was and what should have been."""
    engines = [open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("was", "should")]
    one, other = (_world(kit, tunisia_fit, tmp_path, engine) for engine in engines)
    yield one, other
    for engine in engines:
        engine.dispose()


def test_without_later_corrections_restated_is_stated(worlds: tuple[World, World]) -> None:
    """Bit for bit, whether it is seen that nothing has changed or computed; a later report is no correction."""
    world, _ = worlds
    first = world.publish(2 * timedelta(minutes=1))
    wrong = world.report(_HOUR)
    world.change(wrong, 2 * _HOUR, value=1.0)
    second = world.publish(3 * _HOUR)
    world.report(5 * _HOUR, origin="another", value=4.0)
    assert [item.status for item in (first, second)] == [Status.FITTED, Status.LIVE]
    for said, restated in zip((first, second), world.restate(first, second), strict=True):
        assert (restated.number, restated.changed, restated.reason) == (said.number, False, "")
        computed = world.state(said)
        assert computed.odds == restated.odds == said.odds
        assert (computed.status, computed.fit) == (restated.status, restated.fit) == (said.status, said.fit)


@pytest.mark.parametrize(
    "right", [{"value": 1.0}, {"grade": Grade("D", "4")}, {"observed_on": date(2016, 3, 5)}, {"withdrawn": True}]
)
def test_a_correction_makes_it_a_ledger_in_which_it_was_right_from_the_beginning(
    worlds: tuple[World, World], right: dict[str, object]
) -> None:
    """Number, grade, day or whether it was at all: the odds that would have been stated, bit for bit."""
    was, should = worlds
    wrong = was.report(_HOUR)
    said = was.publish(3 * _HOUR)
    was.change(wrong, timedelta(days=3), **right)
    if not right.get("withdrawn"):
        should.report(_HOUR, **right)
    expected = should.publish(3 * _HOUR)
    (restated,) = was.restate(said)
    assert restated.changed
    assert expected.status is not Status.REFIT_WANTED  # else there would be nothing to compare
    assert restated.odds == expected.odds
    assert (restated.status, restated.fit) == (expected.status, was.fitted.id)
    moved = {(item.scenario, item.horizon_days): logit(item.probability) for item in restated.odds}
    before = {(item.scenario, item.horizon_days): logit(item.probability) for item in said.odds}
    assert max(abs(moved[key] - before[key]) for key in moved) > 0.001
    assert was.book.publications("tunisia", said.stated_at) == [said]


def test_it_says_when_weights_cannot_follow(worlds: tuple[World, World]) -> None:
    """A correction of what the fit settled more than a year before gives no odds, and the reason."""
    world, _ = worlds
    said = world.publish(_HOUR)
    known = world.ledger.observations([item.id for item in world.kit.theater.indicators], world.fitted.as_of)
    origins = [item.origin for item in known]
    alone = [item for item in known if item.value > 0 and origins.count(item.origin) == 1]
    old = next(item for item in alone if date(2014, 6, 1) < item.observed_on < date(2014, 12, 31))
    world.change(old, timedelta(days=3), withdrawn=True)
    (restated,) = world.restate(said)
    assert (restated.changed, restated.odds, restated.status, restated.fit) == (True, (), None, None)
    assert "settled already" in restated.reason


def test_a_fit_that_came_later_does_not_answer_for_then(worlds: tuple[World, World]) -> None:
    """Of whatever instant it is: what we would have said comes from what was on record."""
    world, _ = worlds
    wrong = world.report(_HOUR)
    said = world.publish(3 * _HOUR)
    world.change(wrong, timedelta(days=3), withdrawn=True)
    early = replace(said, stated_at=world.fitted.as_of + timedelta(seconds=1) + _HOUR * 2)
    (restated,) = world.restate(replace(early, stated_at=datetime(2016, 3, 8, 23, 0, 30, tzinfo=UTC)))
    assert (restated.changed, restated.odds) == (False, said.odds)
    late = replace(world.fitted, id="0" * 16, recipe="0" * 64, recorded_at=said.stated_at + _HOUR)
    world.fits.save(late, world.fits.draws(world.fitted), "test")
    assert world.fits.accepted("tunisia", said.stated_at)[0].id == late.id
    assert world.restate(said)[0].fit == world.fitted.id


def test_no_more_than_a_month_is_restated_at_once(worlds: tuple[World, World]) -> None:
    """It is refused before any work, by the field that asks for so many."""
    world, _ = worlds
    said = world.publish(_HOUR)
    with pytest.raises(InvalidInputError, match=f"accepted: up to {MOST_POINTS} publications"):
        world.restate(*[said] * (MOST_POINTS + 1))
    assert world.restate() == ()
