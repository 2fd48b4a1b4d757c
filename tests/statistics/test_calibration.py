from __future__ import annotations

import pytest

from support.calibrated_theaters import tiny
from support.calibration import calibrate, judge
from support.faults import evidence_doubled
from tocsin.inference.sample import NutsSampler, SamplerSettings

CONFIDENCE = 0.999
SEEDS = range(40)


@pytest.fixture(scope="module")
def quick() -> NutsSampler:
    """Short runs: the truth is ranked among 99 draws."""
    return NutsSampler(SamplerSettings(draws=150, tune=250))


def test_the_truth_ranks_evenly_among_the_draws(quick: NutsSampler) -> None:
    """Parameters, current pressure, log-likelihood, the true future and the odds of 40 simulated theaters."""
    verdicts = judge(calibrate(tiny(), quick, SEEDS), CONFIDENCE)
    assert len(verdicts) == 16
    assert [verdict for verdict in verdicts if verdict.deviation > 1] == []


def test_a_doubled_likelihood_is_found(quick: NutsSampler) -> None:
    """The same check on the same theaters, with every cell of evidence counted twice."""
    verdicts = judge(calibrate(tiny(), quick, SEEDS, evidence_doubled), CONFIDENCE)
    assert max(verdict.deviation for verdict in verdicts) > 1
