"""Reliability: did what we called 30 % come 3 times in 10? By isotonic regression, without bins that anybody chose.

CORP: Dimitriadis, Gneiting & Jordan (2021), Stable reliability diagrams for probabilistic classifiers, Proceedings of
the National Academy of Sciences 118(8).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import fsum
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.domain.scoring import Score


@dataclass(frozen=True, slots=True)
class Pool:
    """Windows that isotonic regression holds for alike: stated from `lowest` to `highest`.

    Of `windows` so many `occurred`, and `rate` is their share: what should have been stated.
    """

    lowest: float
    highest: float
    windows: int
    occurred: int
    rate: float


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A mean score in parts: score = miscalibration − discrimination + uncertainty.

    Attributes:
        score: The mean score.
        miscalibration: What stating the pools' rates in place of the probabilities would have saved; at least 0.
        discrimination: What those rates save against always stating the share that came; at least 0.
        uncertainty: The score of always stating the share that came.
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


def isotonic(sums: Sequence[float], weights: Sequence[float]) -> list[tuple[int, float, float]]:
    """The non-decreasing step function nearest to means, by pooling adjacent violators: each step's (end, sum, weight).

    The least squares fit, and for outcomes of yes and no that of every proper score. Ayer et al. (1955), An empirical
    distribution function for sampling with incomplete information, Annals of Mathematical Statistics 26(4).

    Args:
        sums: (N,) weight × mean of each place, in order.
        weights: (N,) above 0.

    Returns:
        Steps in order; a step's places end before `end`, and its mean is its sum through its weight.

    >>> isotonic([1.0, 0.0, 2.0], [1.0, 2.0, 2.0])
    [(2, 1.0, 3.0), (3, 2.0, 2.0)]
    """
    steps: list[tuple[int, float, float]] = []
    for place, (total, weight) in enumerate(zip(sums, weights, strict=True)):
        while steps and steps[-1][1] * weight >= total * steps[-1][2]:  # its mean is not below this one's
            _, more, heavier = steps.pop()
            total, weight = total + more, weight + heavier  # noqa: PLW2901 - it grows by what it pools
        steps.append((place + 1, total, weight))
    return steps


def pools(said: Sequence[tuple[float, bool]]) -> tuple[Pool, ...]:
    """The pools of stated probabilities and whether it occurred, by rising probability; equal ones are together.

    >>> found = pools([(0.6, True), (0.1, False), (0.3, True), (0.5, False)])
    >>> [(pool.lowest, pool.highest, pool.rate) for pool in found]
    [(0.1, 0.1, 0.0), (0.3, 0.5, 0.5), (0.6, 0.6, 1.0)]
    """
    alike = [(value, [came for _, came in items]) for value, items in groupby(sorted(said), key=itemgetter(0))]
    steps = isotonic([sum(came) for _, came in alike], [len(came) for _, came in alike])
    begins = [0, *(end for end, _, _ in steps)]
    return tuple(
        Pool(alike[begin][0], alike[end - 1][0], round(weight), round(total), total / weight)
        for begin, (end, total, weight) in zip(begins, steps, strict=False)
    )


def decompose(said: Sequence[tuple[float, bool]], score: Score) -> Decomposition:
    """The parts of a mean score, equation 1 of Dimitriadis, Gneiting & Jordan (2021).

    Args:
        said: Stated probabilities and whether it occurred; at least one.
        score: A proper score of one probability, such as `brier_score` or `log_score`.
    """
    count = len(said)
    overall = sum(came for _, came in said) / count
    stated = fsum(score(value, occurred=came) for value, came in said) / count
    mended = fsum(_mended(said, score)) / count
    always = fsum(score(overall, occurred=came) for _, came in said) / count
    return Decomposition(stated, stated - mended, always - mended, always)


def _mended(said: Sequence[tuple[float, bool]], score: Score) -> Iterator[float]:
    """The scores that stating the pools' rates would have had, pool by pool."""
    for pool in pools(said):
        yield pool.occurred * score(pool.rate, occurred=True)
        yield (pool.windows - pool.occurred) * score(pool.rate, occurred=False)
