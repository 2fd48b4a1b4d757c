"""The reliability curve and its decomposition, held to scikit-learn, to scoringrules and to what they must obey."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from tocsin.domain.consistency import MOST_POINTS, SIMULATED, Asked, consistency
from tocsin.domain.reliability import decompose, pools
from tocsin.domain.scoring import CLIP, brier_score, log_score

_SAID = [
    (0.03, False),
    (0.03, False),
    (0.08, True),
    (0.11, False),
    (0.2, False),
    (0.27, True),
    (0.27, False),
    (0.41, False),
    (0.55, True),
    (0.62, True),
    (0.62, False),
    (0.9, True),
]
_RECORDS = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.1, 0.3, 1.0]), st.floats(0, 1)), st.booleans()),
    min_size=1,
    max_size=40,
)
_OPENED = date(2016, 3, 9)


def _oracle(said: list[tuple[float, bool]]) -> np.ndarray:
    """scikit-learn's curve at each statement; equal probabilities get their mean first, as it does by itself."""
    stated, came = np.array([value for value, _ in said]), np.array([float(it) for _, it in said])
    return np.asarray(IsotonicRegression(y_min=0, y_max=1).fit(stated, came).predict(stated))


def _rates(said: list[tuple[float, bool]]) -> list[float]:
    found = pools(said)
    return [next(pool.rate for pool in found if pool.lowest <= value <= pool.highest) for value, _ in said]


@given(_RECORDS)
def test_the_curve_is_scikit_learns_isotonic_regression(said: list[tuple[float, bool]]) -> None:
    """It calls probabilities equal that differ by less than 1e-10 or so, hence the rounding."""
    rounded = [(round(value, 6), came) for value, came in said]
    assert _rates(rounded) == pytest.approx(list(_oracle(rounded)), abs=1e-9)


@given(_RECORDS)
def test_pools_hold_every_window_once_and_rise(said: list[tuple[float, bool]]) -> None:
    """No two pools overlap, and none of them has the rate of the next."""
    found = pools(said)
    assert sum(pool.windows for pool in found) == len(said)
    assert sum(pool.occurred for pool in found) == sum(came for _, came in said)
    for one, other in pairwise(found):
        assert one.highest < other.lowest
        assert one.rate < other.rate


def test_the_parts_are_those_of_independent_scores_of_the_curve() -> None:
    """With scikit-learn's curve and the scores of scoringrules, at an asymmetric record; nothing of it is near CLIP."""
    stated, came = np.array([value for value, _ in _SAID]), np.array([float(it) for _, it in _SAID])
    curve, share = _oracle(_SAID), np.full(len(_SAID), came.mean())
    said, mended, always = (scoringrules.brier_score(came, of).mean() for of in (stated, curve, share))
    found = decompose(_SAID, brier_score)
    assert found.score == pytest.approx(said, rel=1e-12)
    assert found.miscalibration == pytest.approx(said - mended, rel=1e-12)
    assert found.discrimination == pytest.approx(always - mended, rel=1e-12)
    assert found.uncertainty == pytest.approx(always, rel=1e-12)
    logs = decompose(_SAID, log_score)
    held = np.clip(curve, CLIP, 1 - CLIP)
    surprise = -(came * np.log(held) + (1 - came) * np.log(1 - held)).mean()
    assert logs.score == pytest.approx(scoringrules.log_score(came, stated).mean(), rel=1e-9)
    assert logs.score - logs.miscalibration == pytest.approx(surprise, rel=1e-9)
    assert logs.uncertainty == pytest.approx(-(5 * math.log(5 / 12) + 7 * math.log(7 / 12)) / 12, rel=1e-12)


@given(_RECORDS)
def test_the_parts_add_up_and_none_is_below_nothing(said: list[tuple[float, bool]]) -> None:
    """The curve is the best that rises, under any proper score, so both differences are gains; up to rounding."""
    for score in (brier_score, log_score):
        found = decompose(said, score)
        assert found.score == pytest.approx(found.miscalibration - found.discrimination + found.uncertainty, abs=1e-12)
        assert found.miscalibration > -1e-12
        assert found.discrimination > -1e-12


def test_what_was_stated_as_it_came_is_not_miscalibrated() -> None:
    """Of five at 20 % one came, of four at 75 % three."""
    said = [(0.2, True), *[(0.2, False)] * 4, (0.75, False), *[(0.75, True)] * 3]
    assert decompose(said, brier_score).miscalibration == pytest.approx(0, abs=1e-15)
    assert decompose(said, log_score).miscalibration == pytest.approx(0, abs=1e-15)


def _asked(said: list[tuple[float, bool]], apart: int, days: int = 30) -> list[Asked]:
    return [
        Asked(value, came, "offensive", _OPENED + timedelta(days=apart * place), days)
        for place, (value, came) in enumerate(said)
    ]


def _drawn(count: int, power: float, seed: int) -> list[tuple[float, bool]]:
    """Statements p of a forecaster, of which p to a power came."""
    random = np.random.default_rng(seed)
    stated = random.uniform(0.05, 0.95, count)
    return [(float(value), bool(luck < value**power)) for value, luck in zip(stated, random.uniform(size=count))]  # noqa: B905


def test_the_band_is_that_of_outcomes_drawn_one_by_one_where_no_windows_overlap() -> None:
    """The 5th and 95th percentile of scikit-learn's curves of 2,000 records, which are known to about 0.01 in rate."""
    said = _drawn(60, 1.0, seed=3)
    band = consistency(_asked(said, apart=30), simulated=2000).band
    stated = np.sort(np.array([value for value, _ in said]))
    random = np.random.default_rng(4)
    curves = []
    for _ in range(2000):
        came = (random.uniform(size=60) < stated).astype(float)
        curves.append(IsotonicRegression(y_min=0, y_max=1).fit(stated, came).predict([at.stated for at in band]))
    low, high = np.percentile(curves, [5, 95], axis=0)
    assert len(band) == MOST_POINTS
    assert [at.band.low for at in band] == pytest.approx(list(low), abs=0.06)
    assert [at.band.high for at in band] == pytest.approx(list(high), abs=0.06)
    assert np.mean([at.band.high - at.band.low for at in band]) == pytest.approx(np.mean(high - low), rel=0.03)


def test_windows_that_overlap_make_the_band_wider() -> None:
    """Thirty in a row look at nearly the same days: they come together or not at all."""
    said = _drawn(60, 1.0, seed=3)
    apart, daily = (
        np.mean([at.band.high - at.band.low for at in consistency(_asked(said, apart=step)).band]) for step in (30, 1)
    )
    assert daily > 1.3 * apart


def test_each_outcome_comes_as_often_as_was_stated_of_it() -> None:
    """Also of windows that overlap: at one probability the curve is the share that came, and its mean that probability.

    Of 30 windows in a row often none comes, or nearly all, so that the band reaches from one to the other.
    """
    (point,) = consistency(_asked([(0.3, False)] * 30, apart=1)).band
    assert point.band.low == 0.0
    assert point.band.high > 0.8
    (narrow,) = consistency(_asked([(0.3, False)] * 200, apart=30), simulated=1000).band
    # 0.3 ± 1.645 √(0.21/200)
    assert (narrow.band.low, narrow.band.high) == (pytest.approx(0.247, abs=0.012), pytest.approx(0.353, abs=0.012))


@pytest.mark.parametrize(("power", "calibrated"), [(1.0, True), (2.5, False), (0.4, False)])
def test_the_test_of_the_curve_tells_miscalibration_from_chance(*, power: float, calibrated: bool) -> None:
    """150 windows apart; where p^2.5 or p^0.4 came in place of p, no calibrated record is as far off."""
    chance = consistency(_asked(_drawn(150, power, seed=8), apart=30)).chance
    assert (chance > 0.1) is calibrated
    if not calibrated:
        assert chance == pytest.approx(1 / (SIMULATED + 1))


def test_a_calibrated_record_of_overlapping_windows_is_not_called_miscalibrated() -> None:
    """40 weekly windows of 90 days, of which a run came out yes: drawn one by one that would be damning."""
    said = [(0.3, 10 <= place < 32) for place in range(40)]
    together = consistency(_asked(said, apart=7, days=90)).chance
    one_by_one = consistency(_asked(said, apart=90, days=90)).chance
    assert one_by_one < 0.1 < together


def test_certainties_come_as_they_were_stated() -> None:
    """Of what was stated as 0 or 1 every calibrated record is the same."""
    band = consistency(_asked([(0.0, False), (1.0, True), (0.0, False)], apart=1)).band
    assert [(at.stated, at.band.low, at.band.high) for at in band] == [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)]
