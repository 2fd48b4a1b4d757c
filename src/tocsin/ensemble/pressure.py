"""The latent pressure of each scenario, from parameters and innovations: the NumPy statement of the OU paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.ensemble.design import Design, Floats


@dataclass(frozen=True, eq=False, slots=True)
class Dynamics:
    """How pressure moves, per draw. Shapes: D draws, P parts, S scenarios.

    Attributes:
        persistence: (D, P) ρ = 2^(−1/H) of each part.
        weight: (D, P) square root of each part's share of its scenario's variance.
        aftermath: (D, S) persistence of what couplings add: the fast part's ρ, 0 where there is none.
    """

    persistence: Floats
    weight: Floats
    aftermath: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Paths:
    """Pressure over the window.

    Attributes:
        pressure: (D, S, T) θ.
        last_part: (D, P) each part at the last step.
        last_aftermath: (D, S) what couplings have added by the last step.
    """

    pressure: Floats
    last_part: Floats
    last_aftermath: Floats


def dynamics(design: Design, parameters: Floats) -> Dynamics:
    """The dynamics that parameters (D, K) imply."""
    draws = len(parameters)
    persistence = np.exp2(-np.exp(-parameters[:, design.block("log_half_life")]))
    share = 1.0 / (1.0 + np.exp(-parameters[:, design.block("share")]))
    weight = np.ones((draws, design.parts))
    aftermath = np.zeros((draws, len(design.scenarios)))
    for scenario, (fast, slow, which) in enumerate(
        zip(design.fast_part, design.slow_part, design.share_of, strict=True)
    ):
        if which >= 0:
            weight[:, slow] = np.sqrt(share[:, which])
            weight[:, fast] = np.sqrt(1.0 - share[:, which])
        if fast >= 0:
            aftermath[:, scenario] = persistence[:, fast]
    return Dynamics(persistence, weight, aftermath)


def trace(design: Design, parameters: Floats, innovations: NDArray[np.floating], occurred: Floats) -> Paths:
    """Pressure paths θ_s = Σ_parts weight·x + aftermath, with x(t) = ρ x(t−1) + √(1−ρ²) ε(t) and x(0) = ε(0).

    What couplings add decays at the fast part's rate and enters θ whole, so that an elicited "adds 0.4 to 1.2" is the
    pressure added whatever the slow part's share.

    Args:
        design: Structure.
        parameters: (D, K).
        innovations: (D, P, T) standard normal ε.
        occurred: (C, T) 1 where a coupling's source occurred.
    """
    moves = dynamics(design, parameters)
    draws, _, steps = innovations.shape
    pressure = np.zeros((draws, len(design.scenarios), steps))
    part = innovations[:, :, 0].astype(np.float64)
    aftermath = np.zeros((draws, len(design.scenarios)))
    pressure[:, :, 0] = sum_parts(design, moves, part, aftermath)
    for step in range(1, steps):
        part, aftermath = step_on(
            design, moves, parameters, part, aftermath, innovations[:, :, step], occurred[:, step - 1]
        )
        pressure[:, :, step] = sum_parts(design, moves, part, aftermath)
    return Paths(pressure, part, aftermath)


def step_on(
    design: Design,
    moves: Dynamics,
    parameters: Floats,
    part: Floats,
    aftermath: Floats,
    arriving: NDArray[np.floating],
    occurred: Floats,
) -> tuple[Floats, Floats]:
    """Parts (D, P) and aftermath (D, S) one step on.

    `arriving` (D, P) are the innovations ε, `occurred` (C,) is 1 where a coupling's source occurred the step before.
    """
    noise = np.sqrt(-np.expm1(2.0 * np.log(moves.persistence)))
    part = moves.persistence * part + noise * arriving
    aftermath = moves.aftermath * aftermath
    coupling = parameters[:, design.block("coupling")]
    for row in np.flatnonzero(occurred):
        aftermath[:, design.coupling_target[row]] += coupling[:, row]
    return part, aftermath


def sum_parts(design: Design, moves: Dynamics, part: Floats, aftermath: Floats) -> Floats:
    """(D, S) pressure: aftermaths plus weighted parts."""
    pressure = aftermath.copy()
    for position, scenario in enumerate(design.part_scenario):
        pressure[:, scenario] += moves.weight[:, position] * part[:, position]
    return pressure
