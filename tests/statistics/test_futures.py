from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from support.evidence import empty_evidence
from support.theaters import event, full_theater, indicator, scenario, span, steadying_theater
from tocsin.domain.elicitation import Normal, Range
from tocsin.domain.indicator import Kind, RateBaseline
from tocsin.domain.scenario import Event, Pressure, Threshold
from tocsin.domain.theater import Theater
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.draws import Draws, prior_draws
from tocsin.ensemble.futures import NEVER, Futures, Start, begin, draw_counts, simulate
from tocsin.ensemble.likelihood import linear_predictor
from tocsin.ensemble.odds import (
    LEAST,
    Estimate,
    chance_by,
    estimate,
    estimates,
    even_weights,
    joint,
    standard_error,
    weighted_quantiles,
)

THEATER = full_theater(window=20)
DESIGN = lay_out(THEATER)
START = begin(THEATER, DESIGN, empty_evidence(THEATER))


def _simulated(count: int = 600, futures: int = 16, start: Start = START, seed: int = 7) -> Futures:
    return simulate(DESIGN, prior_draws(DESIGN, 7, count), start, seed, futures)


def _event_by_event(design: Design, draws: Draws, start: Start, random: np.random.Generator) -> np.ndarray:
    """One future of each draw, the slow obvious way: every scenario, step and draw in turn. First days (S, D)."""
    first = np.full((len(design.scenarios), len(draws)), np.inf)
    for draw in range(len(draws)):
        value = dict(zip(design.labels, draws.parameters[draw], strict=True))
        part = {
            "coup, fast": draws.last_part[draw, 0],
            "coup, slow": draws.last_part[draw, 1],
            "offensive, fast": draws.last_part[draw, 2],
            "decline, slow": draws.last_part[draw, 3],
        }
        aftermath = {name: draws.last_aftermath[draw, place] for place, name in enumerate(design.scenarios)}
        happened = dict.fromkeys(design.scenarios, False)
        counts, met = [0] * 6, False
        for step, days in enumerate(start.step_days):
            if step:
                for name, value_now in list(part.items()):
                    rho = 2 ** (-1 / math.exp(value[f"log_half_life[{name}]"]))
                    part[name] = rho * value_now + math.sqrt(1 - rho**2) * random.normal()
                    who, which = name.split(", ")
                    if which == "fast":
                        aftermath[who] *= rho
                aftermath["coup"] += value["coupling[offensive -> coup]"] * happened["offensive"]
                aftermath["offensive"] += value["coupling[coup -> offensive]"] * happened["coup"]
            share = 1 / (1 + math.exp(-value["share[coup]"]))
            pressure = {
                "coup": math.sqrt(1 - share) * part["coup, fast"]
                + math.sqrt(share) * part["coup, slow"]
                + aftermath["coup"],
                "offensive": part["offensive, fast"] + aftermath["offensive"],
                "decline": part["decline, slow"] + aftermath["decline"],
            }
            for name in ("coup", "decline"):
                hazard = math.exp(value[f"log_hazard[{name}]"] + value[f"hazard_link[{name}]"] * pressure[name])
                happened[name] = random.random() < -math.expm1(-hazard * start.share[step])
            eta = value["baseline[field/attack]"] + (
                value["link[offensive, field/attack]"] * pressure["offensive"]
                + value["link[coup, field/attack]"] * pressure["coup"]
            )
            above = eta - value["baseline[field/attack]"]
            power = value.get("dispersion_power[field/attack]", 0.0)
            phi = math.exp(value["log_dispersion[field/attack]"] + power * above)
            mean = 0.7 * (start.share[step] if step else start.uncounted[0]) * math.exp(eta)
            new = random.negative_binomial(phi, phi / (phi + mean))
            counts = [*counts[:-1], counts[-1] + new] if step == 0 else [*counts[1:], new]
            now = sum(counts) >= 4
            happened["offensive"], met = now and not met, now
            for place, name in enumerate(design.scenarios):
                if happened[name] and math.isinf(first[place, draw]):
                    first[place, draw] = sum(start.step_days[:step]) + days
    return first


@pytest.mark.parametrize("theater", [THEATER, steadying_theater(window=20)], ids=["even", "steadying"])
def test_futures_agree_with_a_plain_event_by_event_simulation(theater: Theater) -> None:
    """Every scenario, at three horizons at step ends; the tolerance is four joint standard errors."""
    design = lay_out(theater)
    draws = prior_draws(design, 7, 3000)
    start = replace(START, uncounted=(6 / 7,))
    ours = simulate(design, draws, start, 7, 8)
    plain = _event_by_event(design, draws, start, np.random.default_rng(11))
    for position in range(len(design.scenarios)):
        for step in (3, 11, 24):
            days = int(ours.end_day[step])
            value = estimate(ours, position, days, even_weights(ours))
            share = float(np.mean(plain[position] <= days))
            error = math.hypot(math.sqrt(share * (1 - share) / len(draws)), value.error)
            assert value.probability == pytest.approx(share, abs=4 * error + 1e-4)


def test_a_constant_hazard_gives_the_exponential_law() -> None:
    """With no effect of pressure, P(by n days) = 1 − exp(−h·n/7) whatever the draws."""
    flat = replace(event(), base_hazard=Normal(math.log(0.004), 1e-9), hazard_link=span(0.999999, 1.000001))
    theater = replace(THEATER, scenarios=(scenario("coup", flat, (), Pressure(span(4, 14), None, None)),), couplings=())
    design = lay_out(theater)
    start = begin(theater, design, empty_evidence(theater))
    futures = simulate(design, prior_draws(design, 1, 2000), start, 1, 8)
    for days in (30, 90, 180):
        value = estimate(futures, 0, days, even_weights(futures))
        assert value.probability == pytest.approx(-math.expm1(-0.004 * days / 7), abs=2e-4)
        assert value.high90 - value.low90 < 5e-3  # nothing about the present is uncertain


def test_counts_are_scipys_negative_binomial_and_so_are_their_tails() -> None:
    """P(N ≥ k), also for k of 0 and below; counts by inversion, all above the most as the most."""
    mean, phi = np.array([0.3, 2.2, 5.0]), np.array([0.8, 1.9, 4.0])
    law = stats.nbinom(phi, phi / (phi + mean))
    for needed in (-1, 0, 1, 3, 4):
        for uniform in (0.02, 0.5, 0.97):
            count, chance = draw_counts(np.full(3, uniform), np.full(3, needed), mean, phi, most=4)
            np.testing.assert_allclose(chance, law.sf(needed - 1), atol=1e-12)
            np.testing.assert_array_equal(count, np.minimum(law.ppf(uniform), 4))


@pytest.mark.parametrize(
    ("mean", "phi", "needed"), [(120.0, 1000.0, 128), (150.0, 100.0, 165), (300.0, 30.0, 350), (120.0, 1000.0, 200)]
)
def test_steady_and_large_counts_keep_their_tails(mean: float, phi: float, needed: int) -> None:
    """Rules that ask for hundreds, as the futures ask for them: the chance of zero reports is below 1e-30."""
    flat = replace(
        indicator("field/attack", Kind.COUNT), baseline=RateBaseline(_narrow(mean), _narrow(phi)), coverage=1.0
    )
    rule = scenario("offensive", Threshold("field/attack", needed, 1), (), Pressure(span(4, 14), None, None))
    theater = Theater("large", "Large", THEATER.timeline, (rule,), (flat,))
    design = lay_out(theater)
    start = begin(theater, design, replace(empty_evidence(theater), elapsed=1.0, uncounted={"offensive": 0.0}))
    futures = simulate(design, prior_draws(design, 1, 200), start, 1, 8)
    assert futures.reached[0, :, 1].mean() == pytest.approx(
        stats.nbinom(phi, phi / (phi + mean)).sf(needed - 1), abs=0.003
    )


def _narrow(value: float) -> Range:
    return span(value * (1 - 1e-7), value * (1 + 1e-7))


def test_what_has_been_counted_joins_what_is_to_come() -> None:
    """More attacks on the books make the threshold likelier; enough of them make it certain, on day 0."""
    chances = []
    for counted in (0, 2, 3, 4):
        start = replace(START, counted=((0, 0, 0, 0, 0, counted),))
        futures = _simulated(start=start)
        chances.append(estimate(futures, 1, 90, even_weights(futures)).probability)
    assert chances == sorted(chances)
    assert chances[0] < chances[2] < 1
    assert chances[3] == 1 - LEAST  # only a resolution is certain
    assert np.all(futures.first_day[1] == 0)


@pytest.mark.parametrize(("within", "before"), [(1, 0), (2, 3)])
def test_a_rule_looks_back_as_many_steps_as_it_says(within: int, before: int) -> None:
    """With the current step over, three counts of last week help "4 within 2 steps" and not "4 within 1 step"."""
    design = replace(DESIGN, rules=(replace(DESIGN.rules[0], within_steps=within),))
    draws = prior_draws(DESIGN, 7, 400)
    over = replace(START, step_days=(0, *START.step_days[1:]), share=(0.0, *START.share[1:]), uncounted=(0.0,))
    chances = []
    for counted in (before, 0):
        start = replace(over, counted=((*(0,) * (within - 1), counted),))
        futures = simulate(design, draws, start, 7, 16)
        chances.append(futures.reached[1].mean(axis=0)[1])
    assert (chances[0] > 2 * chances[1]) == (within == 2)


def test_what_is_left_of_the_current_step_is_counted_by_its_days_alone() -> None:
    """P(met within the current step), against the negative binomial with the share that is not yet counted."""
    draws = prior_draws(DESIGN, 7, 3000)
    for uncounted in (1 / 7, 6 / 7):
        futures = simulate(DESIGN, draws, replace(START, uncounted=(uncounted,)), 7, 64)
        level = linear_predictor(DESIGN, draws.parameters, draws.recent[:, :, -1].astype(float), 0)
        phi = np.exp(draws.parameters[:, DESIGN.block("log_dispersion").start])
        mean = 0.7 * uncounted * np.exp(level)
        exact = stats.nbinom.sf(3, phi, phi / (phi + mean)).mean()
        found = estimate(futures, 1, 5, even_weights(futures))
        assert found.probability == pytest.approx(exact, abs=5e-4)


def test_counts_leave_the_rules_window() -> None:
    """Three attacks about to fall out of the six weeks count for less than three of this week."""
    old, new = (replace(START, counted=(counts,)) for counts in ((3, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 3)))
    before, after = _simulated(start=old), _simulated(start=new)
    assert (
        estimate(before, 1, 90, even_weights(before)).probability
        < estimate(after, 1, 90, even_weights(after)).probability
    )


def test_an_occurrence_adds_pressure_by_its_coupling() -> None:
    """An offensive in the current step makes a coup likelier: coupling 0 of the theater."""
    coupled = _simulated(2000, start=replace(START, occurred=(1.0, 0.0)))
    plain = _simulated(2000)
    assert coupled.reached[0].mean(axis=0)[-1] > plain.reached[0].mean(axis=0)[-1]
    np.testing.assert_array_equal(coupled.reached[2], plain.reached[2])  # nothing couples into the decline


def test_a_rule_met_again_within_the_current_step_is_no_new_occurrence_to_couplings() -> None:
    """Four attacks have just left the six weeks: where the rest of this week makes up for them, the rule went on."""
    starts = []
    for place in (12, 13):  # of 20 weeks: they left the rule's window last week, or this week
        counts = tuple(4 * (step == place) + 3 * (step == 19) for step in range(20))
        evidence = replace(empty_evidence(THEATER), counted={"offensive": counts}, uncounted={"offensive": 1.0})
        starts.append(begin(THEATER, DESIGN, evidence))
    assert [start.met_before for start in starts] == [(False,), (True,)]
    fresh, going_on = (_simulated(2000, start=start) for start in starts)
    np.testing.assert_array_equal(fresh.reached[1, :, 0], going_on.reached[1, :, 0])
    assert fresh.reached[1, :, 0].mean() > 0.1  # often enough to tell the coup's odds apart
    assert fresh.reached[0, :, -1].mean() > going_on.reached[0, :, -1].mean()


def test_the_same_seed_gives_the_same_futures_bit_for_bit() -> None:
    """And another seed others."""
    one, same, other = _simulated(300), _simulated(300), _simulated(300, seed=8)
    np.testing.assert_array_equal(one.reached, same.reached)
    np.testing.assert_array_equal(one.first_day, same.first_day)
    assert not np.array_equal(one.first_day, other.first_day)


def test_chances_rise_with_time_and_agree_with_the_first_days() -> None:
    """Two readings of one simulation: the low-variance chance and the plain share of futures."""
    futures = _simulated(3000, 16)
    assert np.all(np.diff(futures.reached, axis=2) >= 0)
    for position in range(3):
        for step in (4, 20):
            share = np.mean(futures.first_day[position] <= futures.end_day[step])
            assert futures.reached[position, :, step].mean() == pytest.approx(share, abs=0.005)


def test_odds_between_step_ends_are_interpolated() -> None:
    """A horizon inside a step lies between the ends around it; past the end it is refused."""
    futures = _simulated()
    before, inside, after = (chance_by(futures, 0, days)[0].mean() for days in (26, 30, 33))
    assert before < inside < after
    with pytest.raises(ValueError, match="futures reach"):
        chance_by(futures, 0, 10_000)


def test_intervals_do_not_widen_with_simulation_noise() -> None:
    """With 8 futures a draw the interval is nearly that of 256, where uncorrected it is far wider."""
    draws = prior_draws(DESIGN, 7, 1500)
    coarse, fine = (simulate(DESIGN, draws, START, 7, futures) for futures in (8, 256))
    for position in range(3):
        few, many = (estimate(item, position, 90, even_weights(item)) for item in (coarse, fine))
        assert few.low90 == pytest.approx(many.low90, abs=0.02)
        assert few.high90 == pytest.approx(many.high90, abs=0.04)
    raw = np.quantile((coarse.first_day[1] <= 90).mean(axis=1), [0.05, 0.95])
    settled = estimate(coarse, 1, 90, even_weights(coarse))
    assert raw[1] - raw[0] > settled.high90 - settled.low90


_HORIZONS = (5, 10, 20, 30, 60, 90, 120, 150, 180)
_ENDS = ("low90", "low50", "high50", "high90")


def _falls(found: list[Estimate]) -> list[str]:
    """Which ends of intervals fall from one horizon to the next."""
    pairs = list(pairwise(found))
    return [end for end in _ENDS if any(getattr(b, end) < getattr(a, end) for a, b in pairs)]


@given(
    seed=st.integers(0, 20),
    futures=st.sampled_from([2, 4, 16]),
    even=st.booleans(),
    horizons=st.sets(st.sampled_from(_HORIZONS), min_size=1),
)
@settings(max_examples=25, deadline=None)
def test_no_end_of_an_interval_falls_as_the_horizon_grows(
    seed: int, futures: int, *, even: bool, horizons: set[int]
) -> None:
    """Under any weights. Each interval holds the one that is estimated at its horizon alone, and the odds are its."""
    found = _simulated(300, futures, seed=seed)
    weights = even_weights(found) if even else np.random.default_rng(seed).dirichlet(np.full(300, 0.1))
    for position in range(3):
        stated = estimates(found, position, horizons, weights)
        assert list(stated) == sorted(horizons)
        assert _falls(list(stated.values())) == []
        for days, value in stated.items():
            alone = estimate(found, position, days, weights)
            assert (value.probability, value.error) == (alone.probability, alone.error)
            assert value.low90 <= alone.low90
            assert value.low90 <= value.low50 <= alone.low50
            assert alone.high50 <= value.high50 <= value.high90
            assert alone.high90 <= value.high90


def test_an_end_that_is_estimated_at_each_horizon_alone_may_fall() -> None:
    """Though no draw's chance does: by how far the noise of the futures draws them in, here with two futures a draw."""
    found = _simulated(300, 2, seed=1)
    weights = even_weights(found)
    assert np.all(np.diff([chance_by(found, 1, days)[0] for days in _HORIZONS], axis=0) >= 0)
    assert "high90" in _falls([estimate(found, 1, days, weights) for days in _HORIZONS])
    assert _falls(list(estimates(found, 1, _HORIZONS, weights).values())) == []


def test_the_interval_of_a_rare_event_is_not_drawn_to_a_point() -> None:
    """A month's offensive from few draws: most of its chance lies in a tenth of the draws, and the interval says so."""
    draws = prior_draws(DESIGN, 7, 1500)
    calm = replace(draws, parameters=draws.parameters - np.where(np.arange(DESIGN.parameters) == 0, 2.0, 0.0))
    coarse, fine = (simulate(DESIGN, calm, START, 7, futures) for futures in (32, 512))
    few, many = (estimate(item, 1, 30, even_weights(item)) for item in (coarse, fine))
    assert many.probability < 0.01
    assert few.low90 < few.probability < few.high90
    assert few.high90 == pytest.approx(many.high90, rel=0.4)


def test_joint_odds_obey_the_laws_of_probability() -> None:
    """P(both) is symmetric, at most either, and P(first | second)·P(second) = P(both)."""
    futures = _simulated(3000, 16)
    weights = even_weights(futures)
    both, given = joint(futures, 0, 1, 180, weights)
    turned, _ = joint(futures, 1, 0, 180, weights)
    second = float(weights @ (futures.first_day[1] <= 180).mean(axis=1))
    assert both == pytest.approx(turned, rel=1e-12)
    assert 0 < both < second
    assert given == pytest.approx(both / second, rel=1e-12)


def test_a_condition_that_almost_never_occurs_gives_no_conditional_odds() -> None:
    """A share of a handful of futures would be noise shown as knowledge."""
    futures = _simulated(40, 2)
    never = replace(futures, first_day=np.full_like(futures.first_day, NEVER))
    assert joint(never, 0, 1, 180, even_weights(futures)) == (LEAST, None)


def test_the_standard_error_of_independent_draws_is_the_textbook_one() -> None:
    """S / √n, within the spread of 40 batches (about 11 %, here 4 of them)."""
    values = np.random.default_rng(1).gamma(2.0, size=40_000)
    found = standard_error(values, np.full(40_000, 1 / 40_000))
    assert found == pytest.approx(values.std() / math.sqrt(40_000), rel=0.45)


def test_weighted_quantiles_of_even_weights_are_order_statistics() -> None:
    """And weight on one value makes it every quantile."""
    values = np.array([5.0, 1.0, 3.0, 2.0, 4.0])
    assert weighted_quantiles(values, np.full(5, 0.2), (0.05, 0.5, 0.95)) == (1.0, 3.0, 5.0)
    assert weighted_quantiles(values, np.array([0, 0, 1.0, 0, 0]), (0.05, 0.95)) == (3.0, 3.0)


def test_the_last_day_of_a_step_starts_with_nothing_left_of_it() -> None:
    """As of a Sunday the future begins with the next week."""
    theater: Theater = THEATER
    sunday = replace(empty_evidence(theater), elapsed=1.0)
    start = begin(theater, DESIGN, sunday)
    assert start.step_days[:2] == (0, 7)
    assert start.share[0] == 0.0
    futures = simulate(DESIGN, prior_draws(DESIGN, 7, 50), start, 7, 4)
    assert np.all(futures.reached[:, :, 0] <= futures.reached[:, :, 1])
    assert isinstance(theater.scenarios[0].mechanism, Event)
