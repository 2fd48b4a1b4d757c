"""Indicators: what can be observed, how it is collected, and what is normal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import Normal, Range, logit

if TYPE_CHECKING:
    from datetime import date


MOST = 1_000_000
"""No count of reports in one step is larger; a larger one is a slip of the keyboard."""
DEGREES_OF_FREEDOM = 4.0
"""Of a measure that declares none: heavy enough that one wild reading does not carry the step, with finite variance."""


class Kind(StrEnum):
    """What an indicator's values are, and with it the likelihood of evidence about it."""

    COUNT = "count"
    PRESENCE = "presence"
    ORDINAL = "ordinal"
    MEASURE = "measure"


class Collection(StrEnum):
    """Whether silence means anything."""

    CONTINUOUS = "continuous"
    """Somebody always looks: silence after the usual delay counts as 0 with the declared coverage."""
    OCCASIONAL = "occasional"
    """Only explicit observations count."""


class Transform(StrEnum):
    """What is done to a measured value before it is modeled."""

    NONE = "none"
    LOG = "log"
    LOG1P = "log1p"
    LOGIT = "logit"

    def apply(self, value: float) -> float:
        """The transformed value; ValueError where the transform has none."""
        if self is Transform.LOG:
            return math.log(value)
        if self is Transform.LOG1P:
            return math.log1p(value)
        if self is Transform.LOGIT:
            return logit(value)
        return value

    def undo(self, transformed: float) -> float:
        """The value that was transformed, or the largest there is.

        >>> [round(transform.undo(transform.apply(0.2)), 12) for transform in Transform]
        [0.2, 0.2, 0.2, 0.2]
        """
        if self is Transform.LOGIT:
            return 0.5 * (1.0 + math.tanh(transformed / 2.0))
        if self is Transform.NONE:
            return transformed
        power = math.exp(min(transformed, 709.0))  # the largest whose exponential is a double
        return power - 1.0 if self is Transform.LOG1P else power

    @property
    def accepted(self) -> str:
        """The values that it takes, in words."""
        return {
            "none": "any finite number",
            "log": "a number above 0",
            "log1p": "a number above -1",
            "logit": "a number strictly between 0 and 1",
        }[self.value]


@dataclass(frozen=True, slots=True)
class RateBaseline:
    """Count or presence: how often at normal pressure, per step; counts also have a dispersion.

    A small dispersion φ means bursts: the variance of a count with mean μ is μ + μ²/φ. It is the dispersion at normal
    pressure. With a `dispersion_power` κ it grows as the rate does, by (rate / normal rate)^κ: 0 would leave bursts as
    large, beside the mean, at every rate, 1 would make the variance a multiple of the mean. None is 0, for sure.
    """

    per_step: Range
    dispersion: Range
    dispersion_power: Range | None = None


@dataclass(frozen=True, slots=True)
class OrdinalBaseline:
    """Ordinal: the share of steps at each level at normal pressure, and by what factor the odds may be off."""

    shares: tuple[float, ...]
    within_factor: float
    reason: str

    def cutpoints(self) -> tuple[float, ...]:
        """Cutpoints κ with P(level ≥ k) = logistic(η − κ_k) and η = 0 at normal pressure.

        >>> [round(cut, 3) for cut in OrdinalBaseline((0.6, 0.3, 0.1), 2.0, "").cutpoints()]
        [0.405, 2.197]
        """
        tails = (math.fsum(self.shares[level:]) for level in range(1, len(self.shares)))
        return tuple(-logit(tail) for tail in tails)


@dataclass(frozen=True, slots=True)
class MeasureBaseline:
    """Measure: the mean and the spread of the transformed value at normal pressure, and how heavy its tails are.

    The value is Student-t around the mean with scale σ in `spread` and ν `degrees_of_freedom`: above 2, so that the
    variance σ²·ν/(ν − 2) is finite, and finite itself; a large ν is the normal distribution.
    """

    mean: Range
    spread: Range
    degrees_of_freedom: float = DEGREES_OF_FREEDOM


Baseline = RateBaseline | OrdinalBaseline | MeasureBaseline


@dataclass(frozen=True, slots=True)
class Indicator:
    """One observable. `id` is its file path below `indicators/`, without the ending.

    `coverage` is the chance that a thing that happened would have been seen; `delay_days` is the usual time until
    a report of it reaches us; `since` is the day from which silence counts (continuous collection only).
    `expect_every_days` is the rhythm in which reports are expected, also of nothing seen, where there is one.
    """

    id: str
    title: str
    definition: str
    kind: Kind
    unit: str
    collection: Collection
    coverage: float
    since: date | None
    delay_days: int
    baseline: Baseline
    levels: tuple[str, ...] = ()
    transform: Transform = Transform.NONE
    expect_every_days: int | None = None

    def value_problem(self, value: float) -> str | None:
        """What values the indicator takes, if this is not one of them; None if it is."""
        if self.kind is Kind.COUNT:
            whole = math.isfinite(value) and value == math.floor(value)
            return None if whole and 0 <= value <= MOST else f"a whole number from 0 to {MOST}"
        if self.kind is Kind.PRESENCE:
            return None if value in {0, 1} else "0 (not seen) or 1 (seen)"
        if self.kind is Kind.ORDINAL:
            top = len(self.levels) - 1
            meaning = ", ".join(f"{level} {name}" for level, name in enumerate(self.levels))
            return None if value in range(top + 1) else f"a level from 0 to {top} ({meaning})"
        try:
            fits = math.isfinite(value) and math.isfinite(self.transform.apply(value))
        except ValueError:
            fits = False
        return None if fits else self.transform.accepted

    def baseline_prior(self) -> Normal:
        """Prior of α: log rate per step, shift of the ordinal log-odds, or mean of the transformed value."""
        if isinstance(self.baseline, RateBaseline):
            return self.baseline.per_step.log()
        if isinstance(self.baseline, OrdinalBaseline):
            factor = self.baseline.within_factor
            return Range(-math.log(factor), math.log(factor), self.baseline.reason).plain()
        return self.baseline.mean.plain()
