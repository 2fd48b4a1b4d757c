"""Whether stated chances come true as often as they say: isotonic reliability with a consistency band.

Dimitriadis, Gneiting & Jordan (2021), Stable reliability diagrams for probabilistic classifiers, PNAS 118(8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import isotonic_regression

_RESAMPLES = 1000
_ENDS = (0.05, 0.95)


@dataclass(frozen=True, eq=False, slots=True)
class Reliability:
    """Of n forecasts in rising order.

    Attributes:
        chance: (n,) as stated.
        recalibrated: (n,) what the outcomes make of them: the isotonic fit.
        low: (n,) 5 % and
        high: (n,) 95 % of what outcomes would make of them if every chance were right.
        miscalibration: What recalibrating would take off the mean Brier score.
        discrimination: What the recalibrated forecast takes off that of the base rate.
        uncertainty: Mean Brier score of the base rate: Brier = miscalibration − discrimination + uncertainty.
        ordinary: Share of sets of outcomes, if every chance were right, with at least this miscalibration.
    """

    chance: np.ndarray
    recalibrated: np.ndarray
    low: np.ndarray
    high: np.ndarray
    miscalibration: float
    discrimination: float
    uncertainty: float
    ordinary: float

    @property
    def inside(self) -> float:
        """Share of forecasts whose recalibrated chance lies within its band."""
        return float(np.mean((self.recalibrated >= self.low - 1e-12) & (self.recalibrated <= self.high + 1e-12)))


def reliability(chance: np.ndarray, happened: np.ndarray, seed: int = 9) -> Reliability:
    """Recalibrate by isotonic regression; the band comes from outcomes drawn from the chances, independently.

    Months of one country are not independent given the chances, so the band is too narrow rather than too wide.
    """
    order = np.argsort(chance, kind="stable")
    stated, came = chance[order], happened[order].astype(np.float64)
    fitted = _fit(stated, came)
    random = np.random.default_rng(seed)
    imagined, worse = np.empty((_RESAMPLES, len(stated))), np.empty(_RESAMPLES)
    for row in range(_RESAMPLES):
        drawn = (random.random(len(stated)) < stated).astype(float)
        imagined[row] = _fit(stated, drawn)
        worse[row] = np.mean((stated - drawn) ** 2 - (imagined[row] - drawn) ** 2)
    low, high = np.quantile(imagined, _ENDS, axis=0)
    base = np.full(len(came), came.mean())
    own, again, flat = (float(np.mean((guess - came) ** 2)) for guess in (stated, fitted, base))
    return Reliability(stated, fitted, low, high, own - again, flat - again, flat, float(np.mean(worse >= own - again)))


def _fit(stated: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Equal chances are pooled first: the order among them means nothing."""
    _, place, size = np.unique(stated, return_inverse=True, return_counts=True)
    means = np.bincount(place, came) / size
    return np.asarray(isotonic_regression(means, sample_weight=size.astype(float))[place])
