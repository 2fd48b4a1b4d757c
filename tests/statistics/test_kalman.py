"""A linear-Gaussian theater: measures with nearly normal errors and everything known but the path of pressure.

Its posterior is the Kalman smoother's, which is written out here in NumPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from support.evidence import empty_evidence
from support.theaters import event, indicator, scenario, span
from tocsin.domain.evidence import Alternative, Cell, Evidence
from tocsin.domain.indicator import Kind, MeasureBaseline, Transform
from tocsin.domain.scenario import Link, Pressure
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.inference.kernel import log_likelihood
from tocsin.inference.model import model_data, model_structure
from tocsin.usecases.ports import Limits, Sampler

if TYPE_CHECKING:
    from tocsin.domain.elicitation import Range

STEPS = 30
HALF_LIVES = np.array([3.0, 40.0, 8.0])  # of coup's fast and slow part, and of decline's only part
SHARE = 0.4  # of coup's variance, in its slow part
MEANS, SPREADS = np.array([1.2, -0.4]), np.array([0.5, 0.2])  # of price and output
SHIFTS = np.array([[1.6, -0.9], [0.0, 2.4]])  # of price and output (rows) by coup and decline, developing
NEARLY_NORMAL = 1e6  # degrees of freedom; logs of densities are the normal's to some 1e-6 where readings lie

PERSISTENCE = 2 ** (-1 / HALF_LIVES)
PRESSURE = np.array([[math.sqrt(1 - SHARE), math.sqrt(SHARE), 0.0], [0.0, 0.0, 1.0]])  # θ by parts
READING = (SPREADS[:, None] * SHIFTS / 2) @ PRESSURE  # readings by parts: a shift is at θ = 2, in spreads


def _known(value: float) -> Range:
    """A range so narrow that only the path of pressure is unknown."""
    return span(value - 1e-7 * abs(value), value + 1e-7 * abs(value))


def _theater() -> Theater:
    names = "field/price", "field/output"
    measures = tuple(
        indicator(
            name,
            Kind.MEASURE,
            baseline=MeasureBaseline(_known(mean), _known(spread), NEARLY_NORMAL),
            transform=Transform.NONE,
        )
        for name, mean, spread in zip(names, MEANS, SPREADS, strict=True)
    )
    fast, slow, only = (_known(value) for value in HALF_LIVES)
    coup = scenario("coup", event(), (Link(names[0], _known(SHIFTS[0, 0])),), Pressure(fast, slow, _known(SHARE)))
    links = tuple(Link(name, _known(shift)) for name, shift in zip(names, SHIFTS[:, 1], strict=True))
    decline = scenario("decline", event(), links, Pressure(only, None, None))
    return Theater("linear", "Linear", Timeline(Step.WEEK, STEPS, "Africa/Tunis"), (coup, decline), measures)


def _readings() -> np.ndarray:
    """(T, 2) readings with gaps, NaN where there is none: rising, with a quiet stretch and nothing in the last step."""
    random = np.random.default_rng(17)
    rising = np.linspace(-1.0, 2.5, STEPS)[:, None] * np.array([0.8, 0.9])
    readings = MEANS + SPREADS * (rising + random.normal(size=(STEPS, 2)))
    readings[8:14] = np.nan  # nobody read anything
    readings[1::3, 1] = np.nan
    readings[-3:, 0] = np.nan
    readings[-1] = np.nan
    return readings


def _evidence(theater: Theater, readings: np.ndarray) -> Evidence:
    cells = tuple(
        Cell(measure.id, step, 1.0, (Alternative(float(readings[step, column]), 1.0),), (f"{step}",))
        for column, measure in enumerate(theater.indicators)
        for step in range(STEPS)
        if not math.isnan(readings[step, column])
    )
    return replace(empty_evidence(theater), cells=cells)  # no event is watched: hazards say nothing about pressure


@dataclass(frozen=True)
class Smoothed:
    """Means (T, S) and covariances (T, S, S) of pressure given all readings, and the log of p(readings)."""

    mean: np.ndarray
    covariance: np.ndarray
    log_evidence: float


def _smooth(readings: np.ndarray) -> Smoothed:
    """Kalman's filter forward, then Rauch, Tung & Striebel's smoother back (Särkkä 2013, theorems 4.2 and 8.2)."""
    move, noise = np.diag(PERSISTENCE), np.diag(1 - PERSISTENCE**2)
    mean, covariance = np.zeros(3), np.eye(3)  # the first step is stationary
    predicted, filtered, log_evidence = [], [], 0.0
    for step, reading in enumerate(readings):
        if step:
            mean, covariance = move @ mean, move @ covariance @ move.T + noise
        predicted.append((mean, covariance))
        there = ~np.isnan(reading)
        if there.any():
            effect = READING[there]
            expected = MEANS[there] + effect @ mean
            spread = effect @ covariance @ effect.T + np.diag(SPREADS[there] ** 2)
            log_evidence += stats.multivariate_normal.logpdf(reading[there], expected, spread)
            gain = covariance @ effect.T @ np.linalg.inv(spread)
            mean = mean + gain @ (reading[there] - expected)
            covariance = covariance - gain @ spread @ gain.T
        filtered.append((mean, covariance))
    smoothed = [filtered[-1]]
    for step in range(STEPS - 2, -1, -1):
        (mean, covariance), (ahead, ahead_covariance) = filtered[step], predicted[step + 1]
        gain = covariance @ move.T @ np.linalg.inv(ahead_covariance)
        later, later_covariance = smoothed[0]
        smoothed.insert(
            0,
            (mean + gain @ (later - ahead), covariance + gain @ (later_covariance - ahead_covariance) @ gain.T),
        )
    means = np.array([PRESSURE @ part for part, _ in smoothed])
    covariances = np.array([PRESSURE @ part @ PRESSURE.T for _, part in smoothed])
    return Smoothed(means, covariances, log_evidence)


def test_the_posterior_of_pressure_is_the_kalman_smoothers(sampler: Sampler) -> None:
    """Mean and standard deviation of both pressures at every step, and how the two hang together now.

    Within four Monte Carlo standard errors: of the mean sd/√ESS, of the others by the delta method, each with its own
    effective sample size (Vehtari et al. 2021, Bayesian Analysis 16(2), section 4.3).
    """
    theater, readings = _theater(), _readings()
    design, evidence = lay_out(theater), _evidence(theater, readings)
    draws = sampler.sample(
        design,
        lay_out_cells(design, evidence.cells),
        lay_out_window(design, evidence),
        seed=12,
        limits=Limits(600.0, lambda: False, lambda: 0.0),
        report=lambda _: None,
    ).draws
    exact = _smooth(readings)
    path = draws.recent.astype(np.float64).reshape(draws.chains, -1, 2, STEPS)
    spread = np.sqrt(np.diagonal(exact.covariance, axis1=1, axis2=2))
    for place in range(2):
        for step in range(STEPS):
            values = path[:, :, place, step]
            assert values.mean() == pytest.approx(exact.mean[step, place], abs=4 * _error(values, "mean"))
            assert values.std() == pytest.approx(spread[step, place], abs=4 * _error(values, "sd"))
    product = np.prod(path[:, :, :, -1] - exact.mean[-1], axis=2)
    assert product.mean() == pytest.approx(exact.covariance[-1, 0, 1], abs=4 * _error(product, "mean"))
    assert np.ptp(exact.mean[:, 0]) > 2.0  # the evidence said something
    assert spread.min() < 0.5
    assert 4 * _error(path[:, :, 1, -1], "mean") < 0.05 * spread[-1, 1]  # and the comparison is a sharp one


def _error(values: np.ndarray, method: str) -> float:
    return float(array_stats.mcse(values, chain_axis=0, draw_axis=1, method=method))


def _effects() -> np.ndarray:
    """(T·2, 3·T) readings by innovations: a part at t holds ρ^(t−u)·√(1−ρ²) of ε(u), and ρ^t of ε(0)."""
    effects = np.zeros((STEPS, 2, 3, STEPS))
    for later in range(STEPS):
        for earlier in range(later + 1):
            arriving = np.sqrt(1 - PERSISTENCE**2) if earlier else np.ones(3)
            effects[later, :, :, earlier] = READING * PERSISTENCE ** (later - earlier) * arriving
    return effects.reshape(2 * STEPS, 3 * STEPS)


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_at_any_path_gives_the_kalman_filters_evidence(seed: int) -> None:
    """Chib's identity: log p(y) = log p(y | ε) + log p(ε) − log p(ε | y), whatever the innovations ε.

    Chib 1995, Marginal likelihood from the Gibbs output, JASA 90. p(y | ε) is the compiled one, p(ε | y) is normal with
    precision I + BᵀB/σ² for readings y = μ + Bε + σw, and log p(y) is summed by the filter. What a Student-t has over
    the normal, (x⁴ − 2x² − 1) / 4ν a reading in the first order of 1/ν, is taken off; the tolerance is some 40 readings
    times the rounding of the density's constant, 1e-9, with room for the next order.
    """
    theater, readings = _theater(), _readings()
    design, evidence = lay_out(theater), _evidence(theater, readings)
    data = model_data(lay_out_cells(design, evidence.cells), lay_out_window(design, evidence))
    innovation = np.random.default_rng(seed).normal(size=(3, STEPS))
    stated = log_likelihood(np.zeros(design.parameters), innovation, model_structure(design), data)[0]

    there = ~np.isnan(readings).ravel()
    weight = np.diag(1 / np.tile(SPREADS**2, STEPS)[there])
    effects, gap = _effects()[there], (readings - MEANS).ravel()[there]
    precision = np.eye(3 * STEPS) + effects.T @ weight @ effects
    center = np.linalg.solve(precision, effects.T @ weight @ gap)
    flat = innovation.ravel()
    residual = np.sqrt(weight) @ (gap - effects @ flat)
    over_normal = np.sum(residual**4 - 2 * residual**2 - 1) / (4 * NEARLY_NORMAL)
    posterior = stats.multivariate_normal.logpdf(flat, center, np.linalg.inv(precision))
    found = stated - over_normal + stats.norm.logpdf(flat).sum() - posterior
    assert found == pytest.approx(_smooth(readings).log_evidence, abs=1e-7)
