"""Pareto-smoothed importance sampling: weights that one wild draw cannot carry, and how far to trust them.

Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, Journal of Machine Learning Research
25(72); the tail fit is that of Zhang & Stephens (2009), A new and efficient estimation method for the generalized
Pareto distribution, Technometrics 51(3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tocsin.ensemble.design import Floats

UNRELIABLE_SHAPE = 0.7
"""Above this k̂ a sample of any practical size does not converge (Vehtari et al., section 3.2)."""
MIN_EFFECTIVE_SHARE = 0.05
"""Below this share of effective draws the weights rest on too few of them."""
FEWEST_EFFECTIVE = 50
"""Under so many effective draws a 90 % interval has fewer than three on either side of it."""

_PRIOR_DRAWS = 10  # the tail fit leans toward k = 1/2 as if by so many draws
_PRIOR_SHAPE = 0.5
_GRID_SCALE = 3.0  # Zhang & Stephens' recommended constant
_FEWEST_TAIL = 5
_ROUNDING = 1e-9  # ratios that should be equal differ by so much at most; their tail has no shape
_SMALL_SAMPLE = 225  # where 3·√S and S/5 meet


@dataclass(frozen=True, eq=False, slots=True)
class Smoothed:
    """Smoothed weights.

    Attributes:
        weights: (D,) that sum to 1.
        shape: k̂, the fitted shape of the weights' tail; 0 where all draws weigh the same.
    """

    weights: Floats
    shape: float

    @property
    def effective_share(self) -> float:
        """Effective draws over draws: 1 / (D · Σ w²)."""
        return float(1.0 / (len(self.weights) * np.sum(self.weights**2)))

    @property
    def collapsed(self) -> bool:
        """The weights tell nothing any more, not even how wrong they are: k̂ above 1 or under 50 effective draws."""
        return self.shape > 1.0 or self.effective_share * len(self.weights) < FEWEST_EFFECTIVE

    @property
    def reliable(self) -> bool:
        """The weights can be relied on: k̂ at most 0.7 and at least 5 % effective draws."""
        return self.shape <= UNRELIABLE_SHAPE and self.effective_share >= MIN_EFFECTIVE_SHARE


def smooth(log_ratio: Floats) -> Smoothed:
    """Weights from log importance ratios (D,), of which only differences matter.

    The largest M = 3·√D ratios (D/5 of a small sample) are replaced by the expected order statistics of a generalized
    Pareto distribution fitted to them, never above the largest raw ratio.

    >>> smooth(np.zeros(100)).weights[:2]
    array([0.01, 0.01])
    """
    log_weights = log_ratio - log_ratio.max()
    shape = 0.0
    tail = _tail_size(len(log_ratio))
    order = np.argsort(log_weights, kind="stable")
    largest = order[len(order) - tail :]
    if tail >= _FEWEST_TAIL and np.ptp(log_weights[largest]) > _ROUNDING:
        cutoff = math.exp(log_weights[order[len(order) - tail - 1]])
        shape, scale = _fit_tail(np.exp(log_weights[largest]) - cutoff)
        if math.isfinite(shape):
            places = (np.arange(tail) + 0.5) / tail
            log_weights[largest] = np.minimum(np.log(cutoff + _quantile(places, shape, scale)), 0.0)
    weights = np.exp(log_weights - log_weights.max())
    return Smoothed(weights / weights.sum(), shape)


def _tail_size(draws: int) -> int:
    return int(3 * math.sqrt(draws)) if draws > _SMALL_SAMPLE else draws // 5


def _quantile(share: Floats, shape: float, scale: float) -> Floats:
    """Quantiles of a generalized Pareto distribution that begins at 0."""
    if shape == 0:
        return -scale * np.log1p(-share)
    return np.asarray(scale * np.expm1(-shape * np.log1p(-share)) / shape)


def _fit_tail(excess: Floats) -> tuple[float, float]:
    """Shape k and scale σ of a generalized Pareto distribution, from sorted excesses over its beginning.

    The posterior mean of θ = −k/σ over a grid under Zhang & Stephens' data-dependent prior gives k and σ; k is then
    drawn toward 1/2 as by ten draws. (NaN, NaN) where the excesses are not of such a distribution.
    """
    count = len(excess)
    points = 30 + int(math.sqrt(count))
    quartile = excess[int(count / 4 + 0.5) - 1]
    if quartile <= excess[0]:
        return math.nan, math.nan
    grid = 1.0 / excess[-1] + (1.0 - np.sqrt(points / (np.arange(points) + 0.5))) / (_GRID_SCALE * quartile)
    shapes = np.mean(np.log1p(-grid[:, None] * excess), axis=1)
    profile = count * (np.log(-grid / shapes) - shapes - 1.0)
    belief = np.exp(profile - profile.max())
    belief /= belief.sum()
    belief = np.where(belief >= 10 * np.finfo(float).eps, belief, 0.0)
    theta = float(np.sum(grid * belief) / belief.sum())
    shape = float(np.mean(np.log1p(-theta * excess)))
    scale = -shape / theta
    return (count * shape + _PRIOR_DRAWS * _PRIOR_SHAPE) / (count + _PRIOR_DRAWS), scale
