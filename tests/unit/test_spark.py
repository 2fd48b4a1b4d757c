"""Small drawings of what was said: what they show is what was said, to scale."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.web.board.spark import HEIGHT, WIDTH, Said, draw

_END = datetime(2016, 3, 9, tzinfo=UTC)
_REACH = timedelta(days=90)
_CHANCES = st.floats(0.0, 1.0)


def _points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_a_line_stays_where_it_was_until_something_else_was_said() -> None:
    """Two statements a third of the way apart: a step, with the band around it, to scale."""
    said = [
        Said(_END - timedelta(days=60), 0.2, 0.1, 0.5),
        Said(_END - timedelta(days=30), 0.4, 0.3, 0.5),
        Said(_END, 0.4, 0.3, 0.5),
    ]
    spark = draw(90, said, _END - _REACH, _END)
    assert spark.top == pytest.approx(0.55)
    low, high = (HEIGHT * (1 - value / 0.55) for value in (0.2, 0.4))
    expected = [(100.0, low), (200.0, low), (200.0, high), (300.0, high), (300.0, high)]
    assert _points(spark.line) == [pytest.approx(point, abs=0.06) for point in expected]
    assert spark.last == pytest.approx((WIDTH, high))


@given(st.lists(st.tuples(st.floats(0.0, 90.0), _CHANCES, _CHANCES, _CHANCES), min_size=1, max_size=20))
def test_whatever_was_said_lies_within_the_box_and_its_band_around_it(items: list[tuple[float, ...]]) -> None:
    """No point leaves the drawing, time never runs back, and rare odds are not blown up to look like an alarm."""
    days = sorted(item[0] for item in items)
    said = []
    for day, (_, *chances) in zip(days, items, strict=True):
        low, middle, high = sorted(chances)
        said.append(Said(_END - _REACH + timedelta(days=day), middle, low, high))
    spark = draw(30, said, _END - _REACH, _END)
    assert 0.1 <= spark.top <= 1.0
    for path in (spark.line, spark.band):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in _points(path))
    assert all(one[0] <= other[0] for one, other in pairwise(_points(spark.line)))
