"""Live update: evidence that came in since the fit, by weights; time that passed, by one simulated step a draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.cells import lay_out_window
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.likelihood import event_log_likelihood, recent_log_likelihood
from tocsin.ensemble.pressure import dynamics, step_on, sum_parts
from tocsin.ensemble.psis import Smoothed, smooth

if TYPE_CHECKING:
    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.cells import WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.ensemble import Ensemble

LIVE_FUTURES = 16
"""Futures of each draw, where time or counts have moved on and they must be simulated anew."""


@dataclass(frozen=True, eq=False, slots=True)
class Live:
    """An ensemble brought up to an instant.

    Attributes:
        ensemble: Draws and futures as of the instant.
        smoothed: Weights of the draws, and the shape of their tail.
        out_of_reach: Changes that the weights leave out: cells before the pressure that is kept, and occurrences that
            would have added pressure to steps that the fit has drawn already.
    """

    ensemble: Ensemble
    smoothed: Smoothed
    out_of_reach: int


def bring_up_to(theater: Theater, design: Design, ensemble: Ensemble, then: Evidence, now: Evidence, seed: int) -> Live:
    """The ensemble of a fit on `then`, brought up to `now`.

    1. Steps that began since are added to each draw's pressure, one path a draw. 2. Draws are weighted by the
    likelihood of what is new over that of what it replaces, a correction included, and by what did and did not occur
    meanwhile. 3. Futures are simulated anew where they start elsewhere: another day, or other counts on the books.
    """
    passed = now.first_step - then.first_step
    draws = _advance(design, ensemble.draws, now, passed, seed)
    gained, lost, out_of_reach = _changed(then, now, passed, draws.recent.shape[2])
    log_ratio = recent_log_likelihood(design, draws, gained) - recent_log_likelihood(design, draws, lost)
    log_ratio += _events(design, draws, then, now, passed)
    out_of_reach += _past_occurrences(design, then, now, passed)
    start = begin(theater, design, now)
    futures = ensemble.futures
    if start != begin(theater, design, then):
        futures = simulate(design, draws, start, seed, LIVE_FUTURES)
    return Live(replace(ensemble, draws=draws, futures=futures), smooth(log_ratio), out_of_reach)


def _advance(design: Design, draws: Draws, now: Evidence, passed: int, seed: int) -> Draws:
    if passed == 0:
        return draws
    window = lay_out_window(design, now)
    moves = dynamics(design, draws.parameters)
    part, aftermath = draws.last_part, draws.last_aftermath
    recent = [draws.recent]
    for step in range(design.steps - passed, design.steps):
        # A step's innovations are its own, so that a fit brought up to two instants has one path to both.
        random = np.random.default_rng([seed, 2, now.first_step + step])
        arriving = random.standard_normal((len(draws), design.parts))
        part, aftermath = step_on(
            design, moves, draws.parameters, part, aftermath, arriving, window.occurred[:, step - 1]
        )
        recent.append(sum_parts(design, moves, part, aftermath)[:, :, None].astype(np.float32))
    kept = np.concatenate(recent, axis=2)[:, :, -draws.recent.shape[2] :]
    return replace(draws, recent=kept, last_part=part, last_aftermath=aftermath)


def _changed(then: Evidence, now: Evidence, passed: int, reach: int) -> tuple[list[Cell], list[Cell], int]:
    """Cells that are new or other than they were, what they replace (in steps of `now`), and those out of reach."""
    first = now.steps - reach
    before = {
        (cell.indicator, cell.step - passed): replace(cell, step=cell.step - passed, reports=()) for cell in then.cells
    }
    after = {(cell.indicator, cell.step): replace(cell, reports=()) for cell in now.cells}
    gained = [cell for key, cell in after.items() if before.get(key) != cell]
    # What rolled out of the window was counted by the fit and still holds: only what is in both windows is compared.
    lost = [cell for key, cell in before.items() if key[1] >= 0 and after.get(key) != cell]
    within = [[cell for cell in cells if cell.step >= first] for cells in (gained, lost)]
    return within[0], within[1], len({(cell.indicator, cell.step) for cell in (*gained, *lost) if cell.step < first})


def _past_occurrences(design: Design, then: Evidence, now: Evidence, passed: int) -> int:
    """Occurrences of couplings' sources that are known now and were not then, or the other way, before the last step.

    What an occurrence adds to pressure from its next step on is in the fit's draws, and no weight moves it. After the
    fit's last step the next one is still to be drawn.
    """
    last = then.steps - 1 - passed
    changed = 0
    for source in {int(row) for row in design.coupling_source}:
        name = design.scenarios[source]
        before = {step - passed for step in then.occurred.get(name, ())}
        after = set(now.occurred.get(name, ()))
        changed += sum(0 <= step < last for step in before ^ after)
    return changed


def _events(design: Design, draws: Draws, then: Evidence, now: Evidence, passed: int) -> Floats:
    """Change in the log-likelihood of what occurred and of what did not, over the steps whose pressure is kept."""
    after = lay_out_window(design, now)
    shifted = (_shifted(array, passed) for array in _known(lay_out_window(design, then)))
    before = replace(after, **dict(zip(("exposure", "happened"), shifted, strict=True)))
    if all(np.array_equal(one, other) for one, other in zip(_known(after), _known(before), strict=True)):
        return np.zeros(len(draws))
    recent = draws.recent.astype(np.float64)
    reach = recent.shape[2]
    sums = [
        event_log_likelihood(
            design,
            draws.parameters,
            recent,
            replace(window, exposure=window.exposure[:, -reach:], happened=window.happened[:, -reach:]),
        )
        for window in (after, before)
    ]
    return sums[0] - sums[1]


def _known(window: WindowArrays) -> tuple[Floats, Floats]:
    return window.exposure, window.happened


def _shifted(array: Floats, passed: int) -> Floats:
    """The same steps in a window that begins `passed` steps later: nothing was known of the steps since."""
    return np.concatenate([array[:, passed:], np.zeros((len(array), passed))], axis=1)
