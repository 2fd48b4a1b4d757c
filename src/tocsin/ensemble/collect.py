"""What the next reading of an indicator would tell: expected bits, and the chance that it moves the odds across a line.

With the joint law P(d, y, S) = w_d · P(y | d) · P(S | d, y) over draws d, readings y and a scenario's occurrence S
within a horizon, the posterior is P(S | y) = Σ_d w_d P(y | d) c_d / Σ_d w_d P(y | d), where c_d is the draw's chance
of S, and the expected information is the mutual information

    I(Y; S) = Σ_y P(y) · KL(P(S | y) ‖ P(S))   in bits

(Lindley 1956, On a measure of the information provided by an experiment, Annals of Mathematical Statistics 27(4)).
Where a rule counts the indicator, c_d depends on y as well: see `tally`.

From a finite number of draws the sum is too large, even where there is nothing to tell: by about 1/D for each degree of
freedom. The jackknife over 40 batches of consecutive draws takes that bias out to first order and gives the standard
error (Miller 1974, The jackknife: a review, Biometrika 61(1); for entropies Zahl 1977, Ecology 58(4)).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.odds import bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tocsin.ensemble.design import Floats
    from tocsin.ensemble.reading import NextReading
    from tocsin.ensemble.tally import Tally

_BATCHES = 40
_ERRORS = 2.0  # what lies within two standard errors of a line may be on either side of it


@dataclass(frozen=True, eq=False, slots=True)
class Joint:
    """The joint law of a reading and S scenarios, in B batches of draws.

    Attributes:
        values: (Y,) readings, rising.
        reading: (B, Y) each batch's part of P(y).
        both: (B, Y, S) each batch's part of P(y and S).
    """

    values: Floats
    reading: Floats
    both: Floats


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of information in bits, bias taken out, and its Monte Carlo standard error."""

    bits: float
    error: float

    @property
    def below_noise(self) -> bool:
        """It cannot be told from nothing: it is within two standard errors of 0."""
        return self.bits <= _ERRORS * self.error


NOTHING = Amount(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighboring readings, from the first to the last, and the chance of one of them."""

    first: float
    last: float
    chance: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the reading may do to the odds of one scenario.

    Attributes:
        high_from: A reading of this or more is high: of those that leave no more than half above them the lowest.
        high: P(a high reading).
        if_high: P(S | a high reading).
        if_low: P(S | any other).
        crossing: P(a reading that moves the odds across a line).
        undecided: P(a reading so near to a line that Monte Carlo error leaves open on which side).
        crossed_by: The runs of readings that do.
        lowest: The lowest reading told apart.
        highest: The highest.
    """

    high_from: float
    high: float
    if_high: float
    if_low: float
    crossing: float
    undecided: float
    crossed_by: tuple[Run, ...]
    lowest: float
    highest: float


def tabulate(reading: NextReading, chances: Floats, weights: Floats) -> Joint:
    """The joint law where the reading moves weights alone. `chances` is (S, D), `weights` (D,) and sums to 1."""
    weighted = weights[:, None] * reading.likelihood
    # einsum adds in one order everywhere; a linear algebra library may not.
    both = [np.einsum("dy,sd->ys", weighted[part], chances[:, part]) for part in _batches(len(weights))]
    return Joint(reading.values, _batched(weighted), np.array(both))


def tabulate_counted(reading: NextReading, counted: Tally, weights: Floats) -> Joint:
    """The joint law where the reading joins what a rule has counted as well."""
    weighted = weights[:, None] * reading.likelihood
    added = counted.added(reading.values)
    both = [
        np.einsum("yk,kys->ys", added, np.einsum("dy,ksd->kys", weighted[part], counted.chances[:, :, part]))
        for part in _batches(len(weights))
    ]
    return Joint(reading.values, _batched(weighted), np.array(both))


def _batches(draws: int) -> list[slice]:
    edges = np.linspace(0, draws, _BATCHES + 1).astype(int)
    return [slice(int(low), int(high)) for low, high in pairwise(edges)]


def _batched(weighted: Floats) -> Floats:
    return np.array([weighted[part].sum(axis=0) for part in _batches(len(weighted))])


def information(reading: Floats, both: Floats) -> Floats:
    """I(Y; S) in bits, (…, S), from P(y) (…, Y) and P(y and S) (…, Y, S), each up to a factor.

    >>> information(np.array([0.5, 0.5]), np.array([[0.5], [0.0]]))
    array([1.])
    """
    whole = reading.sum(axis=-1)[..., None]
    occurs, not_so = both, np.maximum(reading[..., None] - both, 0.0)
    return np.asarray((_gain(occurs, reading, whole) + _gain(not_so, reading, whole)) / whole / np.log(2.0))


def _gain(part: Floats, reading: Floats, whole: Floats) -> Floats:
    """Σ_y P(y, S)·log(P(y, S) / (P(y)·P(S))), with 0·log 0 = 0."""
    expected = reading[..., None] * (part.sum(axis=-2) / whole)[..., None, :]
    seen = (part > 0) & (expected > 0)
    ratio = np.divide(part, expected, out=np.ones_like(part), where=seen)
    return np.sum(part * np.log(ratio), axis=-2)


def amounts(joint: Joint, scenarios: NDArray[np.bool_]) -> tuple[list[Amount], Amount]:
    """What the reading tells of each scenario, and in all of those marked (S,); of the others it tells nothing."""
    raw = information(joint.reading.sum(axis=0), joint.both.sum(axis=0))
    left_out = information(joint.reading.sum(axis=0) - joint.reading, joint.both.sum(axis=0) - joint.both)
    pseudo = np.where(scenarios, _BATCHES * raw - (_BATCHES - 1) * left_out, 0.0)
    each = [_amount(pseudo[:, scenario], float(raw[scenario])) for scenario in range(len(scenarios))]
    return each, _amount(pseudo.sum(axis=1), float(raw[scenarios].sum()))


def _amount(pseudo: Floats, most: float) -> Amount:
    # Less than nothing is nothing; and taking bias out of what is never too small cannot make it larger.
    bits = max(0.0, min(float(pseudo.mean()), most))
    return Amount(bits, float(pseudo.std(ddof=1) / np.sqrt(_BATCHES)))


def outlook(joint: Joint, scenario: int, now: float, side: Callable[[float], object]) -> Outlook:
    """What the reading may do to the odds of one scenario, which stand at `now`.

    `side` tells on which side of the lines a probability lies: two that it tells alike have no line between them.
    """
    reading, both = joint.reading.sum(axis=0), joint.both[:, :, scenario].sum(axis=0)
    chance = reading / reading.sum()
    after = _ratio(both, reading)
    left_out = _ratio(both - joint.both[:, :, scenario], reading - joint.reading)
    error = np.sqrt((_BATCHES - 1) / _BATCHES * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    crosses = np.array([side(float(value)) != side(now) for value in after])
    low, high = np.clip(after - _ERRORS * error, 0.0, 1.0), np.clip(after + _ERRORS * error, 0.0, 1.0)
    open_ = np.array([side(float(one)) != side(float(other)) for one, other in zip(low, high, strict=True)])
    split = _split(chance)
    return Outlook(
        high_from=float(joint.values[split]),
        high=float(chance[split:].sum()),
        if_high=_mean(both[split:], reading[split:]),
        if_low=_mean(both[:split], reading[:split]),
        crossing=float(chance[crosses].sum()),
        undecided=float(chance[open_].sum()),
        crossed_by=tuple(_runs(joint.values, chance, crosses)),
        lowest=float(joint.values[0]),
        highest=float(joint.values[-1]),
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.clip(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0), 0.0, 1.0)


def _mean(both: Floats, reading: Floats) -> float:
    return bounded(float(both.sum() / reading.sum()))


def _split(chance: Floats) -> int:
    """The first value below which lies at least half; never the lowest, and the highest where there is no such."""
    below = np.cumsum(chance)
    return int(np.clip(np.searchsorted(below, 0.5) + 1, 1, len(chance) - 1))


def _runs(values: Floats, chance: Floats, marked: NDArray[np.bool_]) -> list[Run]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return [
        Run(float(values[first]), float(values[after - 1]), float(chance[first:after].sum()))
        for first, after in zip(edges[::2], edges[1::2], strict=True)
    ]
