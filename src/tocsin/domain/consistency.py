"""Consistency: how far from the diagonal would the curve of a forecaster lie who is right about every chance?

The band of Dimitriadis, Gneiting & Jordan (2021) draws each outcome by itself. Here windows overlap, and a day on which
it happens settles many of them at once, so outcomes are drawn together: behind each scenario runs a random walk, a
window looks at its steps within its days, and it comes out yes where they are low enough for what was stated. So two
windows of one scenario are correlated by the share of days that they have in common, which is 0 where they have none.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from statistics import NormalDist
from typing import TYPE_CHECKING

from tocsin.domain.bootstrap import central90
from tocsin.domain.reliability import isotonic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tocsin.domain.odds import Interval

SIMULATED = 200
"""Records of a calibrated forecaster; 10 of them lie outside the band at each side."""
SEED = 2021
MOST_POINTS = 40
"""Of more distinct probabilities the band is given at so many, spread evenly by rank, the ends included."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A probability that was stated of a window of a scenario, from `opened_on` for `horizon_days`."""

    probability: float
    occurred: bool
    scenario: str
    opened_on: date
    horizon_days: int


@dataclass(frozen=True, slots=True)
class BandPoint:
    """Where the curve of a calibrated forecaster lies at a stated probability: its central 90 %."""

    stated: float
    band: Interval


@dataclass(frozen=True, slots=True)
class Consistency:
    """The band, point by point, and a test of the whole curve.

    Attributes:
        band: Rising by stated probability.
        chance: The share of calibrated records whose miscalibration (Brier) is at least the one observed; with the
            observed record counted among them, so above 0.
    """

    band: tuple[BandPoint, ...]
    chance: float


def consistency(asked: Sequence[Asked], simulated: int = SIMULATED, seed: int = SEED) -> Consistency:
    """What a calibrated forecaster's reliability curve looks like who states the same of the same windows.

    Args:
        asked: What was stated; at least one.
        simulated: Records to draw.
        seed: Of the random numbers; the same windows have the same band.
    """
    ordered = sorted(asked, key=attrgetter("probability", "opened_on", "scenario", "horizon_days"))
    alike = [(value, len(list(items))) for value, items in groupby(ordered, key=attrgetter("probability"))]
    weights = [float(count) for _, count in alike]
    walks = _Walks(ordered)
    draw = random.Random(seed)  # noqa: S311 - nothing here is secret
    came = _sums([item.occurred for item in ordered], alike)
    observed = _excess(alike, came, _fitted(came, weights))
    shown = _spread(len(alike))
    curves: list[list[float]] = [[] for _ in shown]
    reached = 1
    for _ in range(simulated):
        sums = _sums(walks.outcomes(draw), alike)
        fitted = _fitted(sums, weights)
        reached += _excess(alike, sums, fitted) >= observed
        for curve, place in zip(curves, shown, strict=True):
            curve.append(fitted[place])
    band = tuple(BandPoint(alike[place][0], central90(curve)) for place, curve in zip(shown, curves, strict=True))
    return Consistency(band, reached / (simulated + 1))


class _Walks:
    """A random walk for each scenario, known at the days on which some window of it begins or ends."""

    def __init__(self, ordered: Sequence[Asked]) -> None:
        normal = NormalDist()
        edges: dict[str, set[int]] = {}
        for item in ordered:
            begin = item.opened_on.toordinal()
            edges.setdefault(item.scenario, set()).update((begin, begin + item.horizon_days))
        at: dict[tuple[str, int], int] = {}
        self._steps: list[float] = []  # standard deviation of the walk's step to each edge
        for scenario, days in edges.items():
            before: int | None = None
            for day in sorted(days):
                at[scenario, day] = len(self._steps)
                self._steps.append(0.0 if before is None else math.sqrt(day - before))
                before = day
        self._windows = []
        for item in ordered:
            begin = item.opened_on.toordinal()
            places = at[item.scenario, begin], at[item.scenario, begin + item.horizon_days]
            self._windows.append((*places, math.sqrt(item.horizon_days) * _threshold(normal, item.probability)))

    def outcomes(self, draw: random.Random) -> list[bool]:
        """Of each window, in order: yes with the probability that was stated."""
        gauss = draw.gauss
        walked, stands = [], 0.0
        for step in self._steps:
            stands += step * gauss()
            walked.append(stands)
        return [walked[end] - walked[begin] < low for begin, end, low in self._windows]


def _threshold(normal: NormalDist, probability: float) -> float:
    if 0.0 < probability < 1.0:
        return normal.inv_cdf(probability)
    return math.copysign(math.inf, probability - 0.5)


def _sums(outcomes: Sequence[bool], alike: Sequence[tuple[float, int]]) -> list[float]:
    """How many came of those of each stated probability."""
    found, begin = [], 0
    for _, count in alike:
        found.append(float(sum(outcomes[begin : begin + count])))
        begin += count
    return found


def _fitted(sums: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The isotonic curve at each distinct probability."""
    found: list[float] = []
    for end, total, weight in isotonic(sums, weights):
        found.extend([total / weight] * (end - len(found)))
    return found


def _excess(alike: Sequence[tuple[float, int]], sums: Sequence[float], fitted: Sequence[float]) -> float:
    """The miscalibration part of the Brier score, times the number of windows.

    Of a group of n windows stated p of which k came, with q fitted, Σ(p − y)² − Σ(q − y)² = n(p² − q²) − 2k(p − q).
    """
    return sum(
        count * (value * value - rate * rate) - 2.0 * came * (value - rate)
        for (value, count), came, rate in zip(alike, sums, fitted, strict=True)
    )


def _spread(count: int) -> list[int]:
    if count <= MOST_POINTS:
        return list(range(count))
    return sorted({round(place * (count - 1) / (MOST_POINTS - 1)) for place in range(MOST_POINTS)})
