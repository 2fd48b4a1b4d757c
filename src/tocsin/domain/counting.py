"""How reports of a count add up: single incidents, and totals over several days that contain some of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class Tally:
    """What one origin says was counted from one day through another, and the trust that it is right.

    A single incident has one day. `total` says that it is all that happened in these days, incidents that others
    reported included. `report` is the observation's id.
    """

    report: str
    first: date
    last: date
    value: float
    trust: float
    total: bool


def nested_counts(tallies: Iterable[Tally]) -> list[tuple[float, float]]:
    """The counts that are believed, each with the trust that it is just that one: smallest count first.

    With trust x or better the count is what all tallies say that are trusted as much (`add_up`). So it is that of the
    first k of trusts r₁ > r₂ > … with trust r_k − r_{k+1}: a report is believed only where all better trusted ones
    are, equal grades simply add, and a report at trust 0 changes nothing.
    """
    told = sorted(tallies, key=lambda item: -item.trust)
    levels = sorted({item.trust for item in told if item.trust > 0}, reverse=True)
    return [
        (add_up([item for item in told if item.trust >= level]), level - following)
        for level, following in pairwise([*levels, 0.0])
    ]


def add_up(tallies: Sequence[Tally]) -> float:
    """The fewest incidents that agree with all that is said: with every single report, and with every total at least.

    A total contains the incidents of its days, so they add nothing to it; where there are more of them than it says, it
    has missed some. Totals of other days add, and of the same days the larger one counts.
    """
    return sum(item.value for item in tallies if not item.total) + sum(more for _, more in beyond_singles(tallies))


def beyond_singles(tallies: Sequence[Tally]) -> list[tuple[Tally, float]]:
    """What each total adds to single incidents and to the totals that end before it; none is below 0.

    Totals are gone through by their last day, and what one lacks is placed on that day, where most of the later ones
    still reach: the greedy choice, which is the least for demands on intervals of a line.
    """
    placed = [(item.first, item.value) for item in tallies if not item.total]
    added = []
    for item in sorted((item for item in tallies if item.total), key=lambda item: (item.last, item.first, item.report)):
        inside = sum(value for day, value in placed if item.first <= day <= item.last)
        more = max(item.value - inside, 0.0)
        placed.append((item.last, more))
        added.append((item, more))
    return added
