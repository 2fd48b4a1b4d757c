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

from tocsin.ensemble.design import COUNT, ORDINAL, PRESENCE, Floats, Integers
from tocsin.inference.special import count, logistic, measure, ordinal, presence

# Positions in `offsets`; see `ensemble.design.BLOCKS`.
_BASELINE, _LINK, _DISPERSION, _SPREAD, _HALF_LIFE, _SHARE, _HAZARD, _HAZARD_LINK, _COUPLING = range(9)
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
def score_value(
    kind: int, value: float, level: float, coverage: float, log_shape: float, cutpoints: Floats, freedom: float
) -> tuple[float, float, float]:
    """Log-density of one value, and its derivatives by η and by the log dispersion or spread."""
    if kind == COUNT:
        return count(value, level, coverage, log_shape)
    if kind == PRESENCE:
        term, by_level = presence(value, level, coverage)
        return term, by_level, 0.0
    if kind == ORDINAL:
        place = int(value)
        lower = cutpoints[place - 1] if place > 0 else -math.inf
        term, by_level = ordinal(place, level, coverage, lower, cutpoints[place])
        return term, by_level, 0.0
    return measure(value, level, log_shape, freedom)


@njit(inline="never")
def score_cells(
    parameters: Floats,
    offsets: Integers,
    kind: Integers,
    cutpoints: Floats,
    dispersion_of: Integers,
    spread_of: Integers,
    degrees_of_freedom: Floats,
    cell_index: Integers,
    cell_weight: Floats,
    alternative: Floats,
    level: Floats,
    d_level: Floats,
    d_parameters: Floats,
) -> float:
    """Log-likelihood of the evidence; adds to `d_level` (I, T) and `d_parameters` (K,) in place."""
    total = 0.0
    row = 0
    for n in range(cell_index.shape[1]):
        step, i = cell_index[0, n], cell_index[1, n]
        coverage = cell_weight[0, n]
        eta = level[i, step]
        shape_at = -1
        if kind[i] == COUNT:
            shape_at = offsets[_DISPERSION] + dispersion_of[i]
        elif spread_of[i] >= 0:
            shape_at = offsets[_SPREAD] + spread_of[i]
        if cell_index[2, n] == 1 and cell_weight[1, n] == -math.inf:  # most cells: one value, and no doubt about it
            log_shape = parameters[shape_at] if shape_at >= 0 else 0.0
            term, by_level, by_shape = score_value(
                kind[i], alternative[0, row], eta, coverage, log_shape, cutpoints[i], degrees_of_freedom[i]
            )
            total += term + alternative[1, row]
            row += 1
            d_level[i, step] += by_level
            if shape_at >= 0:
                d_parameters[shape_at] += by_shape
            continue
        # A running log-sum-exp: `top` is the largest term so far, everything else is relative to it.
        top = cell_weight[1, n]
        mass = 0.0 if top == -math.inf else 1.0
        slope = 0.0
        shape_slope = 0.0
        for _ in range(cell_index[2, n]):
            value, log_trust = alternative[0, row], alternative[1, row]
            row += 1
            log_shape = parameters[shape_at] if shape_at >= 0 else 0.0
            term, by_level, by_shape = score_value(
                kind[i], value, eta, coverage, log_shape, cutpoints[i], degrees_of_freedom[i]
            )
            term += log_trust
            if term == -math.inf:
                continue
            if term > top:
                shrink = math.exp(top - term) if top != -math.inf else 0.0
                mass *= shrink
                slope *= shrink
                shape_slope *= shrink
                top = term
            relative = math.exp(term - top)
            mass += relative
            slope += relative * by_level
            shape_slope += relative * by_shape
        if mass == 0.0:
            return -math.inf
        total += top + math.log(mass)
        d_level[i, step] += slope / mass
        if shape_at >= 0:
            d_parameters[shape_at] += shape_slope / mass
    return total


@njit(inline="never")
def score_events(
    parameters: Floats,
    offsets: Integers,
    event_scenario: Integers,
    exposure: Floats,
    happened: Floats,
    pressure: Floats,
    d_pressure: Floats,
    d_parameters: Floats,
) -> float:
    """Log-likelihood of what occurred and of what did not; adds to the derivatives in place."""
    total = 0.0
    for e in range(len(event_scenario)):
        base = offsets[_HAZARD] + e
        link = offsets[_HAZARD_LINK] + e
        s = event_scenario[e]
        for t in range(exposure.shape[1]):
            if exposure[e, t] == 0.0:
                continue
            chance = exposure[e, t] * math.exp(parameters[base] + parameters[link] * pressure[s, t])
            if happened[e, t] > 0.0:
                total += math.log(-math.expm1(-chance))
                by_log = chance * math.exp(-chance) / -math.expm1(-chance)
            else:
                total -= chance
                by_log = -chance
            d_parameters[base] += by_log
            d_parameters[link] += by_log * pressure[s, t]
            d_pressure[s, t] += by_log * parameters[link]
    return total


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

    `cell_index` (3, N): step, indicator, number of alternatives; `cell_weight` (2, N): coverage, log background;
    `alternative` (2, R): value, log trust; `window` (2·E + C, T): exposure, happened, occurred.
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
    shapes = design.kind, design.cutpoints, design.dispersion_of, design.spread_of, design.degrees_of_freedom
    cells = data.cell_index, data.cell_weight, data.alternative
    total = score_cells(parameters, offsets, *shapes, *cells, level, d_level, d_parameters)
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
