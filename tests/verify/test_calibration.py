from __future__ import annotations

from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING

import pytest

from support.calibrated_theaters import Case, medium, small, tiny
from support.calibration import (
    Calibrated,
    Verdict,
    brier_score,
    calibrate,
    confidence_each,
    gather_places,
    judge,
    mean_score,
)
from support.calibration_figure import draw_places
from support.faults import coverage_ignored, evidence_doubled, links_halved, trust_ignored
from support.studies import write_study
from tocsin.inference.sample import NutsSampler, SamplerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.99
SIMULATIONS = {"tiny": 100, "small": 80, "medium": 40}
FAULTS = {
    "coverage taken for 1": (coverage_ignored, "medium", 25),
    "trust taken for 1": (trust_ignored, "medium", 25),
    "links at half their effect": (links_halved, "medium", 25),
    # The posterior of a doubled likelihood takes the sampler long: the tiny theater will do.
    "log-likelihood doubled": (evidence_doubled, "tiny", 60),
}
CHANCES = (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)


@pytest.fixture(scope="module")
def quick() -> NutsSampler:
    """Short runs: the truth is ranked among 99 draws."""
    return NutsSampler(SamplerSettings(draws=250, tune=300))


def test_the_truth_ranks_evenly_among_the_draws_and_a_broken_likelihood_shows(quick: NutsSampler) -> None:
    """Every quantity of at least 200 simulated theaters lies in its band; each of four broken likelihoods leaves it."""
    cases = {case.theater.id: case for case in (tiny(), small(), medium())}
    by_case = {name: calibrate(case, quick, range(SIMULATIONS[name])) for name, case in cases.items()}
    simulations = [item for items in by_case.values() for item in items]
    verdicts = judge(simulations, CONFIDENCE)
    broken = {
        name: calibrate(cases[case], quick, range(1000, 1000 + count), fault)
        for name, (fault, case, count) in FAULTS.items()
    }
    judged = {name: judge(items, CONFIDENCE) for name, items in broken.items()}
    places = gather_places(simulations)
    draw_places("calibration", places, confidence_each(places, CONFIDENCE))
    shown = {name: gather_places(items)["log-likelihood"] for name, items in broken.items()}
    draw_places("calibration-broken", shown, confidence_each(gather_places(broken["trust taken for 1"]), CONFIDENCE))
    write_study(
        "calibration",
        "Known truth: simulation-based calibration",
        _report(list(cases.values()), by_case, verdicts, judged),
    )
    assert len(simulations) >= 200
    assert [verdict for verdict in verdicts if verdict.deviation > 1] == []
    assert [name for name, found in judged.items() if max(item.deviation for item in found) <= 1] == []


def _report(
    cases: Sequence[Case],
    by_case: dict[str, list[Calibrated]],
    verdicts: Sequence[Verdict],
    judged: dict[str, list[Verdict]],
) -> str:
    simulations = [item for items in by_case.values() for item in items]
    forecasts = [item.forecast for item in simulations]
    return "\n".join(
        (
            f"{len(simulations)} theaters were simulated from the model, step by step and without its code, each with",
            "its evidence (each indicator read in 15 to 100 % of the steps, coverage 0.2 to 1, trust 0.22 to 1) and",
            "one true future. Each was fitted, and the truth ranked among 99 draws of the fit: if model, sampler and",
            "futures are right, ranks are uniform (Talts et al. 2018). Each simulation gives one rank a quantity,",
            "of a scenario, link or parameter chosen at random, so that ranks are independent.",
            "",
            *_case_rows(cases, by_case),
            "",
            "The deviation is the largest distance of a quantity's ECDF from uniformity as a multiple of what its band",
            f"allows there; above 1 it has left the band. A right model keeps all {len(verdicts)} quantities inside",
            f"with at least {CONFIDENCE:.0%} chance: each has its band at 1 − 0.01/{len(verdicts)} (Bonferroni),",
            "simultaneous over its ECDF (Säilynoja, Bürkner & Vehtari 2022); a score of the odds has the same level.",
            "",
            "| quantity | simulations | deviation |",
            "|---|---|---|",
            *(f"| {item.quantity} | {item.simulations} | {item.deviation:.2f} |" for item in verdicts),
            "",
            f"The 90-day odds: standard score of Σ(y − p) {mean_score(forecasts):+.2f}, of the Brier score",
            f"{brier_score(forecasts):+.2f} (Spiegelhalter 1986).",
            "",
            *_odds_rows(simulations),
            "",
            "![Rank histograms, and ECDFs less the line with their bands](calibration.svg)",
            "",
            "## A broken likelihood is found",
            "",
            "Fitted with a likelihood that was broken on purpose; the figure shows the log-likelihood's ranks.",
            "",
            "| broken | theater | simulations | quantities outside their band, with their deviation |",
            "|---|---|---|---|",
            *(
                f"| {name} | {FAULTS[name][1]} | {FAULTS[name][2]} | {_outside(found)} |"
                for name, found in judged.items()
            ),
            "",
            "![Ranks of the log-likelihood under four broken likelihoods](calibration-broken.svg)",
        )
    )


def _case_rows(cases: Sequence[Case], by_case: dict[str, list[Calibrated]]) -> list[str]:
    head = ("theater", "scenarios", "indicators", "steps", "simulations", "worst R-hat")
    rows = [f"| {' | '.join(head)} | median and fewest effective draws | fits with divergences |", f"|{8 * '---|'}"]
    for case in cases:
        theater, health = case.theater, [item.diagnosis for item in by_case[case.theater.id]]
        ess = [item.ess_bulk for item in health]
        rows.append(
            f"| {theater.id} | {len(theater.scenarios)} | {len(theater.indicators)} | {theater.timeline.window} "
            f"{theater.timeline.step}s | {len(health)} | {max(item.rhat for item in health):.3f} "
            f"| {median(ess):.0f}, {min(ess):.0f} | {sum(item.divergent_share > 0 for item in health)} |"
        )
    return rows


def _odds_rows(simulations: Sequence[Calibrated]) -> list[str]:
    told = [pair for item in simulations for pair in zip(item.forecast.chance, item.forecast.came, strict=True)]
    rows = ["| odds told | scenarios | mean of the odds | share that came |", "|---|---|---|---|"]
    for low, high in pairwise(CHANCES):
        some = [(chance, came) for chance, came in told if low <= chance < high]
        if some:
            chance, came = (fmean(values) for values in zip(*some, strict=True))
            rows.append(f"| {low:.0%} to {high:.0%} | {len(some)} | {chance:.1%} | {came:.1%} |")
    return rows


def _outside(verdicts: Sequence[Verdict]) -> str:
    worst = sorted((item for item in verdicts if item.deviation > 1), key=lambda item: -item.deviation)
    return ", ".join(f"{item.quantity} {item.deviation:.1f}" for item in worst) or "none"
