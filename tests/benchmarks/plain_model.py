"""The same model in ordinary PyTensor expressions, vectorized as one would write it for `pm.sample`.

What was chosen, of the forms tried:

- Cells are grouped by kind, each kind's densities are one vector. Gamma functions are taken where a count is above 0
  only. Cells with one value that is sure are summed; the others are log-sum-exps over rows padded to the same length.
- Pressure paths x(t) = ρ·x(t−1) + z(t) are summed by doubling: after adding ρ^k times the path k steps back for k = 1,
  2, 4, … each step holds all before it (Hillis & Steele 1986, Data parallel algorithms, Communications of the ACM 29).
  On the Tunisia theater a gradient took 1.4 times as long with a scan, and more than ten times as long with a product
  by a triangular matrix of powers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from tocsin.ensemble.design import COUNT, MEASURE, ORDINAL, PRESENCE, Design, Integers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytensor.tensor.variable import TensorVariable

    from tocsin.ensemble.cells import CellArrays, WindowArrays


def build_plain_model(design: Design, cells: CellArrays, window: WindowArrays) -> pm.Model:
    """The PyMC model with the free variables of `inference.model.build_model` and no Op of ours; coverage above 0."""
    coords = {"parameter": design.labels, "part": range(design.parts), "when": range(design.steps)}
    with pm.Model(coords=coords) as model:
        standard = pm.Normal("standard", dims="parameter")
        innovation = pm.Normal("innovation", dims=("part", "when"))
        parameters = design.mean + design.sd * standard
        pressure = _pressure(design, window, parameters, innovation)
        effect = pt.zeros((len(design.indicators), len(design.scenarios)))
        strength = parameters[design.block("link")] * design.link_scale
        effect = effect[design.link_indicator, design.link_scenario].set(strength)
        level = parameters[design.block("baseline")][:, None] + effect @ pressure
        for kind, density in _DENSITIES.items():
            rows = _rows_of(design, cells, kind)
            if len(rows.value):
                pm.Potential(f"evidence {kind}", _score(cells, rows, density(design, parameters, rows, level)))
        if window.exposure.any():
            pm.Potential("occurrences", _events(design, window, parameters, pressure))
    return model


def _pressure(design: Design, window: WindowArrays, parameters: TensorVariable, innovation: Any) -> TensorVariable:  # noqa: ANN401
    persistence = pt.exp2(-pt.exp(-parameters[design.block("log_half_life")]))
    share = pt.sigmoid(parameters[design.block("share")])
    weight = pt.ones(design.parts)
    both = np.flatnonzero(design.share_of >= 0)
    if len(both):
        weight = weight[design.slow_part[both]].set(pt.sqrt(share[design.share_of[both]]))
        weight = weight[design.fast_part[both]].set(pt.sqrt(1 - share[design.share_of[both]]))
    noise = pt.sqrt(1 - persistence**2)[:, None]
    arriving = pt.concatenate([innovation[:, :1], noise * innovation[:, 1:]], axis=1)
    part = weight[:, None] * _accumulate(persistence, arriving, design.steps)
    of_scenario = (design.part_scenario[None, :] == np.arange(len(design.scenarios))[:, None]).astype(np.float64)
    pressure = of_scenario @ part
    if not window.occurred.any():
        return pressure
    coupled = np.flatnonzero(window.occurred.any(axis=1))
    target = design.coupling_target[coupled]
    before = np.pad(window.occurred[coupled], ((0, 0), (1, 0)))[:, :-1]
    added = parameters[design.block("coupling")][coupled][:, None] * before
    fast = design.fast_part[target]
    fading = pt.switch(fast >= 0, persistence[np.maximum(fast, 0)], 0.0)
    of_target = (target[None, :] == np.arange(len(design.scenarios))[:, None]).astype(np.float64)
    return pressure + of_target @ _accumulate(fading, added, design.steps)


def _accumulate(persistence: TensorVariable, arriving: TensorVariable, steps: int) -> TensorVariable:
    """Paths (P, T) of x(t) = ρ·x(t−1) + z(t), x(0) = z(0)."""
    path, reach, factor = arriving, 1, persistence[:, None]
    while reach < steps:
        path = pt.concatenate([path[:, :reach], path[:, reach:] + factor * path[:, :-reach]], axis=1)
        reach, factor = 2 * reach, factor**2
    return path


@dataclass(frozen=True, eq=False)
class _Rows:
    """The alternatives of the cells of one kind: what `cells` says of each, and the cell that each belongs to."""

    row: Integers
    cell: Integers
    indicator: Integers
    step: Integers
    coverage: np.ndarray
    value: np.ndarray


def _rows_of(design: Design, cells: CellArrays, kind: int) -> _Rows:
    cell = np.repeat(np.arange(len(cells.step)), np.diff(cells.first))
    row = np.flatnonzero(design.kind[cells.indicator[cell]] == kind)
    cell = cell[row]
    return _Rows(row, cell, cells.indicator[cell], cells.step[cell], cells.coverage[cell], cells.value[row])


def _score(cells: CellArrays, rows: _Rows, density: TensorVariable) -> TensorVariable:
    """Σ over cells of log(Σ trust·density + background)."""
    alone = (np.diff(cells.first)[rows.cell] == 1) & np.isneginf(cells.log_background[rows.cell])
    total = pt.sum(density[np.flatnonzero(alone)]) + cells.log_trust[rows.row[alone]].sum()
    mixed = np.unique(rows.cell[~alone])
    if not len(mixed):
        return total
    widest = int(np.diff(cells.first)[mixed].max())
    place = np.zeros((len(mixed), widest), dtype=np.int64)
    weight = np.full((len(mixed), widest), -np.inf)
    for position, cell in enumerate(mixed):
        own = np.flatnonzero(rows.cell == cell)
        place[position, : len(own)] = own
        weight[position, : len(own)] = cells.log_trust[rows.row[own]]
    background = pt.as_tensor_variable(cells.log_background[mixed][:, None])
    return total + pt.sum(pt.logsumexp(pt.concatenate([density[place] + weight, background], axis=1), axis=1))


def _count(design: Design, parameters: TensorVariable, rows: _Rows, level: TensorVariable) -> TensorVariable:
    log_dispersion = parameters[design.block("log_dispersion")]
    which = design.dispersion_of[rows.indicator]
    ratio = np.log(rows.coverage) + level[rows.indicator, rows.step] - log_dispersion[which]
    dispersion = pt.exp(log_dispersion)
    density = -dispersion[which] * pt.softplus(ratio)
    some = np.flatnonzero(rows.value > 0)
    if not len(some):
        return density
    own, value = dispersion[which[some]], rows.value[some]
    rising = pt.gammaln(value + own) - pt.gammaln(own) - pt.gammaln(value + 1.0)
    return density[some].inc(rising - value * pt.softplus(-ratio[some]))


def _presence(design: Design, parameters: TensorVariable, rows: _Rows, level: TensorVariable) -> TensorVariable:  # noqa: ARG001
    mean = rows.coverage * pt.exp(level[rows.indicator, rows.step])
    seen = np.flatnonzero(rows.value > 0)
    return (-mean)[seen].set(pt.log1mexp(-mean[seen])) if len(seen) else -mean


def _ordinal(design: Design, parameters: TensorVariable, rows: _Rows, level: TensorVariable) -> TensorVariable:  # noqa: ARG001
    value = rows.value.astype(np.int64)
    eta = level[rows.indicator, rows.step]
    upper = pt.sigmoid(design.cutpoints[rows.indicator, value] - eta)
    lower = pt.sigmoid(design.cutpoints[rows.indicator, np.maximum(value - 1, 0)] - eta)
    missed = np.where(value == 0, 1.0 - rows.coverage, 0.0)
    return pt.log(rows.coverage * (upper - np.where(value > 0, 1.0, 0.0) * lower) + missed)


def _measure(design: Design, parameters: TensorVariable, rows: _Rows, level: TensorVariable) -> TensorVariable:
    spread = pt.exp(parameters[design.block("log_spread")])[design.spread_of[rows.indicator]]
    freedom = design.degrees_of_freedom[rows.indicator]
    reading = pm.StudentT.dist(nu=freedom, mu=level[rows.indicator, rows.step], sigma=spread)
    return pm.logp(reading, rows.value)


_DENSITIES: dict[int, Callable[..., TensorVariable]] = {
    COUNT: _count,
    PRESENCE: _presence,
    ORDINAL: _ordinal,
    MEASURE: _measure,
}


def _events(design: Design, window: WindowArrays, parameters: TensorVariable, pressure: TensorVariable) -> Any:  # noqa: ANN401
    base, link = parameters[design.block("log_hazard")], parameters[design.block("hazard_link")]
    log_hazard = base[:, None] + link[:, None] * pressure[design.event_scenario]
    quiet = window.exposure * (1.0 - window.happened)
    total = -pt.sum(quiet * pt.exp(log_hazard))
    at = np.nonzero(window.happened)
    return total + pt.sum(pt.log1mexp(-window.exposure[at] * pt.exp(log_hazard[at]))) if len(at[0]) else total
