"""Ranges as analysts state them, and the priors that they mean.

An elicited range is central and holds 90 % of the belief: 5 % below `low`, 5 % above `high`
(O'Hagan et al. 2006, Uncertain Judgements, chapter 5, on eliciting by quantiles).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

Z90 = NormalDist().inv_cdf(0.95)
"""Half-width, in standard deviations, of a central 90 % interval: 1.6449."""

DEVELOPING = 2.0
"""The pressure that "developing" means, in standard deviations above normal."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal prior: mean and standard deviation in the same unit."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Range:
    """A 90 % range with its one-line reason. `low` must be below `high`."""

    low: float
    high: float
    reason: str

    def plain(self) -> Normal:
        """A normal prior on the quantity itself."""
        return Normal((self.low + self.high) / 2, (self.high - self.low) / (2 * Z90))

    def log(self) -> Normal:
        """A normal prior on the logarithm of a positive quantity."""
        return Range(math.log(self.low), math.log(self.high), self.reason).plain()

    def logit(self) -> Normal:
        """A normal prior on the log-odds of a share strictly between 0 and 1."""
        return Range(logit(self.low), logit(self.high), self.reason).plain()


def logit(probability: float) -> float:
    """Log-odds of a probability strictly between 0 and 1."""
    return math.log(probability) - math.log1p(-probability)


def logistic(log_odds: float) -> float:
    """The probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds))


def link_prior(multiplier: Range) -> Normal:
    """Prior of a link λ from its multiplier when developing: λ = log(multiplier) / 2.

    >>> round(link_prior(Range(2.0, 6.0, "")).mean, 4)
    0.6212
    """
    log = multiplier.log()
    return Normal(log.mean / DEVELOPING, log.sd / DEVELOPING)


def shift_prior(shift: Range) -> Normal:
    """Prior of a link on a measure, from its shift in baseline spreads when developing."""
    plain = shift.plain()
    return Normal(plain.mean / DEVELOPING, plain.sd / DEVELOPING)


def hazard_prior(within: Range, steps: float) -> Normal:
    """Prior of the log-hazard per step from the chance of occurring within `steps` steps.

    A chance p within n steps at a constant hazard h means p = 1 − exp(−n·h).

    >>> round(math.exp(hazard_prior(Range(0.05, 0.2, ""), 52.0).mean), 5)
    0.00206
    """
    low, high = (-math.log1p(-chance) / steps for chance in (within.low, within.high))
    return Range(low, high, within.reason).log()
