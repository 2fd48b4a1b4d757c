"""Scores of stated probabilities, held to the formulas written out over both outcomes."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.odds import Interval
from tocsin.domain.scoring import CLIP, brier_score, claim, log_score, may_be_scored, skill, time_weighted
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


@pytest.mark.parametrize("probability", _PROBABILITIES)
@pytest.mark.parametrize("occurred", [0, 1])
def test_scores_are_those_of_scoringrules(probability: float, occurred: int) -> None:
    """A library that was made without us."""
    assert brier_score(probability, occurred=bool(occurred)) == pytest.approx(
        float(scoringrules.brier_score(occurred, probability)), rel=1e-12
    )
    assert log_score(probability, occurred=bool(occurred)) == pytest.approx(
        float(scoringrules.log_score(occurred, probability)), rel=1e-9
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


_NOON = datetime(2016, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scores", "hours", "until", "mean"),
    [
        ([0.49], [0], 11, 0.49),
        ([0.49, 0.01, 0.25], [0, 2, 3], 11, (2 * 0.49 + 1 * 0.01 + 8 * 0.25) / 11),
        ([0.49, 0.01], [0, 0], 11, 0.01),  # the first stood for no time
        ([0.49, 0.01], [11, 11], 11, 0.25),  # neither did
        ([0.49, 0.01], [0, 12], 11, 0.49),  # the second came when the day was over
    ],
)
def test_statements_count_for_as_long_as_they_stood(
    scores: list[float], hours: list[int], until: int, mean: float
) -> None:
    """Until the next one, the last until the end."""
    stated_at = [_NOON + timedelta(hours=hour) for hour in hours]
    assert time_weighted(scores, stated_at, _NOON + timedelta(hours=until)) == pytest.approx(mean)


def test_yes_and_no_are_scored_from_the_same_day_on() -> None:
    """It closes on 7 April, and of its last day one hears three days later."""
    scored = {day: may_be_scored(date(2016, 4, 7), 3, date(2016, 4, day)) for day in (6, 7, 9, 10, 11)}
    assert scored == {6: False, 7: False, 9: False, 10: True, 11: True}


def test_scoring_what_is_settled_as_it_comes_would_be_biased_and_is_not_done() -> None:
    """Three windows in ten come out yes, early or late; of what is settled in the middle of the record far more do."""
    windows = [(day, place) for day in range(100) for place in range(10)]  # opened on a day, each for 30 days
    yes_on = {(day, place): day + 3 * place if place < 3 else None for day, place in windows}
    today = 99
    settled = [key for key in windows if key[0] + 29 <= today or ((on := yes_on[key]) is not None and on <= today)]
    naive = sum(yes_on[key] is not None for key in settled) / len(settled)
    first = date(2016, 1, 1)
    closed = [
        key for key in windows if may_be_scored(first + timedelta(days=key[0] + 29), 0, first + timedelta(days=today))
    ]
    assert naive > 0.36
    assert sum(yes_on[key] is not None for key in closed) / len(closed) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("span", "enough", "words"),
    [
        (Interval(0.02, 0.4), True, "better than persistence"),
        (Interval(0.02, 0.4), False, "too few to claim"),
        (None, True, "too much overlap to claim"),
        (None, False, "too few to claim"),
        (Interval(-0.3, 0.4), True, "no sure difference from persistence"),
        (Interval(-0.3, -0.1), True, "worse than persistence"),
    ],
)
def test_nothing_is_claimed_of_few_or_of_what_chance_could_make(
    span: Interval | None, words: str, *, enough: bool
) -> None:
    """A skill is claimed where the whole interval is on one side of 0."""
    assert claim(span, enough=enough, rival="persistence") == words
