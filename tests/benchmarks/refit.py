"""A refit by a warm worker, against `pm.sample` on the same model in plain expressions."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.apart import run_apart
from benchmarks.plain_sampler import largest_difference
from benchmarks.rows import Row, at_least, at_most
from benchmarks.world import DAY, World, effective, model_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    ours = _Cost(median(effective(fit) for fit in refits.fits), median(refits.seconds), 0.0)
    yield Row("compile our model, warm cache", refits.first.compile_seconds, "s")
    yield at_most(f"refit, warm worker, median of {len(refits.seconds)}", ours.seconds, "s", _TARGET_SECONDS)
    yield Row("of it, sampling", median(fit.sample_seconds for fit in refits.fits), "s")
    yield Row("smallest bulk effective draws of 4000, ours", ours.effective, "draws")
    _prove_equal(world)
    world.say("compile our model from an empty cache")
    cold = run_apart("ours")["cold"]
    yield Row("compile from an empty cache, ours", cold, "s")
    world.say("compile the plain model from an empty cache, and refit with pm.sample")
    found = run_apart("plain")
    plain = _Cost(found["effective"], found["seconds"], found["compiling"])
    yield Row("compile from an empty cache, plain model", found["cold"], "s")
    yield Row("refit with pm.sample on the plain model, compile cache of the day before", plain.seconds, "s")
    yield Row("of it, compiling", plain.compiling, "s")
    yield Row("smallest bulk effective draws of 4000, pm.sample", plain.effective, "draws")
    yield from _ratios(ours, plain, cold, found["cold"])


def _ratios(ours: _Cost, plain: _Cost, cold: float, plain_cold: float) -> Iterator[Row]:
    yield Row("effective draws per second, ours", ours.rate, "1/s")
    yield Row("effective draws per second, pm.sample", plain.rate, "1/s")
    yield at_least("ours to pm.sample, all that a refit costs", ours.rate / plain.rate, "×", _TARGET_RATIO)
    yield Row("ours to pm.sample, compiling left out of both", ours.rate / plain.compiled_in(0.0), "×")
    yield Row("ours to pm.sample, ours compiled from an empty cache", ours.compiled_in(cold) / plain.rate, "×")
    both = ours.compiled_in(cold) / plain.compiled_in(plain_cold)
    yield Row("ours to pm.sample, both compiled from an empty cache", both, "×")


def _prove_equal(world: World) -> None:
    world.say("compare the plain model with ours")
    difference = largest_difference(*model_inputs(world.kit, DAY), _POINTS)
    if not difference <= _EQUAL:
        message = f"the plain model is another one: log-densities differ by {difference}"
        raise AssertionError(message)
