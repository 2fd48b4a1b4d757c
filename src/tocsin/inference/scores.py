"""The terms of the log-likelihood and their derivatives, compiled by Numba: cells of evidence, and events.

Shapes and indices are those of `ensemble.design.Design` and of `kernel.Data`; `d_x` is the derivative of the
log-likelihood by x.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tocsin.ensemble.design import BLOCKS, COUNT, ORDINAL, PRESENCE, Floats, Integers
from tocsin.inference.special import count, measure, ordinal, presence

# Positions in `offsets`.
_DISPERSION, _SPREAD = BLOCKS.index("log_dispersion"), BLOCKS.index("log_spread")
_POWER = BLOCKS.index("dispersion_power")
_HAZARD, _HAZARD_LINK = BLOCKS.index("log_hazard"), BLOCKS.index("hazard_link")


@njit(inline="never")
def score_value(
    kind: int,
    value: float,
    level: float,
    coverage: float,
    log_coverage: float,
    log_shape: float,
    shape: float,
    freedom: float,
    cutpoints: Floats,
) -> tuple[float, float, float]:
    """Log-density of one value, and its derivatives by η and by the log dispersion or spread."""
    if kind == COUNT:
        return count(value, level, log_coverage, log_shape, shape)
    if kind == PRESENCE:
        term, by_level = presence(value, level, coverage)
        return term, by_level, 0.0
    if kind == ORDINAL:
        place = int(value)
        lower = cutpoints[place - 1] if place > 0 else -math.inf
        term, by_level = ordinal(place, level, coverage, lower, cutpoints[place])
        return term, by_level, 0.0
    return measure(value, level, log_shape, shape, freedom)


@njit(inline="never")
def find_shapes(offsets: Integers, dispersion_of: Integers, spread_of: Integers) -> Integers:
    """(I,) where each indicator's log dispersion or log spread stands among the parameters; −1 for none."""
    shape_at = np.full(len(dispersion_of), -1)
    for i in range(len(dispersion_of)):
        if dispersion_of[i] >= 0:
            shape_at[i] = offsets[_DISPERSION] + dispersion_of[i]
        elif spread_of[i] >= 0:
            shape_at[i] = offsets[_SPREAD] + spread_of[i]
    return shape_at


@njit(inline="never")
def find_powers(offsets: Integers, power_of: Integers) -> Integers:
    """(I,) where each indicator's dispersion power stands among the parameters; −1 for none."""
    return np.where(power_of >= 0, offsets[_POWER] + power_of, -1)


@njit(inline="never")
def pass_shape_back(
    i: int,
    step: int,
    by_shape: float,
    shape_at: Integers,
    power_at: Integers,
    parameters: Floats,
    level: Floats,
    d_level: Floats,
    d_parameters: Floats,
) -> None:
    """From the derivative by the log dispersion or spread to those by what it is made of, in place."""
    d_parameters[shape_at[i]] += by_shape
    if power_at[i] >= 0:
        power = parameters[power_at[i]]
        d_level[i, step] += power * by_shape
        d_parameters[i] -= power * by_shape
        d_parameters[power_at[i]] += (level[i, step] - parameters[i]) * by_shape


@njit(inline="never")
def score_cells(
    parameters: Floats,
    shape_at: Integers,
    power_at: Integers,
    kind: Integers,
    cutpoints: Floats,
    degrees_of_freedom: Floats,
    cell_index: Integers,
    cell_weight: Floats,
    alternative: Floats,
    level: Floats,
    d_level: Floats,
    d_parameters: Floats,
) -> float:
    """Log-likelihood of the evidence; adds to `d_level` (I, T) and `d_parameters` (K,) in place."""
    total, row = 0.0, 0
    last, log_shape, shape = -1, 0.0, 1.0
    for n in range(cell_index.shape[1]):
        step, i, alternatives = cell_index[0, n], cell_index[1, n], cell_index[2, n]
        if i != last:  # cells come by indicator, and an exponential takes its time
            last = i
            log_shape = parameters[shape_at[i]] if shape_at[i] >= 0 else 0.0
            shape = math.exp(log_shape)
        if power_at[i] >= 0:  # log φ + κ·(η − α), and baselines are the first parameters
            log_shape = parameters[shape_at[i]] + parameters[power_at[i]] * (level[i, step] - parameters[i])
            shape = math.exp(log_shape)
        # A running log-sum-exp: `top` is the largest term so far, everything else is relative to it.
        top, mass, slope, shape_slope = cell_weight[1, n], 1.0, 0.0, 0.0
        for position in range(alternatives):
            term, by_level, by_shape = score_value(
                kind[i],
                alternative[0, row],
                level[i, step],
                cell_weight[0, n],
                cell_weight[2, n],
                log_shape,
                shape,
                degrees_of_freedom[i],
                cutpoints[i],
            )
            term += alternative[1, row]
            row += 1
            if position == 0 and top == -math.inf:  # nothing to add to: most cells hold one value without doubt
                top, slope, shape_slope = term, by_level, by_shape
                continue
            if term == -math.inf:
                continue
            if term > top:
                shrink = math.exp(top - term)
                mass *= shrink
                slope *= shrink
                shape_slope *= shrink
                top = term
            relative = math.exp(term - top)
            mass += relative
            slope += relative * by_level
            shape_slope += relative * by_shape
        if top == -math.inf:
            return -math.inf
        total += top + (math.log(mass) if mass != 1.0 else 0.0)
        d_level[i, step] += slope / mass
        if shape_at[i] >= 0:
            pass_shape_back(i, step, shape_slope / mass, shape_at, power_at, parameters, level, d_level, d_parameters)
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
