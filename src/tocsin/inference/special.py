"""Special functions and densities with derivatives, compiled by Numba.

Each density here is one of `ensemble.density`, which states it readably; tests hold values to that statement and
derivatives to the plain PyTensor model.
"""

from __future__ import annotations

import math

from numba import njit


@njit(inline="never")
def softplus(argument: float) -> float:
    """The log of 1 + e^x without overflow."""
    return max(argument, 0.0) + math.log1p(math.exp(-abs(argument)))


@njit(inline="never")
def logistic(argument: float) -> float:
    """1 / (1 + e^(−x)) without overflow."""
    if argument >= 0:
        return 1.0 / (1.0 + math.exp(-argument))
    return math.exp(argument) / (1.0 + math.exp(argument))


@njit(inline="never")
def digamma(argument: float) -> float:
    """ψ(x) for x > 0: recurrence to 10, then the asymptotic series (Abramowitz & Stegun 6.3.18)."""
    shift = 0.0
    while argument < 10.0:  # noqa: PLR2004 - where the series reaches 1e-15
        shift -= 1.0 / argument
        argument += 1.0
    square = 1.0 / (argument * argument)
    series = square * (
        1 / 12
        - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132 - square * 691 / 32760))))
    )
    return shift + math.log(argument) - 0.5 / argument - series


@njit(inline="never")
def count(
    value: float, level: float, log_coverage: float, log_dispersion: float, dispersion: float
) -> tuple[float, float, float]:
    """Negative binomial log-density, and its derivatives by η and by log φ."""
    if log_coverage == -math.inf:
        return (0.0 if value == 0.0 else -math.inf), 0.0, 0.0
    ratio = log_coverage + level - log_dispersion
    small = math.exp(-abs(ratio))  # one exponential for the logistic and the softplus: most cells are zeros
    filled = 1.0 / (1.0 + small) if ratio >= 0.0 else small / (1.0 + small)  # μ / (φ + μ)
    zeros = max(ratio, 0.0) + math.log1p(small)  # log(1 + μ/φ)
    result = -dispersion * zeros
    by_dispersion = -zeros
    if value > 0.0:
        result += (
            math.lgamma(value + dispersion)
            - math.lgamma(dispersion)
            - math.lgamma(value + 1.0)
            - value * (zeros - ratio)
        )
        by_dispersion += digamma(value + dispersion) - digamma(dispersion)
    by_level = value - (value + dispersion) * filled
    return result, by_level, dispersion * by_dispersion - by_level


@njit(inline="never")
def presence(value: float, level: float, coverage: float) -> tuple[float, float]:
    """Complementary log-log log-density, and its derivative by η."""
    mean = coverage * math.exp(level)
    if value == 0.0:
        return -mean, -mean
    if mean == 0.0:
        return -math.inf, 0.0
    return math.log(-math.expm1(-mean)), mean * math.exp(-mean) / -math.expm1(-mean)


@njit(inline="never")
def ordinal(value: int, level: float, coverage: float, lower: float, upper: float) -> tuple[float, float]:
    """Thinned cumulative logit log-density between cutpoints κ_value and κ_{value+1}, and its derivative by η."""
    below = logistic(upper - level)  # P(level ≤ value)
    if value == 0:
        seen = coverage * below + (1.0 - coverage)
        return math.log(seen), -coverage * below * (1.0 - below) / seen
    if coverage == 0.0:
        return -math.inf, 0.0
    result = (
        math.log(coverage) - softplus(lower - level) - softplus(level - upper) + math.log(-math.expm1(lower - upper))
    )
    return result, below - logistic(level - lower)


@njit(inline="never")
def measure(value: float, level: float, log_spread: float, spread: float, freedom: float) -> tuple[float, float, float]:
    """Student-t log-density with ν degrees of freedom, and its derivatives by η and by log σ."""
    scaled = (value - level) / spread
    weight = (freedom + 1.0) * scaled / (freedom + scaled * scaled)
    constant = math.lgamma((freedom + 1.0) / 2.0) - math.lgamma(freedom / 2.0) - 0.5 * math.log(freedom * math.pi)
    result = constant - log_spread - 0.5 * (freedom + 1.0) * math.log1p(scaled * scaled / freedom)
    return result, weight / spread, scaled * weight - 1.0
