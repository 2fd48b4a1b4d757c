"""The counts that an indicator may show in each future step: what is forecast beside the odds of scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.indicator import MOST
from tocsin.ensemble.futures import Run, draw_counts
from tocsin.ensemble.likelihood import linear_predictor, log_shape
from tocsin.ensemble.odds import standard_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Start

_CHUNK = 16_000  # futures at a time, as many as `simulate` takes


@dataclass(frozen=True, eq=False, slots=True)
class Outlook:
    """Counts of one indicator in J future steps, over N futures.

    Attributes:
        counts: (J, N) what would be counted in the step; the first step is what is left of the current one.
        reached: (J,) chance that at least so many are counted in the step, whatever happened before it.
        error: (J,) Monte Carlo standard error of `reached`.
    """

    counts: NDArray[np.int64]
    reached: Floats
    error: Floats


def outlook(
    design: Design,
    draws: Draws,
    start: Start,
    indicator: int,
    *,
    coverage: float,
    at_least: int,
    seed: int,
    futures: int,
) -> Outlook:
    """Simulate what a count indicator will show; the same seed and draws give the same bits.

    Every future moves as in `simulate`, couplings at work: N ~ negative binomial with mean c·share·e^η(t) and the
    dispersion at η(t). `reached` is the mean over futures of P(N ≥ n | η), which has less noise than the share of
    futures with N ≥ n (Rao–Blackwell).

    Args:
        design: Structure.
        draws: D evenly weighted draws.
        start: Where the future begins; its days decide J.
        indicator: Index of a count indicator.
        coverage: c, the chance that a thing that happens would be counted, in (0, 1].
        at_least: n, 1 or more.
        seed: Of the random numbers.
        futures: Of each draw: N is D times as many.
    """
    together = max(_CHUNK // futures, 1)
    parts = [slice(low, min(low + together, len(draws))) for low in range(0, len(draws), together)]
    counts = np.empty((len(start.step_days), len(draws), futures), dtype=np.int64)
    reached = np.empty((len(start.step_days), len(draws)))
    for part in parts:
        run = Run(design, draws, part, start, seed, futures)
        # Random numbers of their own: what is looked at shall not change what happens.
        random = np.random.Generator(np.random.SFC64([seed, 6, part.start]))
        for step, share in enumerate(start.share):
            run.advance(step)
            level = linear_predictor(design, run.parameters, run.pressure(), indicator)
            dispersion = np.exp(log_shape(design, run.parameters, indicator, level).astype(np.float64))
            mean = coverage * share * np.exp(level.astype(np.float64))
            dispersion = np.broadcast_to(dispersion, mean.shape)
            needed = np.full(mean.shape, at_least)
            _, chance = draw_counts(random.random(mean.shape), needed, mean, dispersion, at_least)
            reached[step, part] = chance.mean(axis=1)
            rate = random.standard_gamma(dispersion) / dispersion * mean
            counts[step, part] = random.poisson(np.minimum(rate, MOST))
    even = np.full(len(draws), 1.0 / len(draws))
    error = np.array([standard_error(chances, even) for chances in reached])
    return Outlook(counts.reshape(len(counts), -1), reached.mean(axis=1), error)
