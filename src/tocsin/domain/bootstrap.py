"""How uncertain a mean over overlapping windows is: the stationary block bootstrap over opening days.

A window of 30 days that opens today shares 29 days with the one that opens tomorrow, so their scores resemble each
other. Days that were drawn one by one would pretend to hundreds of independent questions; blocks of days, as long as
windows overlap, keep what resembles together. All windows that open on one day stay together in any case.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from tocsin.domain.odds import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

RESAMPLES = 1000
SEED = 1994
"""Fixed, so that the same windows have the same interval, whenever and wherever it is asked for."""
FEWEST_BLOCKS = 5
"""With fewer blocks than these in the record there is no interval: what is drawn would be the record itself, turned."""


def block_length(days: Sequence[date], longest_days: int) -> int:
    """The mean length of blocks, in opening days: the most windows of one horizon that lie over a day.

    Args:
        days: The opening days, rising, none twice.
        longest_days: The longest horizon among the windows, in days.

    >>> from datetime import date
    >>> block_length([date(2016, 1, day) for day in (1, 8, 15, 22, 29)], 10)
    2
    """
    return max(bisect_left(days, day + timedelta(days=longest_days)) - at for at, day in enumerate(days))


def resampled_sums(
    rows: Sequence[Sequence[float]], mean_length: float, resamples: int = RESAMPLES, seed: int = SEED
) -> list[list[float]]:
    """Sums over days drawn anew in blocks, one list a resample, in order of the columns.

    Blocks begin at days drawn evenly, go on past the last day with the first, and have lengths that are geometric with
    the mean given; as many days are drawn as there are. Politis & Romano (1994), The stationary bootstrap, Journal of
    the American Statistical Association 89(428), section 2.

    Args:
        rows: (N, C) sums of each opening day, in order.
        mean_length: Mean length of a block in days, at least 1; with 1 days are drawn one by one.
        resamples: How many.
        seed: Of the random numbers.
    """
    count = len(rows)
    # Twice around, so that a block that goes past the end is one difference.
    summed = [list(accumulate((*column, *column), initial=0.0)) for column in zip(*rows, strict=True)]
    ends = math.log1p(-1.0 / mean_length) if mean_length > 1.0 else -math.inf
    draw = random.Random(seed).random  # noqa: S311 - nothing here is secret
    found = []
    for _ in range(resamples):
        sums, left = [0.0] * len(summed), count
        while left:
            begin = int(draw() * count)
            length = min(left, 1 + int(math.log(1.0 - draw()) / ends))
            for column, total in enumerate(summed):
                sums[column] += total[begin + length] - total[begin]
            left -= length
        found.append(sums)
    return found


def central90(values: Sequence[float]) -> Interval:
    """The central 90 % of values: their 5th and 95th percentile, interpolated as between order statistics.

    >>> central90([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    Interval(low=0.5, high=9.5)
    """
    ordered = sorted(values)
    return Interval(_quantile(ordered, 0.05), _quantile(ordered, 0.95))


def _quantile(ordered: Sequence[float], level: float) -> float:
    place = level * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
