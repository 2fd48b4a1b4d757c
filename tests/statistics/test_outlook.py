from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from support.evidence import empty_evidence
from support.theaters import full_theater, indicator, scenario, span, steadying_theater
from tocsin.domain.indicator import Kind, RateBaseline
from tocsin.domain.scenario import Link, Pressure, Threshold
from tocsin.domain.theater import Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.draws import Draws, prior_draws
from tocsin.ensemble.futures import Start, begin, simulate
from tocsin.ensemble.outlook import Outlook, outlook

if TYPE_CHECKING:
    from tocsin.domain.elicitation import Range

HALF_LIFE, BASELINE, EFFECT, DISPERSION, POWER, COVERAGE = 20.0, 0.3, 40.0, 0.6, 0.5, 0.7
PRESENT = 1.4


def _known(value: float) -> Range:
    """A range so narrow that only the future is unknown."""
    return span(value * (1 - 1e-7), value * (1 + 1e-7))


def _counting_theater() -> Theater:
    rate = RateBaseline(_known(BASELINE), _known(DISPERSION), _known(POWER))
    attack = indicator("field/attack", Kind.COUNT, baseline=rate)
    links = (Link("field/attack", _known(EFFECT)),)
    deadly = scenario("deadly", Threshold("field/attack", 5, 1), links, Pressure(None, _known(HALF_LIFE), None))
    return Theater("counting", "Counting", Timeline(Step.WEEK, 8, "UTC"), (deadly,), (attack,))


def _standing(design: Design, count: int) -> Draws:
    """Draws that all stand at the same pressure."""
    draws = prior_draws(design, 4, count)
    return replace(draws, last_part=np.full_like(draws.last_part, PRESENT))


def _looked(theater: Theater, draws: Draws, start: Start, at_least: int = 5, futures: int = 16) -> Outlook:
    design = lay_out(theater)
    return outlook(design, draws, start, 0, coverage=COVERAGE, at_least=at_least, seed=3, futures=futures)


def test_the_outlook_is_the_negative_binomial_over_where_pressure_may_have_gone() -> None:
    """Against quadrature over the pressure of each step; the tolerances are four standard errors of 32,000 futures."""
    theater = _counting_theater()
    design = lay_out(theater)
    start = replace(begin(theater, design, empty_evidence(theater)), uncounted=(5 / 7,))
    found = _looked(theater, _standing(design, 2000), start)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    for step, share in enumerate(start.share):
        rho = 2 ** (-step / HALF_LIFE)
        pressure = rho * PRESENT + math.sqrt(1 - rho**2) * nodes
        above = math.log(EFFECT) / 2 * pressure
        mean, phi = COVERAGE * share * BASELINE * np.exp(above), DISPERSION * np.exp(POWER * above)
        reached = np.sum(weights * stats.nbinom.sf(4, phi, phi / (phi + mean))) / weights.sum()
        none = np.sum(weights * stats.nbinom.pmf(0, phi, phi / (phi + mean))) / weights.sum()
        assert found.reached[step] == pytest.approx(reached, abs=max(4 * found.error[step], 1e-6))
        assert np.mean(found.counts[step] == 0) == pytest.approx(none, abs=4 * math.sqrt(none * (1 - none) / 32_000))


@pytest.mark.parametrize("build", [full_theater, steadying_theater])
def test_the_chance_is_the_share_of_futures_that_reach_it_with_less_noise(build: type[Theater]) -> None:
    """Couplings at work; the tolerance is four standard errors of a share of 48,000 futures."""
    theater = build(window=20)
    design = lay_out(theater)
    start = begin(theater, design, empty_evidence(theater))
    found = _looked(theater, prior_draws(design, 7, 3000), start, at_least=2)
    for step in range(1, len(start.step_days), 5):
        share = float(np.mean(found.counts[step] >= 2))
        # Draws differ, so that the share's error is that of 3,000 draws at most.
        assert found.reached[step] == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 48_000))


def test_an_occurrence_is_felt_by_what_is_counted() -> None:
    """A coup in the current step adds pressure to the offensive, and so to attacks."""
    theater = full_theater(window=20)
    design = lay_out(theater)
    draws = prior_draws(design, 7, 2000)
    start = begin(theater, design, empty_evidence(theater))
    starts = (replace(start, occurred=happened) for happened in ((0.0, 0.0), (0.0, 1.0)))
    calm, coupled = (_looked(theater, draws, where) for where in starts)
    assert coupled.reached[2] > 1.05 * calm.reached[2]


def test_looking_ahead_repeats_bit_for_bit_and_leaves_the_futures_as_they_are() -> None:
    """Its random numbers are its own."""
    theater = full_theater(window=20)
    design = lay_out(theater)
    draws = prior_draws(design, 7, 600)
    start = begin(theater, design, empty_evidence(theater))
    before = simulate(design, draws, start, 3, 16)
    one, other = (_looked(theater, draws, start) for _ in range(2))
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.reached, other.reached)
    np.testing.assert_array_equal(before.reached, simulate(design, draws, start, 3, 16).reached)
