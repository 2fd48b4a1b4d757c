from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest

from support.grid import HAZARD, fit_tiny, law_by_grid, tiny_theater
from tocsin.ensemble.odds import estimate, even_weights

if TYPE_CHECKING:
    from tocsin.usecases.ports import Sampler


@pytest.mark.parametrize("days", [5, 12])
def test_odds_are_those_of_brute_force_on_a_grid(sampler: Sampler, days: int) -> None:
    """Two weeks, every kind of indicator, doubtful grades and thin coverage: within four stated Monte Carlo errors."""
    timeline = tiny_theater().timeline
    assert timeline.start_of(timeline.number(date(2016, 3, 8))) == date(2016, 3, 7)
    _, ensemble = fit_tiny(sampler)
    value = estimate(ensemble.futures, 0, days, even_weights(ensemble.futures))
    assert value.probability == pytest.approx(law_by_grid(days).odds, abs=4 * value.error)
    prior = 1 - math.exp(-days / 7 * HAZARD)
    assert value.probability > 2 * prior  # the evidence said something
    assert value.error < 0.01
