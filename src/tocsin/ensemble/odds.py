"""Odds from futures and weights: probabilities, their intervals and their Monte Carlo errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.futures import NEVER, Futures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tocsin.ensemble.design import Floats

_BATCHES = 40
LEAST = 1e-5
"""No probability is told below it or above 1 − it: an ensemble knows no finer, and only a resolution is certain."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A probability, its central 50 % and 90 % intervals over draws, and its Monte Carlo standard error."""

    probability: float
    low50: float
    high50: float
    low90: float
    high90: float
    error: float


def even_weights(futures: Futures) -> Floats:
    """(D,) weights of draws that nothing has reweighted."""
    draws = futures.reached.shape[1]
    return np.full(draws, 1.0 / draws)


def chance_by(futures: Futures, scenario: int, days: int) -> tuple[Floats, float]:
    """Each draw's chance of the scenario within `days` (D,), and the variance in it that is simulation noise.

    Within a step the chance grows evenly.
    """
    ends = np.concatenate([[0], futures.end_day])
    after = int(np.searchsorted(futures.end_day, days))
    if after == len(futures.end_day):
        message = f"futures reach {futures.end_day[-1]} days, not {days}"
        raise ValueError(message)
    span = ends[after + 1] - ends[after]
    share = (days - ends[after]) / span if span else 1.0
    reached = futures.reached[scenario].astype(np.float64)
    before = reached[:, after - 1] if after else (futures.first_day[scenario] == 0).mean(axis=1)
    noise = futures.noise[scenario, after]
    return before + share * (reached[:, after] - before), float(noise)


def estimates(futures: Futures, scenario: int, horizons: Iterable[int], weights: Floats) -> dict[int, Estimate]:
    """P(scenario within each of some horizons): what `estimate` says, with intervals that never fall.

    In each draw the chance grows with the horizon, so the ends of the intervals do. How far `estimate` draws chances
    in is told at each horizon by itself, from futures whose number is finite, and may make an end fall by that noise.
    Where one does, the lower end of the earlier horizon is that of the later one, and the upper end of the later that
    of the earlier: intervals become wider, never narrower, and no probability changes.
    """
    days = sorted(horizons)
    found = [estimate(futures, scenario, span, weights) for span in days]
    low90, low50 = (list(accumulate(reversed(ends), min))[::-1] for ends in _ends(found, "low90", "low50"))
    high50, high90 = (accumulate(ends, max) for ends in _ends(found, "high50", "high90"))
    ends = zip(low90, low50, high50, high90, strict=True)
    return {
        span: replace(item, low90=a, low50=b, high50=c, high90=d)
        for span, item, (a, b, c, d) in zip(days, found, ends, strict=True)
    }


def _ends(found: list[Estimate], *names: str) -> list[list[float]]:
    return [[getattr(item, name) for item in found] for name in names]


def estimate(futures: Futures, scenario: int, days: int, weights: Floats) -> Estimate:
    """P(scenario within `days`) under weights (D,) that sum to 1.

    The interval is over draws, with future noise taken out.
    """
    chance, noise = chance_by(futures, scenario, days)
    # Sums, not dot products: a linear algebra library may add in another order on another machine.
    mean = float(np.sum(weights * chance))
    settled = _settled(chance, noise, mean, weights)
    low90, low50, high50, high90 = weighted_quantiles(settled, weights, (0.05, 0.25, 0.75, 0.95))
    mean, low50, high50, low90, high90 = (bounded(value) for value in (mean, low50, high50, low90, high90))
    return Estimate(mean, low50, high50, low90, high90, standard_error(chance, weights))


def _settled(chance: Floats, noise: float, mean: float, weights: Floats) -> Floats:
    """Chances drawn in toward their middle by what of their variance is simulation noise.

    The noise of a simulated chance p goes with p(1 − p), so the drawing in happens on the scale of arcsin √p, where it
    is the same everywhere (Anscombe 1948, Biometrika 35): on p itself it would lift the many draws near 0. How far is
    told on p, where the noise is known.
    """
    spread = float(np.sum(weights * (chance - mean) ** 2))
    if spread <= noise:
        return np.full_like(chance, mean)
    keep = np.sqrt((spread - noise) / spread)
    angle = np.arcsin(np.sqrt(chance))
    middle = float(np.sum(weights * angle))
    return np.asarray(np.sin(middle + keep * (angle - middle)) ** 2)


def bounded(probability: float) -> float:
    """Away from 0 and 1."""
    return min(max(probability, LEAST), 1.0 - LEAST)


def standard_error(values: Floats, weights: Floats) -> float:
    """Monte Carlo standard error of a weighted mean, by means of 40 batches of consecutive draws.

    Consecutive draws of a chain are correlated, batches almost not (Flegal & Jones 2010, Batch means and spectral
    variance estimators, Annals of Statistics 38(2)). Weighted batches enter the ratio estimator's linearization.
    """
    mean = np.sum(weights * values)
    residual = weights * (values - mean)
    batches = [batch.sum() for batch in np.array_split(residual, _BATCHES)]
    return float(np.sqrt(_BATCHES / (_BATCHES - 1) * np.sum(np.square(batches))))


def weighted_quantiles(values: Floats, weights: Floats, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of weighted values: the smallest value at which the weights below it reach the share."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    positions = np.searchsorted(cumulative, np.array(shares) * cumulative[-1])
    return tuple(float(values[order[min(int(place), len(values) - 1)]]) for place in positions)


def joint(futures: Futures, first: int, second: int, days: int, weights: Floats) -> tuple[float, float | None]:
    """P(both within `days`), and P(first | second); the latter None where fewer than 100 effective futures have it."""
    return joint_of(reached_by(futures, first, days), reached_by(futures, second, days), weights)


@dataclass(frozen=True, eq=False, slots=True)
class ReachedBy:
    """In which futures a scenario occurs in time: (D, ⌈M/8⌉) of bits, and how many there are of a draw."""

    bits: NDArray[np.uint8]
    futures: int

    def share(self, other: ReachedBy) -> Floats:
        """(D,) the share of each draw's futures in which both occur."""
        return np.asarray(np.bitwise_count(self.bits & other.bits).sum(axis=1, dtype=np.int64) / self.futures)


def reached_by(futures: Futures, scenario: int, days: int) -> ReachedBy:
    """In which futures a scenario occurs within `days`."""
    day = futures.first_day[scenario]
    return ReachedBy(np.packbits((day <= days) & (day != NEVER), axis=1), day.shape[1])


def joint_of(one: ReachedBy, other: ReachedBy, weights: Floats) -> tuple[float, float | None]:
    """P(both), and P(one | other); see `joint`."""
    both = float(np.sum(weights * one.share(other)))
    condition = float(np.sum(weights * other.share(other)))
    effective = condition * other.futures / np.sum(weights**2)
    return bounded(both), (bounded(both / condition) if effective >= 100 else None)  # noqa: PLR2004
