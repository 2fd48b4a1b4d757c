"""What one step's reading of each indicator would be under the declared ranges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import DEVELOPING
from tocsin.domain.implied import ImpliedReading
from tocsin.ensemble.density import indicator_log_density
from tocsin.ensemble.design import COUNT, MEASURE, ORDINAL, PRESENCE, Design, Floats
from tocsin.ensemble.likelihood import linear_predictor, log_shape
from tocsin.ensemble.reading import count_groups

if TYPE_CHECKING:
    from tocsin.domain.indicator import Indicator
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.draws import Draws

_POINTS = 64  # quantiles at which the divergence of a measure is averaged
_LARGEST_RATE = 1e15  # what NumPy draws, and far more than any ledger takes
_GRID = np.sinh(np.linspace(-7.0, 7.0, 4001))  # deviations from 0 to 550 spreads, dense in the middle


def implied_readings(theater: Theater, design: Design, draws: Draws, seed: int) -> tuple[ImpliedReading, ...]:
    """Each indicator at normal pressure, then with each linked scenario developing, in order of declaration."""
    random = np.random.default_rng([seed, 5])
    found = []
    for position, indicator in enumerate(theater.indicators):
        calm = _level(design, draws, position, None)
        usual = log_shape(design, draws.parameters, position, calm)
        linked = design.link_scenario[design.link_indicator == position]
        for scenario in (None, *linked.tolist()):
            level = _level(design, draws, position, scenario)
            shape = log_shape(design, draws.parameters, position, level)
            mean, low, high, shares = _summary(design, position, indicator, level, shape, random)
            bits = 0.0
            if scenario is not None:
                args = design, position, indicator.coverage
                bits = (
                    theater.timeline.step.per_year
                    * float(divergence(*args, (level, shape), (calm, usual)).mean())
                    / math.log(2)
                )
            name = None if scenario is None else design.scenarios[scenario]
            found.append(ImpliedReading(indicator.id, name, mean, low, high, shares, bits))
    return tuple(found)


def _level(design: Design, draws: Draws, indicator: int, developing: int | None) -> Floats:
    """(D,) η with one scenario at +2, the others normal."""
    pressure = np.zeros((len(draws), len(design.scenarios)))
    if developing is not None:
        pressure[:, developing] = DEVELOPING
    return linear_predictor(design, draws.parameters, pressure, indicator)


def _summary(
    design: Design, position: int, indicator: Indicator, level: Floats, shape: Floats, random: np.random.Generator
) -> tuple[float, float, float, tuple[float, ...]]:
    """Mean, central 90 %, and shares, as `ImpliedReading` has them; one simulated reading a draw."""
    kind, coverage = design.kind[position], indicator.coverage
    if kind == COUNT:
        mean, dispersion = coverage * np.exp(level), np.exp(shape)
        rate = mean * random.gamma(dispersion, size=len(mean)) / dispersion
        counts = random.poisson(np.minimum(rate, _LARGEST_RATE))
        none = float(_chances(design, position, coverage, level, shape, 0).mean())
        return float(mean.mean()), *_central(counts), (none, 1.0 - none)
    if kind == PRESENCE:
        seen = -np.expm1(-coverage * np.exp(level))
        return float(seen.mean()), *_central(seen), ()
    if kind == ORDINAL:
        shares = [
            float(_chances(design, position, coverage, level, shape, value).mean())
            for value in range(len(indicator.levels))
        ]
        reached = np.cumsum(shares)
        low, high = (float(np.searchsorted(reached, share)) for share in (0.05, 0.95))
        return float(np.dot(shares, range(len(shares)))), low, high, tuple(shares)
    read = level + np.exp(shape) * _deviations(design, position, random.random(len(level)))
    low, middle, high = (indicator.transform.undo(float(value)) for value in np.quantile(read, (0.05, 0.5, 0.95)))
    return middle, low, high, ()


def _central(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, (0.05, 0.95))
    return float(low), float(high)


def _chances(design: Design, position: int, coverage: float, level: Floats, shape: Floats, value: float) -> Floats:
    return np.exp(indicator_log_density(design, position, value, level, coverage, shape))


def _deviations(design: Design, position: int, places: Floats) -> Floats:
    """Quantiles of a measure's deviation from its mean, in spreads, from the density itself."""
    density = np.exp(indicator_log_density(design, position, 0.0, -_GRID, 1.0, np.zeros(1)))
    below = np.cumsum(density * np.gradient(_GRID))
    return np.interp(places, below / below[-1], _GRID)


def divergence(
    design: Design, position: int, coverage: float, developing: tuple[Floats, Floats], normal: tuple[Floats, Floats]
) -> Floats:
    """(D,) Kullback–Leibler divergence, in nats, of a reading with a scenario developing from one at normal pressure.

    Each of the two is given by its η and its log dispersion or spread, both (D,). What one reading adds to the log of
    the odds of developing, on average, while it is (Kullback & Leibler 1951, On information and sufficiency). The sum
    over counts has a closed form where dispersions are equal; measures are averaged over a grid of quantiles.
    """
    kind = int(design.kind[position])
    (level, shape), (calm, _) = developing, normal
    if kind == MEASURE:
        places = (np.arange(_POINTS) + 0.5) / _POINTS
        deviation = np.exp(shape)[:, None] * _deviations(design, position, places)
        own = indicator_log_density(design, position, 0.0, -deviation, coverage, shape[:, None])
        away = (level - calm)[:, None] + deviation
        other = indicator_log_density(design, position, 0.0, -away, coverage, shape[:, None])
        return np.asarray((own - other).mean(axis=1))
    if kind == COUNT:
        if design.power_of[position] >= 0:
            return _summed_divergence(design, position, coverage, developing, normal)
        return _count_divergence(coverage * np.exp(level), coverage * np.exp(calm), np.exp(shape))
    tops = 2 if kind == PRESENCE else int(np.isfinite(design.cutpoints[position]).sum()) + 1
    total = np.zeros(len(level))
    for value in range(tops):
        here, there = (
            indicator_log_density(design, position, float(value), where, coverage, shape) for where in (level, calm)
        )
        total += np.where(np.isfinite(here), np.exp(here) * (here - there), 0.0)
    return total


def _summed_divergence(
    design: Design, position: int, coverage: float, developing: tuple[Floats, Floats], normal: tuple[Floats, Floats]
) -> Floats:
    """Negative binomials whose dispersions differ have no closed form: the sum over groups of counts."""
    first = count_groups()
    width = np.diff(first)
    total = np.zeros(len(developing[0]))
    for value, many in zip(first[:-1] + (width - 1) // 2, width, strict=True):
        here, there = (
            indicator_log_density(design, position, float(value), level, coverage, shape)
            for level, shape in (developing, normal)
        )
        mass = many * np.exp(here)
        total += np.where(mass > 0.0, mass * (here - there), 0.0)
    return total


def _count_divergence(mean: Floats, calm: Floats, dispersion: Floats) -> Floats:
    """Negative binomials of equal dispersion φ: μ log(μ/ν) − (μ + φ) log((μ + φ)/(ν + φ)), the sum in closed form."""
    return np.asarray(
        mean * np.log(mean / calm) - (mean + dispersion) * (np.log1p(mean / dispersion) - np.log1p(calm / dispersion))
    )
