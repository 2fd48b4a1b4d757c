"""Whether stated chances come true as often as they say: isotonic reliability with a consistency band.

Dimitriadis, Gneiting & Jordan (2021), Stable reliability diagrams for probabilistic classifiers, PNAS 118(8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import isotonic_regression

RESAMPLES = 1000
_ENDS = (0.05, 0.95)


@dataclass(frozen=True, eq=False, slots=True)
class Reliability:
    """Of n forecasts in rising order.

    Attributes:
        chance: (n,) as stated.
        recalibrated: (n,) what the outcomes make of them: the isotonic fit.
        low: (n,) 5 % and
        high: (n,) 95 % of what outcomes would make of them if every forecast were right.
        miscalibration: What recalibrating would take off the mean Brier score.
        discrimination: What the recalibrated forecast takes off that of the base rate.
        uncertainty: Mean Brier score of the base rate: Brier = miscalibration − discrimination + uncertainty.
        ordinary: Share of sets of outcomes, if every forecast were right, with at least this miscalibration.
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


def reliability(chance: np.ndarray, happened: np.ndarray, imagined: np.ndarray) -> Reliability:
    """Recalibrate by isotonic regression.

    Args:
        chance: (n,) as stated.
        happened: (n,) whether it came.
        imagined: (B, n) sets of outcomes as they may be where every forecast is right: the band comes from them.
    """
    order = np.argsort(chance, kind="stable")
    stated, came = chance[order], happened[order].astype(np.float64)
    fitted = _fit(stated, came)
    curves, worse = np.empty((len(imagined), len(stated))), np.empty(len(imagined))
    for row, outcomes in enumerate(imagined):
        drawn = outcomes[order].astype(np.float64)
        curves[row] = _fit(stated, drawn)
        worse[row] = np.mean((stated - drawn) ** 2 - (curves[row] - drawn) ** 2)
    low, high = np.quantile(curves, _ENDS, axis=0)
    base = np.full(len(came), came.mean())
    own, again, flat = (float(np.mean((guess - came) ** 2)) for guess in (stated, fitted, base))
    return Reliability(stated, fitted, low, high, own - again, flat - again, flat, float(np.mean(worse >= own - again)))


def apart(chance: np.ndarray, seed: int = 9) -> np.ndarray:
    """(B, n) outcomes drawn from chances (n,), each by itself: all that can be done with chances alone."""
    return np.random.default_rng(seed).random((RESAMPLES, len(chance))) < chance


def together(futures: np.ndarray, block: np.ndarray, seed: int = 9) -> np.ndarray:
    """(B, n) outcomes drawn as forecast jointly: all rows of a block (one country's window) from one of its futures.

    A country at war in one month is mostly so in the next, and the forecast says how much. Outcomes drawn month by
    month would take a war that went on for twelve misses.

    Args:
        futures: (n, F) whether the event happens in each future, the futures of one block in one order.
        block: (n,) of integers, 0 and up.
        seed: Of the draws.
    """
    random = np.random.default_rng(seed)
    rows, blocks = np.arange(len(block)), int(block.max()) + 1
    chosen = random.integers(futures.shape[1], size=(RESAMPLES, blocks))
    return np.stack([futures[rows, one[block]] for one in chosen])


def _fit(stated: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Equal chances are pooled first: the order among them means nothing."""
    _, place, size = np.unique(stated, return_inverse=True, return_counts=True)
    means = np.bincount(place, came) / size
    return np.asarray(isotonic_regression(means, sample_weight=size.astype(float))[place])
