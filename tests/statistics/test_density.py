from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special as scipy_special
from scipy import stats

from support.theaters import full_theater
from tocsin.ensemble.cells import log_baseline_density
from tocsin.ensemble.density import _log_gamma, log_density
from tocsin.ensemble.design import COUNT, MEASURE, ORDINAL, PRESENCE, lay_out
from tocsin.inference import special

CUTS = np.array([-0.4, 0.9, 2.2, np.inf])
NO_CUTS = np.array([np.inf])
LEVELS = np.array([-3.1, -0.2, 0.0, 1.7])

level = st.floats(-6, 4)
coverage = st.floats(0.01, 1.0)


def test_a_count_is_scipys_negative_binomial() -> None:
    """With n = φ and p = φ / (φ + μ), at asymmetric points."""
    phi, seen = 1.7, 0.35
    mean = seen * np.exp(LEVELS)
    for value in (0, 1, 3, 40, 100_000):
        ours = log_density(COUNT, value, LEVELS, seen, np.log([phi]), NO_CUTS, 0.0)
        np.testing.assert_allclose(ours, stats.nbinom.logpmf(value, phi, phi / (phi + mean)), rtol=1e-9)


def test_a_presence_is_a_thinned_poisson_process() -> None:
    """P(1) = 1 − exp(−c·e^η)."""
    mean = 0.35 * np.exp(LEVELS)
    chance = -np.expm1(-mean)
    np.testing.assert_allclose(
        log_density(PRESENCE, 1, LEVELS, 0.35, np.zeros(1), NO_CUTS, 0.0), np.log(chance), rtol=1e-12
    )
    np.testing.assert_allclose(log_density(PRESENCE, 0, LEVELS, 0.35, np.zeros(1), NO_CUTS, 0.0), -mean, rtol=1e-12)


def test_a_measure_is_scipys_student_t() -> None:
    """With location η, scale σ and ν degrees of freedom; at a million of them the normal density.

    In logs Student-t lies above the normal by (x⁴ − 2x² − 1) / 4ν in the first order of 1/ν; the tolerance is what
    rounding does to the difference of two log-gammas near 6e6.
    """
    for freedom in (2.5, 4.0, 30.0):
        ours = log_density(MEASURE, 2.3, LEVELS, 1.0, np.log([0.6]), NO_CUTS, freedom)
        np.testing.assert_allclose(ours, stats.t.logpdf(2.3, freedom, LEVELS, 0.6), rtol=1e-12)
    x = (2.3 - LEVELS) / 1.6
    normal = stats.norm.logpdf(2.3, LEVELS, 1.6) + (x**4 - 2 * x**2 - 1) / 4e6
    np.testing.assert_allclose(log_density(MEASURE, 2.3, LEVELS, 1.0, np.log([1.6]), NO_CUTS, 1e6), normal, atol=5e-9)


@given(level, coverage)
def test_the_chances_of_all_levels_sum_to_one(eta: float, seen: float) -> None:
    """What is missed is taken for level 0, so nothing is lost."""
    at = np.array([eta])
    total = sum(np.exp(log_density(ORDINAL, value, at, seen, np.zeros(1), CUTS, 0.0))[0] for value in range(4))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_an_ordinal_level_has_the_chance_between_its_cutpoints() -> None:
    """P(level ≥ k) = logistic(η − κ_k), at full coverage."""
    upper = 1 / (1 + np.exp(-(LEVELS - CUTS[0])))
    lower = 1 / (1 + np.exp(-(LEVELS - CUTS[1])))
    ours = log_density(ORDINAL, 1, LEVELS, 1.0, np.zeros(1), CUTS, 0.0)
    np.testing.assert_allclose(np.exp(ours), upper - lower, rtol=1e-12)


@given(st.floats(1e-3, 1e6))
def test_log_gamma_and_digamma_are_scipys(argument: float) -> None:
    """Tolerance: both series are cut where their next term is below 1e-15."""
    assert _log_gamma(np.array([argument]))[0] == pytest.approx(scipy_special.gammaln(argument), rel=1e-12, abs=1e-12)
    assert special.digamma(argument) == pytest.approx(scipy_special.psi(argument), rel=1e-11, abs=1e-11)


@given(level, coverage, st.integers(0, 60), st.floats(-1.5, 2.5), st.floats(2.01, 1000.0))
def test_the_compiled_densities_equal_the_readable_ones(
    eta: float, seen: float, value: int, shape: float, freedom: float
) -> None:
    """Each kind, at random points."""
    at, log_shape = np.array([eta]), np.array([shape])
    compiled = {
        COUNT: special.count(float(value), eta, np.log(seen), shape, np.exp(shape))[0],
        PRESENCE: special.presence(float(value % 2), eta, seen)[0],
        ORDINAL: special.ordinal(value % 4, eta, seen, CUTS[value % 4 - 1] if value % 4 else -np.inf, CUTS[value % 4])[
            0
        ],
        MEASURE: special.measure(value / 10, eta, shape, np.exp(shape), freedom)[0],
    }
    values = {COUNT: value, PRESENCE: value % 2, ORDINAL: value % 4, MEASURE: value / 10}
    for kind, ours in compiled.items():
        cuts = CUTS if kind == ORDINAL else NO_CUTS
        readable = log_density(kind, values[kind], at, seen, log_shape, cuts, freedom)[0]
        assert ours == pytest.approx(readable, rel=1e-10, abs=1e-10)


def test_nothing_seen_without_coverage_says_nothing() -> None:
    """Where nobody looked, a zero is certain and so no evidence."""
    for kind in (COUNT, PRESENCE, ORDINAL):
        ours = log_density(kind, 0, LEVELS, 0.0, np.zeros(1), CUTS if kind == ORDINAL else NO_CUTS, 0.0)
        np.testing.assert_array_equal(np.abs(ours), 0.0)


def test_the_baseline_density_is_the_density_averaged_over_the_baseline_prior() -> None:
    """Quadrature against 400,000 random baselines; the tolerance is five of their standard errors."""
    theater = full_theater()
    design = lay_out(theater)
    random = np.random.default_rng(8)
    for position, (value, seen) in enumerate([(3, 0.6), (1, 0.9), (2, 0.5), (1.9, 1.0)]):
        kind = int(design.kind[position])
        column = design.block("baseline").start + position
        draws = random.normal(design.mean[column], design.sd[column], 400_000)
        shape = np.zeros(1)
        if kind == COUNT:
            shape = design.mean[design.block("log_dispersion")][[design.dispersion_of[position]]]
        if kind == MEASURE:
            shape = design.mean[design.block("log_spread")][[design.spread_of[position]]]
        freedom = design.degrees_of_freedom[position]
        sampled = np.exp(log_density(kind, value, draws, seen, shape, design.cutpoints[position], freedom))
        error = 5 * sampled.std() / math.sqrt(len(sampled))
        assert math.exp(log_baseline_density(design, position, seen, value)) == pytest.approx(sampled.mean(), abs=error)
