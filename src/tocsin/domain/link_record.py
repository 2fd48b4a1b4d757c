"""Links against what was observed: does the indicator still tell of the scenario as its range says?

Shown to whoever keeps the ranges, and nothing follows from it by itself: no range, weight or odds change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.evidence import COUNTED_TRUST
from tocsin.domain.indicator import Kind
from tocsin.domain.proportion import Proportion, proportion

if TYPE_CHECKING:
    from collections.abc import Collection

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.indicator import Indicator
    from tocsin.domain.scenario import Link
    from tocsin.domain.timeline import Timeline

AHEAD_DAYS = 91
"""So long before an occurrence an indicator should be seen more often, if it is to warn: a quarter year."""
NARROW = math.log(1.5)
"""A multiplier known to lie between 1/1.5 and 1.5 tells nearly nothing: 10 reports in place of 15."""
NARROW_SHIFT = 0.5
"""The same of a measure, in baseline spreads."""
KEPT_MOST = 0.8
"""Where the interval is at least this share of the declared range, the data have said little."""


class Verdict(StrEnum):
    """What the data say of a declared link."""

    NO_LONGER = "no longer discriminates"
    """The multiplier's 90 % interval covers 1, and is narrow."""
    OTHER_WAY = "points the other way"
    """All of the interval is on the other side of 1 than the middle of the declared range."""
    WEAKER = "weaker than declared"
    """The median lies outside the declared range, nearer to 1."""
    STRONGER = "stronger than declared"
    """The median lies outside the declared range, farther from 1."""
    HARDLY_TESTED = "hardly tested"
    """The interval is nearly as wide as the declared range."""
    AS_DECLARED = "as declared"
    UNKNOWN = "no fit to tell from"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fit has learned of an effect: its median and central 90 %.

    Of a multiplier when the scenario is developing, or of a measure's shift in baseline spreads.
    """

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A declared link beside what was observed.

    Attributes:
        scenario: Id.
        indicator: Id.
        shift: Whether the effect is a measure's shift; otherwise it is a multiplier.
        declared: Ends of the declared 90 % range.
        learned: The same from the last fit; None where there is none of the declared files.
        kept: Width of what was learned through that of the declared range, multipliers on the log scale.
        verdict: What that says.
        before: In how many steps up to a quarter year before an occurrence of the scenario, or with one, the indicator
            was seen; None where there is no such step of which anything is known. Both are None for a measure.
        otherwise: In how many of the other steps it was seen.
        own_rule: The scenario's rule counts this indicator, so that it is seen before an occurrence by definition.
    """

    scenario: str
    indicator: str
    shift: bool
    declared: tuple[float, float]
    learned: Effect | None
    kept: float | None
    verdict: Verdict
    before: Proportion | None
    otherwise: Proportion | None
    own_rule: bool


def judge_effect(declared: tuple[float, float], learned: Effect, *, shift: bool) -> tuple[float, Verdict]:
    """The share of the declared range's width that is left, and the verdict.

    >>> judge_effect((2.0, 6.0), Effect(0.8, 1.1, 1.4), shift=False)[1].value
    'no longer discriminates'
    """
    narrow = NARROW_SHIFT if shift else NARROW
    first, last, low, median, high = (
        value if shift else math.log(value) for value in (*declared, learned.low, learned.median, learned.high)
    )
    kept = (high - low) / (last - first)
    side = math.copysign(1.0, first + last)
    if low <= 0.0 <= high and max(-low, high) <= narrow:
        return kept, Verdict.NO_LONGER
    if side * low < 0.0 and side * high < 0.0:
        return kept, Verdict.OTHER_WAY
    if not first <= median <= last:
        return kept, Verdict.WEAKER if (median < first) is (side > 0) else Verdict.STRONGER
    return kept, Verdict.HARDLY_TESTED if kept >= KEPT_MOST else Verdict.AS_DECLARED


def steps_before(occurred: Collection[int], evidence: Evidence, timeline: Timeline) -> frozenset[int]:
    """The steps of a window that lie at most a quarter year before an occurrence, or are its step."""
    found: set[int] = set()
    for step in occurred:
        day = timeline.start_of(evidence.first_step + step)
        begin = timeline.number(day - timedelta(days=AHEAD_DAYS)) - evidence.first_step
        found.update(range(max(begin, 0), step + 1))
    return frozenset(found)


def seen_in(cells: Collection[Cell], before: frozenset[int]) -> tuple[Proportion | None, Proportion | None]:
    """Of an indicator's cells, in how many something was seen: of those before an occurrence, and of the others.

    Only steps of which anything is known count. Something was seen where more than nothing is at least as likely as
    not.
    """
    seen: dict[bool, list[bool]] = {True: [], False: []}
    for cell in cells:
        trust = math.fsum(item.trust for item in cell.alternatives if item.value > 0)
        seen[cell.step in before].append(trust >= COUNTED_TRUST)
    near, far = (proportion(sum(items), len(items)) if items else None for items in (seen[True], seen[False]))
    return near, far


def record_link(
    scenario: str,
    link: Link,
    indicator: Indicator,
    *,
    learned: Effect | None,
    cells: Collection[Cell],
    before: frozenset[int],
    own_rule: bool,
) -> LinkRecord:
    """A link beside what was learned of it and what was seen of its indicator; `before` as of `steps_before`."""
    shift = indicator.kind is Kind.MEASURE
    declared = link.effect.low, link.effect.high
    kept, verdict = (None, Verdict.UNKNOWN) if learned is None else judge_effect(declared, learned, shift=shift)
    near, far = (None, None) if shift else seen_in(cells, before)
    return LinkRecord(scenario, indicator.id, shift, declared, learned, kept, verdict, near, far, own_rule)
