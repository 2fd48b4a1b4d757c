"""The model's log-likelihood and its gradient: one pass forward and one back, compiled by Numba.

Written by hand because PyTensor's own gradient of the same expressions compiles for minutes. Shapes and indices are
those of `ensemble.design.Design` and of `Data` below; `d_x` is the derivative of the
log-likelihood by x.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from tocsin.ensemble.design import BLOCKS, Floats, Integers
from tocsin.inference.scores import find_powers, find_shapes, score_cells, score_events
from tocsin.inference.special import logistic

# Positions in `offsets`.
_BASELINE, _LINK, _COUPLING = BLOCKS.index("baseline"), BLOCKS.index("link"), BLOCKS.index("coupling")
_HALF_LIFE, _SHARE = BLOCKS.index("log_half_life"), BLOCKS.index("share")
_LOG_2 = math.log(2.0)


@njit(inline="never")
def weigh_parts(
    parameters: Floats,
    offsets: Integers,
    fast_part: Integers,
    slow_part: Integers,
    share_of: Integers,
    parts: int,
) -> Floats:
    """(P,) square root of each part's share of its scenario's variance."""
    weight = np.ones(parts)
    for scenario in range(len(share_of)):
        if share_of[scenario] >= 0:
            share = logistic(parameters[offsets[_SHARE] + share_of[scenario]])
            weight[slow_part[scenario]] = math.sqrt(share)
            weight[fast_part[scenario]] = math.sqrt(1.0 - share)
    return weight


@njit(inline="never")
def run_forward(
    parameters: Floats,
    innovation: Floats,
    offsets: Integers,
    fast_part: Integers,
    part_scenario: Integers,
    coupling_target: Integers,
    occurred: Floats,
    weight: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Persistence (P,), parts (P, T), the aftermath of couplings (S, T) and pressure (S, T)."""
    parts, steps = innovation.shape
    scenarios = len(fast_part)
    persistence = np.empty(parts)
    part = np.empty((parts, steps))
    aftermath = np.zeros((scenarios, steps))
    for p in range(parts):
        rate = _LOG_2 * math.exp(-parameters[offsets[_HALF_LIFE] + p])
        persistence[p] = math.exp(-rate)
        noise = math.sqrt(-math.expm1(-2.0 * rate))
        part[p, 0] = innovation[p, 0]
        for t in range(1, steps):
            part[p, t] = persistence[p] * part[p, t - 1] + noise * innovation[p, t]
    for c in range(len(coupling_target)):
        for t in range(1, steps):
            aftermath[coupling_target[c], t] += parameters[offsets[_COUPLING] + c] * occurred[c, t - 1]
    for s in range(scenarios):
        if fast_part[s] >= 0:
            for t in range(1, steps):
                aftermath[s, t] += persistence[fast_part[s]] * aftermath[s, t - 1]
    pressure = aftermath.copy()
    for p in range(parts):
        pressure[part_scenario[p]] += weight[p] * part[p]
    return persistence, part, aftermath, pressure


@njit(inline="never")
def run_aftermath_back(
    offsets: Integers,
    fast_part: Integers,
    coupling_target: Integers,
    occurred: Floats,
    persistence: Floats,
    aftermath: Floats,
    d_pressure: Floats,
    d_persistence: Floats,
    d_parameters: Floats,
) -> None:
    """From `d_pressure` (S, T) to the derivatives by couplings and by the persistence of their aftermaths, in place."""
    for s in range(len(fast_part)):
        if fast_part[s] < 0:
            continue
        adjoint = 0.0
        for t in range(aftermath.shape[1] - 1, 0, -1):
            adjoint = persistence[fast_part[s]] * adjoint + d_pressure[s, t]
            d_persistence[fast_part[s]] += adjoint * aftermath[s, t - 1]
            for c in range(len(coupling_target)):
                if coupling_target[c] == s:
                    d_parameters[offsets[_COUPLING] + c] += adjoint * occurred[c, t - 1]


@njit(inline="never")
def run_back(
    parameters: Floats,
    innovation: Floats,
    offsets: Integers,
    fast_part: Integers,
    slow_part: Integers,
    share_of: Integers,
    part_scenario: Integers,
    coupling_target: Integers,
    occurred: Floats,
    weight: Floats,
    persistence: Floats,
    part: Floats,
    aftermath: Floats,
    d_pressure: Floats,
    d_parameters: Floats,
) -> Floats:
    """From `d_pressure` (S, T) to the derivative by innovations (P, T); adds to `d_parameters` in place."""
    parts, steps = innovation.shape
    d_innovation = np.empty((parts, steps))
    d_persistence = np.zeros(parts)
    d_weight = np.zeros(parts)
    for p in range(parts):
        s = part_scenario[p]
        rho = persistence[p]
        noise = math.sqrt(-math.expm1(-2.0 * _LOG_2 * math.exp(-parameters[offsets[_HALF_LIFE] + p])))
        adjoint = 0.0
        for t in range(steps - 1, -1, -1):
            d_weight[p] += d_pressure[s, t] * part[p, t]
            adjoint = rho * adjoint + weight[p] * d_pressure[s, t]
            if t > 0:
                d_innovation[p, t] = noise * adjoint
                d_persistence[p] += adjoint * (part[p, t - 1] - rho / noise * innovation[p, t])
            else:
                d_innovation[p, t] = adjoint
    run_aftermath_back(
        offsets, fast_part, coupling_target, occurred, persistence, aftermath, d_pressure, d_persistence, d_parameters
    )
    for s in range(len(share_of)):
        if share_of[s] >= 0:
            slow, fast = slow_part[s], fast_part[s]
            share = weight[slow] * weight[slow]
            # d√w/dlogit(w) = √w (1 − w) / 2 and d√(1−w)/dlogit(w) = −√(1−w) w / 2
            d_parameters[offsets[_SHARE] + share_of[s]] += 0.5 * (
                d_weight[slow] * weight[slow] * (1.0 - share) - d_weight[fast] * weight[fast] * share
            )
    for p in range(parts):
        rate = _LOG_2 * math.exp(-parameters[offsets[_HALF_LIFE] + p])
        d_parameters[offsets[_HALF_LIFE] + p] += d_persistence[p] * persistence[p] * rate
    return d_innovation


@njit(inline="never")
def run_levels(
    parameters: Floats,
    offsets: Integers,
    link_indicator: Integers,
    link_scenario: Integers,
    link_scale: Floats,
    pressure: Floats,
    indicators: int,
) -> Floats:
    """(I, T) linear predictors η."""
    level = np.empty((indicators, pressure.shape[1]))
    for i in range(indicators):
        level[i] = parameters[offsets[_BASELINE] + i]
    for k in range(len(link_indicator)):
        level[link_indicator[k]] += parameters[offsets[_LINK] + k] * link_scale[k] * pressure[link_scenario[k]]
    return level


@njit(inline="never")
def run_levels_back(
    parameters: Floats,
    offsets: Integers,
    link_indicator: Integers,
    link_scenario: Integers,
    link_scale: Floats,
    pressure: Floats,
    d_level: Floats,
    d_pressure: Floats,
    d_parameters: Floats,
) -> None:
    """From `d_level` (I, T) to the derivatives by baselines, links and pressure, in place."""
    for i in range(len(d_level)):
        d_parameters[offsets[_BASELINE] + i] += d_level[i].sum()
    for k in range(len(link_indicator)):
        i, s = link_indicator[k], link_scenario[k]
        effect = parameters[offsets[_LINK] + k] * link_scale[k]
        along = 0.0
        for t in range(d_level.shape[1]):
            along += d_level[i, t] * pressure[s, t]
            d_pressure[s, t] += effect * d_level[i, t]
        d_parameters[offsets[_LINK] + k] += link_scale[k] * along


class Structure(NamedTuple):
    """The parts of `ensemble.design.Design` that the likelihood reads, in the order in which the Op takes them."""

    mean: Floats
    sd: Floats
    offsets: Integers
    kind: Integers
    cutpoints: Floats
    dispersion_of: Integers
    power_of: Integers
    spread_of: Integers
    degrees_of_freedom: Floats
    link_indicator: Integers
    link_scenario: Integers
    link_scale: Floats
    part_scenario: Integers
    fast_part: Integers
    slow_part: Integers
    share_of: Integers
    event_scenario: Integers
    coupling_target: Integers


class Data(NamedTuple):
    """What changes from fit to fit, packed into four arrays: each further one costs a third of a second to compile.

    `cell_index` (3, N): step, indicator, number of alternatives; `cell_weight` (3, N): coverage, log background, log
    coverage; `alternative` (2, R): value, log trust; `window` (2·E + C, T): exposure, happened, occurred.
    """

    cell_index: Integers
    cell_weight: Floats
    alternative: Floats
    window: Floats


@njit(inline="never")
def log_likelihood(standard: Floats, innovation: Floats, design: Structure, data: Data) -> tuple[float, Floats, Floats]:
    """The log of p(evidence, occurrences | parameters, innovations), with derivatives by `standard` and `innovation`.

    `standard` (K,) holds the parameters in standard deviations from their prior means.
    """
    parameters = design.mean + design.sd * standard
    offsets = design.offsets
    events = len(design.event_scenario)
    exposure, happened = data.window[:events], data.window[events : 2 * events]
    occurred = data.window[2 * events :]
    weight = weigh_parts(
        parameters, offsets, design.fast_part, design.slow_part, design.share_of, len(design.part_scenario)
    )
    persistence, part, aftermath, pressure = run_forward(
        parameters,
        innovation,
        offsets,
        design.fast_part,
        design.part_scenario,
        design.coupling_target,
        occurred,
        weight,
    )
    links = design.link_indicator, design.link_scenario, design.link_scale
    level = run_levels(parameters, offsets, *links, pressure, len(design.kind))
    d_parameters, d_level, d_pressure = np.zeros_like(parameters), np.zeros_like(level), np.zeros_like(pressure)
    shape_at = find_shapes(offsets, design.dispersion_of, design.spread_of)
    power_at = find_powers(offsets, design.power_of)
    kinds = design.kind, design.cutpoints, design.degrees_of_freedom
    cells = data.cell_index, data.cell_weight, data.alternative
    total = score_cells(parameters, shape_at, power_at, *kinds, *cells, level, d_level, d_parameters)
    total += score_events(
        parameters, offsets, design.event_scenario, exposure, happened, pressure, d_pressure, d_parameters
    )
    run_levels_back(parameters, offsets, *links, pressure, d_level, d_pressure, d_parameters)
    parts = design.fast_part, design.slow_part, design.share_of, design.part_scenario
    run = weight, persistence, part, aftermath
    d_innovation = run_back(
        parameters, innovation, offsets, *parts, design.coupling_target, occurred, *run, d_pressure, d_parameters
    )
    return total, d_parameters * design.sd, d_innovation
