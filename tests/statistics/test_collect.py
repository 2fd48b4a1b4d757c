from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from support.evidence import empty_evidence
from support.grid import COVERAGE, fit_tiny, law_by_grid, reading_by_grid
from support.theaters import full_theater
from tocsin.ensemble import reading as reading_module
from tocsin.ensemble.collect import amounts, information, outlook, tabulate, tabulate_counted
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.likelihood import linear_predictor
from tocsin.ensemble.odds import chance_by, even_weights, standard_error
from tocsin.ensemble.paths import informs
from tocsin.ensemble.reading import next_reading
from tocsin.ensemble.tally import tally

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import Sampler

DAYS = 12
LINKED = ("field/attack", "field/claim", "field/alert", "field/price")
ALL = np.array([True])


@pytest.fixture(scope="module")
def tiny(sampler: Sampler) -> tuple[Theater, Ensemble]:
    """The real fit of the tiny theater."""
    return fit_tiny(sampler)


def _bits_by_grid(name: str, trust: float) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Bits, readings, their chances and P(coup | reading), summed out over the grid."""
    law = law_by_grid(DAYS)
    values, given = reading_by_grid(name, law.axis, trust)
    chance = law.now @ given
    values, given, chance = values[chance > 0], given[:, chance > 0], chance[chance > 0]
    after = (law.now * law.chance) @ given / chance
    gain = stats.entropy(np.stack([after, 1 - after]), np.array([[law.odds], [1 - law.odds]]), base=2)
    return float(np.sum(chance * gain)), values, chance, after


@pytest.mark.parametrize("trust", [0.91, 0.4])
@pytest.mark.parametrize("name", LINKED)
def test_bits_and_crossing_are_those_of_brute_force_on_a_grid(
    tiny: tuple[Theater, Ensemble], name: str, trust: float
) -> None:
    """Every kind of indicator, at two trusts: bits within four stated errors, the chance to cross a line likewise."""
    theater, ensemble = tiny
    design, weights = lay_out(theater), even_weights(ensemble.futures)
    reading = next_reading(design, ensemble.draws, weights, design.indicators.index(name), COVERAGE, trust)
    chance, _ = chance_by(ensemble.futures, 0, DAYS)
    joint = tabulate(reading, chance[None], weights)
    (amount,), total = amounts(joint, ALL)
    bits, values, mass, after = _bits_by_grid(name, trust)
    assert amount == total
    assert amount.bits == pytest.approx(bits, abs=4 * amount.error)
    assert amount.error < 0.1 * bits + 1e-4
    assert not amount.below_noise
    now = float(np.sum(weights * chance))
    line = now * 1.12
    found = outlook(joint, 0, now, line.__le__)
    across = np.interp(reading.values, values, after) >= line
    error = standard_error(reading.likelihood[:, across].sum(axis=1), weights)
    assert found.crossing == pytest.approx(mass[after >= line].sum(), abs=4 * error + found.undecided + 1e-4)
    assert found.undecided < 0.1
    if name == "field/claim":
        assert found.if_high == pytest.approx(after[1], abs=0.02)
        assert found.if_low == pytest.approx(after[0], abs=0.02)
        assert found.high == pytest.approx(mass[1], abs=0.02)


def test_an_unlinked_indicator_tells_nothing_on_the_grid_nor_in_the_fit(tiny: tuple[Theater, Ensemble]) -> None:
    """No path: by brute force 0 bits; in the fit no more than noise, which the paths turn to exactly 0."""
    theater, ensemble = tiny
    design, weights = lay_out(theater), even_weights(ensemble.futures)
    assert _bits_by_grid("field/quiet", 0.91)[0] == pytest.approx(0.0, abs=1e-12)
    place = design.indicators.index("field/quiet")
    joint = tabulate(
        next_reading(design, ensemble.draws, weights, place, COVERAGE, 0.91),
        chance_by(ensemble.futures, 0, DAYS)[0][None],
        weights,
    )
    assert amounts(joint, ALL)[1].below_noise
    assert amounts(joint, informs(design)[place])[1].bits == 0.0
    assert informs(design)[:, 0].tolist() == [name != "field/quiet" for name in design.indicators]


@pytest.mark.parametrize("name", LINKED)
def test_readings_leave_the_odds_where_they_are_on_average(tiny: tuple[Theater, Ensemble], name: str) -> None:
    """Σ P(y)·P(S | y) = P(S), to rounding."""
    theater, ensemble = tiny
    design, weights = lay_out(theater), even_weights(ensemble.futures)
    chance, _ = chance_by(ensemble.futures, 0, DAYS)
    reading = next_reading(design, ensemble.draws, weights, design.indicators.index(name), COVERAGE, 0.91)
    joint = tabulate(reading, chance[None], weights)
    assert joint.reading.sum() == pytest.approx(1.0, abs=1e-12)
    assert joint.both.sum() == pytest.approx(np.sum(weights * chance), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "finer"),
    [
        ("field/price", {"GRID_POINTS": 961, "_GRID_REACH": 1e6}),
        ("field/attack", {"_ALL_COUNTS": 1000, "COVERED": 1 - 1e-10}),
    ],
)
def test_a_finer_reading_tells_no_more(
    tiny: tuple[Theater, Ensemble], name: str, finer: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the points, every count up to a thousand: the same bits to a thousandth."""
    theater, ensemble = tiny
    design, weights = lay_out(theater), even_weights(ensemble.futures)
    chance, _ = chance_by(ensemble.futures, 0, DAYS)

    def bits() -> float:
        reading = next_reading(design, ensemble.draws, weights, design.indicators.index(name), COVERAGE, 0.91)
        joint = tabulate(reading, chance[None], weights)
        return float(information(joint.reading.sum(axis=0), joint.both.sum(axis=0))[0])

    coarse = bits()
    for constant, value in finer.items():
        monkeypatch.setattr(reading_module, constant, value)
    assert coarse == pytest.approx(bits(), rel=1e-3)


def test_large_counts_read_in_groups_tell_as_much_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts in the hundreds, of which each group is 3 %: the same bits to a hundredth."""
    theater = full_theater()
    design = lay_out(theater)
    draws = prior_draws(design, 3, 400)
    draws = replace(draws, parameters=draws.parameters.copy())
    draws.parameters[:, 0] += 6.0
    weights = np.full(400, 1 / 400)
    chance = 1 / (1 + np.exp(-draws.recent[:, 1, -1].astype(float)))

    def bits() -> float:
        joint = tabulate(next_reading(design, draws, weights, 0, 0.7, 0.91), chance[None], weights)
        return float(information(joint.reading.sum(axis=0), joint.both.sum(axis=0))[0])

    grouped = bits()
    monkeypatch.setattr(reading_module, "_ALL_COUNTS", 4000)
    assert grouped == pytest.approx(bits(), rel=0.01)


THEATER = full_theater(window=20)
DESIGN = lay_out(THEATER)
HORIZONS = (180, 90, 180)


def _standing(uncounted: float, counted: int) -> tuple[object, ...]:
    evidence = empty_evidence(THEATER)
    evidence = replace(
        evidence,
        uncounted={"offensive": uncounted},
        counted={"offensive": (*evidence.counted["offensive"][:-1], counted)},
    )
    draws = prior_draws(DESIGN, 7, 2000)
    return evidence, draws, np.full(2000, 1 / 2000)


def test_a_reading_that_a_rule_counts_is_that_of_plain_enumeration() -> None:
    """For each reading and each part of it that is new, futures begun by hand; weights by SciPy."""
    evidence, draws, weights = _standing(5 / 7, 1)
    trust = 0.91
    reading = next_reading(DESIGN, draws, weights, 0, 0.7, trust)
    counted = tally(THEATER, DESIGN, evidence, draws, 0, HORIZONS, 7, lambda *_: None)
    joint = tabulate_counted(reading, counted, weights)
    start = begin(THEATER, DESIGN, evidence)
    chances = []
    for more in range(5):
        occurred = (float(1 + more >= 4), 0.0)
        begun = replace(start, counted=((0, 0, 0, 0, 0, 1 + more),), uncounted=(0.0,), occurred=occurred)
        futures = simulate(DESIGN, draws, begun, 7, 8)
        chances.append([chance_by(futures, place, days)[0] for place, days in enumerate(HORIZONS)])
    level = linear_predictor(DESIGN, draws.parameters, draws.recent[:, :, -1].astype(float), 0)
    phi = np.exp(draws.parameters[:, DESIGN.column("log_dispersion[field/attack]")])
    prior = stats.norm(DESIGN.mean[0], DESIGN.sd[0])
    nodes = prior.ppf((np.arange(2000) + 0.5) / 2000)
    usual = math.exp(DESIGN.mean[DESIGN.column("log_dispersion[field/attack]")])
    for value in range(7):
        sure = stats.nbinom.pmf(value, phi, phi / (phi + 0.7 * np.exp(level)))
        normal = stats.nbinom.pmf(value, usual, usual / (usual + 0.7 * np.exp(nodes))).mean()
        given = weights * (trust * sure + (1 - trust) * normal)
        new = stats.binom.pmf(np.arange(5), value, 5 / 7)
        new[4] += stats.binom.sf(4, value, 5 / 7)
        expected = [sum(new[k] * np.sum(given * chances[k][place]) for k in range(5)) for place in range(3)]
        assert joint.reading[:, value].sum() == pytest.approx(given.sum(), rel=1e-4)
        np.testing.assert_allclose(joint.both[:, value].sum(axis=0), expected, rtol=1e-4)


@pytest.mark.parametrize("uncounted", [5 / 7, 0.0])
def test_a_certain_reading_that_a_rule_counts_leaves_the_odds_where_they_are_on_average(uncounted: float) -> None:
    """What a reading adds to the books is what futures would have drawn; within four errors of the difference."""
    evidence, draws, weights = _standing(uncounted, 2)
    counted = tally(THEATER, DESIGN, evidence, draws, 0, HORIZONS, 7, lambda *_: None)
    joint = tabulate_counted(next_reading(DESIGN, draws, weights, 0, 0.7, 1.0), counted, weights)
    futures = simulate(DESIGN, draws, begin(THEATER, DESIGN, evidence), 7, 8)
    for place, days in enumerate(HORIZONS):
        chance, noise = chance_by(futures, place, days)
        assert joint.both[:, :, place].sum() == pytest.approx(
            np.sum(weights * chance), abs=4 * math.sqrt(2 * noise / len(draws)) + 1e-9
        )


def test_a_count_on_the_books_tells_more_than_pressure_alone() -> None:
    """The same reading, with and without its count: the rule's scenario gains, and crossing it is certain at four."""
    evidence, draws, weights = _standing(1.0, 0)
    reading = next_reading(DESIGN, draws, weights, 0, 0.7, 0.91)
    counted = tally(THEATER, DESIGN, evidence, draws, 0, HORIZONS, 7, lambda *_: None)
    base = counted.chances[0]
    with_count = amounts(tabulate_counted(reading, counted, weights), np.ones(3, dtype=bool))[0][1]
    without = amounts(tabulate(reading, base, weights), np.ones(3, dtype=bool))[0][1]
    assert with_count.bits > without.bits + 4 * with_count.error
    joint = tabulate_counted(reading, counted, weights)
    sums = joint.both.sum(axis=0)[:, 1] / joint.reading.sum(axis=0)
    np.testing.assert_allclose(sums[4:], 1.0)
    assert sums[0] < sums[1] < sums[2] < 1


def test_a_rule_that_asks_for_many_is_simulated_at_a_dozen_counts() -> None:
    """Weights of the counts in between go to their neighbors; each row sums to 1."""
    design = replace(DESIGN, rules=(replace(DESIGN.rules[0], at_least=40),))
    evidence, draws, _ = _standing(1.0, 0)
    small = replace(
        draws,
        parameters=draws.parameters[:50],
        recent=draws.recent[:50],
        last_part=draws.last_part[:50],
        last_aftermath=draws.last_aftermath[:50],
    )
    told: list[tuple[int, int]] = []
    counted = tally(THEATER, design, evidence, small, 0, (30, 30, 30), 7, lambda *progress: told.append(progress))
    assert told == [(done, 13) for done in range(14)]
    assert counted.chances.shape == (13, 3, 50)
    assert counted.counts[[0, -1]].tolist() == [0, 40]
    weights = counted.added(np.arange(60.0))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    np.testing.assert_allclose(weights @ counted.counts, np.minimum(np.arange(60.0), 40), atol=1e-9)


def test_what_there_is_nothing_to_tell_of_is_below_noise() -> None:
    """Chances that have nothing to do with the draws: raw bits are above 0 each time, those reported mostly are not."""
    random = np.random.default_rng(5)
    draws = prior_draws(DESIGN, 7, 2000)
    weights = np.full(2000, 1 / 2000)
    reading = next_reading(DESIGN, draws, weights, 0, 0.7, 0.91)
    noisy, raw, corrected = 0, [], []
    for _ in range(100):
        chance = random.beta(0.5, 1.5, 2000)
        joint = tabulate(reading, chance[None], weights)
        (amount,), _total = amounts(joint, ALL)
        noisy += amount.below_noise
        raw.append(float(information(joint.reading.sum(axis=0), joint.both.sum(axis=0))[0]))
        corrected.append(amount.bits)
    assert min(raw) > 0
    assert noisy >= 95
    assert np.mean(corrected) < 0.6 * np.mean(raw)


def test_the_stated_error_is_that_of_other_draws() -> None:
    """Bits from 60 sets of draws scatter as each of them says, about the bits of 40 times as many draws."""
    found = []
    for seed in range(60):
        draws = prior_draws(DESIGN, 100 + seed, 1000)
        found.append(_prior_bits(draws))
    truth = _prior_bits(prior_draws(DESIGN, 99, 40_000))
    scatter = np.std([amount.bits for amount in found], ddof=1)
    stated = np.mean([amount.error for amount in found])
    assert 0.75 < stated / scatter < 1.35  # 60 give a standard deviation to 9 %
    middle = np.mean([amount.bits for amount in found])
    assert middle == pytest.approx(truth.bits, abs=4 * math.hypot(scatter / math.sqrt(60), truth.error))


def _prior_bits(draws: object) -> object:
    weights = np.full(len(draws), 1 / len(draws))
    pressure = draws.recent[:, 1, -1].astype(float)
    chance = 1 / (1 + np.exp(2 - pressure))
    return amounts(tabulate(next_reading(DESIGN, draws, weights, 0, 0.7, 0.91), chance[None], weights), ALL)[1]
