"""The block bootstrap, held to the obvious algorithm and to standard errors that are known."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.bootstrap import block_length, central90, resampled_sums

_FIRST = date(2016, 3, 9)


def _by_hand(rows: list[list[float]], mean_length: float, resamples: int, seed: int) -> list[list[float]]:
    """Day by day from the same random numbers: a block begins anywhere and goes on, around the end, for its length."""
    draw = random.Random(seed).random  # noqa: S311 - no secret
    found = []
    for _ in range(resamples):
        picked: list[int] = []
        while len(picked) < len(rows):
            begin, luck = int(draw() * len(rows)), 1.0 - draw()
            length = 1
            while mean_length > 1 and luck <= (1 - 1 / mean_length) ** length:  # P(longer than k) = (1 − 1/L)^k
                length += 1
            picked += [(begin + step) % len(rows) for step in range(length)]
        found.append([sum(rows[day][column] for day in picked[: len(rows)]) for column in range(len(rows[0]))])
    return found


@pytest.mark.parametrize("mean_length", [1.0, 1.7, 4.0, 30.0])
def test_blocks_are_those_of_the_algorithm_written_out(mean_length: float) -> None:
    """Sums of some ten numbers, so within rounding; the probability of a tie in the length is nothing."""
    rows = [[1.0, 0.3 * day, (-1.5) ** day] for day in range(11)]
    ours = resampled_sums(rows, mean_length, resamples=60, seed=5)
    for one, other in zip(ours, _by_hand(rows, mean_length, 60, 5), strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    assert all(sums[0] == len(rows) for sums in ours)


def test_without_overlap_the_spread_is_the_standard_error() -> None:
    """σ/√n of 400 independent numbers; 2,000 resamples know it to 1.6 %, and three times that is allowed."""
    rows = [[random.Random(day).gauss(2.0, 3.0)] for day in range(400)]  # noqa: S311 - no secret
    means = [sums[0] / 400 for sums in resampled_sums(rows, 1.0, resamples=2000, seed=1)]
    assert pstdev(means) == pytest.approx(pstdev([row[0] for row in rows]) / 20, rel=0.05)
    assert fmean(means) == pytest.approx(fmean([row[0] for row in rows]), abs=0.02)


def test_blocks_find_the_spread_that_overlap_makes() -> None:
    """Moving sums of 10 days: the mean of 2,000 of them has a standard error of about √10 times that of single days.

    Blocks of twice the overlap find at least three quarters of it, single days a third.
    """
    draw = random.Random(7)  # noqa: S311 - no secret
    noise = [draw.gauss() for _ in range(2009)]
    rows = [[sum(noise[day : day + 10]) / math.sqrt(10)] for day in range(2000)]
    honest = math.sqrt(10) / math.sqrt(2000)
    blocks, single = (
        pstdev(sums[0] / 2000 for sums in resampled_sums(rows, length, resamples=500, seed=2)) for length in (20.0, 1.0)
    )
    assert 0.75 * honest < blocks < 1.25 * honest
    assert single < 0.4 * honest


def test_the_same_windows_have_the_same_interval() -> None:
    """Nothing of it hangs on when or where it is computed."""
    rows = [[float(day % 7)] for day in range(40)]
    assert resampled_sums(rows, 5.0) == resampled_sums(rows, 5.0)


@pytest.mark.parametrize(
    ("days", "longest", "length"),
    [
        ([0, 1, 2, 3, 4, 5], 3, 3),  # daily
        ([0, 1, 2, 3], 30, 4),  # all run at once
        ([0, 7, 14, 21, 28], 30, 5),  # the fifth opens on the 29th day
        ([0, 7, 14, 21, 28], 28, 4),
        ([0, 31, 62], 30, 1),  # none overlap
        ([0, 100, 101, 102, 300], 30, 3),  # the densest stretch decides
    ],
)
def test_blocks_are_as_long_as_windows_overlap(days: list[int], longest: int, length: int) -> None:
    """In opening days, whatever the days between them."""
    assert block_length([_FIRST + timedelta(days=day) for day in days], longest) == length


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_the_central_interval_is_that_of_numpy(values: list[float]) -> None:
    """Its default percentiles; within rounding."""
    numpy = pytest.importorskip("numpy")
    low, high = numpy.percentile(values, [5, 95])
    found = central90(values)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))
