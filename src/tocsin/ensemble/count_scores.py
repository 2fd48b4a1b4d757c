"""Scores of forecasts of counts that are stated as draws. All are negatively oriented: less is better.

Shapes: draws (…, N) of N draws each, outcomes and scores (…).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from tocsin.ensemble.design import Floats

DEATH_BINS = (0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5)
"""Where the bins of deaths a month begin; the last has no end (VIEWS prediction challenge 2023/24)."""


def crps(draws: ArrayLike, outcome: ArrayLike) -> Floats:
    """Continuous ranked probability score of the draws' own distribution: mean |x − y| − mean |x − x'| / 2.

    In the unit of the count, 0 or more; for one draw the absolute error. Gneiting & Raftery (2007), Strictly proper
    scoring rules, prediction, and estimation, Journal of the American Statistical Association 102(477), equation 21,
    with the second mean over all N² pairs, each draw with itself among them, not over N(N − 1) of them ("fair").

    >>> round(float(crps([1.0, 4.0, 10.0], 3.0)), 6)
    1.333333
    """
    x = np.sort(np.asarray(draws, dtype=np.float64), axis=-1)
    count = x.shape[-1]
    # Σ_{i,j} |x_i − x_j| = 2 Σ_k (2k − N − 1) x_(k) over draws in rising order: no need for all pairs.
    within = np.sum((2.0 * np.arange(1, count + 1) - count - 1.0) * x, axis=-1) / count**2
    return np.asarray(np.mean(np.abs(x - np.asarray(outcome)[..., None]), axis=-1) - within)


def ignorance(draws: ArrayLike, outcome: ArrayLike, edges: Sequence[float] = DEATH_BINS) -> Floats:
    """−log2 of the share of draws in the outcome's bin, with one added to each bin: (n_bin + 1) / (N + bins).

    In bits, from near 0 to log2(N + bins). Roulston & Smith (2002), Evaluating probabilistic forecasts using
    information theory, Monthly Weather Review 130(6); the one that is added (Laplace's rule) keeps it finite.

    Args:
        draws: (…, N).
        outcome: (…).
        edges: Where each bin begins, rising; a value on an edge lies in the bin that begins there. None may be below
            the first.

    Example: two of four draws share the bin from 2.5 to 5.5 with the outcome.

    >>> round(float(ignorance([0.0, 3.0, 5.0, 9.0], 4.0)), 6) == round(math.log2(15 / 3), 6)
    True
    """
    x, y = np.asarray(draws, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    place = np.searchsorted(edges, y, side="right")
    inside = np.sum(np.searchsorted(edges, x, side="right") == place[..., None], axis=-1)
    return np.asarray(math.log2(x.shape[-1] + len(edges)) - np.log2(inside + 1.0))


def interval_score(draws: ArrayLike, outcome: ArrayLike, level: float = 0.9) -> Floats:
    """Interval score of the central interval of the draws: width plus 2/(1 − level) times what the outcome is beyond.

    In the unit of the count. Gneiting & Raftery (2007), equation 43; quantiles by linear interpolation.

    >>> round(float(interval_score([0.0, 10.0], 12.0, level=0.5)), 6)
    23.0
    """
    y = np.asarray(outcome, dtype=np.float64)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(np.asarray(draws, dtype=np.float64), (tail, 1.0 - tail), axis=-1)
    beyond = np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0)
    return np.asarray(high - low + 2.0 / (1.0 - level) * beyond)
