from __future__ import annotations

import math

import numpy as np
import pytest

from tocsin.ensemble.bridge import log_mixture
from tocsin.ensemble.psis import smooth

DRAWS = 4000
FAR = 3.0


def _normal(x: np.ndarray, mean: float) -> np.ndarray:
    return -0.5 * (x - mean) ** 2


def _pooled() -> np.ndarray:
    random = np.random.default_rng(7)
    return np.concatenate([random.normal(0, 1, DRAWS), random.normal(FAR, 1, DRAWS // 2)])


def test_the_constants_of_two_laws_are_found() -> None:
    """Unnormalized by 5 and by 2: the mixture is the true one, up to its one free constant."""
    x = _pooled()
    found = log_mixture([DRAWS, DRAWS // 2], np.stack([math.log(5) + _normal(x, 0), math.log(2) + _normal(x, FAR)]))
    true = np.log(2 / 3 * np.exp(_normal(x, 0)) + 1 / 3 * np.exp(_normal(x, FAR)))
    assert np.ptp(found - true) < 0.1


def test_far_apart_the_constants_balance_the_draws() -> None:
    """Eight standard deviations: the mixture still gives each law as many draws as it has."""
    random = np.random.default_rng(7)
    x = np.concatenate([random.normal(0, 1, DRAWS), random.normal(8, 1, DRAWS)])
    laws = np.stack([_normal(x, 0), 3.0 + _normal(x, 8)])
    mixture = log_mixture([DRAWS, DRAWS], laws)
    assert np.sum(np.exp(laws[0] + math.log(0.5) - mixture)) == pytest.approx(DRAWS, rel=1e-6)


def test_what_lies_between_two_laws_is_weighed_from_both_ends() -> None:
    """Three standard deviations apart, the law halfway: from one end alone it cannot be had, from both it can."""
    x = _pooled()
    mixture = log_mixture([DRAWS, DRAWS // 2], np.stack([_normal(x, 0), _normal(x, FAR)]))
    between = smooth(_normal(x, FAR / 2) - mixture)
    assert between.reliable
    assert np.sum(between.weights * x) == pytest.approx(FAR / 2, abs=4 / math.sqrt(between.effective_share * len(x)))
    whole = smooth(_normal(x[:DRAWS], FAR) - _normal(x[:DRAWS], 0))
    assert not whole.reliable


def test_one_law_is_its_own_mixture() -> None:
    """Nothing to bridge: the weights are those of the one fit."""
    x = _pooled()[:DRAWS]
    np.testing.assert_allclose(log_mixture([DRAWS], _normal(x, 0)[None]), _normal(x, 0), atol=1e-12)
