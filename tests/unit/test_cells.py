from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from support.evidence import empty_evidence
from support.theaters import full_theater
from tocsin.domain.evidence import Alternative, Cell
from tocsin.ensemble.cells import lay_out_cells, lay_out_window, log_baseline_density
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.likelihood import cell_log_likelihood, event_log_likelihood

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


CALM = np.zeros((1, len(DESIGN.scenarios), 1))
DEVELOPING = np.full((1, len(DESIGN.scenarios), 1), 2.0)


def _bayes_factor(*alternatives: tuple[float, float], indicator: str = "field/attack", silence: bool = True) -> float:
    """How much likelier the evidence is when all is developing than at normal pressure, at prior median parameters."""
    stated = tuple(Alternative(value, trust) for value, trust in alternatives)
    cells = lay_out_cells(DESIGN, [Cell(indicator, 3, 0.7, stated, ("r",), silence_stands=silence)])
    median = DESIGN.mean[None]
    calm, developing = (cell_log_likelihood(DESIGN, median, at, cells)[0, 0] for at in (CALM, DEVELOPING))
    return float(np.exp(developing - calm))


@pytest.mark.parametrize("silence", [True, False])
def test_upgrading_one_of_two_incidents_never_weakens_the_evidence(*, silence: bool) -> None:
    """Two incidents at trusts 0.91 and 0.91, then 0.98 and 0.91, then 0.98 both: rising."""
    both = _bayes_factor((2.0, 0.91), silence=silence)
    one = _bayes_factor((1.0, 0.98 - 0.91), (2.0, 0.91), silence=silence)
    better = _bayes_factor((2.0, 0.98), silence=silence)
    assert both <= one * 1.01
    assert one <= better * 1.01


def test_a_doubtful_report_of_more_beside_a_good_one_does_not_weaken_it() -> None:
    """One attack at trust 0.98, and five more at 0.6: at least the evidence of the one."""
    assert _bayes_factor((1.0, 0.98 - 0.6), (6.0, 0.6)) > _bayes_factor((1.0, 0.98))


@pytest.mark.parametrize("silence", [True, False])
@pytest.mark.parametrize("unseen", [0.02, 0.5, 0.98])
def test_a_failure_to_see_takes_nothing_from_a_sighting(unseen: float, *, silence: bool) -> None:
    """A sighting at trust 0.6 with a "looked, not seen" behind it: no more than the sighting's doubt is touched."""
    alone = _bayes_factor((1.0, 0.6), indicator="field/claim", silence=silence)
    beside = _bayes_factor((1.0, 0.6), (0.0, 0.4 * unseen), indicator="field/claim", silence=silence)
    silent = _bayes_factor((0.0, 1.0), indicator="field/claim")
    assert beside >= 0.6 * alone
    assert beside <= alone * (1 + 1e-12)
    assert silent < 1 < beside


def test_in_a_step_in_progress_an_event_has_occurred_or_it_has_not() -> None:
    """The chances of the two are those of the days that have ended, and sum to 1."""
    theater = full_theater()
    evidence = replace(empty_evidence(theater), elapsed=2 / 7, watched={"coup": theater.timeline.window - 1})
    pressure = np.random.default_rng(3).normal(size=(4, len(DESIGN.scenarios), DESIGN.steps))
    chances = [
        np.exp(
            event_log_likelihood(
                DESIGN, PARAMETERS, pressure, lay_out_window(DESIGN, replace(evidence, occurred={"coup": steps}))
            ).sum(axis=1)
        )
        for steps in ((), (DESIGN.steps - 1,))
    ]
    np.testing.assert_allclose(chances[0] + chances[1], 1.0, rtol=1e-12)
