"""How far odds hang on the declared ranges and on the evidence.

Power scaling raises the prior or the likelihood to a power α near 1 and measures how far the distribution of each
draw's chance moves: Kallioinen, Paananen, Bürkner & Vehtari (2024), Detecting and diagnosing prior and likelihood
sensitivity with power-scaling, Statistics and Computing 34, 57. The response to the middles of ranges is the local
sensitivity of Gustafson (1996), Local sensitivity of posterior expectations, Annals of Statistics 24(1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import logit
from tocsin.domain.sensitivity import SLIGHT, Sensitivity
from tocsin.ensemble.odds import chance_by, estimate, even_weights
from tocsin.ensemble.psis import smooth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures

GROUPS = {
    "baselines": ("baseline", "log_dispersion", "dispersion_power", "log_spread"),
    "links": ("link",),
    "dynamics": ("log_half_life", "share"),
    "hazards": ("log_hazard", "hazard_link"),
    "couplings": ("coupling",),
}
"""The blocks of parameters that are declared together. Pressure's innovations are no range: they are its unit."""

_ALPHAS = (0.99, 1.01)
_BATCHES = 40
_ROTATIONS = 40
_NOISE_SHARE = 0.95


def sensitivities(
    design: Design,
    draws: Draws,
    futures: Futures,
    log_likelihood: Floats,
    prior: Mapping[tuple[str, int], float],
) -> tuple[Sensitivity, ...]:
    """One for each scenario, of its chance by its longest horizon.

    Args:
        design: Structure and priors.
        draws: D evenly weighted draws.
        futures: Their futures.
        log_likelihood: (D,) of all evidence; zeros where there is none.
        prior: The probability of each (scenario id, horizon in days) before any evidence.
    """
    standard = (draws.parameters - design.mean) / design.sd
    ranges, evidence = scaled_weights(-0.5 * np.sum(standard**2, axis=1)), scaled_weights(log_likelihood)
    longest = {name: max(days for other, days in prior if other == name) for name in design.scenarios}
    found = []
    for position, (name, days) in enumerate(longest.items()):
        probability = estimate(futures, position, days, even_weights(futures)).probability
        chance, _ = chance_by(futures, position, days)
        squares = squared_responses(standard, chance, probability)
        # The scale on which simulation noise is the same everywhere; on chances themselves rare tails decide all.
        angle = np.arcsin(np.sqrt(chance))
        found.append(
            Sensitivity(
                scenario=name,
                response=_root(squares),
                by_group={
                    group: _root(np.concatenate([squares[design.block(block)] for block in blocks]))
                    for group, blocks in GROUPS.items()
                },
                moved=logit(probability) - logit(prior[name, days]),
                ranges_scaled=power_scaling(angle, ranges),
                ranges_noise=_noise(angle, ranges),
                evidence_scaled=power_scaling(angle, evidence),
                evidence_noise=_noise(angle, evidence),
            )
        )
    return tuple(found)


def squared_responses(standard: Floats, chance: Floats, probability: float) -> Floats:
    """(K,) unbiased estimates of (∂ logit P / ∂ m_k)², which may be below 0.

    Moving the middle of range k by m prior standard deviations weights draws by exp(m·z_k), so the derivative of
    P = E[p] is Cov(p, z_k) and that of its log-odds Cov(p, z_k) / (P (1 − P)). Its square is too large by the
    estimate's variance, which is taken off: over a hundred ranges it would add up.

    Args:
        standard: (D, K) parameters in standard deviations from their prior means, evenly weighted.
        chance: (D,) each draw's chance p.
        probability: P, strictly between 0 and 1.
    """
    slope = (chance - chance.mean())[:, None] * (standard - standard.mean(axis=0)) / (probability * (1 - probability))
    # Batches of consecutive draws are almost uncorrelated where draws are not; see `odds.standard_error`.
    batches = np.array([batch.mean(axis=0) for batch in np.array_split(slope, _BATCHES)])
    return np.asarray(slope.mean(axis=0) ** 2 - batches.var(axis=0, ddof=1) / _BATCHES)


def _root(squares: Floats) -> float:
    return SLIGHT * float(np.sqrt(max(np.sum(squares), 0.0)))


def scaled_weights(log_component: Floats) -> tuple[Floats, Floats]:
    """Weights (D,) of draws under prior or likelihood raised to 0.99 and to 1.01, from its logarithm (D,)."""
    lower, upper = (smooth((power - 1.0) * log_component).weights for power in _ALPHAS)
    return lower, upper


def power_scaling(values: Floats, weights: tuple[Floats, Floats]) -> float:
    """Mean over both powers of the distance that values (D,) move, over |log2 α|."""
    distances = (
        max(cumulative_distance(values, own), cumulative_distance(-values, own)) / abs(np.log2(power))
        for power, own in zip(_ALPHAS, weights, strict=True)
    )
    return float(sum(distances) / len(_ALPHAS))


def cumulative_distance(values: Floats, weights: Floats) -> float:
    """Normalized cumulative Jensen–Shannon distance between values (D,) and the same under weights (D,).

    √(Σ_i Δ_i (P_i log2(P_i / M_i) + Q_i log2(Q_i / M_i)) / Σ_i Δ_i (P_i + Q_i)), where P and Q are the two cumulative
    shares below each gap Δ between neighboring values, and M is their mean; 0 where all values are equal. The
    definition's terms in ∫P − ∫Q cancel between the two divergences (Nguyen & Vreeken 2015, Non-parametric
    Jensen-Shannon divergence, ECML PKDD).
    """
    order = np.argsort(values, kind="stable")
    gaps = np.diff(values[order])
    even = np.arange(1, len(values)) / len(values)
    own = np.cumsum(weights[order])[:-1] / np.sum(weights)
    middle = 0.5 * (even + own)
    bound = np.sum(gaps * (even + own))
    apart = np.sum(gaps * (even * np.log2(even / middle) + own * np.log2(own / middle)))
    return float(np.sqrt(max(apart, 0.0) / bound)) if bound > 0 else 0.0


def _noise(values: Floats, weights: tuple[Floats, Floats]) -> float:
    """The 95th percentile of what weights make that have nothing to do with the values: theirs, rotated.

    Rotating keeps the correlation of consecutive draws.
    """
    shifts = np.arange(1, _ROTATIONS + 1) * len(values) // (_ROTATIONS + 1)
    found = [power_scaling(np.roll(values, shift), weights) for shift in shifts]
    return float(np.quantile(found, _NOISE_SHARE))
