"""Sampler health, measured by ArviZ on what the gate asks about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from arviz_stats.base import array_stats

from tocsin.domain.diagnosis import Diagnosis
from tocsin.ensemble.likelihood import linear_predictor, log_hazard

if TYPE_CHECKING:
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws

_TAILS = (0.05, 0.95)


def watched_quantities(design: Design, draws: Draws) -> Floats:
    """(D, Q) what must be well sampled: current pressure of every scenario, and its log-hazard.

    A threshold scenario has no hazard; the log rate of its indicator drives it and stands in its place.
    """
    current = draws.recent[:, :, -1].astype(np.float64)
    hazards = log_hazard(design, draws.parameters, current)
    rates = [linear_predictor(design, draws.parameters, current, rule.indicator) for rule in design.rules]
    return np.concatenate([current, hazards, *(rate[:, None] for rate in rates)], axis=1)


def diagnose(design: Design, draws: Draws, energy: Floats, diverging: np.ndarray) -> Diagnosis:
    """The health of a sampled fit; `odds_error` is NaN, which fails the gate, until the odds are known.

    Args:
        design: Structure.
        draws: D draws, chain after chain.
        energy: (chains, D / chains) Hamiltonian energy of each draw.
        diverging: (chains, D / chains) true where the transition diverged.
    """
    quantities = watched_quantities(design, draws)
    by_chain = quantities.reshape(draws.chains, -1, quantities.shape[1])
    axes = {"chain_axis": 0, "draw_axis": 1}
    return Diagnosis(
        rhat=float(np.max(array_stats.rhat(by_chain, **axes))),
        ess_bulk=float(np.min(array_stats.ess(by_chain, **axes))),
        ess_tail=float(np.min(array_stats.ess(by_chain, method="tail", prob=_TAILS, **axes))),
        divergent_share=float(np.mean(diverging)),
        bfmi=float(np.min(array_stats.bfmi(energy, **axes))),
        odds_error=math.nan,
        draws=len(draws),
    )
