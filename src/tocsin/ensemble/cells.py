"""Evidence as arrays in long form, which every likelihood takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.density import log_density
from tocsin.ensemble.design import COUNT, MEASURE, Design, Floats, Integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.evidence import Cell, Evidence

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)


@dataclass(frozen=True, eq=False, slots=True)
class CellArrays:
    """N cells with R alternatives in all; the alternatives of cell n are rows `first[n]` to `first[n + 1] − 1`.

    Attributes:
        step: (N,) window step.
        indicator: (N,) indicator index.
        coverage: (N,) in (0, 1].
        first: (N + 1,) first row of each cell.
        value: (R,) alternative values, the silence behind doubtful reports among them; measures are transformed.
        log_trust: (R,) log-weight of each alternative: its trust, relative to the baseline density (see `_weigh`).
        log_background: (N,) log-weight of knowing nothing; −inf where trust is complete or silence stands.
    """

    step: Integers
    indicator: Integers
    coverage: Floats
    first: Integers
    value: Floats
    log_trust: Floats
    log_background: Floats


@dataclass(frozen=True, eq=False, slots=True)
class WindowArrays:
    """What happened in each step, beside the cells.

    Attributes:
        exposure: (E, T) share of the step in which an occurrence would be known: 0 before it was watched, 1, and the
            elapsed share in the last step; 1 wherever an occurrence is known.
        happened: (E, T) 1 where the event occurred.
        occurred: (C, T) 1 where the coupling's source occurred.
    """

    exposure: Floats
    happened: Floats
    occurred: Floats


def lay_out_cells(design: Design, cells: Sequence[Cell]) -> CellArrays:
    """The arrays of some cells, in their order."""
    indicator_at = {name: position for position, name in enumerate(design.indicators)}
    indicator = np.array([indicator_at[cell.indicator] for cell in cells], dtype=np.int64)
    coverage = np.array([cell.coverage for cell in cells], dtype=np.float64)
    rows, background = [], []
    for position, cell in zip(indicator, cells, strict=True):
        own, left = _weigh(design, int(position), cell)
        rows.append(own)
        background.append(left)
    flat = [row for own in rows for row in own]
    return CellArrays(
        step=np.array([cell.step for cell in cells], dtype=np.int64),
        indicator=indicator,
        coverage=coverage,
        first=np.cumsum([0, *(len(own) for own in rows)], dtype=np.int64),
        value=np.array([value for value, _ in flat], dtype=np.float64),
        log_trust=np.array([weight for _, weight in flat], dtype=np.float64),
        log_background=np.array(background, dtype=np.float64),
    )


def _weigh(design: Design, indicator: int, cell: Cell) -> tuple[list[tuple[float, float]], float]:
    """The alternatives of a cell with their log-weights, and the log-weight of knowing nothing.

    A trust is the chance of being right at normal pressure, so each density enters relative to the baseline's:
    Σ r_k · p(y_k | η) / p(y_k | baseline). What trust is left over says that the reports came from nowhere. Then, where
    silence stands, nothing was seen: (1 − Σ r) · p(0 | η) / p(0 | baseline); elsewhere nothing is known: 1 − Σ r. So a
    report at trust 0 leaves everything as if it had not been made. All terms are times p(y_1 | baseline), which makes a
    single report r · p(y | η) + (1 − r) · p(y | baseline).
    """
    if len(cell.alternatives) == 1 and cell.alternatives[0].trust == 1.0:
        return [(cell.alternatives[0].value, 0.0)], -math.inf  # most cells are silence: spare them the quadrature
    baseline = {value: log_baseline_density(design, indicator, cell.coverage, value) for value in _values(cell)}
    scale = baseline[cell.alternatives[0].value]
    own = [(item.value, math.log(item.trust) + scale - baseline[item.value]) for item in cell.alternatives]
    left = 1.0 - math.fsum(alternative.trust for alternative in cell.alternatives)
    if left <= 1e-12:  # noqa: PLR2004 - rounding of trusts that sum to 1
        return own, -math.inf
    if not cell.silence_stands:
        return own, math.log(left) + scale
    return [*own, (0.0, math.log(left) + scale - baseline[0.0])], -math.inf


def _values(cell: Cell) -> set[float]:
    return (
        {0.0, *(item.value for item in cell.alternatives)}
        if cell.silence_stands
        else {item.value for item in cell.alternatives}
    )


def log_baseline_density(design: Design, indicator: int, coverage: float, value: float) -> float:
    """The log of p(value | baseline prior): the density at normal pressure, integrated over the prior of α.

    Gauss–Hermite quadrature with 48 nodes over α; the dispersion or spread is at its prior median.
    """
    column = design.block("baseline").start + indicator
    level = design.mean[column] + design.sd[column] * _NODES
    shape = np.zeros(1)
    if design.kind[indicator] == COUNT:
        shape = design.mean[[design.block("log_dispersion").start + int(design.dispersion_of[indicator])]]
    elif design.kind[indicator] == MEASURE:
        shape = design.mean[[design.block("log_spread").start + int(design.spread_of[indicator])]]
    density = log_density(
        int(design.kind[indicator]), value, level, coverage, shape, design.cutpoints[indicator]
    ) + np.log(_WEIGHTS / _WEIGHTS.sum())
    top = density.max()
    return float(top + np.log(np.exp(density - top).sum()))


def lay_out_window(design: Design, evidence: Evidence) -> WindowArrays:
    """The arrays of what occurred and of when nothing did."""
    steps = design.steps
    exposure = np.zeros((len(design.event_scenario), steps))
    happened = np.zeros_like(exposure)
    for row, scenario in enumerate(design.event_scenario):
        name = design.scenarios[scenario]
        if name in evidence.watched:
            exposure[row, evidence.watched[name] :] = 1.0
            exposure[row, -1] *= evidence.elapsed
            # Whoever records an occurrence looked, whether or not the watch had begun.
            exposure[row, list(evidence.occurred[name])] = 1.0
            happened[row, list(evidence.occurred[name])] = 1.0
    occurred = np.zeros((len(design.coupling_source), steps))
    for row, source in enumerate(design.coupling_source):
        occurred[row, list(evidence.occurred.get(design.scenarios[source], ()))] = 1.0
    return WindowArrays(exposure, happened, occurred)
