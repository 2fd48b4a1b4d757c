"""Scores of stated probabilities, held to the formulas written out over both outcomes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.scoring import CLIP, brier_score, log_score, skill
from tocsin.ensemble.odds import LEAST

_PROBABILITIES = (0.03, 0.27, 0.5, 0.81, 0.999)


def _brier_over_classes(probability: float, occurred: int) -> float:
    """Brier's own sum over the two outcomes; ours is half of it."""
    forecast, truth = (1 - probability, probability), (1 - occurred, occurred)
    return sum((f - t) ** 2 for f, t in zip(forecast, truth, strict=True))


def _cross_entropy(probability: float, occurred: int) -> float:
    """The usual log loss, y log p + (1 − y) log(1 − p), in base 2 and turned to nats."""
    bits = occurred * math.log2(probability) + (1 - occurred) * math.log2(1 - probability)
    return -bits * math.log(2)


@pytest.mark.parametrize("probability", _PROBABILITIES)
@pytest.mark.parametrize("occurred", [0, 1])
def test_scores_are_those_of_the_formulas_written_out(probability: float, occurred: int) -> None:
    """Within rounding of a few operations on numbers up to 7."""
    assert brier_score(probability, occurred=bool(occurred)) == pytest.approx(
        _brier_over_classes(probability, occurred) / 2, abs=1e-14
    )
    assert log_score(probability, occurred=bool(occurred)) == pytest.approx(
        _cross_entropy(probability, occurred), rel=1e-12
    )


@given(belief=st.floats(0.001, 0.999), stated=st.floats(0.001, 0.999))
def test_nobody_scores_better_by_stating_what_they_do_not_believe(belief: float, stated: float) -> None:
    """Both are proper: the expected score under a belief is least where that is stated, up to rounding."""
    for score in (brier_score, log_score):
        honest, other = (
            belief * score(said, occurred=True) + (1 - belief) * score(said, occurred=False)
            for said in (belief, stated)
        )
        assert honest <= other + 1e-12


def test_a_certainty_that_came_out_wrong_is_dear_and_finite() -> None:
    """It is clipped where no ensemble states anything beyond."""
    assert CLIP == LEAST
    assert log_score(1.0, occurred=False) == log_score(1.0 - CLIP, occurred=False) == pytest.approx(math.log(1e5))
    assert log_score(0.0, occurred=True) == pytest.approx(math.log(1e5))
    assert brier_score(1.0, occurred=False) == 1.0


def test_skill_compares_means_with_a_reference() -> None:
    """Above 0 is better than it, below 0 worse; a reference without fault cannot be bettered."""
    assert skill(0.05, 0.2) == pytest.approx(0.75)
    assert skill(0.3, 0.2) == pytest.approx(-0.5)
    assert skill(0.1, 0.0) is None


@pytest.mark.fault(4)
@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, math.inf])
def test_what_is_no_probability_has_no_score(value: float) -> None:
    """A mistake elsewhere must not become a number in a table."""
    for score in (brier_score, log_score):
        with pytest.raises(ValueError, match="no probability"):
            score(value, occurred=True)
