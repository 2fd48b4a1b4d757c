"""Draws of several fits as one sample, so that what lies between the fits can be weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.ensemble.design import Floats

_MOST_ROUNDS = 500
_SETTLED = 1e-9


def log_mixture(sizes: Sequence[int], log_likelihood: Floats) -> Floats:
    """The log-density (N,), up to a constant, of the pooled draws of F fits: the mixture of what they were drawn from.

    Dividing a likelihood by it weighs the pooled draws for any evidence between the fits'. The fits' normalizing
    constants are found by self-consistency (Shirts & Chodera 2008, Statistically optimal analysis of samples from
    multiple equilibrium states, Journal of Chemical Physics 129, equation 11; for two fits it is bridge sampling, Meng
    & Wong 1996, Statistica Sinica 6).

    Args:
        sizes: Draws of each fit, N in all.
        log_likelihood: (F, N) of each fit's evidence under each pooled draw, up to one constant for all.
    """
    log_share = np.log(np.asarray(sizes) / np.sum(sizes))[:, None]
    log_constant = np.zeros((len(sizes), 1))
    for _ in range(_MOST_ROUNDS):
        mixture = np.logaddexp.reduce(log_share + log_likelihood - log_constant, axis=0)
        found = np.logaddexp.reduce(log_likelihood - mixture, axis=1, keepdims=True)
        found -= found[0]
        settled = float(np.max(np.abs(found - log_constant))) < _SETTLED
        log_constant = found
        if settled:
            break
    return np.asarray(np.logaddexp.reduce(log_share + log_likelihood - log_constant, axis=0))
