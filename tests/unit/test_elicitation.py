import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Normal, Range, hazard_prior, link_prior, logit, shift_prior
from tocsin.domain.indicator import Collection, Indicator, Kind, MeasureBaseline, OrdinalBaseline
from tocsin.domain.scenario import Link

# A handful of logarithms, exponentials and multiplications of doubles; near 0 the ends of a plain range cancel.
_ROUNDING = 1e-9

positive = st.floats(1e-4, 1e4)
shares = st.floats(1e-4, 0.9999)
real = st.floats(-1e3, 1e3)


def _span(one: float, other: float) -> Range:
    # Ends at least a thousandth apart, so that the width is not itself a rounding error.
    low, high = sorted((one, other))
    return Range(low, max(low * 1.001, high), "")


def _ends(prior: Normal) -> tuple[float, float]:
    """The 5 % and 95 % quantiles."""
    belief = NormalDist(prior.mean, prior.sd)
    return belief.inv_cdf(0.05), belief.inv_cdf(0.95)


@given(real, st.floats(0.01, 1e3))
def test_a_plain_range_holds_ninety_percent_of_the_belief(low: float, width: float) -> None:
    """5 % lies below its lower end, 5 % above its upper one."""
    stated = Range(low, low + width, "")
    assert _ends(stated.plain()) == pytest.approx((stated.low, stated.high), rel=_ROUNDING, abs=1e-9)


@given(positive, positive)
def test_a_log_range_has_its_ends_as_quantiles_of_the_quantity(one: float, other: float) -> None:
    """The prior is on the logarithm, the range on the quantity."""
    stated = _span(one, other)
    low, high = _ends(stated.log())
    assert (math.exp(low), math.exp(high)) == pytest.approx((stated.low, stated.high), rel=_ROUNDING)


@given(shares, st.floats(1.001, 50.0))
def test_a_logit_range_has_its_ends_as_quantiles_of_the_share(low: float, factor: float) -> None:
    """The prior is on the log-odds, the range on the share."""
    stated = Range(low, low * factor / (1 - low + low * factor), "")
    found = [1 / (1 + math.exp(-end)) for end in _ends(stated.logit())]
    assert found == pytest.approx([stated.low, stated.high], rel=_ROUNDING)


@given(positive, positive)
def test_a_link_multiplies_by_its_range_at_a_pressure_of_two(one: float, other: float) -> None:
    """Developing means +2: there the multiplier's quantiles are the stated ends; at +1 they are their roots."""
    stated = _span(one, other)
    low, high = _ends(link_prior(stated))
    assert (math.exp(2 * low), math.exp(2 * high)) == pytest.approx((stated.low, stated.high), rel=_ROUNDING)
    assert math.exp(high) == pytest.approx(math.sqrt(stated.high), rel=_ROUNDING)


@given(real, st.floats(0.01, 1e3))
def test_a_shift_reaches_its_range_at_a_pressure_of_two(low: float, width: float) -> None:
    """A measure is shifted, not multiplied, and may be shifted down."""
    stated = Range(low, low + width, "")
    found = [2 * end for end in _ends(shift_prior(stated))]
    assert found == pytest.approx([stated.low, stated.high], rel=_ROUNDING, abs=1e-9)


@given(shares, shares, st.floats(1.0, 5000.0))
def test_a_base_rate_is_the_chance_within_its_steps(one: float, other: float, steps: float) -> None:
    """At the quantiles of the hazard, the chance within n steps is what was stated."""
    low, high = sorted((one, other))
    stated = Range(low, max(high, low + 0.5 * (1 - low) * 1e-3), "")
    found = [-math.expm1(-steps * math.exp(end)) for end in _ends(hazard_prior(stated, steps))]
    assert found == pytest.approx([stated.low, stated.high], rel=_ROUNDING)


def test_five_to_twenty_percent_within_a_year_of_weeks() -> None:
    """By hand: surviving 52.1775 weeks at each end's hazard has the chance 95 % and 80 %."""
    low, high = (math.exp(end) for end in _ends(hazard_prior(Range(0.05, 0.2, ""), 52.1775)))
    assert (1 - low) ** 52.1775 == pytest.approx(0.95, abs=1e-3)  # whole steps against continuous time
    assert (1 - high) ** 52.1775 == pytest.approx(0.80, abs=1e-3)


@given(shares)
def test_logit_is_the_inverse_of_the_logistic(share: float) -> None:
    """And antisymmetric about one half."""
    assert 1 / (1 + math.exp(-logit(share))) == pytest.approx(share, rel=_ROUNDING)
    assert logit(1 - share) == pytest.approx(-logit(share), rel=_ROUNDING, abs=1e-9)


def _indicator(kind: Kind, baseline: OrdinalBaseline | MeasureBaseline) -> Indicator:
    return Indicator("x/y", "", "", kind, "", Collection.OCCASIONAL, 0.7, None, 1, baseline)


def test_a_link_on_a_measure_is_a_shift_and_on_anything_else_a_factor() -> None:
    """0.5 to 1.5 is half a spread to one and a half for a price, and halving to half as much again for a level."""
    effect = Link("x/y", Range(0.5, 1.5, ""))
    price = _indicator(Kind.MEASURE, MeasureBaseline(Range(1.0, 2.0, ""), Range(0.3, 0.9, "")))
    level = _indicator(Kind.ORDINAL, OrdinalBaseline((0.6, 0.3, 0.1), 2.0, ""))
    assert [2 * end for end in _ends(effect.prior(price))] == pytest.approx([0.5, 1.5], rel=_ROUNDING)
    assert [math.exp(2 * end) for end in _ends(effect.prior(level))] == pytest.approx([0.5, 1.5], rel=_ROUNDING)


def test_an_ordinal_baseline_may_be_off_by_its_factor_either_way() -> None:
    """Odds between half and twice what the shares say, with 90 %."""
    level = _indicator(Kind.ORDINAL, OrdinalBaseline((0.6, 0.3, 0.1), 2.0, ""))
    assert [math.exp(end) for end in _ends(level.baseline_prior())] == pytest.approx([0.5, 2.0], rel=_ROUNDING)


def test_a_measure_baseline_is_a_plain_range_of_its_mean() -> None:
    """The mean is stated on the transformed scale already."""
    price = _indicator(Kind.MEASURE, MeasureBaseline(Range(-1.0, 2.5, ""), Range(0.3, 0.9, "")))
    assert _ends(price.baseline_prior()) == pytest.approx((-1.0, 2.5), rel=_ROUNDING)
