"""Likelihood in the words of ICD 203 (Analytic Standards, 2 January 2015, section D.6.e.2.a).

The directive's bands share their edges. Rule here: a band holds its lower edge and not its upper, so 20 % is
"unlikely" and 19.9 % "very unlikely"; only 99 % itself still belongs to "almost certain". Below 1 % and above 99 % the
directive has no word, and none is given. Words speak of likelihood only: how sure we are of a number is its interval
and status, and never stands in the same sentence (the directive's section D.6.e.2.b).
"""

from __future__ import annotations

from dataclasses import dataclass

_BANDS = (
    (0.01, "almost no chance"),
    (0.05, "very unlikely"),
    (0.20, "unlikely"),
    (0.45, "roughly even chance"),
    (0.55, "likely"),
    (0.80, "very likely"),
    (0.95, "almost certain"),
)
_TOP = 0.99
BELOW_SCALE = "below 1 %"
ABOVE_SCALE = "above 99 %"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words for a probability, and a warning where its interval reaches into other words or leaves it out."""

    words: str
    warning: str | None


def likelihood_words(probability: float) -> str:
    """The ICD 203 words for a probability in [0, 1]; plain bounds outside 1–99 %.

    >>> likelihood_words(0.2), likelihood_words(0.199), likelihood_words(0.004)
    ('unlikely', 'very unlikely', 'below 1 %')
    """
    if not 0 <= probability <= 1:
        message = f"a probability lies between 0 and 1, not {probability}"
        raise ValueError(message)
    if probability > _TOP:
        return ABOVE_SCALE
    words = BELOW_SCALE
    for edge, name in _BANDS:
        if probability >= edge:
            words = name
    return words


def word(probability: float, low: float, high: float) -> Wording:
    """The words for a probability whose interval runs from `low` to `high`."""
    lowest, highest = likelihood_words(low), likelihood_words(high)
    warnings = [] if lowest == highest else [f"interval reaches from {lowest} to {highest}"]
    if not low <= probability <= high:
        warnings.append("mean outside its interval: few possibilities carry most of it")
    return Wording(likelihood_words(probability), "; ".join(warnings) or None)
