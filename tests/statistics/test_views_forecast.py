from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.views import forecast as product
from benchmarks.views.forecast import DRAWS, INDICATORS, Task, forecast, theater
from benchmarks.views.grid import CountLaw, GridModel
from benchmarks.views.months import FIRST_AHEAD, LAST_AHEAD, origin_of
from tocsin.domain.indicator import RateBaseline
from tocsin.inference.sample import NutsSampler, SamplerSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW = 2018


def _kit_on_a_grid() -> GridModel:
    """The kit's model with every parameter at the middle of its range."""
    (scenario,) = theater().scenarios
    links = {link.indicator: link for link in scenario.links}
    laws = {}
    for column, name in INDICATORS.items():
        indicator = theater().indicator(name)
        baseline = indicator.baseline
        assert isinstance(baseline, RateBaseline)
        assert baseline.dispersion_power is not None
        laws[column] = CountLaw(
            indicator.baseline_prior().mean,
            links[name].prior(indicator).mean,
            baseline.dispersion.log().mean,
            baseline.dispersion_power.plain().mean,
        )
    assert scenario.pressure.slow_half_life is not None
    return GridModel(float(np.exp(scenario.pressure.slow_half_life.log().mean)), laws, 401)


def _history(level: float, seed: int) -> Mapping[str, Mapping[int, float]]:
    random = np.random.default_rng(seed)
    months = range(origin_of(WINDOW) - theater().timeline.window + 1, origin_of(WINDOW) + 1)
    return {
        name: {month: float(random.negative_binomial(0.8, 0.8 / (0.8 + level * share))) for month in months}
        for name, share in zip(INDICATORS.values(), (1.0, 0.3, 0.2), strict=True)
    }


@pytest.mark.parametrize(("level", "seed"), [(0.0, 1), (6.0, 2), (60.0, 3)])
def test_the_products_forecast_is_that_of_exact_filtering_on_a_grid(
    level: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From observations to chances and quantiles: evidence, sampler, futures and outlook together.

    The ranges of the kit are narrow and not points, which moves chances by a point or two; the rest is sampling noise.
    """
    settings = SamplerSettings(chains=4, draws=500, tune=400)
    monkeypatch.setattr(product, "_sampler", lambda *, longer: NutsSampler(settings))  # noqa: ARG005 - as it is called
    history = _history(level, seed)
    found = forecast(Task(WINDOW, 1, history))
    assert found.rejections == ()
    counts = {
        column: np.array([[history[name][month] for month in sorted(history[name])]])
        for column, name in INDICATORS.items()
    }
    model = _kit_on_a_grid()
    last = theater().timeline.window - 1
    ((_, chances),) = model.filtered(counts, [last])
    at_most = np.array([0.0, 5.0, 24.0, 100.0])
    ahead = model.ahead(chances, range(FIRST_AHEAD, LAST_AHEAD + 1), at_most)
    for month, below in enumerate(ahead):
        assert found.reached[month] == pytest.approx(1.0 - below[0, 2], abs=0.03)
        drawn = [np.mean(found.draws[month] <= most) for most in at_most]
        assert drawn == pytest.approx(list(below[0]), abs=0.03)
    assert found.draws.shape == (12, DRAWS)
