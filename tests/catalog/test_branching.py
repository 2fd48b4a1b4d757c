"""Couplings held to the sums that define the branching ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tocsin.catalog.branching import branching, excess, extra_occurrences, spectral_radius

if TYPE_CHECKING:
    from conftest import Folder

THEATER = "models/border/theater.yaml"
# The loop stops at a term of 1e-16 of the first; the rest of a geometric tail stays far below this.
LOOP_ERROR = 1e-10


def _excess_by_loop(jump: float, decay: float) -> float:
    terms, level = [], jump
    while level > 1e-16 * jump:
        terms.append(math.expm1(level))
        level *= decay
    return math.fsum(terms)


@pytest.mark.parametrize(("jump", "decay"), [(0.03, 0.5), (0.7, 0.91), (2.5, 0.98), (30.0, 0.3)])
def test_the_series_is_the_sum_over_steps(jump: float, decay: float) -> None:
    assert excess(jump, decay) == pytest.approx(_excess_by_loop(jump, decay), rel=LOOP_ERROR)


def test_no_pressure_brings_nothing_about() -> None:
    assert excess(0.0, 0.9) == 0.0
    assert excess(-1.0, 0.9) == 0.0


def test_a_jump_beyond_computing_is_large_and_finite() -> None:
    assert 1 < excess(1e6, 0.9) < math.inf


def test_an_event_gains_its_developing_hazard_times_the_excess(folder: Folder) -> None:
    crackdown = folder.read().theater("border").scenario("crackdown")
    weeks = 365.2425 / 7
    low, high = (-math.log(1 - chance) / weeks for chance in (0.03, 0.12))
    gamma = math.log(5 * 20) / 2 / 2
    hazard = math.sqrt(low * high) * math.exp(2 * gamma)
    decay = 2 ** (-1 / math.sqrt(4 * 14))
    expected = hazard * _excess_by_loop(gamma * 0.8, decay)
    assert extra_occurrences(crackdown, 0.8) == pytest.approx(expected, rel=LOOP_ERROR)


def test_a_threshold_gains_the_excess_over_its_span(folder: Folder) -> None:
    offensive = folder.read().theater("border").scenario("offensive")
    link = math.log(8 * 40) / 2 / 2
    month = 365.2425 / 7 / 12
    decay = 2 ** (-1 / (math.sqrt(1 * 3) * month))
    expected = _excess_by_loop(link * 0.35, decay) / 8
    assert extra_occurrences(offensive, 0.35) == pytest.approx(expected, rel=LOOP_ERROR)


def test_the_ratio_of_two_is_the_geometric_mean_around_the_cycle(folder: Folder) -> None:
    theater = folder.read().theater("border")
    there = extra_occurrences(theater.scenario("crackdown"), 0.8)
    back = extra_occurrences(theater.scenario("offensive"), 0.35)
    found = branching(theater)
    assert found.ratio == pytest.approx(math.sqrt(there * back), rel=1e-9)
    assert set(found.cycle) == {"crackdown", "offensive"}


def test_the_ratio_bounds_the_offspring_of_every_generation(folder: Folder) -> None:
    """Total offspring (I − G)⁻¹ is finite and not negative exactly where the ratio is below 1."""
    theater = folder.read().theater("border")
    offspring = np.array(
        [
            [0.0, extra_occurrences(theater.scenario("offensive"), 0.35)],
            [extra_occurrences(theater.scenario("crackdown"), 0.8), 0.0],
        ]
    )
    generations = sum(np.linalg.matrix_power(offspring, generation) for generation in range(200))
    assert np.allclose(generations, np.linalg.inv(np.eye(2) - offspring), rtol=1e-9)


@pytest.mark.parametrize("size", [1, 2, 5, 12])
@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_the_spectral_radius_is_that_of_the_eigenvalues(size: int, share: float) -> None:
    """Of matrices with many zeros and with none; rounding is a few units in the last place."""
    random = np.random.default_rng(size)
    for _ in range(20):
        matrix = random.lognormal(-1.0, 2.0, (size, size)) * (random.random((size, size)) < share)
        expected = float(np.max(np.abs(np.linalg.eigvals(matrix))))
        assert spectral_radius(matrix.tolist()) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_a_spectral_radius_is_found_however_uneven_the_matrix() -> None:
    """What the eigenvalues are is told by hand: a block, a chain, and a cycle with one step far beyond the other."""
    assert spectral_radius([[0.5, 1e9], [0.0, 0.5]]) == pytest.approx(0.5, rel=1e-12)
    assert spectral_radius([[0.0, 1e9, 1e9], [0.0, 0.0, 1e9], [0.0, 0.0, 0.0]]) == 0.0
    assert spectral_radius([[0.0, 1e9], [1e-30, 0.0]]) == pytest.approx(math.sqrt(1e-21), rel=1e-12)
    assert spectral_radius([]) == 0.0


def test_without_a_cycle_the_ratio_is_zero(folder: Folder) -> None:
    folder.edit(
        THEATER,
        "  - from: crackdown\n    to: offensive\n    adds: {low: 0.1, high: 0.6, reason: resentment}\n",
        "",
    )
    found = branching(folder.read().theater("border"))
    assert (found.ratio, found.cycle) == (0.0, ())


def test_a_cycle_is_refused_whatever_the_overshoot(folder: Folder) -> None:
    folder.edit(THEATER, "low: 0.1, high: 0.6", "low: 1000, high: 6000")
    (problem,) = folder.problems()
    assert problem.field == "couplings[0]"
    assert "branching ratio" in problem.value


def test_lowered_pressure_is_no_offspring(folder: Folder) -> None:
    folder.edit(THEATER, "low: 0.1, high: 0.6", "low: -0.6, high: -0.1")
    assert branching(folder.read().theater("border")).ratio == 0.0
