"""A tiny theater whose posterior can be had by brute force: only two weeks' pressure is unknown."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
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
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import begin, simulate
from tocsin.usecases.ports import Limits

if TYPE_CHECKING:
    from tocsin.usecases.ports import Sampler

RATE, DISPERSION, SHARES, MEAN, SPREAD = 0.4, 1.5, (0.5, 0.3, 0.2), 1.2, 0.6
EFFECT, HALF_LIFE, HAZARD, HAZARD_EFFECT = 6.0, 3.0, 0.05, 8.0
SLOPE = math.log(EFFECT) / 2
COVERAGE = 0.7


def _known(value: float) -> Range:
    """A range so narrow that only the path of pressure is unknown."""
    return span(value * (1 - 1e-7), value * (1 + 1e-7))


def tiny_theater() -> Theater:
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
    unlinked = indicator("field/quiet", Kind.COUNT, baseline=rate)
    coup = replace(event(), base_hazard=Normal(math.log(HAZARD), 1e-8), hazard_link=_known(HAZARD_EFFECT))
    pressure = Pressure(None, _known(HALF_LIFE), None)
    return Theater(
        "tiny",
        "Tiny",
        Timeline(Step.WEEK, 2, "Africa/Tunis"),
        (scenario("coup", coup, links, pressure),),
        (*indicators, unlinked),
    )


def tiny_evidence(theater: Theater) -> Evidence:
    cells = (
        Cell("field/attack", 0, 0.7, (Alternative(3.0, 0.6),), ("a",)),
        Cell("field/attack", 1, 0.2, (Alternative(1.0, 1.0),), ("b",)),
        Cell("field/claim", 1, 0.9, (Alternative(1.0, 0.9),), ("c",)),
        Cell("field/alert", 0, 0.8, (Alternative(2.0, 1.0),), ("d",)),
        Cell("field/price", 1, 1.0, (Alternative(2.1, 0.7),), ("e",)),
    )
    return replace(empty_evidence(theater), cells=cells, occurred={"coup": ()}, watched={"coup": 0})


def _likelihood(first: np.ndarray, second: np.ndarray, reports: str) -> np.ndarray:
    """Some of the same reports by SciPy, at pressures of the two weeks.

    The baseline is known, so its density is at η(0).
    """

    def count(value: int, seen: float, pressure: np.ndarray | float) -> np.ndarray:
        mean = seen * RATE * np.exp(SLOPE * pressure)
        return stats.nbinom.pmf(value, DISPERSION, DISPERSION / (DISPERSION + mean))

    def claim(pressure: np.ndarray | float) -> np.ndarray:
        return 1 - np.exp(-0.9 * RATE * np.exp(SLOPE * pressure))

    def price(pressure: np.ndarray | float) -> np.ndarray:
        return stats.t.pdf(2.1, 4, MEAN + SPREAD * (2.0 / 2) * pressure, SPREAD)

    top = special.expit(SLOPE * first - special.logit(1 - SHARES[2]))
    factors = {
        "a": 0.6 * count(3, 0.7, first) + 0.4 * count(3, 0.7, 0.0),
        "b": count(1, 0.2, second),
        "c": 0.9 * claim(second) + 0.1 * claim(0.0),
        "d": 0.8 * top,
        "e": 0.7 * price(second) + 0.3 * price(0.0),
    }
    return np.asarray(np.prod([factors[name] for name in reports], axis=0))


def _hazard(pressure: np.ndarray) -> np.ndarray:
    return HAZARD * np.exp(math.log(HAZARD_EFFECT) / 2 * pressure)


@dataclass(frozen=True)
class GridLaw:
    """The posterior of this week's pressure on a grid, and the chance of the coup given each."""

    axis: np.ndarray
    now: np.ndarray
    chance: np.ndarray

    @property
    def odds(self) -> float:
        """P(coup)."""
        return float(np.sum(self.now * self.chance))


def law_by_grid(days: int, reports: str = "abcde") -> GridLaw:
    """Within `days` of Tuesday, given some of the reports.

    By summing over a grid of two weeks' pressure and the third's given these.
    """
    axis = np.linspace(-7, 7, 281)
    rho = 2 ** (-1 / HALF_LIFE)
    first, second = np.meshgrid(axis, axis, indexing="ij")
    weight = stats.norm.pdf(first) * stats.norm.pdf(second, rho * first, math.sqrt(1 - rho**2))
    weight = weight * _likelihood(first, second, reports) * np.exp(-_hazard(first) - 2 / 7 * _hazard(second))
    now = weight.sum(axis=0) / weight.sum()
    rest = np.exp(-min(days, 5) / 7 * _hazard(axis))
    if days <= 5:
        return GridLaw(axis, now, 1 - rest)
    moved = stats.norm.pdf(axis[None, :], rho * axis[:, None], math.sqrt(1 - rho**2))
    moved /= moved.sum(axis=1, keepdims=True)
    next_week = moved @ np.exp(-_hazard(axis))  # the whole of the next week, given this week's pressure
    return GridLaw(axis, now, 1 - rest + (days - 5) / 7 * rest * (1 - next_week))


def reading_by_grid(name: str, axis: np.ndarray, trust: float) -> tuple[np.ndarray, np.ndarray]:
    """Readings (Y,) of an indicator and their chances (A, Y) at each pressure, by SciPy, with coverage COVERAGE."""
    values, sure, normal = _readings(name, axis)
    return values, trust * sure + (1 - trust) * normal


def _readings(name: str, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    at, nothing = axis[:, None], np.zeros((1, 1))
    if name == "field/price":
        values = np.linspace(MEAN - 80, MEAN + 80, 8001)
        sure, normal = (
            stats.t.pdf(values, 4, MEAN + SPREAD * pressure, SPREAD) * (values[1] - values[0])
            for pressure in (at, nothing)
        )
    elif name in {"field/attack", "field/quiet"}:
        values = np.arange(2000.0)
        slope = SLOPE if name == "field/attack" else 0.0
        sure, normal = (
            stats.nbinom.pmf(values, DISPERSION, 1 / (1 + COVERAGE * RATE * np.exp(slope * pressure) / DISPERSION))
            for pressure in (at, nothing)
        )
    elif name == "field/claim":
        values = np.arange(2.0)
        sure, normal = (
            np.concatenate([1 - seen, seen], axis=1)
            for seen in (1 - np.exp(-COVERAGE * RATE * np.exp(SLOPE * pressure)) for pressure in (at, nothing))
        )
    else:
        values = np.arange(3.0)
        tails = np.array([SHARES[1] + SHARES[2], SHARES[2]])
        sure, normal = (
            np.concatenate([1 - seen[:, :1], seen[:, :1] - seen[:, 1:], seen[:, 1:]], axis=1)
            for seen in (
                COVERAGE * special.expit(SLOPE * pressure + special.logit(tails)) for pressure in (at, nothing)
            )
        )
    return values, sure, normal


def fit_tiny(sampler: Sampler, evidence: Evidence | None = None) -> tuple[Theater, Ensemble]:
    """The tiny theater and its real fit, with 32 futures a draw."""
    theater = tiny_theater()
    evidence = evidence or tiny_evidence(theater)
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
    return theater, Ensemble(design.scenarios, sampled.draws, futures, {})
