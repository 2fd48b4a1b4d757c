"""Persistence: what the last answers of a question alone would say of the next; the rival that is hard to beat."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

RECENT_WINDOWS = 4
"""So many of the last answers count. Persistence is about the recent past: more would make it a base rate again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a window of one scenario and horizon came out."""

    opened_on: date
    closes_on: date
    occurred: bool


@dataclass(frozen=True, slots=True)
class Persisting:
    """What persistence says, and how many answers it rests on; of none, it is the base rate."""

    probability: float
    answers: int


def persist(opened_on: date, answers: Sequence[Answer], base_rate: float) -> Persisting:
    """What persistence says of a window: the share of yes among the last answers, drawn toward the base rate.

    p = (k + b) / (n + 1): of the last n ≤ RECENT_WINDOWS answers k were yes, and the base rate b counts as one more.
    The last answer is that of the latest window which had closed before this one opens; the one before it, that of the
    latest which had closed before that one opened; and so on, so that no two of them look at one day. With a single
    answer it is the last outcome and the base rate, half and half: it is never sure, and has a finite log score.

    It knows each answer from the day after the window has closed, so before reports of its last days could have come
    in. Nobody could have settled it so soon: as a rival it is a little too strong, and no skill against it is borrowed.

    Args:
        opened_on: The first day of the window.
        answers: All answers of its scenario and horizon, in order of opening; later ones do not count.
        base_rate: b, a probability.

    >>> from datetime import date
    >>> march = Answer(date(2016, 3, 1), date(2016, 3, 30), occurred=True)
    >>> persist(date(2016, 4, 1), [march], 0.1)
    Persisting(probability=0.55, answers=1)
    >>> persist(date(2016, 3, 30), [march], 0.1)
    Persisting(probability=0.1, answers=0)
    """
    found: list[Answer] = []
    before = opened_on
    while len(found) < RECENT_WINDOWS:
        # All are of one horizon, so that the order of opening is that of closing.
        place = bisect_left(answers, before, key=attrgetter("closes_on"))
        if place == 0:
            break
        found.append(answers[place - 1])
        before = answers[place - 1].opened_on
    occurred = sum(item.occurred for item in found)
    return Persisting((occurred + base_rate) / (len(found) + 1), len(found))
