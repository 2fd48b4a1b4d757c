import math
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.domain.elicitation import Range
from tocsin.domain.indicator import (
    Baseline,
    Collection,
    Indicator,
    Kind,
    MeasureBaseline,
    OrdinalBaseline,
    RateBaseline,
    Transform,
)

_RATE = RateBaseline(Range(0.1, 0.6, ""), Range(0.5, 5.0, ""))
_MEASURE = MeasureBaseline(Range(1.0, 2.0, ""), Range(0.3, 0.9, ""))
_LEVELS = OrdinalBaseline((0.5, 0.35, 0.15), 2.0, "")
_BASELINES: dict[Kind, Baseline] = {
    Kind.COUNT: _RATE,
    Kind.PRESENCE: _RATE,
    Kind.ORDINAL: _LEVELS,
    Kind.MEASURE: _MEASURE,
}
_NAN, _INF = math.nan, math.inf


def _indicator(kind: Kind, transform: Transform = Transform.NONE) -> Indicator:
    return Indicator(
        id="field/x",
        title="",
        definition="",
        kind=kind,
        unit="",
        collection=Collection.OCCASIONAL,
        coverage=0.7,
        since=date(2015, 1, 1),
        delay_days=1,
        baseline=_BASELINES[kind],
        levels=("none", "some", "much") if kind is Kind.ORDINAL else (),
        transform=transform,
    )


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, 2.0, 37.0, 1e6])
def test_a_count_takes_whole_numbers(value: float) -> None:
    """None at all is a count too."""
    assert _indicator(Kind.COUNT).value_problem(value) is None


@pytest.mark.parametrize("value", [-1.0, -0.5, 0.5, 1.0000001, 2.5, 1_000_001.0, 1e300, _NAN, _INF, -_INF])
def test_a_count_refuses_fractions_negatives_and_what_is_no_number(value: float) -> None:
    """Infinity is whole to no one."""
    assert _indicator(Kind.COUNT).value_problem(value) == "a whole number from 0 to 1000000"


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0])
def test_a_presence_is_seen_or_not_seen(value: float) -> None:
    """Two values, nothing between."""
    assert _indicator(Kind.PRESENCE).value_problem(value) is None


@pytest.mark.parametrize("value", [-1.0, 0.5, 0.999999, 2.0, _NAN, _INF, -_INF])
def test_a_presence_refuses_everything_else(value: float) -> None:
    """Two sightings are one presence or a count, not a presence of 2."""
    assert _indicator(Kind.PRESENCE).value_problem(value) == "0 (not seen) or 1 (seen)"


@pytest.mark.parametrize("value", [0.0, 1.0, 2.0])
def test_an_ordinal_takes_its_levels(value: float) -> None:
    """Three levels are 0, 1 and 2."""
    assert _indicator(Kind.ORDINAL).value_problem(value) is None


@pytest.mark.parametrize("value", [-1.0, 0.5, 1.5, 3.0, _NAN, _INF, -_INF])
def test_an_ordinal_refuses_what_is_no_level_and_names_the_levels(value: float) -> None:
    """The analyst sees which number means what."""
    wanted = "a level from 0 to 2 (0 none, 1 some, 2 much)"
    assert _indicator(Kind.ORDINAL).value_problem(value) == wanted


@pytest.mark.parametrize(
    ("transform", "taken", "refused", "wanted"),
    [
        (Transform.NONE, (-1e300, -2.5, 0.0, 7.25), (_NAN, _INF, -_INF), "any finite number"),
        (Transform.LOG, (5e-324, 0.02, 1.0, 1e300), (0.0, -0.0, -3.5, _NAN, _INF, -_INF), "a number above 0"),
        (Transform.LOG1P, (-0.999, 0.0, 41.0), (-1.0, -1.5, _NAN, _INF, -_INF), "a number above -1"),
        (
            Transform.LOGIT,
            (1e-9, 0.25, 0.999999),
            (0.0, 1.0, -0.1, 1.1, _NAN, _INF, -_INF),
            "a number strictly between 0 and 1",
        ),
    ],
)
def test_a_measure_takes_what_its_transform_takes(
    transform: Transform, taken: tuple[float, ...], refused: tuple[float, ...], wanted: str
) -> None:
    """And says in words what that is."""
    measure = _indicator(Kind.MEASURE, transform)
    assert [measure.value_problem(value) for value in taken] == [None] * len(taken)
    assert [measure.value_problem(value) for value in refused] == [wanted] * len(refused)


@pytest.mark.parametrize(
    ("kind", "transform"),
    [(kind, Transform.NONE) for kind in Kind if kind is not Kind.MEASURE] + [(Kind.MEASURE, way) for way in Transform],
)
@given(value=st.floats())
@example(value=_INF)
@example(value=-_INF)
@example(value=_NAN)
def test_a_value_is_taken_or_refused_in_words_whatever_it_is(kind: Kind, transform: Transform, value: float) -> None:
    """No number makes the check itself break down, and none that is not finite is taken."""
    problem = _indicator(kind, transform).value_problem(value)
    assert problem is None or problem
    assert problem is not None or math.isfinite(value)


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        (Transform.NONE, 2.5, 2.5),
        (Transform.LOG, 2.5, 0.9162907318741551),
        (Transform.LOG1P, 2.5, 1.252762968495368),
        (Transform.LOGIT, 0.2, -1.3862943611198906),  # odds of a quarter
    ],
)
def test_each_transform_is_the_function_that_it_is_named_after(
    transform: Transform, value: float, expected: float
) -> None:
    """Against figures of a table of logarithms, to the rounding of doubles."""
    assert transform.apply(value) == pytest.approx(expected, rel=1e-15)


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6))
def test_cutpoints_give_back_the_shares(weights: list[float]) -> None:
    """At η = 0 the level has the declared distribution; the tolerance is a few roundings of doubles."""
    shares = tuple(weight / math.fsum(weights) for weight in weights)
    cutpoints = OrdinalBaseline(shares, 2.0, "").cutpoints()
    at_least = [1.0, *(1 / (1 + math.exp(cut)) for cut in cutpoints), 0.0]
    found = [at_least[level] - at_least[level + 1] for level in range(len(shares))]
    assert found == pytest.approx(list(shares), abs=1e-12)
    assert list(cutpoints) == sorted(cutpoints)


def test_higher_levels_become_likelier_as_eta_rises() -> None:
    """P(level ≥ k) = logistic(η − κ_k): with η = log 2 the odds of a higher level double."""
    cut = OrdinalBaseline((0.5, 0.35, 0.15), 2.0, "").cutpoints()[1]
    raised = 1 / (1 + math.exp(cut - math.log(2)))
    assert raised / (1 - raised) == pytest.approx(2 * 0.15 / 0.85, rel=1e-12)
