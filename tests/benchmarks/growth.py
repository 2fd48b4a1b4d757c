"""How costs grow with observations, scenarios, indicators and steps, each varied alone on generated theaters."""

from __future__ import annotations

import math
import resource
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.clock import repeat
from benchmarks.rows import Row
from benchmarks.theaters import DAY, Size, ledger_of, report, theater_of
from tocsin.domain.evidence import derive_evidence
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import estimate
from tocsin.ensemble.update import bring_up_to
from tocsin.inference.artifact import ZarrDraws
from tocsin.inference.sample import NutsSampler, SamplerSettings
from tocsin.store.engine import open_engine
from tocsin.store.fit import FitShelf
from tocsin.store.migrate import upgrade
from tocsin.store.observation import ObservationLedger
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.world import World
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater

AXES = {
    "observations": (100, 10_000),
    "scenarios": (2, 20),
    "indicators": (10, 200),
    "steps": (52, 520),
}
"""The ends of each axis; the others are as in `Size`."""
_RUN = SamplerSettings(chains=2, draws=200, tune=200)
_DRAWS, _FUTURES = 4000, 4  # what a live update weighs; how many futures each draw has makes no difference to it
_TIMES = 10
_SEED = 1
_COSTS = {
    "compile": "s",
    f"refit, {_RUN.chains} chains of {_RUN.draws} after {_RUN.tune}": "s",
    "derive evidence": "s",
    "live update": "s",
}


@dataclass(frozen=True)
class _Costs:
    """Seconds of each of `_COSTS`."""

    compiling: float
    refit: float
    derive: float
    live: float

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of `_COSTS`."""
        return self.compiling, self.refit, self.derive, self.live


def growth(world: World) -> Iterator[Row]:
    """Each cost at both ends of each axis, and the exponent with which it grows between them."""
    for axis, (low, high) in AXES.items():
        ends = []
        for value in (low, high):
            world.say(f"{value} {axis}")
            folder = world.home / f"{axis}-{value}"
            folder.mkdir()
            ends.append(_measure(replace(Size(), **{axis: value}), folder))
        for (name, unit), small, large in zip(_COSTS.items(), *(end.values for end in ends), strict=True):
            yield Row(f"{name}, {low} {axis}", small, unit)
            yield Row(f"{name}, {high} {axis}", large, unit)
            yield Row(f"{name}, growth exponent with {axis}", math.log(large / small) / math.log(high / low), "")
    yield Row("memory at its most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


def _measure(size: Size, folder: Path) -> _Costs:
    theater, observations = theater_of(size), ledger_of(size)
    url = f"sqlite:///{folder / 'tocsin.db'}"
    upgrade(url)
    engine = open_engine(url)
    try:
        ledger = ObservationLedger(engine)
        ledger.record(observations)
        means = Means(ledger, FitShelf(engine, folder), NutsSampler(_RUN), ZarrDraws())
        compiling, refit = _refit(theater, means)
    finally:
        engine.dispose()
    as_of = theater.timeline.close_of(DAY)
    derive = repeat(lambda: derive_evidence(theater, observations, as_of), _TIMES)
    return _Costs(compiling, refit, median(derive), _live(theater, observations))


def _refit(theater: Theater, means: Means) -> tuple[float, float]:
    """Seconds to compile, and of a whole refit without them."""
    as_of = theater.timeline.close_of(DAY)
    began = time.monotonic()
    fit = fit_theater(
        theater,
        means=means,
        as_of=as_of,
        now=as_of,
        seed=_SEED,
        actor="benchmark",
        limits=Limits(3600.0, lambda: False, lambda: time.monotonic() - began),
        report=lambda _: None,
    )
    return fit.compile_seconds, time.monotonic() - began - fit.compile_seconds


def _live(theater: Theater, observations: Sequence[Observation]) -> float:
    """Median seconds from one more observation to all odds, by weights on draws of the prior."""
    design, as_of = lay_out(theater), theater.timeline.close_of(DAY)
    then = derive_evidence(theater, observations, as_of)
    draws = prior_draws(design, _SEED, _DRAWS)
    futures = simulate(design, draws, begin(theater, design, then), _SEED, _FUTURES)
    ensemble = Ensemble(design.scenarios, draws, futures, {})
    more = [*observations, report(1, "one more", DAY, 1.0)]  # of a presence, which no rule counts

    def odds() -> None:
        live = bring_up_to(theater, design, ensemble, then, derive_evidence(theater, more, as_of), _SEED)
        for position, scenario in enumerate(theater.scenarios):
            for days in scenario.horizons:
                estimate(live.ensemble.futures, position, days, live.smoothed.weights)

    return median(repeat(odds, _TIMES))
