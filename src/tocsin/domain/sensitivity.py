"""Sensitivity: how far the odds of a scenario hang on the declared ranges, and how far on the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SLIGHT = 0.5
"""Prior standard deviations, 15 % of a range's width, by which careful stewards' middles easily differ."""
NOTABLE_RESPONSE = 0.1
"""Log-odds, a tenth of the odds: less is within Monte Carlo error."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What moves one scenario's odds by its longest horizon.

    Attributes:
        scenario: Id.
        response: Root mean square change in log-odds if the middle of every range were slightly off: by half a prior
            standard deviation, up or down, each independently of the others.
        by_group: The same for one group of ranges alone.
        moved: Change in log-odds from the prior's to the fit's: all that the evidence has done.
        ranges_scaled: Power-scaling sensitivity to the width of the ranges.
        ranges_noise: What sampling noise alone would make of it, one time in twenty.
        evidence_scaled: Power-scaling sensitivity to the likelihood.
        evidence_noise: What sampling noise alone would make of that.
    """

    scenario: str
    response: float
    by_group: Mapping[str, float]
    moved: float
    ranges_scaled: float
    ranges_noise: float
    evidence_scaled: float
    evidence_noise: float


def prior_driven(response: float, moved: float) -> bool:
    """Whether slightly other ranges would move the odds at least as much as all the evidence has.

    Power scaling is not asked. It changes the width of ranges about their middles, and odds that the evidence leaves
    alone respond to that in second order only: with 4,000 draws and a hundred ranges the answer is within sampling
    noise, and 0.05 as its limit gives other labels with another seed (`docs/studies/prior-sensitivity.md`). To the
    middles odds respond in first order.

    >>> prior_driven(0.3, -1.7), prior_driven(0.3, 0.2), prior_driven(0.05, 0.0)
    (False, True, False)
    """
    return response >= max(abs(moved), NOTABLE_RESPONSE)


def verdict(found: Sensitivity) -> str:
    """What to make of it, in words.

    >>> verdict(Sensitivity("coup", 0.3, {}, 0.1, 0.02, 0.05, 0.01, 0.04))
    'prior-driven: slightly other ranges would move these odds as much as all the evidence has'
    """
    if prior_driven(found.response, found.moved):
        return "prior-driven: slightly other ranges would move these odds as much as all the evidence has"
    if found.response < NOTABLE_RESPONSE:
        return "slightly other ranges would hardly move these odds"
    return "the evidence has moved these odds more than slightly other ranges would"
