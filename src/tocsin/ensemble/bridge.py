"""Draws of one fit or two as one sample, so that what lies between the fits can be weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.ensemble.design import Floats

_HALVINGS = 200  # far more than doubles can tell apart
_BEYOND = 50.0  # of every log ratio: there all draws are one fit's


def log_mixture(sizes: Sequence[int], log_likelihood: Floats) -> Floats:
    """The log-density (N,), up to a constant, of the pooled draws of one fit or two: the mixture that they come from.

    Dividing a likelihood by it weighs the pooled draws for any evidence between the fits'. The ratio r of the fits'
    normalizing constants is where the mixture gives each fit as many draws as it has (bridge sampling, Meng & Wong
    1996, Statistica Sinica 6, equation 4.1): the expected number from the second falls steadily with r.

    Args:
        sizes: Draws of each fit, N in all.
        log_likelihood: (F, N) of each fit's evidence under each pooled draw, up to one constant for all.
    """
    if len(sizes) == 1:
        return np.asarray(log_likelihood[0])
    log_share = np.log(np.asarray(sizes) / np.sum(sizes))[:, None]
    ahead = log_likelihood[1] - log_likelihood[0] + log_share[1] - log_share[0]
    low, high = float(ahead.min()) - _BEYOND, float(ahead.max()) + _BEYOND
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        expected = np.sum(0.5 * (1.0 + np.tanh(0.5 * (ahead - middle))))
        low, high = (middle, high) if expected > sizes[1] else (low, middle)
    constants = np.array([[0.0], [0.5 * (low + high)]])
    return np.asarray(np.logaddexp.reduce(log_share + log_likelihood - constants, axis=0))
