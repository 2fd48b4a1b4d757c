from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import indicator
from tocsin.cli.collect_table import _chance, _onward, _runs
from tocsin.domain.indicator import Indicator, Kind, Transform
from tocsin.ensemble.collect import Outlook, Run

_COUNT, _PRESENCE, _LEVEL, _PRICE = (indicator(f"field/{kind}", kind) for kind in Kind)


def _outlook(runs: tuple[tuple[float, float, float], ...], highest: float, lowest: float = 0.0) -> Outlook:
    crossing = sum(chance for _, _, chance in runs)
    return Outlook(1.0, 0.5, 0.6, 0.4, crossing, 0.0, tuple(Run(*run) for run in runs), lowest, highest)


@pytest.mark.parametrize(
    ("one", "runs", "highest", "shown"),
    [
        (_COUNT, ((0.0, 0.0, 0.5), (3.0, 40.0, 0.1)), 40.0, "0 or 3+"),
        (_COUNT, ((2.0, 4.0, 0.5),), 40.0, "2 to 4"),
        (_COUNT, ((0.0, 2.0, 0.5), (38.0, 40.0, 1e-5)), 40.0, "0 to 2"),
        (_PRESENCE, ((1.0, 1.0, 0.2),), 1.0, "1"),
        (_LEVEL, ((1.0, 2.0, 0.2),), 2.0, "1+"),
        (_LEVEL, ((2.0, 2.0, 0.2),), 2.0, "2"),
        (_PRICE, ((0.0, 0.6931471805599453, 0.3),), 9.0, "up to 2"),
        (_PRICE, ((2.302585092994046, 9.0, 0.3),), 9.0, "10+"),
        (_COUNT, (), 40.0, ""),
    ],
)
def test_readings_that_cross_are_shown_as_people_say_them(
    one: Indicator, runs: tuple[tuple[float, float, float], ...], highest: float, shown: str
) -> None:
    """Ranges, open at the top; measures in the unit in which they are typed; next to impossible ones left out."""
    assert _runs(_outlook(runs, highest), one) == shown


def test_a_chance_that_noise_leaves_open_is_marked() -> None:
    """More than a point of it."""
    outlook = _outlook(((1.0, 1.0, 0.25),), 1.0)
    assert _chance(outlook) == "25 %"
    assert _chance(Outlook(1.0, 0.5, 0.6, 0.4, 0.25, 0.02, (), 0.0, 1.0)) == "25 % ?"
    assert _chance(_outlook((), 1.0)) == "–"


def test_only_what_can_be_exceeded_is_open_at_the_top() -> None:
    """Nothing is more than seen, or above the top level."""
    assert [_onward(one, 1.0) for one in (_COUNT, _PRESENCE, _LEVEL, _PRICE)] == ["+", "", "+", "+"]


@given(st.sampled_from(list(Transform)), st.floats(0.01, 0.99))
def test_a_transform_is_undone(transform: Transform, value: float) -> None:
    """Back to the value, to rounding."""
    assert transform.undo(transform.apply(value)) == pytest.approx(value, rel=1e-9)


def test_a_value_too_large_to_say_is_the_largest() -> None:
    """No overflow."""
    assert Transform.LOG.undo(1e4) > 1e300
