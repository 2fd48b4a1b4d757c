"""Scores of one stated probability by what came of it: the lower, the better.

Both are strictly proper: in expectation nobody scores better by stating anything else than what they believe.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tocsin.domain.odds import Interval

CLIP = 1e-5
"""The log score holds a probability between this and 1 − this. No ensemble states one outside, and without it a single
certainty that came out wrong would make every mean infinite."""
ENOUGH_WINDOWS = 30
"""A mean over fewer windows says little: the standard error of a mean Brier score near 0.1 is then about 0.03. Windows
overlap and their outcomes resemble each other, so even more of them count for fewer."""


class Score(Protocol):
    """A score of one stated probability, such as `brier_score` and `log_score`."""

    def __call__(self, probability: float, /, *, occurred: bool) -> float:
        """The score of a probability by what came."""
        ...


def brier_score(probability: float, *, occurred: bool) -> float:
    """The squared distance (p − y)² of a probability p in [0, 1] from the outcome y, 1 where it occurred and 0 else.

    In [0, 1]; 0.25 for p = 1/2 whatever comes. Brier (1950), Verification of forecasts expressed in terms of
    probability, Monthly Weather Review 78(1); this is half his sum over both outcomes, as is usual for two.
    ValueError where p is no probability.

    >>> round(brier_score(0.3, occurred=True), 12), round(brier_score(0.3, occurred=False), 12)
    (0.49, 0.09)
    """
    _refuse_no_probability(probability)
    return (probability - float(occurred)) ** 2


def log_score(probability: float, *, occurred: bool) -> float:
    """The surprise −log p, in nats, at what came: p where it occurred, and 1 − p where it did not.

    In [−log(1 − CLIP), −log CLIP], about 1e-5 to 11.5, as p is held between CLIP and 1 − CLIP; log 2 for p = 1/2.
    Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14(1). ValueError where p is no
    probability.

    >>> round(log_score(0.3, occurred=True), 6), round(log_score(0.3, occurred=False), 6)
    (1.203973, 0.356675)
    """
    _refuse_no_probability(probability)
    held = min(max(probability, CLIP), 1.0 - CLIP)
    return -math.log(held) if occurred else -math.log1p(-held)


def skill(score: float, reference: float) -> float | None:
    """By what share a mean score is better than a reference's, 1 − score/reference; None where the reference has 0.

    In (−∞, 1]: 1 is without fault, 0 is no better than the reference, below 0 is worse. Murphy (1988), Skill scores
    based on the mean square error, Monthly Weather Review 116(12), equation 4. It is of means, not a mean of shares.

    >>> skill(0.06, 0.08)
    0.25
    """
    return None if reference == 0.0 else 1.0 - score / reference


def time_weighted(scores: Sequence[float], stated_at: Sequence[datetime], until: datetime) -> float:
    """The mean of the scores of statements of one window, each weighted by how long it stood.

    A statement stands until the next one, the last of them `until`; where none stood for any time, they count alike.

    Args:
        scores: At least one, in order.
        stated_at: The instant of each, none before the one before it.
        until: When the last one ceased to stand.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2016, 3, 9, 12, tzinfo=UTC)
    >>> round(time_weighted([0.09, 0.01], [noon, noon + timedelta(hours=9)], noon + timedelta(hours=12)), 12)
    0.07
    """
    ends = [*stated_at[1:], until]
    stood = [max((end - begin).total_seconds(), 0.0) for begin, end in zip(stated_at, ends, strict=True)]
    if not any(stood):
        stood = [1.0] * len(scores)
    return math.sumprod(scores, stood) / math.fsum(stood)


def may_be_scored(closes_on: date, delay_days: int, last_ended: date) -> bool:
    """Whether a window has closed and its last day would have been heard of, so that a no could be settled as a yes.

    A yes may settle a window on its first day, a no never before the last. Scoring what is settled as it comes would
    so take the yeses of the running windows and leave their noes for later: forecasts would seem too low for as long
    as windows run. A window is scored only once either answer could stand, so that the outcome has no part in when.

    Args:
        closes_on: The last day that counts.
        delay_days: Days after which a report is usually here; 0 where people judge.
        last_ended: The last day that had ended at the instant asked about.
    """
    return closes_on + timedelta(days=delay_days) <= last_ended


def claim(skill: Interval | None, *, enough: bool, rival: str) -> str:
    """What may be claimed of a skill, in words.

    Args:
        skill: Its 90 % interval; None where none can be given, as the windows overlap too much.
        enough: Whether there are ENOUGH_WINDOWS.
        rival: Against whom.

    >>> claim(None, enough=False, rival="the base rate")
    'too few to claim'
    """
    if not enough:
        return "too few to claim"
    if skill is None:
        return "too much overlap to claim"
    if skill.low > 0.0:
        return f"better than {rival}"
    return f"worse than {rival}" if skill.high < 0.0 else f"no sure difference from {rival}"


def _refuse_no_probability(probability: float) -> None:
    if not 0.0 <= probability <= 1.0:  # NaN is none either
        message = f"{probability} is no probability: a number from 0 to 1"
        raise ValueError(message)
