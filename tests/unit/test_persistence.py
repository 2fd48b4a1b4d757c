"""Persistence, held to the definition read day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.persistence import RECENT_WINDOWS, Answer, Persisting, persist

_FIRST = date(2016, 1, 1)


def _answer(opened: int, occurred: bool, days: int = 30) -> Answer:  # noqa: FBT001
    opened_on = _FIRST + timedelta(days=opened)
    return Answer(opened_on, opened_on + timedelta(days=days - 1), occurred)


def _day(number: int) -> date:
    return _FIRST + timedelta(days=number)


@pytest.mark.parametrize(
    ("opened", "answers", "said"),
    [
        (30, [(0, True)], Persisting((1 + 0.2) / 2, 1)),  # it closed the day before
        (29, [(0, True)], Persisting(0.2, 0)),  # it closes today
        (60, [(0, True), (30, False)], Persisting((1 + 0.2) / 3, 2)),
        (60, [(0, True), (29, False)], Persisting((0 + 0.2) / 2, 1)),  # the two overlap by a day
        (60, [(0, True), (1, True), (2, True), (3, False)], Persisting((0 + 0.2) / 2, 1)),  # daily: the last alone
        (200, [(0, True), (30, False), (60, True), (90, True), (120, True)], Persisting((3 + 0.2) / 5, 4)),
        (10, [], Persisting(0.2, 0)),
        (0, [(0, True), (30, True)], Persisting(0.2, 0)),  # itself and a later one say nothing
    ],
)
def test_the_last_answers_that_do_not_overlap_count(
    opened: int, answers: list[tuple[int, bool]], said: Persisting
) -> None:
    """And the base rate of 20 % as one more."""
    told = [_answer(day, came) for day, came in answers]
    assert persist(_day(opened), told, 0.2) == Persisting(pytest.approx(said.probability), said.answers)


@given(
    st.dictionaries(st.integers(0, 200), st.booleans(), max_size=60),
    st.integers(0, 230),
    st.integers(1, 40),
    st.floats(0.01, 0.99),
)
def test_it_is_what_is_read_day_by_day(came: dict[int, bool], opened: int, days: int, base: float) -> None:
    """Going back from the opening: a window that ends on a day counts, and then one that ends before it began."""
    used: list[bool] = []
    day = opened - 1
    while day >= 0 and len(used) < RECENT_WINDOWS:
        begins = day - days + 1
        if begins in came:
            used.append(came[begins])
            day = begins - 1
        else:
            day -= 1
    told = [_answer(begins, came[begins], days) for begins in sorted(came)]
    found = persist(_day(opened), told, base)
    assert found.answers == len(used)
    assert found.probability == pytest.approx((sum(used) + base) / (len(used) + 1))
    assert 0 < found.probability < 1
