"""A share of a number of cases, with where the true one may lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tocsin.domain.elicitation import Z90


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many `hits` of `cases`: the share, and its 90 % interval from `low` to `high`."""

    hits: int
    cases: int
    share: float
    low: float
    high: float


def proportion(hits: int, cases: int) -> Proportion:
    """The share of hits with Wilson's 90 % interval; ValueError without cases.

    (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n) with z = 1.645, for n cases and the share p̂ of hits. Wilson
    (1927), Probable inference, the law of succession, and statistical inference, Journal of the American Statistical
    Association 22(158). Of few cases it is wide where the usual p̂ ± z√(p̂(1 − p̂)/n) is a point: 3 of 3 may be 53 %.

    >>> found = proportion(3, 3)
    >>> found.share, round(found.low, 3), found.high
    (1.0, 0.526, 1.0)
    """
    if not cases:
        message = "of no cases there is no share"
        raise ValueError(message)
    share, grown = hits / cases, Z90 * Z90 / cases
    middle = share + grown / 2
    half = Z90 * math.sqrt(share * (1 - share) / cases + grown / (4 * cases))
    low, high = ((middle + side) / (1 + grown) for side in (-half, half))
    # Rounding must not turn all or none into nearly.
    return Proportion(hits, cases, share, 0.0 if not hits else low, 1.0 if hits == cases else high)
