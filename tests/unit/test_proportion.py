"""Wilson's interval, held to the test that it inverts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tocsin.domain.elicitation import Z90
from tocsin.domain.proportion import proportion


@given(st.integers(1, 500).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))))
def test_the_ends_are_the_shares_that_the_score_test_just_keeps(counted: tuple[int, int]) -> None:
    """Where |p̂ − p| = z √(p(1 − p)/n); of none and of all, one end is the share itself."""
    hits, cases = counted
    found = proportion(hits, cases)
    assert 0 <= found.low <= found.share <= found.high <= 1
    for end, at_share in ((found.low, hits == 0), (found.high, hits == cases)):
        assert at_share or abs(found.share - end) == pytest.approx(Z90 * math.sqrt(end * (1 - end) / cases), rel=1e-6)


@pytest.mark.parametrize(("hits", "cases"), [(7, 20), (1, 3), (140, 141), (2, 400)])
def test_the_interval_is_scipys(hits: int, cases: int) -> None:
    """Its Wilson interval without correction."""
    found, theirs = proportion(hits, cases), binomtest(hits, cases).proportion_ci(0.9, method="wilson")
    assert (found.low, found.high) == (pytest.approx(theirs.low, rel=1e-9), pytest.approx(theirs.high, rel=1e-9))


def test_without_cases_there_is_no_share() -> None:
    """Not one of 0 either."""
    with pytest.raises(ValueError, match="no cases"):
        proportion(0, 0)
