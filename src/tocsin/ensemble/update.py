"""Live update: evidence that came in since the fit, by weights; time that passed, by one simulated step a draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.change import differences
from tocsin.ensemble.cells import lay_out_window
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.likelihood import event_log_likelihood, recent_log_likelihood
from tocsin.ensemble.pressure import dynamics, step_on, sum_parts
from tocsin.ensemble.psis import Smoothed, smooth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.cells import WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.ensemble.futures import Futures, Start

    type Simulated = Callable[[Design, Draws, Start, int, int], Futures]

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


def bring_up_to(
    theater: Theater,
    design: Design,
    ensemble: Ensemble,
    then: Evidence,
    now: Evidence,
    seed: int,
    simulated: Simulated = simulate,
) -> Live:
    """The ensemble of a fit on `then`, brought up to `now`.

    1. Steps that began since are added to each draw's pressure, one path a draw. 2. Draws are weighted by the
    likelihood of what is new over that of what it replaces, a correction included, and by what did and did not occur
    meanwhile. 3. Futures are simulated anew where they start elsewhere: another day, or other counts on the books.
    `simulated` may give them from memory: the same start, seed and draws give the same futures.
    """
    draws = advance(design, ensemble.draws, then, now, seed)
    futures = ensemble.futures
    if (start := begin(theater, design, now)) != begin(theater, design, then):
        futures = simulated(design, draws, start, seed, LIVE_FUTURES)
    weights = smooth(log_ratio(design, draws, then, now))
    return Live(replace(ensemble, draws=draws, futures=futures), weights, out_of_reach(design, draws, then, now))


def advance(design: Design, draws: Draws, then: Evidence, now: Evidence, seed: int) -> Draws:
    """Draws of a fit on `then` with the steps that began by `now` added, one path a draw; `seed` is the fit's."""
    passed = now.first_step - then.first_step
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


def log_ratio(design: Design, draws: Draws, then: Evidence, now: Evidence) -> Floats:
    """The log of p(evidence `now` | draw) / p(evidence `then` | draw), (D,); draws stand at the last step of `now`."""
    pairs = differences(then, now).values()
    gained = [new for _, new in pairs if new is not None]
    lost = [old for old, _ in pairs if old is not None]
    events = events_log_ratio(design, draws, then, now)
    return cells_log_ratio(design, draws, gained, lost) + events.sum(axis=1)


def cells_log_ratio(design: Design, draws: Draws, gained: Sequence[Cell], lost: Sequence[Cell]) -> Floats:
    """The log of p(gained | draw) / p(lost | draw), (D,), of the cells in the steps whose pressure is kept."""
    first = design.steps - draws.recent.shape[2]
    return recent_log_likelihood(
        design, draws, [cell for cell in gained if cell.step >= first]
    ) - recent_log_likelihood(design, draws, [cell for cell in lost if cell.step >= first])


def events_log_ratio(design: Design, draws: Draws, then: Evidence, now: Evidence) -> Floats:
    """The log of p(what occurred and what did not | draw), now over then, by event scenario: (D, E).

    Only steps whose pressure is kept count. Draws stand at the last step of `now`.
    """
    passed = now.first_step - then.first_step
    after = lay_out_window(design, now)
    shifted = (_shifted(array, passed) for array in _known(lay_out_window(design, then)))
    before = replace(after, **dict(zip(("exposure", "happened"), shifted, strict=True)))
    if all(np.array_equal(one, other) for one, other in zip(_known(after), _known(before), strict=True)):
        return np.zeros((len(draws), len(design.event_scenario)))
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


def out_of_reach(design: Design, draws: Draws, then: Evidence, now: Evidence) -> int:
    """How many changes the weights leave out; see `Live`."""
    first = design.steps - draws.recent.shape[2]
    cells = [step for _, step in differences(then, now) if step < first]
    return len(cells) + _past_occurrences(design, then, now)


def _past_occurrences(design: Design, then: Evidence, now: Evidence) -> int:
    """Occurrences of couplings' sources that are known now and were not then, or the other way, before the last step.

    What an occurrence adds to pressure from its next step on is in the fit's draws, and no weight moves it. After the
    fit's last step the next one is still to be drawn.
    """
    passed = now.first_step - then.first_step
    last = then.steps - 1 - passed
    changed = 0
    for source in {int(row) for row in design.coupling_source}:
        name = design.scenarios[source]
        before = {step - passed for step in then.occurred.get(name, ())}
        after = set(now.occurred.get(name, ()))
        changed += sum(0 <= step < last for step in before ^ after)
    return changed


def _known(window: WindowArrays) -> tuple[Floats, Floats]:
    return window.exposure, window.happened


def _shifted(array: Floats, passed: int) -> Floats:
    """The same steps in a window that begins `passed` steps later: nothing was known of the steps since."""
    return np.concatenate([array[:, passed:], np.zeros((len(array), passed))], axis=1)
