"""The days of a backtest."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.backtest import rolling_origins

_DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))


@given(_DAYS, st.integers(0, 900), st.integers(1, 400))
def test_origins_roll_from_the_first_day_by_equal_steps_and_stop_by_the_last(
    first: date, span: int, every: int
) -> None:
    """All that fit, and no other."""
    last = first + timedelta(days=span)
    days = rolling_origins(first, last, every)
    assert days[0] == first
    assert {(after - before).days for before, after in pairwise(days)} <= {every}
    assert last - timedelta(days=every) < days[-1] <= last


@given(_DAYS, st.integers(1, 900), st.integers(1, 400))
def test_there_are_none_where_the_last_day_is_before_the_first(last: date, back: int, every: int) -> None:
    """Which whoever asks is told."""
    assert rolling_origins(last + timedelta(days=back), last, every) == ()
