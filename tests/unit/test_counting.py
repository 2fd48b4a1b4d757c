"""How single incidents and totals add up, against a count of days and a simulation of what is believed."""

from __future__ import annotations

from datetime import date, timedelta
from math import fsum, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from tocsin.domain.counting import Tally, add_up, nested_counts

_MONDAY = date(2016, 3, 7)


def _single(day: int, value: float, trust: float = 0.9) -> Tally:
    at = _MONDAY + timedelta(days=day)
    return Tally(f"s{day}{value}{trust}", at, at, value, trust, total=False)


def _total(first: int, last: int, value: float, trust: float = 0.9) -> Tally:
    days = _MONDAY + timedelta(days=first), _MONDAY + timedelta(days=last)
    return Tally(f"t{first}{last}{value}{trust}", *days, value, trust, total=True)


_TRUSTS = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.91, 1.0])
_SINGLES = st.builds(_single, st.integers(0, 6), st.integers(0, 5).map(float), _TRUSTS)
_TOTALS = st.builds(
    lambda first, more, value, trust: _total(first, min(first + more, 6), value, trust),
    st.integers(0, 5),
    st.integers(1, 6),
    st.integers(0, 9).map(float),
    _TRUSTS,
)


def test_a_weeks_total_contains_the_incidents_of_its_days() -> None:
    """Two clashes from the desk and the ministry's three for the week are three, and not five."""
    assert add_up([_single(0, 1), _single(3, 1), _total(0, 6, 3)]) == 3


def test_incidents_beyond_a_total_were_missed_by_it() -> None:
    """Four that were seen singly are not fewer for a ministry that counts three."""
    assert add_up([_single(0, 3), _single(3, 1), _total(0, 6, 3)]) == 4


def test_incidents_outside_its_days_add_to_a_total() -> None:
    """A total through Wednesday says nothing of Friday."""
    assert add_up([_total(0, 2, 3), _single(4, 2), _single(2, 1)]) == 5


def test_totals_of_other_days_add_and_totals_of_the_same_days_do_not() -> None:
    """Half a week and the other half; two ministries on one half; one that reaches from one half into the other."""
    assert add_up([_total(0, 2, 3), _total(3, 6, 4)]) == 7
    assert add_up([_total(0, 2, 3), _total(0, 2, 4), _total(1, 3, 2)]) == 4
    assert add_up([_total(0, 2, 3), _total(1, 4, 5)]) == 5


def test_a_doubtful_total_raises_the_count_at_its_own_trust_only() -> None:
    """Two seen at 0.91; a rumor of six in all at 0.3 is believed with 0.3."""
    counts = nested_counts([_single(0, 2, 0.91), _total(0, 6, 6, 0.3)])
    assert [value for value, _ in counts] == [2, 6]
    assert [trust for _, trust in counts] == pytest.approx([0.61, 0.3], abs=1e-12)


@given(st.lists(_SINGLES, max_size=6))
def test_singles_alone_simply_add(singles: list[Tally]) -> None:
    """As they did before there were totals: v₁+…+v_k with trust r_k − r_{k+1}."""
    assert add_up(singles) == sum(item.value for item in singles)
    for value, _ in nested_counts(singles):
        assert any(
            value == sum(item.value for item in singles if item.trust >= level) for level in {s.trust for s in singles}
        )


@given(st.lists(st.one_of(_SINGLES, _TOTALS), max_size=7))
def test_what_adds_up_is_the_least_that_agrees_with_everybody(tallies: list[Tally]) -> None:
    """By a linear program over the days, which is whole-numbered as its constraints are intervals."""
    days = [_MONDAY + timedelta(days=day) for day in range(7)]
    least = [sum(item.value for item in tallies if not item.total and item.first == day) for day in days]
    totals = [item for item in tallies if item.total]
    covers = [[-float(item.first <= day <= item.last) for day in days] for item in totals]
    asked = {"A_ub": covers, "b_ub": [-item.value for item in totals]} if totals else {}
    solved = linprog([1.0] * 7, bounds=[(low, None) for low in least], **asked)
    assert solved.status == 0
    assert add_up(tallies) == pytest.approx(solved.fun, abs=1e-7)  # the solver's own feasibility tolerance


@given(st.lists(st.one_of(_SINGLES, _TOTALS), max_size=7), st.floats(0.001, 1.0))
def test_the_count_believed_at_any_trust_is_what_all_as_trusted_say(tallies: list[Tally], trust: float) -> None:
    """The oracle: draw x, believe whoever is trusted x or more, and add up; nested counts are the law of that."""
    believed = add_up([item for item in tallies if item.trust >= trust])
    reached, cumulated = 0.0, 0.0
    levels = sorted({item.trust for item in tallies if item.trust > 0}, reverse=True)
    for (value, _), level in zip(nested_counts(tallies), levels, strict=True):
        if level >= trust:
            reached = value
        cumulated = level
    assert reached == believed
    assert isclose(fsum(share for _, share in nested_counts(tallies)), levels[0] if levels else 0.0, abs_tol=1e-12)
    assert cumulated == (levels[-1] if levels else 0.0)


@given(st.lists(st.one_of(_SINGLES, _TOTALS), max_size=6), st.one_of(_SINGLES, _TOTALS))
def test_nobody_who_reports_more_lowers_the_count(tallies: list[Tally], another: Tally) -> None:
    """More is known, and nothing is taken back."""
    assert add_up([*tallies, another]) >= add_up(tallies)


@given(st.lists(st.one_of(_SINGLES, _TOTALS), max_size=6), st.randoms())
def test_the_order_of_reports_changes_nothing(tallies: list[Tally], random: object) -> None:
    """Evidence repeats bit for bit."""
    shuffled = list(tallies)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert nested_counts(shuffled) == nested_counts(tallies)
