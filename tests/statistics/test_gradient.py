from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from support.evidence import random_evidence
from support.plain_model import plain_log_likelihood
from support.theaters import full_theater, steadying_theater
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.likelihood import cell_log_likelihood, event_log_likelihood
from tocsin.ensemble.pressure import trace
from tocsin.inference.kernel import log_likelihood
from tocsin.inference.model import build_model, model_data, model_structure

# Interpreted and unoptimized: the oracle should be slow and obvious, not compiled by what it is an oracle for.
_PLAIN = Mode(linker="py", optimizer=None)


_BUILDERS = {"even": full_theater, "steadying": steadying_theater}


@pytest.mark.parametrize(
    ("kit", "seed"), [*(("even", seed) for seed in range(12)), *(("steadying", seed) for seed in range(6))]
)
def test_the_op_equals_the_plain_model_in_value_and_gradient(kit: str, seed: int) -> None:
    """To 1e-8 relative, over random evidence of every kind, coverage and trust from 0 to 1, empty and huge counts."""
    theater = _BUILDERS[kit](window=6)
    evidence = random_evidence(theater, seed, cells=0 if seed == 0 else 14)
    design = lay_out(theater)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    standard, innovation = pt.dvector("standard"), pt.dmatrix("innovation")
    value = plain_log_likelihood(design, cells, window, standard, innovation)
    plain = pytensor.function([standard, innovation], [value, *pt.grad(value, [standard, innovation])], mode=_PLAIN)
    random = np.random.default_rng(1000 + seed)
    point = random.normal(size=design.parameters), random.normal(size=(design.parts, design.steps))
    data = model_structure(design), model_data(cells, window)
    ours = log_likelihood(*point, *data)
    for expected, found in zip(plain(*point), ours, strict=True):
        assert np.max(np.abs(found - expected)) <= 1e-8 * max(1.0, np.max(np.abs(expected)))


@pytest.mark.parametrize("kit", list(_BUILDERS))
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_op_equals_the_readable_statement_in_the_ensemble(kit: str, seed: int) -> None:
    """The likelihood is stated once in NumPy; the compiled one is held to it over many draws at once."""
    theater = _BUILDERS[kit](window=20)
    evidence = random_evidence(theater, seed, cells=60)
    design = lay_out(theater)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    random = np.random.default_rng(seed)
    standard = random.normal(size=(3, design.parameters))
    innovation = random.normal(size=(3, design.parts, design.steps))
    parameters = design.mean + design.sd * standard
    pressure = trace(design, parameters, innovation, window.occurred).pressure
    stated = cell_log_likelihood(design, parameters, pressure[:, :, cells.step], cells).sum(axis=1)
    stated += event_log_likelihood(design, parameters, pressure, window).sum(axis=1)
    data = model_structure(design), model_data(cells, window)
    compiled = [log_likelihood(standard[draw], innovation[draw], *data)[0] for draw in range(3)]
    np.testing.assert_allclose(compiled, stated, rtol=1e-10)


def test_the_pymc_model_is_the_standard_normal_prior_plus_the_op() -> None:
    """PyMC's own log-density at a point, less the normal densities, is the likelihood."""
    theater = full_theater(window=6)
    evidence = random_evidence(theater, 3, cells=10)
    design = lay_out(theater)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    model = build_model(design, cells, window)
    random = np.random.default_rng(5)
    point = {
        "standard": random.normal(size=design.parameters),
        "innovation": random.normal(size=(design.parts, design.steps)),
    }
    density = model.compile_logp(mode=_PLAIN)(point)
    flat = np.concatenate([values.ravel() for values in point.values()])
    prior = -0.5 * np.sum(flat**2) - 0.5 * len(flat) * np.log(2 * np.pi)
    data = model_structure(design), model_data(cells, window)
    likelihood = log_likelihood(point["standard"], point["innovation"], *data)[0]
    assert density == pytest.approx(prior + likelihood, rel=1e-12)


def test_a_wrong_gradient_is_noticed() -> None:
    """The comparison above can fail: the gradient at another point is not within its tolerance."""
    theater = full_theater(window=6)
    evidence = random_evidence(theater, 4, cells=14)
    design = lay_out(theater)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    data = model_structure(design), model_data(cells, window)
    at = np.zeros(design.parameters), np.zeros((design.parts, design.steps))
    near = np.full(design.parameters, 1e-4), at[1]
    here, there = log_likelihood(*at, *data), log_likelihood(*near, *data)
    assert np.max(np.abs(here[1] - there[1])) > 1e-8 * np.max(np.abs(here[1]))
