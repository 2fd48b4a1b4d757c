"""A refit by a warm worker, against `pm.sample` on the same model in plain expressions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.clock import timed
from benchmarks.compiling import compile_from_cold, compile_model
from benchmarks.plain_sampler import PlainSampler, largest_difference
from benchmarks.rows import Row, at_least, at_most
from benchmarks.world import DAY, World, model_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.domain.fit import Fit

_TARGET_SECONDS = 15.0
_TARGET_RATIO = 5.0
_EQUAL = 1e-6  # of log-densities in the thousands: rounding
_POINTS = 5


@dataclass(frozen=True)
class _Cost:
    """What a refit gave and took: smallest bulk effective draws, seconds in all, and of these to compile."""

    effective: float
    seconds: float
    compiling: float

    @property
    def rate(self) -> float:
        """Effective draws per second."""
        return self.effective / self.seconds

    def compiled_in(self, seconds: float) -> float:
        """Effective draws per second, had compiling taken so long."""
        return self.effective / (self.seconds - self.compiling + seconds)


def refit(world: World) -> Iterator[Row]:
    """Seconds and effective draws per second, with compiling counted in every way that it can be."""
    refits = world.refits
    ours = _Cost(median(_effective(fit) for fit in refits.fits), median(refits.seconds), 0.0)
    yield Row("compile our model, warm cache", refits.first.compile_seconds, "s")
    yield at_most(f"refit, warm worker, median of {len(refits.seconds)}", ours.seconds, "s", _TARGET_SECONDS)
    yield Row("of it, sampling", median(fit.sample_seconds for fit in refits.fits), "s")
    yield Row("smallest bulk effective draws of 4000, ours", ours.effective, "draws")
    plain = _plain(world)
    yield Row("refit with pm.sample on the plain model, warm compile cache", plain.seconds, "s")
    yield Row("of it, compiling", plain.compiling, "s")
    yield Row("smallest bulk effective draws of 4000, pm.sample", plain.effective, "draws")
    yield Row("effective draws per second, ours", ours.rate, "1/s")
    yield Row("effective draws per second, pm.sample", plain.rate, "1/s")
    yield at_least("ours to pm.sample, all that a refit costs", ours.rate / plain.rate, "×", _TARGET_RATIO)
    yield Row("ours to pm.sample, compiling left out of both", ours.rate / plain.compiled_in(0.0), "×")
    cold = {}
    for name in ("ours", "plain"):
        world.say(f"compile the model from an empty cache, {name}")
        cold[name] = compile_from_cold(name)
        yield Row(f"compile from an empty cache, {name}", cold[name], "s")
    yield Row("ours to pm.sample, ours compiled from cold", ours.compiled_in(cold["ours"]) / plain.rate, "×")
    both = ours.compiled_in(cold["ours"]) / plain.compiled_in(cold["plain"])
    yield Row("ours to pm.sample, both compiled from cold", both, "×")


def _plain(world: World) -> _Cost:
    """One refit with `pm.sample`, once it is proven to be of the same model and its compile cache is warm."""
    inputs = model_inputs(world.kit, DAY)
    world.say("compare the plain model with ours")
    if not (difference := largest_difference(*inputs, _POINTS)) <= _EQUAL:
        message = f"the plain model is another one: log-densities differ by {difference}"
        raise AssertionError(message)
    world.say("warm the compile cache for pm.sample")
    compile_model("plain", inputs)
    world.say("refit with pm.sample")
    seconds: list[float] = []
    with timed(seconds):
        fit = replace(world.kit, sampler=PlainSampler()).fit(DAY)
    return _Cost(_effective(fit), seconds[0], fit.compile_seconds)


def _effective(fit: Fit) -> float:
    return math.nan if fit.diagnosis is None else fit.diagnosis.ess_bulk
