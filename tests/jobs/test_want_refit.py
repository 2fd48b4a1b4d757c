"""The job of a wanted refit, as the timetable declares it, over a real ledger whose odds turn provisional."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.jobs import Hands
from tocsin.bootstrap.service import open_service
from tocsin.domain.errors import FitRejectedError
from tocsin.domain.grading import Grade
from tocsin.domain.job import State, Worker
from tocsin.domain.observation import Observation
from tocsin.domain.odds import Status
from tocsin.jobs.runner import Means, Runner
from tocsin.jobs.timetable import make_timetable
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.read_odds import stand_at
from tocsin.usecases.run_job import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from support.kit import Kit
    from tocsin.bootstrap.service import Service
    from tocsin.domain.fit import Fit

_MINUTE = timedelta(minutes=1)
_JOB = "refit-wanted/tunisia"


@dataclass
class _RejectingFitter:
    """Every fit is rejected; as of which instants one was asked for."""

    asked: list[datetime] = field(default_factory=list)

    def fit(self, theater: str, *, as_of: datetime, **_: Any) -> Fit:  # noqa: ANN401
        self.asked.append(as_of)
        raise FitRejectedError(f"of {theater}", ["R-hat 1.2 is not below 1.01"])


@dataclass
class World:
    """A store with the shipped observations and one fit, a worker with the refit, and a clock turned by hand."""

    service: Service
    settings: Settings
    hands: Hands
    fitter: _RejectingFitter

    def runner(self) -> Runner:
        """A worker that starts now."""
        jobs = [job for job in make_timetable(self.settings, self.service, self.fitter) if job.name == _JOB]
        means = Means(self.service.jobs, lambda: self.hands.now, lambda: self.hands.elapsed, lambda work: work())
        worker = Worker(f"{self.hands.now:%d%H%M}", "host", 1, self.hands.now, self.hands.now)
        return Runner(jobs, worker, means, lease=timedelta(seconds=45), room={Lane.FITS: 1, Lane.OTHER: 1})

    def report(self, count: int) -> None:
        """So many clashes of today are known now."""
        now = self.hands.now
        at = f"{now:%d %H:%M}"
        fields = (date(2016, 3, 8), 1.0, Grade("A", "1"))
        self.service.ledger.record(
            [
                Observation("", "violence/infiltration-clash", *fields, f"{at}, {n}", "", "", "x", now).named()
                for n in range(count)
            ]
        )

    @property
    def status(self) -> Status:
        """How the odds stand now."""
        service = self.service
        theater = service.catalog.theater("tunisia")
        return stand_at(
            theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=self.hands.now
        ).status

    def pass_time(self, runner: Runner, minutes: int, every: int = 1) -> None:
        """With a tick in each of so many minutes; each reads the odds."""
        for _ in range(minutes // every):
            self.hands.wait(60 * every)
            runner.tick()


@pytest.fixture
def world(kit: Kit, tunisia_fit: Fit, tmp_path: Path) -> Iterator[World]:
    """As if everything had been written down when it was known, and fitted then."""
    settings = Settings(home=tmp_path)
    upgrade(settings.store_url)
    with open_service(settings, clock=None) as service:
        told = kit.service.ledger.observations([item.id for item in kit.theater.indicators], tunisia_fit.as_of)
        service.ledger.record([replace(item, entered_at=None) for item in told])
        service.fits.save(
            replace(tunisia_fit, recorded_at=tunisia_fit.as_of), kit.service.fits.draws(tunisia_fit), "test"
        )
        yield World(service, settings, Hands(tunisia_fit.as_of + timedelta(minutes=130)), _RejectingFitter())


def test_a_refit_is_wanted_once_odds_are_provisional_and_no_more_comes_in(world: World) -> None:
    """Ten minutes after the last report of a batch; a rejected fit is tried again only once more was reported."""
    runner = world.runner()
    world.pass_time(runner, 1)
    assert world.status in {Status.FITTED, Status.LIVE}
    assert world.fitter.asked == []
    for _ in range(2):
        world.report(2)
        world.pass_time(runner, 4)
    assert world.status is Status.PROVISIONAL
    assert world.fitter.asked == []
    last = world.hands.now - 4 * _MINUTE
    world.pass_time(runner, 7)
    assert world.fitter.asked == [last + 10 * _MINUTE]
    world.pass_time(runner, 180, every=30)
    assert len(world.fitter.asked) == 1
    assert [run.state for run in world.service.jobs.standing(world.hands.now)] == [State.FAILED]
    world.report(1)
    world.pass_time(runner, 12)
    assert len(world.fitter.asked) == 2
    world.pass_time(runner, 60, every=30)
    assert len(world.fitter.asked) == 2
