"""Draws: what a fit leaves behind, and the prior's own draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.pressure import trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.ensemble.design import Design, Floats

RECENT_STEPS = 52
"""Pressure is kept for so many last steps: what live evidence, corrections and explanations reach back to."""


@dataclass(frozen=True, eq=False, slots=True)
class Draws:
    """D equally weighted draws, chain after chain.

    Attributes:
        chains: Number of chains; D is a multiple of it. Independent draws count as one chain.
        parameters: (D, K).
        recent: (D, S, R) pressure at the last R steps of the window, in single precision.
        last_part: (D, P) each pressure part at the last step.
        last_aftermath: (D, S) what couplings have added by the last step.
    """

    chains: int
    parameters: Floats
    recent: NDArray[np.float32]
    last_part: Floats
    last_aftermath: Floats

    def __len__(self) -> int:
        return len(self.parameters)


def gather(design: Design, standard: Floats, innovations: Floats, occurred: Floats, chains: int) -> Draws:
    """Draws from the sampler's standard parameters (D, K) and innovations (D, P, T)."""
    parameters = design.mean + design.sd * standard
    paths = trace(design, parameters, innovations, occurred)
    recent = paths.pressure[:, :, -RECENT_STEPS:].astype(np.float32)
    return Draws(chains, parameters, recent, paths.last_part, paths.last_aftermath)


def prior_draws(design: Design, seed: int, count: int) -> Draws:
    """Independent draws from the prior: what the odds are before anything is known."""
    random = np.random.default_rng([seed, 0])
    standard = random.standard_normal((count, design.parameters))
    # Pressure is stationary, so a window no longer than what is kept has the same law at its end.
    steps = min(design.steps, RECENT_STEPS)
    innovations = random.standard_normal((count, design.parts, steps))
    return gather(design, standard, innovations, np.zeros((len(design.coupling_source), steps)), chains=1)
