"""Fit a theater to everything known at an instant, and keep what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.diagnosis import Diagnosis, rejections
from tocsin.domain.errors import DamagedArtifactError
from tocsin.domain.evidence import Evidence, derive_evidence, first_day_with_bearing
from tocsin.domain.fit import Fit
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.draws import Draws, prior_draws
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import Futures, begin, simulate
from tocsin.ensemble.identity import counted, declared
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.ensemble.recipe import fingerprint
from tocsin.ensemble.sensitivity import sensitivities
from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger, Limits, Progress, Sampled, Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tocsin.domain.theater import Theater

DRAWS = 4000
"""Independent draws of the prior."""
FUTURES = 32
"""Futures of each draw."""
PRIOR_FUTURES = 8
"""Futures of each draw of the prior, whose odds are shown for comparison, with no interval."""


@dataclass(frozen=True, eq=False, slots=True)
class Means:
    """The ports that fitting acts through."""

    ledger: Ledger
    fits: FitBook
    sampler: Sampler
    codec: DrawsCodec


def fit_theater(
    theater: Theater,
    *,
    means: Means,
    as_of: datetime,
    now: datetime,
    seed: int,
    actor: str,
    limits: Limits,
    report: Callable[[Progress], None],
) -> Fit:
    """Fit, judge and record; a recipe that was run before is not run again, as it would give the same bits.

    1. Derive the evidence known at `as_of`. 2. Sample the posterior, or the prior where nothing is known. 3. Simulate
    futures. 4. Diagnose and decide. 5. Write the draws, then the row, rejected fits too, and that `actor` had it made.
    """
    means.ledger.await_writers()
    design, evidence, identity = _known(theater, means.ledger, as_of)
    recipe = fit_recipe(*identity, as_of, seed, means.sampler.settings)
    done = _done_already(means.fits, recipe[:16])
    if done is not None:
        return done
    sampled = _sample(means.sampler, design, evidence, seed, limits, report)
    futures, prior = imagine(theater, design, evidence, sampled.draws, seed, limits, report)
    health = sampled.diagnosis
    if health is not None:
        health = replace(health, odds_error=_largest_error(theater, futures))
    data = means.codec.encode(Ensemble(design.scenarios, sampled.draws, futures, prior))
    fit = Fit(
        id=recipe[:16],
        theater=theater.id,
        as_of=as_of,
        recorded_at=now,
        recipe=recipe,
        declared=identity[0],
        counted=identity[1],
        seed=seed,
        diagnosis=health,
        rejections=_judge(health),
        sensitivity=sensitivities(design, sampled.draws, futures, sampled.log_likelihood, prior),
        sha256=hashlib.sha256(data).hexdigest(),
        compile_seconds=sampled.compile_seconds,
        sample_seconds=sampled.sample_seconds,
    )
    limits.check()
    means.fits.save(fit, data, actor)
    return fit


def recipe_of(theater: Theater, *, ledger: Ledger, settings: Mapping[str, object], as_of: datetime, seed: int) -> str:
    """The recipe of the fit that `fit_theater` would make, with these settings of its sampler."""
    _, _, identity = _known(theater, ledger, as_of)
    return fit_recipe(*identity, as_of, seed, settings)


def _known(theater: Theater, ledger: Ledger, as_of: datetime) -> tuple[Design, Evidence, tuple[str, str]]:
    """The design, what is known by an instant, and the fingerprints of what is declared and of what is counted."""
    indicators = [indicator.id for indicator in theater.indicators]
    observations = ledger.observations(indicators, as_of, first_day_with_bearing(theater, as_of))
    evidence = derive_evidence(theater, observations, as_of)
    design = lay_out(theater)
    return design, evidence, (declared(theater, design), counted(theater, design, evidence))


def _sample(
    sampler: Sampler,
    design: Design,
    evidence: Evidence,
    seed: int,
    limits: Limits,
    report: Callable[[Progress], None],
) -> Sampled:
    """Draws from the posterior, or from the prior where nothing is known."""
    if evidence.empty:
        return Sampled(prior_draws(design, seed, DRAWS), np.zeros(DRAWS), None, 0.0, 0.0)
    cells, window = lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
    return sampler.sample(design, cells, window, seed=seed, limits=limits, report=report)


def _done_already(fits: FitBook, fit_id: str) -> Fit | None:
    """The fit of that id, if its draws are whole: damaged ones are made again, which gives the same bits."""
    done = fits.find(fit_id)
    if done is None:
        return None
    try:
        fits.draws(done)
    except DamagedArtifactError:
        return None
    return done


def fit_recipe(model: str, evidence: str, as_of: datetime, seed: int, settings: Mapping[str, object]) -> str:
    """The fingerprint of everything that decides the stored draws and the odds read off them."""
    return fingerprint(
        {
            "declared": model,
            "counted": evidence,
            "as_of": as_of,
            "seed": seed,
            "draws": DRAWS,
            "futures": (FUTURES, PRIOR_FUTURES),
            "sampler": settings,
        }
    )


def imagine(
    theater: Theater,
    design: Design,
    evidence: Evidence,
    draws: Draws,
    seed: int,
    limits: Limits,
    report: Callable[[Progress], None],
) -> tuple[Futures, dict[tuple[str, int], float]]:
    """The futures of some draws, and beside them the prior's odds by scenario and horizon."""
    report(Progress("simulating futures", 0, 2))
    nothing = replace(evidence, cells=(), occurred={}, watched={}, counted=_no_counts(evidence))
    before = begin(theater, design, nothing)
    unknowing = simulate(design, prior_draws(design, seed, DRAWS), before, seed, PRIOR_FUTURES, limits.check)
    report(Progress("simulating futures", 1, 2))
    futures = unknowing  # where nothing is known, the odds are the prior's own
    if not evidence.empty:
        futures = simulate(design, draws, begin(theater, design, evidence), seed, FUTURES, limits.check)
    report(Progress("simulating futures", 2, 2))
    weights = even_weights(unknowing)
    prior = {
        (scenario.id, days): estimate(unknowing, position, days, weights).probability
        for position, scenario in enumerate(theater.scenarios)
        for days in scenario.horizons
    }
    return futures, prior


def _no_counts(evidence: Evidence) -> dict[str, tuple[int, ...]]:
    return {name: (0,) * len(counts) for name, counts in evidence.counted.items()}


def _largest_error(theater: Theater, futures: Futures) -> float:
    weights = even_weights(futures)
    return max(
        estimate(futures, position, days, weights).error
        for position, scenario in enumerate(theater.scenarios)
        for days in scenario.horizons
    )


def _judge(health: Diagnosis | None) -> tuple[str, ...]:
    # Independent draws of the prior need no gate: there is no sampler to distrust.
    return () if health is None else rejections(health)
