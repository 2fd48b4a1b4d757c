"""Whether a feed has gone silent, or its rows have changed character."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.feed import Feed, FeedState
    from tocsin.domain.feed_record import Tally

ALARM_LEVEL = 0.002
"""The chance that one look at a feed that has not changed finds a change: once in ten years of weekly looks.

Held in simulation; up to three times as often where a rare share comes in heavy clumps.
"""
FEWEST_WEEKS = 8
"""Of its own past that a feed must have before it is compared with it."""
MOST_WEEKS = 26
"""Of its past that count: what a feed did before that, it may have stopped doing for good reason."""

_FEWEST_ROWS = 5  # of a week, to speak of shares
_FEWEST_UNREAD = 3  # where one in fifty is bad, as many of so few come once in many thousands of looks
_DAY_SECONDS = 86_400
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a feed that a person should look at; `p_value` where it was found by a test."""

    what: str
    detail: str
    p_value: float | None = None


def watch_feed(feed: Feed, state: FeedState, weeks: Sequence[Tally], now: datetime) -> tuple[Finding, ...]:
    """What is unusual about a feed at an instant.

    Args:
        feed: The feed.
        state: How it stands with it.
        weeks: Whole weeks up to `now`, oldest first, without the one of its first take-in.
        now: The instant.
    """
    found = [item for item in (_silence(feed, state, now), unread(weeks)) if item is not None]
    known = {item.what for item in found}
    return (*found, *(item for item in changes(weeks) if item.what not in known))


def _silence(feed: Feed, state: FeedState, now: datetime) -> Finding | None:
    last = state.started_at if state.new_at is None else state.new_at
    if last is None:
        return None
    days = int((now - last).total_seconds() // _DAY_SECONDS)
    if days <= feed.expected_days:
        return None
    usual = f"{feed.expected_days} day{'s' if feed.expected_days != 1 else ''}"
    return Finding("silent", f"nothing new for {counted(days, 'day')}, up to {usual} are usual")


def unread(weeks: Sequence[Tally]) -> Finding | None:
    """More than half of the last rows cannot be read, over as few weeks as show it, and three at least.

    A feed of few rows has never enough in a week to speak of shares, and may have no past to be compared with; and what
    cannot be read is lost, whether or not it always was.
    """
    rows = bad = 0
    for number, week in enumerate(reversed(weeks[-MOST_WEEKS:]), start=1):
        rows, bad = rows + week.rows, bad + week.unreadable
        if bad >= _FEWEST_UNREAD and 2 * bad > rows:
            last = f"{bad} of the last {counted(rows, 'row')}, in {counted(number, 'week')}, could not be read"
            return Finding(_UNREADABLE, last)
    return None


def changes(weeks: Sequence[Tally]) -> tuple[Finding, ...]:
    """What the last week has that the weeks before it have not, at `ALARM_LEVEL` for all tests together (Bonferroni).

    The number of rows, and the shares that are unmapped, unreadable, or without a field that others have.
    """
    past, last = weeks[-1 - MOST_WEEKS : -1], weeks[-1:]
    if len(past) < FEWEST_WEEKS:
        return ()
    (week,) = last
    found: list[Finding | None] = [_rows(past, week)]
    found.append(_share("unmapped", [(item.unmapped, item.rows - item.unreadable) for item in (*past, week)]))
    found.append(_share(_UNREADABLE, [(item.unreadable, item.rows) for item in (*past, week)]))
    for name in sorted({name for item in (*past, week) for name in item.missing}):
        shares = [(item.missing.get(name, 0), item.incidents) for item in (*past, week)]
        found.append(_share(f"without {name}", shares))
    tested = [item for item in found if item is not None]
    limit = ALARM_LEVEL / max(1, len(tested))
    return tuple(item for item in tested if item.p_value is not None and item.p_value < limit)


def _rows(past: Sequence[Tally], week: Tally) -> Finding:
    """Rows a week, by Anscombe's root: 2√(x + 3/8) has variance near 1 where x is Poisson."""
    counts = [item.rows for item in past]
    p_value = _two_sided([2.0 * math.sqrt(rows + 0.375) for rows in (*counts, week.rows)], [1.0] * (len(counts) + 1))
    usual = math.fsum(counts) / len(counts)
    return Finding("rows", f"{week.rows} in the last week, {usual:.3g} a week before", p_value)


def _share(what: str, counts: Sequence[tuple[int, int]]) -> Finding | None:
    """A share, by Anscombe's arc sine; None where there are too few rows to speak of shares."""
    told = [(part, whole) for part, whole in counts[:-1] if whole >= _FEWEST_ROWS]
    part, whole = counts[-1]
    if len(told) < FEWEST_WEEKS or whole < _FEWEST_ROWS:
        return None
    told.append((part, whole))
    # asin √((k + 3/8) / (n + 3/4)) has variance near 1 / (4n + 2) where k is binomial.
    angles = [math.asin(math.sqrt((k + 0.375) / (n + 0.75))) for k, n in told]
    p_value = _two_sided(angles, [4.0 * n + 2.0 for _, n in told])
    usual = math.fsum(k for k, _ in told[:-1]) / math.fsum(n for _, n in told[:-1])
    return Finding(what, f"{part} of {whole} rows in the last week, {usual:.1%} before", p_value)


def _two_sided(values: Sequence[float], precisions: Sequence[float]) -> float:
    """How probable it is that the last value lies so far from the earlier ones, or farther, if nothing has changed.

    A prediction test on a scale where the variance is known but for a factor φ ≥ 1:

        t = (y − x̄) / √(φ (1/w_y + 1/Σw)),  x̄ = Σwx/Σw,  φ = max(1, Σw(x − x̄)²/(n − 1)),

    held to Student's t with n − 1 degrees of freedom. Rows of one week come in bursts and resemble each other, so a
    plain binomial or Poisson test would ring all the time; φ is estimated from the feed's own past, as in the charts
    of Laney (2002), Improved control charts for attributes, Quality Engineering 14(4), 531–537. The scale is that of
    Anscombe (1948), The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 246–254.
    φ is kept at 1 or above, so that a feed of machine-like evenness does not ring at the first row more.
    """
    *past, last = values
    *weights, own = precisions
    total = math.fsum(weights)
    mean = math.fsum(w * x for w, x in zip(weights, past, strict=True)) / total
    freedom = len(past) - 1
    spread = math.fsum(w * (x - mean) ** 2 for w, x in zip(weights, past, strict=True)) / freedom
    distance = (last - mean) / math.sqrt(max(1.0, spread) * (1.0 / own + 1.0 / total))
    return two_sided_t(distance, freedom)


def two_sided_t(value: float, freedom: int) -> float:
    """P(|T| ≥ |value|) for Student's t with a whole number of degrees of freedom ≥ 1.

    The finite sums of Abramowitz & Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4; absolute
    error near 1e-15, which is nothing beside the levels that are asked about.

    >>> round(two_sided_t(2.228139, 10), 6)
    0.05
    """
    angle = math.atan(abs(value) / math.sqrt(freedom))
    square = math.cos(angle) ** 2
    odd = freedom % 2 == 1
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(1 if odd else 0, freedom - 1, 2):
        total += term
        term *= square * (step + 1) / (step + 2)
    inside = math.sin(angle) * total
    return max(0.0, 1.0 - (2.0 / math.pi * (angle + inside) if odd else inside))
