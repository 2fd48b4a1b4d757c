from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from tocsin.ensemble.psis import UNRELIABLE_SHAPE, smooth


@pytest.mark.parametrize("spread", [0.05, 0.6, 1.5, 4.0])
@pytest.mark.parametrize("count", [60, 226, 1000, 4000])
def test_weights_and_shape_are_arvizs(spread: float, count: int) -> None:
    """To 1e-10, for light and heavy tails and for small and large samples."""
    log_ratio = np.random.default_rng(count).normal(3.0, spread, count)
    ours = smooth(log_ratio)
    log_weights, shape = array_stats.psislw(-log_ratio)  # ArviZ takes the log-likelihood to be divided out
    np.testing.assert_allclose(ours.weights, np.exp(log_weights), rtol=1e-10, atol=1e-14)
    assert ours.shape == pytest.approx(float(shape), abs=1e-10)


def test_nothing_observed_changes_nothing() -> None:
    """Equal ratios are equal weights, whatever their level."""
    ours = smooth(np.full(4000, -12.5))
    np.testing.assert_array_equal(ours.weights, np.full(4000, 1 / 4000))
    assert ours.shape == 0.0
    assert ours.effective_share == pytest.approx(1.0)


def test_the_shape_tells_a_heavy_tail_from_a_light_one() -> None:
    """Ratios of a Pareto law with k = 0.2 and with k = 1.2, over ten samples each."""
    random = np.random.default_rng(3)
    light = [smooth(np.log1p(random.pareto(1 / 0.2, 4000))).shape for _ in range(10)]
    heavy = [smooth(np.log1p(random.pareto(1 / 1.2, 4000))).shape for _ in range(10)]
    assert max(light) < UNRELIABLE_SHAPE < min(heavy)
    assert np.mean(light) == pytest.approx(0.2, abs=0.15)


def test_no_smoothed_weight_is_above_the_largest_raw_one() -> None:
    """Truncation at the largest ratio keeps one draw from carrying the answer."""
    log_ratio = np.random.default_rng(5).standard_cauchy(2000)
    ours = smooth(log_ratio)
    assert np.all(np.isfinite(ours.weights))
    assert ours.weights.sum() == pytest.approx(1.0)
    assert ours.weights.max() == ours.weights[np.argmax(log_ratio)]


def test_weights_that_rest_on_a_handful_of_draws_have_collapsed() -> None:
    """Ratios that spread over forty log units; and a mild spread has not."""
    random = np.random.default_rng(9)
    assert smooth(random.normal(0, 12, 4000)).collapsed
    mild = smooth(random.normal(0, 0.8, 4000))
    assert mild.reliable
    assert not mild.collapsed
