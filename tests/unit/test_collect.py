from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from support.theaters import full_theater
from tocsin.ensemble.collect import Joint, amounts, information, outlook, tabulate
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.reading import NextReading, next_reading
from tocsin.ensemble.tally import Tally

DESIGN = lay_out(full_theater(window=8))
DRAWS = prior_draws(DESIGN, 3, 200)
LINKED = st.integers(0, 3)
TRUSTS = st.floats(1e-6, 1.0)


def _chance(scenario: int) -> np.ndarray:
    return 1 / (1 + np.exp(1 - 2 * DRAWS.recent[:, scenario, -1].astype(float)))


def _weights(seed: int) -> np.ndarray:
    raw = np.random.default_rng(seed).gamma(2.0, size=len(DRAWS))
    return raw / raw.sum()


def _raw(indicator: int, trust: float, coverage: float, weights: np.ndarray, scenario: int) -> float:
    joint = tabulate(next_reading(DESIGN, DRAWS, weights, indicator, coverage, trust), _chance(scenario)[None], weights)
    return float(information(joint.reading.sum(axis=0), joint.both.sum(axis=0))[0])


@given(arrays(float, (5, 2), elements=st.floats(0, 1)).filter(lambda table: table.sum() > 1e-3))
def test_information_is_that_of_the_textbook(table: np.ndarray) -> None:
    """Σ p(y, s)·log2(p(y, s) / (p(y)·p(s))) by SciPy; from 0 to the entropy of the scenario."""
    found = float(information(table.sum(axis=1), table[:, :1])[0])
    share = table / table.sum()
    entropy = stats.entropy(share.sum(axis=0), base=2)
    expected = entropy + stats.entropy(share.sum(axis=1), base=2) - stats.entropy(share.ravel(), base=2)
    assert found == pytest.approx(expected, abs=1e-9)
    assert -1e-12 <= found <= entropy + 1e-12


@given(LINKED, TRUSTS, st.floats(0.01, 1.0), st.integers(0, 5), st.integers(0, 2))
def test_bits_lie_between_nothing_and_the_entropy_of_the_scenario(
    indicator: int, trust: float, coverage: float, seed: int, scenario: int
) -> None:
    """Before and after bias is taken out, under any weights."""
    weights = _weights(seed)
    mean = float(np.sum(weights * _chance(scenario)))
    entropy = float(stats.entropy([mean, 1 - mean], base=2))
    raw = _raw(indicator, trust, coverage, weights, scenario)
    assert -1e-12 <= raw <= entropy
    reading = next_reading(DESIGN, DRAWS, weights, indicator, coverage, trust)
    _, total = amounts(tabulate(reading, _chance(scenario)[None], weights), np.array([True]))
    assert 0 <= total.bits <= max(raw, 0.0)


@given(LINKED, TRUSTS, TRUSTS, st.integers(0, 5))
def test_a_better_trusted_reading_never_tells_less(indicator: int, one: float, other: float, seed: int) -> None:
    """Less trust is the better reading mixed with noise; a millionth of it is lost where counts are cut off."""
    low, high = sorted((one, other))
    weights = _weights(seed)
    assert _raw(indicator, low, 0.7, weights, 1) <= _raw(indicator, high, 0.7, weights, 1) + 1e-5


@pytest.mark.parametrize("indicator", range(4))
def test_a_reading_without_trust_tells_nothing(indicator: int) -> None:
    """As trust goes to 0 so do the bits, with its square."""
    scenario = 1 if indicator == 3 else 0
    assert _raw(indicator, 1e-9, 0.7, _weights(1), scenario) == pytest.approx(0.0, abs=1e-12)
    assert _raw(indicator, 1.0, 0.7, _weights(1), scenario) > 1e-3


@pytest.mark.parametrize("indicator", range(3))
def test_a_reading_without_coverage_tells_nothing(indicator: int) -> None:
    """What cannot be seen is not seen, whatever happens; a measure that is taken at all has no coverage."""
    assert _raw(indicator, 1.0, 1e-12, _weights(1), 0) == pytest.approx(0.0, abs=1e-9)
    assert _raw(indicator, 1.0, 0.7, _weights(1), 0) > 1e-3


@given(st.integers(0, 4), TRUSTS, st.floats(0.01, 1.0), st.integers(0, 5))
def test_each_draw_makes_some_reading_certain_and_readings_rise(
    indicator: int, trust: float, coverage: float, seed: int
) -> None:
    """Rows sum to 1, no chance is negative, and at most a millionth of a count lies in the last."""
    weights = _weights(seed)
    reading = next_reading(DESIGN, DRAWS, weights, indicator, coverage, trust)
    np.testing.assert_allclose(reading.likelihood.sum(axis=1), 1.0, atol=1e-12)
    assert reading.likelihood.min() >= 0
    assert np.all(np.diff(reading.values) > 0)
    if indicator in {0, 4}:
        assert np.sum(weights * reading.likelihood[:, -1]) <= 1.01e-6


@given(st.just(0.0) | st.floats(1e-6, 1), st.integers(1, 12))
def test_what_a_reading_adds_is_binomial(share: float, most: int) -> None:
    """By SciPy, all above the rule's count as that count."""
    added = Tally(share, np.arange(most + 1), np.zeros((most + 1, 1, 1))).added(np.array([0.0, 1.0, 2.0, 5.0, 40.0]))
    for row, value in enumerate((0, 1, 2, 5, 40)):
        expected = stats.binom.pmf(np.arange(most + 1), value, share)
        expected[most] += stats.binom.sf(most, value, share)
        np.testing.assert_allclose(added[row], expected, atol=1e-9)


def _joint(reading: list[float], after: list[float]) -> Joint:
    """Forty equal batches: no Monte Carlo error."""
    mass = np.tile(np.array(reading) / 40, (40, 1))
    return Joint(np.arange(len(reading), dtype=float), mass, mass[:, :, None] * np.array(after)[None, :, None])


def test_the_outlook_says_which_readings_cross_and_how_likely_they_are() -> None:
    """Readings 0 and 3 to 4 cross 0.3 and 0.5 away from 0.4; high is from the first value that half lie below."""
    found = outlook(
        _joint([0.3, 0.3, 0.2, 0.15, 0.05], [0.2, 0.35, 0.45, 0.6, 0.9]), 0, 0.4, lambda p: (p > 0.3) + (p > 0.5)
    )
    assert found.crossing == pytest.approx(0.5)
    assert [(run.first, run.last) for run in found.crossed_by] == [(0.0, 0.0), (3.0, 4.0)]
    assert [run.chance for run in found.crossed_by] == pytest.approx([0.3, 0.2])
    assert found.undecided == 0
    assert found.high_from == 2
    assert found.high == pytest.approx(0.4)
    assert found.if_high == pytest.approx((0.2 * 0.45 + 0.15 * 0.6 + 0.05 * 0.9) / 0.4)
    assert found.if_low == pytest.approx((0.3 * 0.2 + 0.3 * 0.35) / 0.6)
    assert (found.lowest, found.highest) == (0, 4)


@pytest.mark.parametrize(("chance", "high"), [(0.1, 1.0), (0.9, 1.0)])
def test_of_two_readings_the_upper_is_high_however_likely(chance: float, high: float) -> None:
    """A sighting is never the low reading."""
    found = outlook(_joint([1 - chance, chance], [0.1, 0.7]), 0, 0.5, lambda p: p > 0.3)
    assert (found.high_from, found.high) == (high, pytest.approx(chance))
    assert (found.if_low, found.if_high) == (pytest.approx(0.1), pytest.approx(0.7))


def test_a_posterior_within_two_errors_of_a_line_is_left_open() -> None:
    """One reading scatters about 0.3 from batch to batch, the other lies at 0.8 in all."""
    mass = np.full((40, 2), 0.5 / 40)
    after = np.stack([0.3 + 0.05 * np.sin(np.arange(40)), np.full(40, 0.8)], axis=1)
    found = outlook(Joint(np.arange(2.0), mass, (mass * after)[:, :, None]), 0, 0.5, lambda p: p > 0.3)
    assert found.undecided == pytest.approx(0.5)


def test_scenarios_without_a_path_add_exactly_nothing() -> None:
    """Neither bits nor error, alone or in the sum."""
    weights = _weights(2)
    chances = np.stack([_chance(place) for place in range(3)])
    joint = tabulate(next_reading(DESIGN, DRAWS, weights, 0, 0.7, 0.91), chances, weights)
    every, _ = amounts(joint, np.ones(3, dtype=bool))
    some, total = amounts(joint, np.array([False, True, False]))
    assert (some[0].bits, some[0].error, some[0].below_noise) == (0.0, 0.0, True)
    assert some[1] == every[1] == total
    assert total.bits > 0


def test_one_reading_is_no_reading() -> None:
    """Nothing can be told from what is certain."""
    joint = tabulate(NextReading(np.zeros(1), np.ones((200, 1))), _chance(0)[None], np.full(200, 1 / 200))
    assert math.isclose(float(information(joint.reading.sum(axis=0), joint.both.sum(axis=0))[0]), 0.0, abs_tol=1e-12)
