"""The next reading of an indicator: which values it may take, and how likely each draw makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.evidence import Alternative, Cell
from tocsin.domain.indicator import MOST
from tocsin.ensemble.cells import lay_out_cells
from tocsin.ensemble.design import COUNT, MEASURE, ORDINAL
from tocsin.ensemble.likelihood import cell_log_likelihood, linear_predictor, log_shape
from tocsin.ensemble.odds import weighted_quantiles

if TYPE_CHECKING:
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws

COVERED = 1.0 - 1e-6
"""Counts are told apart until this much of what is expected is covered; all larger ones are one reading."""
GRID_POINTS = 241
"""Points at which a measure is read."""
_BLOCK = 16  # counts weighed at a time
_GRID_REACH = 1e4  # in scales: even with 2 degrees of freedom a Student-t holds less than 1e-8 beyond
_ALL_COUNTS = 64  # up to here each count is a reading of its own
_COUNT_RATIO = 1.03  # beyond, one reading is as many counts as it takes for this ratio: far less than their spread


@dataclass(frozen=True, eq=False, slots=True)
class NextReading:
    """The next reading Y of one indicator, as a channel from draws to Y values.

    Attributes:
        values: (Y,) rising; measures are transformed. Large counts are read in groups, named by the first of each;
            the last stands for itself and all larger ones.
        likelihood: (D, Y) chance of each value under each draw; rows sum to 1.
    """

    values: Floats
    likelihood: Floats


def next_reading(
    design: Design, draws: Draws, weights: Floats, indicator: int, coverage: float, trust: float
) -> NextReading:
    """A fresh look at one whole step at the present pressure, of a given trust.

    P(y | draw) = r·p(y | η, c) + (1 − r)·p(y | baseline, c), with η at the last step that the draws keep: the
    likelihood of a cell of evidence with that single report, as `cells` states it.

    Args:
        design: Structure.
        draws: D draws.
        weights: (D,) that sum to 1.
        indicator: Index of the indicator.
        coverage: c, the chance that a thing that happened would be seen, in (0, 1].
        trust: r in (0, 1], of the grade that the reading would have.
    """
    kind = design.kind[indicator]
    if kind == COUNT:
        return _counts(design, draws, weights, indicator, coverage, trust)
    if kind == MEASURE:
        return _measures(design, draws, weights, indicator, coverage, trust)
    top = int(np.isfinite(design.cutpoints[indicator]).sum()) if kind == ORDINAL else 1
    return _normalized(np.arange(top + 1.0), _density(design, draws, indicator, coverage, trust, np.arange(top + 1.0)))


def _counts(
    design: Design, draws: Draws, weights: Floats, indicator: int, coverage: float, trust: float
) -> NextReading:
    first = count_groups()
    width = np.diff(first)
    values = first[:-1] + (width - 1) // 2
    mass = np.zeros((len(draws), 0))
    within = 0.0
    while within < COVERED and mass.shape[1] < len(values):
        new = slice(mass.shape[1], mass.shape[1] + _BLOCK)
        density = _density(design, draws, indicator, coverage, trust, values[new])
        mass = np.concatenate([mass, width[new] * density], axis=1)
        within = float(np.sum(weights[:, None] * mass))
    last = min(int(np.searchsorted(np.cumsum(np.sum(weights[:, None] * mass, axis=0)), COVERED)) + 1, mass.shape[1])
    larger = np.maximum(1.0 - mass[:, :last].sum(axis=1), 0.0)
    return _normalized(first[: last + 1], np.concatenate([mass[:, :last], larger[:, None]], axis=1))


def count_groups() -> Floats:
    """The first count of each reading, rising to the largest count there is."""
    ratios = np.log(MOST / _ALL_COUNTS) / np.log(_COUNT_RATIO)
    beyond = _ALL_COUNTS * _COUNT_RATIO ** np.arange(1, int(ratios) + 1)
    return np.concatenate([np.arange(_ALL_COUNTS + 1.0), np.unique(np.floor(beyond))])


def _measures(
    design: Design, draws: Draws, weights: Floats, indicator: int, coverage: float, trust: float
) -> NextReading:
    """Read on the grid y = m + s·sinh(u), even in u, which the trapezoid rule integrates to its last digits.

    m is the median level and s the median spread of one reading: so the grid is fine where readings lie dense, and
    reaches far out where tails are smooth.
    """
    level = linear_predictor(design, draws.parameters, _present(draws), indicator)
    (middle,) = weighted_quantiles(level, weights, (0.5,))
    (scale,) = weighted_quantiles(np.exp(log_shape(design, draws.parameters, indicator, level)), weights, (0.5,))
    reach = np.arcsinh(_GRID_REACH)
    place = np.linspace(-reach, reach, GRID_POINTS)
    values = middle + scale * np.sinh(place)
    return _normalized(values, _density(design, draws, indicator, coverage, trust, values) * np.cosh(place))


def _density(design: Design, draws: Draws, indicator: int, coverage: float, trust: float, values: Floats) -> Floats:
    """(D, Y) density of each value, in the evidence's own words."""
    cells = [
        Cell(design.indicators[indicator], design.steps - 1, coverage, (Alternative(float(value), trust),), ())
        for value in values
    ]
    pressure = np.broadcast_to(_present(draws)[:, :, None], (len(draws), len(design.scenarios), len(cells)))
    return np.exp(cell_log_likelihood(design, draws.parameters, pressure, lay_out_cells(design, cells)))


def _present(draws: Draws) -> Floats:
    return draws.recent[:, :, -1].astype(np.float64)


def _normalized(values: Floats, likelihood: Floats) -> NextReading:
    return NextReading(values, likelihood / likelihood.sum(axis=1, keepdims=True))
