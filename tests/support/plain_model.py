"""The same log-likelihood in ordinary PyTensor expressions: the oracle for the Op's values and gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt

from tocsin.ensemble.design import COUNT, MEASURE, ORDINAL, PRESENCE, Design

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

    from tocsin.ensemble.cells import CellArrays, WindowArrays


def plain_log_likelihood(
    design: Design,
    cells: CellArrays,
    window: WindowArrays,
    standard: TensorVariable,
    innovation: TensorVariable,
) -> TensorVariable:
    """The log of p(evidence, occurrences | standard, innovation), written as the equations are."""
    parameters = design.mean + design.sd * standard
    pressure = _pressure(design, window, parameters, innovation)
    baseline, link = parameters[design.block("baseline")], parameters[design.block("link")]
    total = pt.as_tensor_variable(0.0)
    for cell, (step, indicator) in enumerate(zip(cells.step, cells.indicator, strict=True)):
        level = baseline[int(indicator)]
        for row in np.flatnonzero(design.link_indicator == indicator):
            scenario = int(design.link_scenario[row])
            level += link[int(row)] * design.link_scale[row] * pressure[scenario][int(step)]
        terms = [pt.as_tensor_variable(cells.log_background[cell])]
        for row in range(cells.first[cell], cells.first[cell + 1]):
            density = _density(
                design,
                parameters,
                int(indicator),
                float(cells.value[row]),
                level,
                float(cells.coverage[cell]),
            )
            terms.append(cells.log_trust[row] + density)
        total += (
            pt.logsumexp(pt.stack(terms))
            if np.isfinite(cells.log_background[cell])
            else (pt.logsumexp(pt.stack(terms[1:])))
        )
    return total + _events(design, window, parameters, pressure)


def _pressure(
    design: Design, window: WindowArrays, parameters: TensorVariable, innovation: TensorVariable
) -> list[list[TensorVariable]]:
    half_life = pt.exp(parameters[design.block("log_half_life")])
    persistence = 2.0 ** (-1.0 / half_life)
    share = pt.sigmoid(parameters[design.block("share")])
    coupling = parameters[design.block("coupling")]
    paths = []
    for scenario, (fast, slow, which) in enumerate(
        zip(design.fast_part.tolist(), design.slow_part.tolist(), design.share_of.tolist(), strict=True)
    ):
        weights = {fast: 1.0, slow: 1.0} if which < 0 else {fast: (1 - share[which]) ** 0.5, slow: share[which] ** 0.5}
        path = [pt.as_tensor_variable(0.0)] * design.steps
        for part in (fast, slow):
            if part >= 0:
                value = innovation[part, 0]
                path[0] = path[0] + weights[part] * value
                for step in range(1, design.steps):
                    rho = persistence[part]
                    value = rho * value + pt.sqrt(1 - rho**2) * innovation[part, step]
                    path[step] = path[step] + weights[part] * value
        added = pt.as_tensor_variable(0.0)
        for step in range(1, design.steps):
            added = (persistence[fast] if fast >= 0 else 0.0) * added
            for row in np.flatnonzero(design.coupling_target == scenario):
                added = added + coupling[int(row)] * window.occurred[row, step - 1]
            path[step] = path[step] + added
        paths.append(path)
    return paths


def _density(
    design: Design,
    parameters: TensorVariable,
    indicator: int,
    value: float,
    level: TensorVariable,
    coverage: float,
) -> TensorVariable:
    kind = design.kind[indicator]
    if kind == COUNT:
        log_phi = parameters[design.block("log_dispersion")][int(design.dispersion_of[indicator])]
        if design.power_of[indicator] >= 0:
            power = parameters[design.block("dispersion_power")][int(design.power_of[indicator])]
            log_phi = log_phi + power * (level - parameters[design.block("baseline")][indicator])
        phi = pt.exp(log_phi)
        mean = coverage * pt.exp(level)
        if coverage == 0:
            return pt.as_tensor_variable(0.0)
        return (
            pt.gammaln(value + phi)
            - pt.gammaln(phi)
            - math.lgamma(value + 1)
            + phi * pt.log(phi / (phi + mean))
            + value * pt.log(mean / (phi + mean))
        )
    if kind == PRESENCE:
        mean = coverage * pt.exp(level)
        return pt.log(1 - pt.exp(-mean)) if value else -mean
    if kind == ORDINAL:
        cuts = design.cutpoints[indicator]
        at_least = [
            pt.as_tensor_variable(1.0),
            *(pt.sigmoid(level - cut) for cut in cuts[np.isfinite(cuts)]),
            pt.as_tensor_variable(0.0),
        ]
        seen = coverage * (at_least[int(value)] - at_least[int(value) + 1])
        return pt.log(seen + (1 - coverage if value == 0 else 0.0))
    assert kind == MEASURE
    freedom = float(design.degrees_of_freedom[indicator])
    sigma = pt.exp(parameters[design.block("log_spread")][int(design.spread_of[indicator])])
    scaled = (value - level) / sigma
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    return constant - pt.log(sigma) - (freedom + 1) / 2 * pt.log(1 + scaled**2 / freedom)


def _events(
    design: Design, window: WindowArrays, parameters: TensorVariable, pressure: list[list[TensorVariable]]
) -> TensorVariable:
    base, link = parameters[design.block("log_hazard")], parameters[design.block("hazard_link")]
    total = pt.as_tensor_variable(0.0)
    for event, scenario in enumerate(design.event_scenario.tolist()):
        for step in np.flatnonzero(window.exposure[event]):
            chance = window.exposure[event, step] * pt.exp(base[event] + link[event] * pressure[scenario][step])
            total += pt.log(1 - pt.exp(-chance)) if window.happened[event, step] else -chance
    return total
