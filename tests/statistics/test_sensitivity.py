from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from arviz_stats.base import array_stats
from hypothesis import given
from hypothesis import strategies as st

from support.evidence import empty_evidence, random_evidence
from support.kit import FilteredLedger, MemoryFits
from support.theaters import full_theater
from tocsin.cli.sensitivity_table import print_sensitivity
from tocsin.domain.diagnosis import Diagnosis
from tocsin.domain.elicitation import logit
from tocsin.domain.fit import Fit
from tocsin.domain.observation import Draft
from tocsin.domain.odds import Status
from tocsin.domain.sensitivity import SLIGHT, Sensitivity, prior_driven, verdict
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import gather, prior_draws
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.likelihood import cell_log_likelihood, event_log_likelihood
from tocsin.ensemble.odds import chance_by, estimate, even_weights
from tocsin.ensemble.pressure import trace
from tocsin.ensemble.sensitivity import (
    GROUPS,
    cumulative_distance,
    power_scaling,
    scaled_weights,
    sensitivities,
    squared_responses,
)
from tocsin.usecases.ports import Limits
from tocsin.usecases.read_odds import read_odds
from tocsin.usecases.what_if import what_if

if TYPE_CHECKING:
    from support.kit import Kit
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.usecases.ports import Sampler


@given(st.integers(0, 2**32 - 1), st.integers(20, 500), st.floats(0.1, 8.0))
def test_power_scaling_is_that_of_arviz(seed: int, draws: int, spread: float) -> None:
    """To 1e-10 with the same weights; values skewed, and with ties as chances have."""
    random = np.random.default_rng(seed)
    values = np.round(random.gamma(0.5, size=draws), 3)
    values[0] += 1.0  # not all of them equal
    lower, upper = scaled_weights(spread * random.standard_normal(draws))
    ours = values, lower, upper
    theirs = array_stats.power_scale_sense(*(item[None] for item in ours), lower_alpha=0.99, upper_alpha=1.01)
    assert power_scaling(values, (lower, upper)) == pytest.approx(float(theirs), abs=1e-10)


def test_the_weights_of_power_scaling_are_those_of_arviz() -> None:
    """Pareto smoothing hardly matters so near α = 1; ArviZ smooths another number of draws."""
    component = 7.0 * np.random.default_rng(5).standard_normal(4000)
    for power, weights in zip((0.99, 1.01), scaled_weights(component), strict=True):
        theirs = np.exp(array_stats.power_scale_lw(component, alpha=power))
        np.testing.assert_allclose(weights, theirs / theirs.sum(), rtol=0.02)


def test_equal_values_move_no_distance() -> None:
    """A rule that is met already has a chance of 1 in every draw."""
    assert cumulative_distance(np.ones(50), np.random.default_rng(1).dirichlet(np.ones(50))) == 0.0


def test_even_weights_move_no_distance() -> None:
    """Up to the rounding of sums of weights, whose root is taken."""
    assert cumulative_distance(np.random.default_rng(1).random(50), np.full(50, 0.02)) < 1e-7


def test_the_distance_depends_on_the_scale_of_values_only_where_it_is_bent() -> None:
    """The same in other units, not the same after a logarithm."""
    random = np.random.default_rng(2)
    values, weights = random.lognormal(size=300), random.dirichlet(np.ones(300))
    distance = cumulative_distance(values, weights)
    assert cumulative_distance(7.0 * values - 3.0, weights) == pytest.approx(distance, rel=1e-9)
    assert abs(cumulative_distance(np.log(values), weights) - distance) > 0.01


def test_the_response_is_the_change_in_log_odds_when_ranges_move() -> None:
    """Against the prior drawn anew with each range's middle moved, same random numbers."""
    theater = full_theater()
    design = lay_out(theater)
    draws = prior_draws(design, 3, 8000)
    start = begin(theater, design, empty_evidence(theater))
    futures = simulate(design, draws, start, 3, 8)
    standard = (draws.parameters - design.mean) / design.sd
    position, step = design.scenarios.index("coup"), 0.1
    chance, _ = chance_by(futures, position, 180)
    slopes = np.sqrt(np.maximum(squared_responses(standard, chance, float(chance.mean())), 0.0))
    for label in ("log_hazard[coup]", "hazard_link[coup]"):
        column = design.column(label)
        logs = []
        for shift in (-step, step):
            mean = design.mean.copy()
            mean[column] += shift * design.sd[column]
            moved = replace(design, mean=mean)
            again = simulate(moved, prior_draws(moved, 3, 8000), start, 3, 8)
            logs.append(logit(estimate(again, position, 180, even_weights(again)).probability))
        # Two standard errors: 8,000 draws leave about 0.02 to a slope of log-odds.
        assert slopes[column] == pytest.approx((logs[1] - logs[0]) / (2 * step), abs=0.04)


def test_ranges_that_have_no_say_add_nothing_to_the_response() -> None:
    """The squares of a thousand useless ranges cancel; without the correction they would make a response of 0.7."""
    random = np.random.default_rng(4)
    standard = random.standard_normal((4000, 1001))
    chance = 1.0 / (1.0 + np.exp(3.0 - 0.5 * standard[:, 0]))
    squares = squared_responses(standard, chance, float(chance.mean()))
    assert math.sqrt(squares[0]) == pytest.approx(0.5, abs=0.03)
    assert abs(squares[1:].sum()) < 0.01


def test_the_log_likelihood_of_each_draw_is_the_one_that_numpy_states(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To 1e-6, on pressure traced in double precision, which draws do not keep."""
    pressure = []

    def gather_and_trace(design: Design, standard: Floats, innovation: Floats, occurred: Floats, chains: int) -> Draws:
        pressure.append(trace(design, design.mean + design.sd * standard, innovation, occurred).pressure)
        return gather(design, standard, innovation, occurred, chains)

    monkeypatch.setattr("tocsin.inference.sample.gather", gather_and_trace)
    theater = full_theater(window=30)
    design = lay_out(theater)
    evidence = random_evidence(theater, 3, 12)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    limits = Limits(600.0, lambda: False, lambda: 0.0)
    sampled = sampler.sample(design, cells, window, seed=1, limits=limits, report=lambda _: None)
    parameters = sampled.draws.parameters
    found = cell_log_likelihood(design, parameters, pressure[0][:, :, cells.step], cells).sum(axis=1)
    found += event_log_likelihood(design, parameters, pressure[0], window).sum(axis=1)
    np.testing.assert_allclose(sampled.log_likelihood, found, atol=1e-6)


def test_without_evidence_only_the_ranges_count() -> None:
    """And each group of them adds its square to the whole."""
    theater = full_theater()
    design = lay_out(theater)
    draws = prior_draws(design, 1, 4000)
    futures = simulate(design, draws, begin(theater, design, empty_evidence(theater)), 1, 8)
    prior = {
        (name, days): estimate(futures, position, days, even_weights(futures)).probability
        for position, name in enumerate(design.scenarios)
        for days in (30, 180)
    }
    found = sensitivities(design, draws, futures, np.zeros(4000), prior)
    assert [item.scenario for item in found] == list(design.scenarios)
    for item in found:
        assert item.moved == 0.0
        assert item.evidence_scaled < 1e-6
        assert prior_driven(item.response, item.moved)
        assert set(item.by_group) == set(GROUPS)
        squares = sum(value**2 for value in item.by_group.values())
        assert item.response**2 == pytest.approx(squares, abs=0.01)
    coup, offensive = found[0], found[1]
    assert coup.by_group["hazards"] > 2 * coup.by_group["baselines"]
    assert offensive.by_group["baselines"] > 2 * offensive.by_group["hazards"]


def test_every_parameter_belongs_to_one_group() -> None:
    """A block that is forgotten would be missing from the sums."""
    design = lay_out(full_theater())
    blocks = [block for members in GROUPS.values() for block in members]
    assert len(blocks) == len(set(blocks))
    assert sum(design.block(block).stop - design.block(block).start for block in blocks) == design.parameters


@pytest.mark.parametrize(
    ("response", "moved", "driven"),
    [(0.3, 0.29, True), (0.3, -0.29, True), (0.3, 0.31, False), (0.3, -0.31, False), (0.09, 0.0, False)],
)
def test_odds_are_prior_driven_where_slightly_other_ranges_do_as_much_as_the_evidence(
    response: float, moved: float, *, driven: bool
) -> None:
    """In either direction, and not where neither does anything to speak of."""
    assert prior_driven(response, moved) is driven
    found = Sensitivity("coup", response, {}, moved, 0.0, 0.0, 0.0, 0.0)
    assert verdict(found).startswith("prior-driven") is driven


def test_the_sensitivity_of_a_fit_is_kept_with_it(kit: Kit, tunisia_fit: Fit) -> None:
    """And comes back as it was."""
    again = kit.service.fits.find(tunisia_fit.id)
    assert again is not None
    assert again.sensitivity == tunisia_fit.sensitivity
    assert [item.scenario for item in again.sensitivity] == [scenario.id for scenario in kit.theater.scenarios]


def test_on_the_eighth_of_march_evidence_speaks_louder_than_the_ranges(tunisia_fit: Fit) -> None:
    """Ben Guerdane moved every scenario by more than a slight change of ranges would."""
    assert not any(prior_driven(item.response, item.moved) for item in tunisia_fit.sensitivity)
    offensive = tunisia_fit.sensitivity[0]
    assert offensive.evidence_scaled > 5 * offensive.evidence_noise
    assert offensive.response == pytest.approx(SLIGHT * math.sqrt(0.25), abs=0.05)  # ten seeds: 0.23 to 0.29


class OneFit(MemoryFits):
    """A fit book that answers with what it has, whatever the instant."""

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:  # noqa: ARG002
        return [fit for fit, _ in self.kept.values()]


@pytest.mark.parametrize(
    ("day", "status"), [(date(2016, 3, 8), Status.PRIOR_ONLY), (date(2018, 3, 8), Status.REFIT_WANTED)]
)
def test_odds_of_nothing_are_prior_driven(kit: Kit, day: date, status: Status) -> None:
    """By definition, and also where too much time has passed to bring them up."""
    nothing = kit.fit(date(2016, 3, 8), keep=lambda _: False)
    reading = read_odds(
        kit.theater,
        ledger=FilteredLedger(kit.service.ledger, lambda _: False),
        fits=OneFit({nothing.id: (nothing, kit.aside.draws(nothing))}),
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(day),
        reasons=False,
    )
    assert {item.status for item in reading.odds} == {status}
    assert all(item.prior_driven for item in reading.odds)


def test_evidence_takes_the_label_off_what_it_moves(kit: Kit) -> None:
    """Half a year before, little speaks of either; were Article 80 invoked, which is linked to both, evidence would."""
    day = date(2015, 10, 5)
    assert kit.fit(day).accepted
    answer = what_if(
        kit.theater,
        [Draft("state/emergency-measure", "2015-10-04", "3", "A1", origin="imagined")],
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(day),
    )
    driven = [
        {item.scenario for item in odds if item.prior_driven} for odds in (answer.real.odds, answer.imagined.odds)
    ]
    assert driven == [{"democratic-breakdown", "security-crackdown"}, set()]


def test_the_table_states_each_number_and_the_verdict_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Factors on the odds for ranges and evidence, figures for power scaling."""
    by_group = dict.fromkeys(GROUPS, 0.0) | {"hazards": 0.3}
    found = Sensitivity("coup", 0.3, by_group, math.log(0.9), 0.061, 0.085, 0.02, 0.028)
    at = datetime(2016, 3, 8, tzinfo=UTC)
    fit = Fit("f", "tunisia", at, at, "", "", "", 1, None, (), (found,), "", 0.0, 0.0)
    health = Diagnosis(1.0, 1000.0, 1000.0, 0.0, 1.0, 0.001, 4000)
    print_sensitivity(replace(fit, diagnosis=health))
    printed = capsys.readouterr().out
    for shown in ("×0.90", "×÷1.35", "×÷1.00", "0.061", "0.085", "0.020", "0.028"):
        assert shown in printed
    assert "coup: prior-driven: slightly other ranges would move" in printed
    print_sensitivity(fit)
    assert "coup: prior only, so prior-driven" in capsys.readouterr().out
