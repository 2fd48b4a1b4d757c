import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.wording import ABOVE_SCALE, BELOW_SCALE, likelihood_words, word

_SCALE = (
    BELOW_SCALE,
    "almost no chance",
    "very unlikely",
    "unlikely",
    "roughly even chance",
    "likely",
    "very likely",
    "almost certain",
    ABOVE_SCALE,
)
_EDGES = (0.01, 0.05, 0.20, 0.45, 0.55, 0.80, 0.95)

probabilities = st.floats(0, 1) | st.sampled_from([0.0, *_EDGES, 0.99, 1.0])


@pytest.mark.parametrize("position", range(len(_EDGES)))
def test_a_band_holds_its_lower_edge_and_the_number_just_below_it_does_not(position: int) -> None:
    """ICD 203's edges, where its bands touch."""
    edge = _EDGES[position]
    assert likelihood_words(edge) == _SCALE[position + 1]
    assert likelihood_words(math.nextafter(edge, 0)) == _SCALE[position]


def test_the_scale_ends_at_one_and_at_ninety_nine_percent() -> None:
    """99 % itself is still almost certain; outside, the directive has no word, and none is given."""
    assert likelihood_words(0.99) == "almost certain"
    assert likelihood_words(math.nextafter(0.99, 1)) == "above 99 %"
    assert likelihood_words(1.0) == "above 99 %"
    assert likelihood_words(0.0099) == "below 1 %"
    assert likelihood_words(0.0) == "below 1 %"


@pytest.mark.parametrize("value", [-0.001, 1.001, -5e-324, math.nextafter(1, 2), math.nan, math.inf, -math.inf, 42])
def test_what_is_no_probability_is_refused(value: float) -> None:
    """42 was meant to be 0.42, and NaN to be anything."""
    with pytest.raises(ValueError, match="a probability lies between 0 and 1"):
        likelihood_words(value)


@pytest.mark.parametrize("ends", [(math.nan, 0.4, 0.6), (0.5, math.nan, 0.6), (0.5, 0.4, math.nan), (0.5, 0.4, 1.5)])
def test_an_interval_of_what_is_no_probability_is_refused(ends: tuple[float, float, float]) -> None:
    """Each of the three numbers is looked at."""
    with pytest.raises(ValueError, match="a probability lies between 0 and 1"):
        word(*ends)


@given(probabilities, probabilities)
def test_words_rise_with_the_probability(one: float, other: float) -> None:
    """A higher probability never has weaker words."""
    low, high = sorted((one, other))
    assert _SCALE.index(likelihood_words(low)) <= _SCALE.index(likelihood_words(high))


@given(probabilities, probabilities, probabilities)
def test_a_warning_stands_exactly_where_the_interval_reaches_into_other_words(
    one: float, other: float, third: float
) -> None:
    """And names the words at both of its ends."""
    low, probability, high = sorted((one, other, third))
    found = word(probability, low, high)
    ends = likelihood_words(low), likelihood_words(high)
    assert found.words == likelihood_words(probability)
    assert found.warning == (None if ends[0] == ends[1] else f"interval reaches from {ends[0]} to {ends[1]}")


def test_an_interval_inside_one_band_needs_no_warning() -> None:
    """And one that only touches the next band does."""
    assert word(0.31, 0.22, 0.44).warning is None
    assert word(0.31, 0.22, 0.45).warning == "interval reaches from unlikely to roughly even chance"
    assert word(0.31, 0.07, 0.6).warning == "interval reaches from very unlikely to likely"


@given(probabilities, probabilities, probabilities)
def test_likelihood_and_confidence_never_stand_in_one_sentence(one: float, other: float, third: float) -> None:
    """ICD 203 keeps them apart, so no words of ours speak of confidence."""
    found = word(one, other, third)
    assert "confidence" not in f"{found.words} {found.warning}".lower()
