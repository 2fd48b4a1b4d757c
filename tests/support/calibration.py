"""Simulation-based calibration: fit simulated theaters, rank the truth among draws, and hold ranks to uniformity.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018), Validating Bayesian inference algorithms with simulation-based
calibration, arXiv:1804.06788. Each simulation gives one rank a quantity, of one scenario, link or parameter chosen at
random, so that the ranks of a quantity are independent and those of all theaters can be pooled. The log-likelihood is
ranked too: parameters alone do not show that the data were left out (Modrák et al. 2023, Bayesian Analysis 20(2)).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from arviz_stats.ecdf_utils import compute_ecdf, get_pointwise_confidence_band, simulate_confidence_bands

from support.simulation import ALREADY, simulate_theater
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import BLOCKS, lay_out
from tocsin.ensemble.futures import NEVER, begin, simulate
from tocsin.ensemble.likelihood import cell_log_likelihood, event_log_likelihood, log_hazard
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from support.calibrated_theaters import Case
    from support.simulation import Truth
    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.evidence import Cell
    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures
    from tocsin.usecases.ports import Sampler

    Data = tuple[CellArrays, WindowArrays]
    Fault = Callable[[Design, tuple[Cell, ...]], tuple[Design, tuple[Cell, ...]]]

HORIZON_DAYS = 90
KEPT = 99
"""Draws of a fit among which the truth is ranked: few enough to be all but independent."""
FUTURES = 4
_BAND_SIMULATIONS = 20_000
_KINDS = ("count", "presence", "ordinal", "measure")


@dataclass(frozen=True)
class Forecast:
    """What was said of a horizon and what came: chances and outcomes (S,), and the covariance of outcomes as told."""

    chance: Floats
    came: Floats
    covariance: Floats


@dataclass(frozen=True)
class Calibrated:
    """One simulation: the place of the truth in (0, 1) by quantity, uniform if all is right, and the forecast."""

    places: Mapping[str, float]
    forecast: Forecast
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Verdict:
    """One quantity over N simulations.

    `deviation` is the largest distance of the ECDF from uniformity (or of a z-score from 0), as a multiple of what the
    band allows there: above 1 the quantity is not calibrated.
    """

    quantity: str
    simulations: int
    deviation: float


def calibrate(case: Case, sampler: Sampler, seeds: Iterable[int], fault: Fault | None = None) -> list[Calibrated]:
    """Simulate, fit and rank once a seed; with a fault, what is fitted is not what was simulated."""
    return [_calibrate_once(case, sampler, seed, fault) for seed in seeds]


def _calibrate_once(case: Case, sampler: Sampler, seed: int, fault: Fault | None) -> Calibrated:
    design = lay_out(case.theater)
    evidence, truth = simulate_theater(case.theater, case.day, seed)
    if fault is not None:
        design, told = fault(design, evidence.cells)
        evidence = replace(evidence, cells=told)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    sampled = sampler.sample(
        design,
        cells,
        window,
        seed=seed,
        limits=Limits(600.0, lambda: False, lambda: 0.0),
        report=lambda _: None,
    )
    futures = simulate(design, sampled.draws, begin(case.theater, design, evidence), seed, FUTURES)
    random = np.random.default_rng([seed, 3])
    places = _places(design, (cells, window), truth, sampled.draws, futures, random)
    return Calibrated(places, _forecast(design, truth, futures), sampled.diagnosis)


def _places(
    design: Design, data: Data, truth: Truth, draws: Draws, futures: Futures, random: np.random.Generator
) -> dict[str, float]:
    kept = np.arange(KEPT) * (len(draws) // KEPT)
    parameters, pressure = draws.parameters[kept], draws.recent[kept].astype(np.float64)
    true = np.array([truth.parameters[label] for label in design.labels])[None, :]
    path = np.array([truth.pressure[name] for name in design.scenarios])[None]
    places = {}
    for quantity, columns in _columns(design).items():
        column = random.choice(columns)
        places[quantity] = _place(true[0, column], parameters[:, column], random)
    scenario = random.integers(len(design.scenarios))
    places["current pressure"] = _place(path[0, scenario, -1], pressure[:, scenario, -1], random)
    event = random.integers(len(design.event_scenario))
    hazards = [
        log_hazard(design, *state)[:, event] for state in ((true, path[:, :, -1]), (parameters, pressure[:, :, -1]))
    ]
    places["log-hazard now"] = _place(hazards[0][0], hazards[1], random)
    likelihoods = [_log_likelihood(design, data, *state) for state in ((true, path), (parameters, pressure))]
    places["log-likelihood"] = _place(likelihoods[0][0], likelihoods[1], random)
    rules = [rule.scenario for rule in design.rules]
    for quantity, candidates in (("event first occurs", design.event_scenario), ("rule first met", rules)):
        if len(candidates):
            one = random.choice(candidates)
            first = _first_step(truth, design.scenarios[one], len(futures.end_day))
            places[quantity] = _place(first, _steps(futures)[one, kept, 0], random)
    return places


def _columns(design: Design) -> dict[str, list[int]]:
    """Which parameters stand for a quantity: one of them is chosen for each simulation."""
    columns: dict[str, list[int]] = defaultdict(list)
    for row, indicator in enumerate(design.link_indicator):
        columns[f"link, {_KINDS[design.kind[indicator]]}"].append(design.block("link").start + row)
    for block in BLOCKS:
        if block != "link":
            columns[block.replace("_", " ")] += range(design.parameters)[design.block(block)]
    return {quantity: rows for quantity, rows in columns.items() if rows}


def _place(truth: float, draws: Floats, random: np.random.Generator) -> float:
    """The rank of the truth among draws as a number in (0, 1), ties and the width of a rank filled at random."""
    below, equal = np.sum(draws < truth), np.sum(draws == truth)
    return float((below + random.random() * (equal + 1)) / (len(draws) + 1))


def _log_likelihood(design: Design, data: Data, parameters: Floats, pressure: Floats) -> Floats:
    cells, window = data
    terms = cell_log_likelihood(design, parameters, pressure[:, :, cells.step], cells)
    return terms.sum(axis=1) + event_log_likelihood(design, parameters, pressure, window).sum(axis=1)


def _first_step(truth: Truth, scenario: str, steps: int) -> int:
    """As `_steps` counts."""
    return truth.first.get(scenario, steps)


def _steps(futures: Futures) -> np.ndarray:
    """(S, D, M) future step of the first occurrence; ALREADY, or the number of future steps where there is none."""
    step = np.searchsorted(futures.end_day, futures.first_day)
    return np.where(futures.first_day == 0, ALREADY, step)


def _forecast(design: Design, truth: Truth, futures: Futures) -> Forecast:
    weights = even_weights(futures)
    scenarios = range(len(design.scenarios))
    by = int(np.searchsorted(futures.end_day, HORIZON_DAYS))
    assert futures.end_day[by] == HORIZON_DAYS  # else the odds would be read within a step
    came = [_first_step(truth, name, len(futures.end_day)) <= by for name in design.scenarios]
    told = ((futures.first_day <= HORIZON_DAYS) & (futures.first_day != NEVER)).reshape(len(scenarios), -1)
    return Forecast(
        np.array([estimate(futures, scenario, HORIZON_DAYS, weights).probability for scenario in scenarios]),
        np.array(came, dtype=np.float64),
        np.atleast_2d(np.cov(told)),
    )


def judge(simulations: Sequence[Calibrated], confidence: float) -> list[Verdict]:
    """Every quantity against its band, all of them together at `confidence`: each at 1 − (1 − confidence) / number."""
    places = gather_places(simulations)
    each = confidence_each(places, confidence)
    verdicts = [Verdict(name, len(values), _deviation(values, each)) for name, values in places.items()]
    limit = NormalDist().inv_cdf(0.5 + each / 2)
    forecasts = [item.forecast for item in simulations]
    scores = {"90-day odds, mean": mean_score(forecasts), "90-day odds, Brier": brier_score(forecasts)}
    return verdicts + [Verdict(name, len(forecasts), abs(score) / limit) for name, score in scores.items()]


def gather_places(simulations: Sequence[Calibrated]) -> dict[str, Floats]:
    """By quantity, the places of all simulations that have it."""
    names = sorted({name for item in simulations for name in item.places})
    return {name: np.array([item.places[name] for item in simulations if name in item.places]) for name in names}


def confidence_each(places: Mapping[str, Floats], confidence: float) -> float:
    """Bonferroni over the ranked quantities and the two scores of the odds."""
    return 1.0 - (1.0 - confidence) / (len(places) + 2)


@lru_cache
def band(simulations: int, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Points, and the simultaneous band of the ECDF there, for so many independent uniform numbers.

    Säilynoja, Bürkner & Vehtari (2022), Graphical test for discrete uniformity and its applications in goodness-of-fit
    evaluation and multiple sample comparison, Statistics and Computing 32(32), by simulation, as ArviZ has it.
    """
    points = np.arange(1, 100) / 100  # as many as there are kept draws: finer steps are filled at random
    random = np.random.default_rng(214)
    pointwise = simulate_confidence_bands(simulations, 1, points, confidence, _BAND_SIMULATIONS, random)
    return points, *get_pointwise_confidence_band(pointwise, simulations, points)


def _deviation(values: Floats, confidence: float) -> float:
    points, lower, upper = band(len(values), confidence)
    gap = compute_ecdf(values, points) - points
    # Where a side of the band is the end of the scale nothing can cross it.
    above = np.where(upper < 1, gap / (upper - points), 0.0)
    below = np.where(lower > 0, gap / (lower - points), 0.0)
    return float(np.maximum(above, below).max())


def mean_score(forecasts: Sequence[Forecast]) -> float:
    """Standard score of Σ(y − p) under the odds as told, outcomes of one simulation being dependent."""
    return _score(forecasts, [np.ones_like(item.chance) for item in forecasts])


def brier_score(forecasts: Sequence[Forecast]) -> float:
    """Standard score of the Brier score under the odds as told: Σ(y − p)(1 − 2p).

    Spiegelhalter (1986), Probabilistic prediction in patient management and clinical trials, Statistics in Medicine 5.
    """
    return _score(forecasts, [1.0 - 2.0 * item.chance for item in forecasts])


def _score(forecasts: Sequence[Forecast], weights: Sequence[Floats]) -> float:
    total = sum(weight @ (item.came - item.chance) for item, weight in zip(forecasts, weights, strict=True))
    variance = sum(weight @ item.covariance @ weight for item, weight in zip(forecasts, weights, strict=True))
    return float(total / np.sqrt(variance))
