from __future__ import annotations

import numpy as np

from support.theaters import full_theater
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import RECENT_STEPS, prior_draws
from tocsin.ensemble.pressure import dynamics, trace


def test_paths_are_the_textbook_recursion() -> None:
    """x(t) = ρ x(t−1) + √(1−ρ²) ε(t) with ρ = 2^(−1/H), parts weighted by √w and √(1−w), couplings added whole."""
    theater = full_theater(window=9)
    design = lay_out(theater)
    random = np.random.default_rng(2)
    parameters = design.mean + design.sd * random.normal(size=(1, design.parameters))
    innovation = random.normal(size=(1, design.parts, design.steps))
    occurred = np.zeros((2, design.steps))
    occurred[0, 3] = 1.0  # offensive -> coup
    found = trace(design, parameters, innovation, occurred).pressure[0]

    value = dict(zip(design.labels, parameters[0], strict=True))
    rho = {part: 2 ** (-1 / np.exp(value[f"log_half_life[coup, {part}]"])) for part in ("fast", "slow")}
    share = 1 / (1 + np.exp(-value["share[coup]"]))
    fast, slow, added = innovation[0, 0, 0], innovation[0, 1, 0], 0.0
    expected = [np.sqrt(1 - share) * fast + np.sqrt(share) * slow]
    for step in range(1, 9):
        fast = rho["fast"] * fast + np.sqrt(1 - rho["fast"] ** 2) * innovation[0, 0, step]
        slow = rho["slow"] * slow + np.sqrt(1 - rho["slow"] ** 2) * innovation[0, 1, step]
        added = rho["fast"] * added + (value["coupling[offensive -> coup]"] if step == 4 else 0.0)
        expected.append(np.sqrt(1 - share) * fast + np.sqrt(share) * slow + added)
    np.testing.assert_allclose(found[design.scenarios.index("coup")], expected, rtol=1e-12)


def test_pressure_has_unit_variance_at_every_step() -> None:
    """The two parts together are stationary; 4 standard errors of a variance over 20,000 draws."""
    draws = prior_draws(lay_out(full_theater(window=30)), seed=3, count=20_000)
    variance = draws.recent.var(axis=0)
    assert np.max(np.abs(variance - 1)) < 4 * np.sqrt(2 / 20_000)


def test_shares_of_variance_sum_to_one() -> None:
    """Whatever the share, the parts' squared weights add up; a part alone carries all."""
    design = lay_out(full_theater())
    draws = prior_draws(design, seed=4, count=50)
    weight = dynamics(design, draws.parameters).weight
    for scenario in range(len(design.scenarios)):
        total = (weight[:, design.part_scenario == scenario] ** 2).sum(axis=1)
        np.testing.assert_allclose(total, 1.0, rtol=1e-12)


def test_only_recent_pressure_is_kept() -> None:
    """The window may be long; what is kept of it is bounded."""
    draws = prior_draws(lay_out(full_theater(window=200)), seed=5, count=10)
    assert draws.recent.shape[2] == RECENT_STEPS
