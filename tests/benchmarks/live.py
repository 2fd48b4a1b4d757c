"""New odds between fits: how long after an observation, and how long to read them or to ask what if."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.clock import latency, repeat
from benchmarks.rows import Row, at_least, at_most
from benchmarks.world import DAY, World, known
from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.observation import Draft, Observation, read_drafts
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.odds import Estimate, estimate
from tocsin.ensemble.update import bring_up_to
from tocsin.usecases.observe import observation_of, observe
from tocsin.usecases.read_odds import read_odds
from tocsin.usecases.what_if import what_if

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.kit import Kit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble

_QUICK, _SLOW = 200, 30
_TARGET_RATIO = 500.0
_TARGET_MEDIAN, _TARGET_TAIL = 25.0, 120.0  # milliseconds
_SIGHTING = "group/pledge-publication"
_COUNTED = "violence/border-attack"


@dataclass(frozen=True)
class Standpoint:
    """A fit held in memory: what a service would keep to answer from."""

    theater: Theater
    design: Design
    ensemble: Ensemble
    then: Evidence
    observations: Sequence[Observation]
    seed: int

    def odds_with(self, draft: Draft) -> list[Estimate]:
        """From text to the odds of every scenario by every horizon: checked, derived anew, weighed."""
        as_of = self.then.as_of
        indicators = {indicator.id: indicator for indicator in self.theater.indicators}
        reports = read_drafts([draft], indicators, self.theater.timeline.last_day(as_of))
        new = [observation_of(report, "benchmark", as_of, None) for report in reports]
        now = derive_evidence(self.theater, [*self.observations, *new], as_of)
        live = bring_up_to(self.theater, self.design, self.ensemble, self.then, now, self.seed)
        positions = {name: position for position, name in enumerate(self.ensemble.scenarios)}
        return [
            estimate(live.ensemble.futures, positions[name], days, live.smoothed.weights)
            for name, days in self.ensemble.prior
        ]


def sighting(indicator: str, origin: str) -> Draft:
    """One thing seen on the day of the fit."""
    return Draft(indicator, DAY.isoformat(), "1", "B2", origin=origin)


def live(world: World) -> Iterator[Row]:
    """Latencies, and the ratio of a refit to them."""
    refit_seconds = median(world.refits.seconds)
    standpoint = _standpoint(world)
    world.say("an observation, by weights")
    seconds = repeat(partial(standpoint.odds_with, sighting(_SIGHTING, "new")), _QUICK)
    yield from _targeted("observation accepted to new odds, in memory", seconds)
    yield at_least("refit to that", refit_seconds / median(seconds), "×", _TARGET_RATIO)
    world.say("an observation that a rule counts")
    again = repeat(partial(standpoint.odds_with, sighting(_COUNTED, "new")), _SLOW)
    yield from latency("the same, futures simulated anew", again)
    yield Row("refit to that, futures simulated anew", refit_seconds / median(again), "×")
    world.say("what if")
    yield from latency("what if, from the store", repeat(partial(_what_if, world.kit), _SLOW))
    world.say("reading odds")
    yield from latency("read the odds, from the store", repeat(partial(_read, world.kit, reasons=False), _SLOW))
    yield from latency("read them with what counted most", repeat(partial(_read, world.kit, reasons=True), 5))
    # Last, because it writes: what is read above stays what was fitted.
    world.say("recording")
    yield from latency("record an observation durably", repeat(partial(_record, world.kit, count()), _QUICK))


def _standpoint(world: World) -> Standpoint:
    kit, fit = world.kit, world.refits.fits[-1]
    observations = known(kit, DAY)
    then = derive_evidence(kit.theater, observations, fit.as_of)
    return Standpoint(kit.theater, lay_out(kit.theater), kit.ensemble(fit), then, observations, fit.seed)


def _targeted(name: str, seconds: list[float]) -> Iterator[Row]:
    for row, target in zip(latency(name, seconds), (_TARGET_MEDIAN, _TARGET_TAIL), strict=True):
        yield at_most(row.name, row.value, row.unit, target)


def _what_if(kit: Kit) -> object:
    service = kit.service
    as_of = kit.theater.timeline.close_of(DAY)
    drafts = [sighting(_SIGHTING, "what-if 1")]
    return what_if(kit.theater, drafts, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=as_of)


def _read(kit: Kit, *, reasons: bool) -> object:
    service = kit.service
    as_of = kit.theater.timeline.close_of(DAY)
    return read_odds(
        kit.theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=as_of, reasons=reasons
    )


def _record(kit: Kit, numbers: Iterator[int]) -> object:
    return observe(
        [sighting(_SIGHTING, f"new {next(numbers)}")],
        indicators=kit.service.catalog.indicators(kit.theater.id),
        timeline=kit.theater.timeline,
        ledger=kit.service.ledger,
        now=kit.now,
        author="benchmark",
        history=False,
    )
