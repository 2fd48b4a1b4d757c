from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import special, stats

from support.evidence import empty_evidence
from support.theaters import event, indicator, scenario, span
from tocsin.domain.elicitation import Normal, Range
from tocsin.domain.evidence import Alternative, Cell, Evidence
from tocsin.domain.indicator import Kind, MeasureBaseline, OrdinalBaseline, RateBaseline, Transform
from tocsin.domain.scenario import Link, Pressure
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.usecases.ports import Limits, Sampler

RATE, DISPERSION, SHARES, MEAN, SPREAD = 0.4, 1.5, (0.5, 0.3, 0.2), 1.2, 0.6
EFFECT, HALF_LIFE, HAZARD, HAZARD_EFFECT = 6.0, 3.0, 0.05, 8.0
SLOPE = math.log(EFFECT) / 2


def _known(value: float) -> Range:
    """A range so narrow that only the path of pressure is unknown."""
    return span(value * (1 - 1e-7), value * (1 + 1e-7))


def _tiny_theater() -> Theater:
    rate = RateBaseline(_known(RATE), _known(DISPERSION))
    indicators = (
        indicator("field/attack", Kind.COUNT, baseline=rate),
        indicator("field/claim", Kind.PRESENCE, baseline=rate),
        indicator("field/alert", Kind.ORDINAL, baseline=OrdinalBaseline(SHARES, 1 + 1e-7, "known")),
        indicator(
            "field/price",
            Kind.MEASURE,
            baseline=MeasureBaseline(_known(MEAN), _known(SPREAD)),
            transform=Transform.NONE,
        ),
    )
    links = tuple(Link(item.id, _known(EFFECT if item.kind is not Kind.MEASURE else 2.0)) for item in indicators)
    coup = replace(event(), base_hazard=Normal(math.log(HAZARD), 1e-8), hazard_link=_known(HAZARD_EFFECT))
    pressure = Pressure(None, _known(HALF_LIFE), None)
    return Theater(
        "tiny", "Tiny", Timeline(Step.WEEK, 2, "Africa/Tunis"), (scenario("coup", coup, links, pressure),), indicators
    )


def _evidence(theater: Theater) -> Evidence:
    cells = (
        Cell("field/attack", 0, 0.7, (Alternative(3.0, 0.6),), ("a",)),
        Cell("field/attack", 1, 0.2, (Alternative(1.0, 1.0),), ("b",)),
        Cell("field/claim", 1, 0.9, (Alternative(1.0, 0.9),), ("c",)),
        Cell("field/alert", 0, 0.8, (Alternative(2.0, 1.0),), ("d",)),
        Cell("field/price", 1, 1.0, (Alternative(2.1, 0.7),), ("e",)),
    )
    return replace(empty_evidence(theater), cells=cells, occurred={"coup": ()}, watched={"coup": 0})


def _likelihood(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The same evidence by SciPy, at pressures of the two weeks; the baseline is known, so its density is at η(0)."""

    def count(value: int, seen: float, pressure: np.ndarray | float) -> np.ndarray:
        mean = seen * RATE * np.exp(SLOPE * pressure)
        return stats.nbinom.pmf(value, DISPERSION, DISPERSION / (DISPERSION + mean))

    def claim(pressure: np.ndarray | float) -> np.ndarray:
        return 1 - np.exp(-0.9 * RATE * np.exp(SLOPE * pressure))

    def price(pressure: np.ndarray | float) -> np.ndarray:
        return stats.t.pdf(2.1, 4, MEAN + SPREAD * (2.0 / 2) * pressure, SPREAD)

    top = special.expit(SLOPE * first - special.logit(1 - SHARES[2]))
    return (
        (0.6 * count(3, 0.7, first) + 0.4 * count(3, 0.7, 0.0))
        * count(1, 0.2, second)
        * (0.9 * claim(second) + 0.1 * claim(0.0))
        * 0.8
        * top
        * (0.7 * price(second) + 0.3 * price(0.0))
    )


def _hazard(pressure: np.ndarray) -> np.ndarray:
    return HAZARD * np.exp(math.log(HAZARD_EFFECT) / 2 * pressure)


def _odds_by_grid(days: int) -> float:
    """P(coup within `days` of Tuesday), by summing over a grid of two weeks' pressure and the third's given these."""
    axis = np.linspace(-7, 7, 281)
    rho = 2 ** (-1 / HALF_LIFE)
    first, second = np.meshgrid(axis, axis, indexing="ij")
    weight = stats.norm.pdf(first) * stats.norm.pdf(second, rho * first, math.sqrt(1 - rho**2))
    weight = weight * _likelihood(first, second) * np.exp(-_hazard(first) - 2 / 7 * _hazard(second))
    now = weight.sum(axis=0) / weight.sum()  # the law of this week's pressure
    rest = np.exp(-min(days, 5) / 7 * _hazard(axis))
    if days <= 5:
        return float(1 - np.sum(now * rest))
    moved = stats.norm.pdf(axis[None, :], rho * axis[:, None], math.sqrt(1 - rho**2))
    moved /= moved.sum(axis=1, keepdims=True)
    next_week = moved @ np.exp(-_hazard(axis))  # the whole of the next week, given this week's pressure
    reach = np.sum(now * rest) - np.sum(now * rest * next_week)
    return float(1 - np.sum(now * rest) + (days - 5) / 7 * reach)


@pytest.mark.parametrize("days", [5, 12])
def test_odds_are_those_of_brute_force_on_a_grid(sampler: Sampler, days: int) -> None:
    """Two weeks, every kind of indicator, doubtful grades and thin coverage: within four stated Monte Carlo errors."""
    theater = _tiny_theater()
    assert theater.timeline.start_of(theater.timeline.number(date(2016, 3, 8))) == date(2016, 3, 7)
    evidence = _evidence(theater)
    design = lay_out(theater)
    sampled = sampler.sample(
        design,
        lay_out_cells(design, evidence.cells),
        lay_out_window(design, evidence),
        seed=5,
        limits=Limits(600.0, lambda: False, lambda: 0.0),
        report=lambda _: None,
    )
    futures = simulate(design, sampled.draws, begin(theater, design, evidence), 5, 32)
    value = estimate(futures, 0, days, even_weights(futures))
    assert value.probability == pytest.approx(_odds_by_grid(days), abs=4 * value.error)
    prior = 1 - math.exp(-days / 7 * HAZARD)
    assert value.probability > 2 * prior  # the evidence said something
    assert value.error < 0.01
