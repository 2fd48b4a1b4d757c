"""The likelihood of evidence under each draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.cells import lay_out_cells
from tocsin.ensemble.density import indicator_log_density
from tocsin.ensemble.design import COUNT, MEASURE, Design, Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tocsin.domain.evidence import Cell
    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.draws import Draws


def linear_predictor(
    design: Design, parameters: NDArray[np.floating], pressure: NDArray[np.floating], indicator: int
) -> Floats:
    """η = α + Σ λ·scale·θ of one indicator: (D, …) from pressure (D, S, …)."""
    extra = (1,) * (pressure.ndim - 2)
    level = parameters[:, design.block("baseline").start + indicator].reshape(-1, *extra)
    first = design.block("link").start
    for row in np.flatnonzero(design.link_indicator == indicator):
        effect = parameters[:, first + row].reshape(-1, *extra) * design.link_scale[row]
        level = level + effect * pressure[:, design.link_scenario[row]]
    return np.broadcast_to(level, (len(parameters), *pressure.shape[2:]))


def log_shape[F: np.floating](design: Design, parameters: NDArray[F], indicator: int, level: NDArray[F]) -> NDArray[F]:
    """Log dispersion of a count or log spread of a measure, 0 elsewhere; it broadcasts against η `level` (D, …).

    A count's is log φ + κ·(η − α): the declared dispersion at normal pressure, growing by the power κ of the rate where
    one is declared.
    """
    extra = (1,) * (level.ndim - 1)
    if design.kind[indicator] == MEASURE:
        return parameters[:, design.block("log_spread").start + int(design.spread_of[indicator])].reshape(-1, *extra)
    if design.kind[indicator] != COUNT:
        return np.zeros((len(parameters), *extra), dtype=parameters.dtype)
    normal = parameters[:, design.block("log_dispersion").start + int(design.dispersion_of[indicator])]
    if design.power_of[indicator] < 0:
        return normal.reshape(-1, *extra)
    power = parameters[:, design.block("dispersion_power").start + int(design.power_of[indicator])]
    baseline = parameters[:, design.block("baseline").start + indicator]
    above = level - baseline.reshape(-1, *extra)
    return np.asarray(normal.reshape(-1, *extra) + power.reshape(-1, *extra) * above)


def cell_log_likelihood(design: Design, parameters: Floats, pressure: Floats, cells: CellArrays) -> Floats:
    """The log of Σ trust·p(value | η) + (1 − Σ trust)·p(value | baseline), per draw and cell.

    Args:
        design: Structure.
        parameters: (D, K).
        pressure: (D, S, N) θ at each cell's own step.
        cells: N cells.

    Returns:
        (D, N).
    """
    result = np.empty((len(parameters), len(cells.step)))
    for cell, indicator in enumerate(cells.indicator):
        level = linear_predictor(design, parameters, pressure[:, :, cell], int(indicator))
        shape = log_shape(design, parameters, int(indicator), level)
        total = np.full(len(parameters), cells.log_background[cell])
        for row in range(cells.first[cell], cells.first[cell + 1]):
            value, coverage = float(cells.value[row]), float(cells.coverage[cell])
            density = indicator_log_density(design, int(indicator), value, level, coverage, shape)
            total = np.logaddexp(total, cells.log_trust[row] + density)
        result[:, cell] = total
    return result


def log_hazard(design: Design, parameters: Floats, pressure: Floats) -> Floats:
    """β + γ·θ of each event scenario: (D, E, …) from pressure (D, S, …)."""
    extra = (1,) * (pressure.ndim - 2)
    base = parameters[:, design.block("log_hazard")].reshape(len(parameters), -1, *extra)
    effect = parameters[:, design.block("hazard_link")].reshape(len(parameters), -1, *extra)
    return base + effect * pressure[:, design.event_scenario]


def event_log_likelihood(design: Design, parameters: Floats, pressure: Floats, window: WindowArrays) -> Floats:
    """Σ over steps of −exposure·h where nothing occurred and log(1 − e^(−exposure·h)) where it did: (D, E).

    `pressure` is (D, S, T).
    """
    chance = window.exposure * np.exp(log_hazard(design, parameters, pressure))
    with np.errstate(divide="ignore"):
        occurrence = np.where(window.happened > 0, np.log(-np.expm1(-chance)), 0.0)
    return np.where(window.happened > 0, occurrence, -chance).sum(axis=2)


def recent_log_likelihood(design: Design, draws: Draws, cells: Sequence[Cell]) -> Floats:
    """The log-likelihood (D,) of cells in the steps whose pressure the draws keep."""
    if not cells:
        return np.zeros(len(draws))
    offset = design.steps - draws.recent.shape[2]
    at_cells = draws.recent[:, :, [cell.step - offset for cell in cells]].astype(np.float64)
    return cell_log_likelihood(design, draws.parameters, at_cells, lay_out_cells(design, cells)).sum(axis=1)
