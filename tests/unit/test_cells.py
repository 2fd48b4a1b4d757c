from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from support.theaters import full_theater
from tocsin.domain.evidence import Alternative, Cell
from tocsin.ensemble.cells import lay_out_cells, log_baseline_density
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.likelihood import cell_log_likelihood

DESIGN = lay_out(full_theater())
PARAMETERS = DESIGN.mean + DESIGN.sd * np.random.default_rng(1).normal(size=(4, DESIGN.parameters))
PRESSURE = np.random.default_rng(2).normal(size=(4, len(DESIGN.scenarios), 1))


def _likelihood(cell: Cell) -> np.ndarray:
    """Likelihoods relative to the first draw: constants do not matter."""
    found = cell_log_likelihood(DESIGN, PARAMETERS, PRESSURE, lay_out_cells(DESIGN, [cell]))[:, 0]
    return np.asarray(found - found[0])


def _reported(trust: float, *, silence: bool) -> Cell:
    return Cell("field/attack", 3, 0.6, (Alternative(2.0, trust),), ("r",), silence_stands=silence)


SILENT = Cell("field/attack", 3, 0.6, (Alternative(0.0, 1.0),), (), silence_stands=True)


def test_one_report_is_the_mixture_of_the_model_and_the_baseline() -> None:
    """r·p(y | η) + (1 − r)·p(y | baseline)."""
    full = cell_log_likelihood(DESIGN, PARAMETERS, PRESSURE, lay_out_cells(DESIGN, [_reported(1.0, silence=False)]))
    mixed = cell_log_likelihood(DESIGN, PARAMETERS, PRESSURE, lay_out_cells(DESIGN, [_reported(0.6, silence=False)]))
    baseline = math.exp(log_baseline_density(DESIGN, 0, 0.6, 2.0))
    np.testing.assert_allclose(np.exp(mixed), 0.6 * np.exp(full) + 0.4 * baseline, rtol=1e-12)


def test_a_report_at_trust_zero_changes_nothing() -> None:
    """Where nobody looks it says nothing; where somebody does the silence stays whole."""
    np.testing.assert_allclose(_likelihood(_reported(1e-13, silence=False)), 0.0, atol=1e-9)
    np.testing.assert_allclose(_likelihood(_reported(1e-13, silence=True)), _likelihood(SILENT), atol=1e-9)
    assert np.ptp(_likelihood(SILENT)) > 0.01


def test_a_fully_trusted_report_leaves_nothing_to_the_silence() -> None:
    """Trust 1 is the model's own density, silence or not."""
    np.testing.assert_allclose(_likelihood(_reported(1.0, silence=True)), _likelihood(_reported(1.0, silence=False)))


def test_a_trusted_not_seen_is_the_silence_itself() -> None:
    """Whoever looked and saw nothing adds nothing to those who always look, at any grade."""
    looked = replace(SILENT, alternatives=(Alternative(0.0, 0.3),), reports=("r",))
    np.testing.assert_allclose(_likelihood(looked), _likelihood(SILENT), atol=1e-12)


@pytest.mark.parametrize("trust", [0.02, 0.5, 0.98])
def test_more_trust_brings_the_likelihood_nearer_to_the_reports_own(trust: float) -> None:
    """Between silence and the report, ordered by trust."""
    own, silent = _likelihood(_reported(1.0, silence=True)), _likelihood(SILENT)
    found = _likelihood(_reported(trust, silence=True))
    low, high = np.minimum(own, silent), np.maximum(own, silent)
    assert np.all((found >= low - 1e-12) & (found <= high + 1e-12))
