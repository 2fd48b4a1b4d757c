from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from support.theaters import contradicting_theaters, full_theater, steadying_theater
from tocsin.cli.implied_table import implied_object, print_implied
from tocsin.domain.contradiction import contradictions
from tocsin.domain.indicator import Kind
from tocsin.domain.scenario import Event, Threshold
from tocsin.ensemble.design import COUNT, Design, lay_out
from tocsin.ensemble.draws import Draws, prior_draws
from tocsin.ensemble.implied_reading import divergence
from tocsin.ensemble.likelihood import linear_predictor, log_shape
from tocsin.usecases.imply import imply

if TYPE_CHECKING:
    from tocsin.domain.errors import Problem
    from tocsin.domain.implied import Implications, ImpliedReading
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Floats


@pytest.fixture(scope="module")
def theater() -> Theater:
    return full_theater()


@pytest.fixture(scope="module")
def implied(theater: Theater) -> Implications:
    return imply(theater)


def _reading(implied: Implications, indicator: str, developing: str | None = None) -> ImpliedReading:
    return next(item for item in implied.readings if (item.indicator, item.developing) == (indicator, developing))


def test_the_same_files_imply_the_same_figures(theater: Theater, implied: Implications) -> None:
    """No clock and no chance is in them."""
    assert imply(theater) == implied


def test_held_at_normal_pressure_an_event_keeps_to_its_base_rate(theater: Theater, implied: Implications) -> None:
    """The mean of 1 − exp(−h) over the log-normal h of the range, by quadrature; and developing by hazard_link."""
    event = theater.scenarios[0].mechanism
    assert isinstance(event, Event)
    own = implied.scenarios[0]
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    steps = 365 / theater.timeline.step.mean_days
    hazard = np.exp(event.base_hazard.mean + event.base_hazard.sd * nodes)
    year = float(np.sum(weights * -np.expm1(-steps * hazard)) / weights.sum())
    # 2,000 draws leave a relative error of 1 % to a log-normal of this width; four of them.
    assert own.normal[-1] == pytest.approx(year, rel=0.04)
    assert own.base_rate == pytest.approx((0.05, 0.1015, 0.2), abs=1e-4)
    assert 4 < math.log1p(-own.developing[0]) / math.log1p(-own.normal[0]) < 15


def test_moving_pressure_and_couplings_raise_the_odds_of_a_year(implied: Implications) -> None:
    """By exp(γ²/2) at the median, as the mean of a log-normal is; couplings on top, and never below."""
    coup, _, decline = implied.scenarios
    assert coup.normal[-1] * 1.2 < coup.uncoupled < coup.within_a_year.probability
    assert decline.uncoupled == decline.within_a_year.probability  # nothing is coupled to it
    for own in implied.scenarios:
        assert [item.days for item in own.odds] == [30, 90, 180, 365]
        assert all(item.interval90.low < item.probability < item.interval90.high for item in own.odds)


def test_a_rule_of_one_is_met_unless_every_step_counts_nothing(theater: Theater) -> None:
    """1 − E[p(0)^n], with p(0) and n written out."""
    offensive = theater.scenarios[1]
    one = replace(offensive, mechanism=Threshold("field/attack", 1, 6))
    changed = replace(theater, scenarios=(theater.scenarios[0], one, theater.scenarios[2]))
    design = lay_out(changed)
    draws = prior_draws(design, 9, 20_000)
    mean = 0.7 * np.exp(draws.parameters[:, design.column("baseline[field/attack]")])
    dispersion = np.exp(draws.parameters[:, design.column("log_dispersion[field/attack]")])
    none = (dispersion / (dispersion + mean)) ** dispersion
    own = imply(changed).scenarios[1]
    for found, steps in zip(own.normal, (4, 13, 26, 52), strict=True):
        assert found == pytest.approx(1 - float((none**steps).mean()), abs=0.035)  # three errors of 2,000 futures


def test_a_count_of_nothing_is_as_likely_as_the_negative_binomial_says(theater: Theater, implied: Implications) -> None:
    """And its mean is coverage times the mean of a log-normal."""
    prior = theater.indicator("field/attack").baseline_prior()
    found = _reading(implied, "field/attack")
    assert found.mean == pytest.approx(0.7 * math.exp(prior.mean + prior.sd**2 / 2), rel=0.04)
    assert sum(found.shares) == pytest.approx(1.0)
    assert found.low90 == 0
    assert _reading(implied, "field/attack", "offensive").mean > 3 * found.mean


def test_a_presence_is_seen_with_the_chance_of_its_range(implied: Implications) -> None:
    """0.1 to 0.6 a week, seen with coverage 0.7: the interval's ends are those of the range."""
    found = _reading(implied, "field/claim")
    assert found.low90 == pytest.approx(1 - math.exp(-0.7 * 0.1), rel=0.05)
    assert found.high90 == pytest.approx(1 - math.exp(-0.7 * 0.6), rel=0.05)


def test_an_ordinal_has_its_declared_shares_up_to_coverage(implied: Implications) -> None:
    """Levels above 0 are seen with 0.7; the range around them, even in log-odds, moves means a little."""
    found = _reading(implied, "field/alert")
    assert found.shares == pytest.approx((0.65, 0.245, 0.105), abs=0.01)
    assert (
        _reading(implied, "field/alert", "offensive").mean < found.mean < _reading(implied, "field/alert", "coup").mean
    )


def test_a_measure_comes_back_in_its_own_unit(implied: Implications) -> None:
    """A log-transformed measure around exp(1.5), wider than its mean's range alone would have it."""
    found = _reading(implied, "field/price")
    assert found.mean == pytest.approx(math.exp(1.5), rel=0.03)
    assert found.low90 < math.exp(1.0) < math.exp(2.0) < found.high90


type _Law = tuple[Floats, Floats]  # η and the log dispersion or spread


def _laws(design: Design, draws: Draws, position: int) -> tuple[_Law, _Law]:
    """With two scenarios developing, and at normal pressure."""
    pressure = np.zeros((len(draws), len(design.scenarios)))
    calm = linear_predictor(design, draws.parameters, pressure, position)
    pressure[:, 0] = pressure[:, 1] = 2.0
    level = linear_predictor(design, draws.parameters, pressure, position)
    return tuple((eta, log_shape(design, draws.parameters, position, eta)) for eta in (level, calm))  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["field/attack", "field/claim", "field/alert", "field/price"])
def test_the_divergence_is_the_mean_log_ratio_of_densities(theater: Theater, name: str) -> None:
    """Summed value by value with SciPy's densities, or integrated; coverage is 0.7."""
    design = lay_out(theater)
    draws = prior_draws(design, 2, 20)
    position = design.indicators.index(name)
    laws = _laws(design, draws, position)
    found = divergence(design, position, 0.7, *laws)
    for draw in range(len(draws)):
        pairs = [_masses(design, position, eta[draw], shape[draw]) for eta, shape in laws]
        expected = float(np.sum(pairs[0] * np.log(pairs[0] / pairs[1])))
        # The measure's grid of 64 quantiles cuts the last percent of either tail short.
        assert found[draw] == pytest.approx(expected, rel=0.03 if name == "field/price" else 1e-8)


def test_the_divergence_of_counts_whose_dispersions_differ_is_summed_over_groups_of_counts() -> None:
    """Against the sum over single counts; groups of 3 % are coarser than those by at most a part in a thousand."""
    design = lay_out(steadying_theater())
    draws = prior_draws(design, 2, 20)
    laws = _laws(design, draws, 0)
    assert np.all(laws[0][1] > laws[1][1])
    found = divergence(design, 0, 0.7, *laws)
    for draw in range(len(draws)):
        developing, calm = (_masses(design, 0, eta[draw], shape[draw]) for eta, shape in laws)
        assert found[draw] == pytest.approx(float(np.sum(developing * np.log(developing / calm))), rel=1e-3)


def _masses(design: Design, position: int, level: float, shape: float) -> Floats:
    kind = design.kind[position]
    if kind == COUNT:
        mean, phi = 0.7 * math.exp(level), math.exp(shape)
        return stats.nbinom.pmf(np.arange(3000), phi, phi / (phi + mean)) + 1e-300
    if kind == 1:
        seen = 1 - math.exp(-0.7 * math.exp(level))
        return np.array([1 - seen, seen])
    if kind == 2:
        above = 1 / (1 + np.exp(design.cutpoints[position][:2] - level))
        shares = -np.diff([1.0, *above, 0.0])
        return 0.7 * shares + np.array([0.3, 0, 0])
    grid = np.linspace(-150, 150, 600_001)
    return stats.t.pdf(grid, design.degrees_of_freedom[position], level, math.exp(shape)) * (grid[1] - grid[0])


@cache
def _problems(rule: str) -> tuple[Implications, tuple[Problem, ...]]:
    theater, _, _ = contradicting_theaters()[rule]
    implied = imply(theater)
    return implied, contradictions(theater, implied)


@pytest.mark.parametrize("rule", list(contradicting_theaters()))
def test_each_rule_finds_the_theater_built_to_break_it(rule: str) -> None:
    """In the file and field that would have to change, and nothing else is found."""
    _, file, field = contradicting_theaters()[rule]
    _, found = _problems(rule)
    assert {(problem.file, problem.field) for problem in found} == {(file, field)}, [str(item) for item in found]


def test_ranges_that_agree_are_not_reported(theater: Theater, implied: Implications) -> None:
    """The theater that the broken ones are made from."""
    assert contradictions(theater, implied) == ()


def test_the_tables_show_each_scenario_and_indicator_with_what_was_declared(
    theater: Theater, implied: Implications, capsys: pytest.CaptureFixture[str]
) -> None:
    """And say so where nothing contradicts."""
    print_implied(theater, implied, ())
    printed = capsys.readouterr().out
    assert "base rate 5.0–20 % a year at normal pressure" in printed
    assert "4 of field/attack within 6 weeks" in printed
    assert "3 to 12 times" in printed
    assert "-1.5 to 1 spreads" in printed
    assert "0.1 to 0.6 per week" in printed
    assert "no range's consequences contradict another's" in printed
    assert "status: prior only · no fit and no observation" in printed
    assert "are no odds, so they have no interval" in printed


def test_contradictions_are_printed_with_file_and_field(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and all, which a terminal's markup would swallow."""
    theater, file, field = contradicting_theaters()["tells nothing"]
    implied, problems = _problems("tells nothing")
    print_implied(theater, implied, problems)
    assert f"! {file}: {field} is such that" in capsys.readouterr().out
    printed = json.loads(json.dumps(implied_object(implied, problems)))
    first = implied.scenarios[0].odds[0]
    assert printed["scenarios"][0]["odds"][0] == {
        "days": 30,
        "probability": first.probability,
        "interval90": {"low": first.interval90.low, "high": first.interval90.high},
    }
    (told,) = printed["contradictions"]
    assert (told["file"], told["field"]) == (file, field)


def test_readings_are_of_every_indicator_and_link(theater: Theater, implied: Implications) -> None:
    """Normal first, then each scenario that has a link."""
    links = sum(len(scenario.links) for scenario in theater.scenarios)
    assert len(implied.readings) == len(theater.indicators) + links
    assert [item.indicator for item in implied.readings if item.developing is None] == [
        indicator.id for indicator in theater.indicators
    ]
    assert {indicator.kind for indicator in theater.indicators} == set(Kind)
