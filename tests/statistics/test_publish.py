"""Publishing the odds of the Tunisia theater: what is new is said, once, and as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.kit import FilteredLedger
from tocsin.domain.chain import verify_chain
from tocsin.domain.errors import NoFitError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.domain.odds import Status
from tocsin.store.engine import open_engine
from tocsin.store.fit import FitShelf
from tocsin.store.migrate import upgrade
from tocsin.store.publication import PublicationShelf
from tocsin.usecases.publish import Published, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.kit import Kit
    from tocsin.domain.fit import Fit
    from tocsin.usecases.ports import Ledger

_HOUR = timedelta(hours=1)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _More:
    """A ledger with some observations more."""

    whole: Ledger
    more: Sequence[Observation]

    def await_writers(self) -> None:
        """Nobody writes."""

    def observations(self, indicators: Sequence[str], as_of: datetime, *_bearing: object) -> list[Observation]:
        """All that is known, whatever bears on the question."""
        known = [item for item in self.more if item.recorded_at <= as_of]
        return [*self.whole.observations(indicators, as_of), *known]


@dataclass(frozen=True)
class World:
    """The kit's ledger and fit, with books of its own."""

    kit: Kit
    fits: FitShelf
    book: PublicationShelf
    fitted: Fit

    def publish(self, after: timedelta, ledger: object | None = None) -> Published:
        """Publish so long after the instant of the fit."""
        return publish(
            self.kit.theater,
            ledger=self.kit.service.ledger if ledger is None else ledger,  # type: ignore[arg-type]
            fits=self.fits,
            codec=self.kit.service.codec,
            publications=self.book,
            now=self.fitted.as_of + after,
        )


@pytest.fixture
def world(kit: Kit, tunisia_fit: Fit, tmp_path: Path) -> Iterator[World]:
    """A store of its own with the one fit."""
    engine = open_engine(f"sqlite:///{tmp_path / 'tocsin.db'}")
    upgrade(engine)
    fits = FitShelf(engine, tmp_path / "fits")
    fits.save(tunisia_fit, kit.service.fits.draws(tunisia_fit), "test")
    yield World(kit, fits, PublicationShelf(engine), tunisia_fit)
    engine.dispose()


def _attacks(count: int, known: datetime) -> list[Observation]:
    day = date(2016, 3, 8)
    return [
        Observation(str(n), "violence/border-attack", day, 1.0, Grade("A", "1"), f"new {n}", "", "", "x", known)
        for n in range(count)
    ]


def test_what_is_published_is_what_is_read(world: World) -> None:
    """Number for number, with its words, status, fit, and the days that its horizons count."""
    done = world.publish(timedelta()).publication
    assert done is not None
    read = world.kit.read(date(2016, 3, 8)).odds
    assert [
        (item.scenario, item.horizon_days, item.probability, item.interval90, item.words) for item in done.odds
    ] == [(item.scenario, item.horizon_days, item.probability, item.interval90, item.words) for item in read]
    assert (done.number, done.status, done.fit, done.reason) == (1, Status.FITTED, world.fitted.id, "first")
    assert (done.evidence, done.age_seconds) == (world.fitted.counted, 0.0)
    # The fit is of the end of 8 March, so the first day of 30 is the 9th and the last 7 April.
    assert (done.opens_on, done.foresight) == (date(2016, 3, 9), True)
    assert {item.closes_on for item in done.odds if item.horizon_days == 30} == {date(2016, 4, 7)}
    rules = {item.scenario: item.rule for item in done.odds}
    assert rules["border-offensive"] == "violence/border-attack counted at least 6 times within 8 weeks"
    assert rules["tunisian-wilayat"] == ""


def test_nothing_new_is_not_published_again_until_the_next_day(world: World) -> None:
    """Each hour it is looked at; once a day it is said, with a chain that holds."""
    first = world.publish(_HOUR).publication
    assert first is not None
    for hour in (1, 2, 20):
        again = world.publish(hour * _HOUR)
        assert again.publication is None
        assert "no odds moved" in again.why or "this very statement" in again.why
    daily = world.publish(30 * _HOUR).publication
    assert daily is not None
    assert daily.status is Status.LIVE
    assert daily.reason in {"daily", "odds moved"}  # a day of silence is evidence
    assert [item.number for item in world.book.publications("tunisia", _LATE)] == [1, 2]
    assert verify_chain(list(world.book.chain())) == []


def test_odds_that_moved_are_published_within_the_hour(world: World) -> None:
    """With which moved; the age of the fit is on record."""
    world.publish(_HOUR)
    more = _More(world.kit.service.ledger, _attacks(1, world.fitted.as_of + 90 * timedelta(minutes=1)))
    done = world.publish(2 * _HOUR, more)
    assert done.publication is not None
    assert done.publication.reason in {"odds moved", "status changed"}
    assert done.publication.age_seconds == 7200
    assert done.publication.evidence != world.fitted.counted


def test_odds_that_wait_for_a_refit_are_published_with_that_status_and_open_no_window(world: World) -> None:
    """They are those of the fit's own instant; stated days later, they could have known better."""
    world.publish(_HOUR)
    gone = FilteredLedger(world.kit.service.ledger, lambda item: item.indicator != "violence/border-attack")
    done = world.publish(timedelta(days=3), gone).publication
    assert done is not None
    assert (done.status, done.as_of) == (Status.REFIT_WANTED, world.fitted.as_of)
    assert "what it counted has changed" in done.note
    assert not done.foresight
    again = world.publish(timedelta(days=3) + _HOUR, gone)
    assert again.publication is None


@pytest.mark.fault(6)
def test_a_rejected_fit_is_never_published(world: World) -> None:
    """The last accepted one goes on to state the odds; where there is none, nothing is stated."""
    newer = replace(
        world.fitted,
        id="rejected",
        recipe="r",
        as_of=world.fitted.as_of + _HOUR,
        rejections=("R-hat 1.2 is not below 1.01",),
    )
    world.fits.save(newer, world.kit.service.fits.draws(world.fitted), "test")
    done = world.publish(2 * _HOUR).publication
    assert done is not None
    assert done.fit == world.fitted.id
    with pytest.raises(NoFitError):
        world.publish(-_HOUR)


@pytest.mark.fault(11)
def test_a_statement_of_a_clock_that_was_years_ahead_does_not_hold_up_those_of_today(world: World) -> None:
    """It stays on record, is told of, and the chain goes on behind it; nothing new is still nothing new."""
    ahead = world.publish(timedelta(days=3650)).publication
    assert ahead is not None
    done = world.publish(_HOUR)
    assert done.publication is not None
    assert (done.publication.number, done.publication.reason) == (2, "first")
    assert f"publication 1 was stated at {ahead.stated_at:%Y-%m-%d %H:%M} UTC, ahead of this clock" in done.why
    again = world.publish(2 * _HOUR)
    assert again.publication is None
    assert "meanwhile" not in again.why
    assert world.publish(30 * _HOUR).publication is not None
    assert verify_chain(list(world.book.chain())) == []


@pytest.mark.fault(5)
def test_odds_of_nothing_are_published_as_prior_only(world: World) -> None:
    """With their status, so that nobody takes them for more."""
    kit = world.kit
    prior = kit.fit(date(2016, 3, 8), keep=lambda _: False)
    world.fits.save(replace(prior, as_of=prior.as_of + _HOUR), kit.aside.draws(prior), "test")
    done = world.publish(2 * _HOUR, FilteredLedger(kit.service.ledger, lambda _: False)).publication
    assert done is not None
    assert done.status is Status.PRIOR_ONLY
    assert all(abs(item.probability - item.prior) < 0.02 for item in done.odds)
