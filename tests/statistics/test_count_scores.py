from __future__ import annotations

import math

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ensemble.count_scores import DEATH_BINS, crps, ignorance, interval_score

COUNTS = st.lists(st.integers(0, 3000), min_size=1, max_size=40)


@given(COUNTS, st.integers(0, 3000))
def test_the_crps_is_the_plain_ensemble_form_over_all_pairs(draws: list[int], outcome: int) -> None:
    """Pair by pair, each draw with itself among them; rounding of sums of a few thousands is far below 1e-9."""
    pairs = sum(abs(one - other) for one in draws for other in draws) / len(draws) ** 2
    slow = sum(abs(one - outcome) for one in draws) / len(draws) - pairs / 2
    assert crps(draws, outcome) == pytest.approx(slow, abs=1e-9)


def test_the_scores_are_those_of_an_independent_implementation() -> None:
    """At skewed draws and outcomes off their middle, many at once."""
    random = np.random.default_rng(3)
    draws = random.negative_binomial(0.4, 0.01, size=(50, 101)).astype(float)
    outcome = random.negative_binomial(0.7, 0.02, size=50).astype(float)
    np.testing.assert_allclose(crps(draws, outcome), scoringrules.crps_ensemble(outcome, draws, estimator="nrg"))
    low, high = np.quantile(draws, (0.05, 0.95), axis=1)
    np.testing.assert_allclose(interval_score(draws, outcome), scoringrules.interval_score(outcome, low, high, 0.1))


@given(COUNTS, st.integers(0, 3000))
def test_ignorance_counts_draws_in_the_bin_of_the_outcome_and_one_more(draws: list[int], outcome: int) -> None:
    """Bin by bin, the slow way."""
    ends = [*DEATH_BINS[1:], math.inf]
    begins, ends_at = next((low, high) for low, high in zip(DEATH_BINS, ends, strict=True) if low <= outcome < high)
    inside = sum(begins <= value < ends_at for value in draws)
    assert ignorance(draws, outcome) == pytest.approx(-math.log2((inside + 1) / (len(draws) + 11)))


def test_a_sure_and_right_forecast_has_the_best_scores() -> None:
    """No distance, no width, and as little ignorance as the added counts allow."""
    draws = np.full(12, 7.0)
    assert (crps(draws, 7.0), interval_score(draws, 7.0)) == (0.0, 0.0)
    assert ignorance(draws, 7.0) == pytest.approx(math.log2(23 / 13))
