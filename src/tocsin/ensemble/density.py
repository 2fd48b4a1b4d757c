"""The likelihood of one value under each kind of indicator: stated once, readably, here.

The sampler's compiled Op is held to it by tests. Each function takes η (the linear predictor) of any shape and returns
log-densities of the same shape.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.ensemble.design import COUNT, ORDINAL, PRESENCE, Design, Floats

_STIRLING_FROM = 10.0
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def log_density(
    kind: int, value: float, level: Floats, coverage: float, log_shape: Floats, cutpoints: Floats, freedom: float
) -> Floats:
    """The log of p(value | η) for one value.

    Args:
        kind: COUNT, PRESENCE, ORDINAL or MEASURE.
        value: The value; measures are transformed.
        level: η of any shape: log rate per step, ordinal log-odds, or mean of the transformed value.
        coverage: Chance that a thing that happened would have been seen, in [0, 1].
        log_shape: log φ (count) or log σ (measure); broadcasts against `level`, ignored elsewhere.
        cutpoints: (V + 1,) ordinal cutpoints ending in +inf; ignored elsewhere.
        freedom: Degrees of freedom ν of a measure; ignored elsewhere.
    """
    if kind == COUNT:
        return _count(value, level, coverage, log_shape)
    if kind == PRESENCE:
        return _presence(value, level, coverage)
    if kind == ORDINAL:
        return _ordinal(int(value), level, coverage, cutpoints)
    return _measure(value, level, log_shape, freedom)


def indicator_log_density(
    design: Design, indicator: int, value: float, level: Floats, coverage: float, log_shape: Floats
) -> Floats:
    """`log_density` with the kind, cutpoints and degrees of freedom of an indicator (its index in the design)."""
    return log_density(
        int(design.kind[indicator]),
        value,
        level,
        coverage,
        log_shape,
        design.cutpoints[indicator],
        float(design.degrees_of_freedom[indicator]),
    )


def _count(value: float, level: Floats, coverage: float, log_dispersion: Floats) -> Floats:
    """Negative binomial with mean μ = c·e^η and variance μ + μ²/φ."""
    if coverage == 0:
        return np.full(np.shape(level), 0.0 if value == 0 else -np.inf)
    dispersion = np.exp(log_dispersion)
    ratio = math.log(coverage) + level - log_dispersion
    rising = _log_gamma(value + dispersion) - _log_gamma(dispersion)
    zeros = -dispersion * np.logaddexp(0.0, ratio)
    ones = -value * np.logaddexp(0.0, -ratio)
    return np.asarray(rising - math.lgamma(value + 1.0) + zeros + ones)


def _presence(value: float, level: Floats, coverage: float) -> Floats:
    """P(1) = 1 − exp(−c·e^η): thinning a Poisson process by coverage is exact."""
    mean = coverage * np.exp(level)
    if value == 0:
        return -mean
    with np.errstate(divide="ignore"):
        return np.log(-np.expm1(-mean))


def _ordinal(value: int, level: Floats, coverage: float, cutpoints: Floats) -> Floats:
    """Cumulative logit P(level ≥ k) = logistic(η − κ_k), seen with chance c and otherwise taken for level 0."""
    above = _log_logistic(cutpoints[value] - level)  # log P(level ≤ value)
    if value == 0:
        return np.asarray(np.log(coverage * np.exp(above) + (1.0 - coverage)))
    with np.errstate(divide="ignore"):
        width = np.log(-np.expm1(cutpoints[value - 1] - cutpoints[value]))
        return np.asarray(np.log(coverage) + _log_logistic(level - cutpoints[value - 1]) + above + width)


def _measure(value: float, level: Floats, log_spread: Floats, freedom: float) -> Floats:
    """Student-t with ν degrees of freedom and scale σ around η."""
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    scaled = (value - level) * np.exp(-log_spread)
    return np.asarray(constant - log_spread - (freedom + 1) / 2 * np.log1p(scaled**2 / freedom))


def _log_logistic(argument: Floats) -> Floats:
    return -np.logaddexp(0.0, -argument)


def _log_gamma(argument: Floats) -> Floats:
    """The log of Γ, for positive arguments: Stirling's series above 10, reached by recurrence.

    Abramowitz & Stegun 6.1.40.
    """
    shift = np.zeros_like(argument)
    raised = np.array(argument, dtype=np.float64)
    for _ in range(int(_STIRLING_FROM)):
        low = raised < _STIRLING_FROM
        shift -= np.where(low, np.log(raised), 0.0)
        raised = np.where(low, raised + 1.0, raised)
    series = sum(term / raised ** (2 * order + 1) for order, term in enumerate(_STIRLING))
    return (raised - 0.5) * np.log(raised) - raised + 0.5 * math.log(2 * math.pi) + series + shift
