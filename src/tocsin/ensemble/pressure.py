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
        echo: (D, S) persistence of what couplings add: the fast part's ρ, 0 where there is none.
    """

    persistence: Floats
    weight: Floats
    echo: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Paths:
    """Pressure over the window.

    Attributes:
        pressure: (D, S, T) θ.
        last_part: (D, P) each part at the last step.
        last_echo: (D, S) what couplings have added by the last step.
    """

    pressure: Floats
    last_part: Floats
    last_echo: Floats


def dynamics(design: Design, parameters: Floats) -> Dynamics:
    """The dynamics that parameters (D, K) imply."""
    draws = len(parameters)
    persistence = np.exp2(-np.exp(-parameters[:, design.block("log_half_life")]))
    share = 1.0 / (1.0 + np.exp(-parameters[:, design.block("share")]))
    weight = np.ones((draws, design.parts))
    echo = np.zeros((draws, len(design.scenarios)))
    for scenario, (fast, slow, which) in enumerate(
        zip(design.fast_part, design.slow_part, design.share_of, strict=True)
    ):
        if which >= 0:
            weight[:, slow] = np.sqrt(share[:, which])
            weight[:, fast] = np.sqrt(1.0 - share[:, which])
        if fast >= 0:
            echo[:, scenario] = persistence[:, fast]
    return Dynamics(persistence, weight, echo)


def trace(design: Design, parameters: Floats, innovations: NDArray[np.floating], occurred: Floats) -> Paths:
    """Pressure paths θ_s = Σ_parts weight·x + echo, with x(t) = ρ x(t−1) + √(1−ρ²) ε(t) and x(0) = ε(0).

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
    echo = np.zeros((draws, len(design.scenarios)))
    pressure[:, :, 0] = sum_parts(design, moves, part, echo)
    for step in range(1, steps):
        part, echo = step_on(design, moves, parameters, part, echo, innovations[:, :, step], occurred[:, step - 1])
        pressure[:, :, step] = sum_parts(design, moves, part, echo)
    return Paths(pressure, part, echo)


def step_on(
    design: Design,
    moves: Dynamics,
    parameters: Floats,
    part: Floats,
    echo: Floats,
    arriving: NDArray[np.floating],
    occurred: Floats,
) -> tuple[Floats, Floats]:
    """Parts (D, P) and echoes (D, S) one step on, from `arriving` (D, P) ε and what `occurred` (C,) the step before."""
    noise = np.sqrt(-np.expm1(2.0 * np.log(moves.persistence)))
    part = moves.persistence * part + noise * arriving
    echo = moves.echo * echo
    coupling = parameters[:, design.block("coupling")]
    for row in np.flatnonzero(occurred):
        echo[:, design.coupling_target[row]] += coupling[:, row]
    return part, echo


def sum_parts(design: Design, moves: Dynamics, part: Floats, echo: Floats) -> Floats:
    """(D, S) pressure: echoes plus weighted parts."""
    pressure = echo.copy()
    for position, scenario in enumerate(design.part_scenario):
        pressure[:, scenario] += moves.weight[:, position] * part[:, position]
    return pressure
