"""Read the odds of a theater at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import NoFitError
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.wording import word
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.influence import Influence, influences
from tocsin.ensemble.odds import estimate, even_weights, joint
from tocsin.ensemble.update import Live, bring_up_to

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """Where an ensemble stands at an instant, and how far it can be relied on.

    Attributes:
        fit: The accepted fit behind it.
        design: Structure.
        evidence: What is counted in it.
        ensemble: Draws and futures as of `evidence.as_of`.
        weights: (D,) that sum to 1.
        status: How the weights came about.
    """

    fit: Fit
    design: Design
    evidence: Evidence
    ensemble: Ensemble
    weights: Floats
    status: Status


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """The odds of a theater, and what stands behind them.

    Attributes:
        fit: The accepted fit that states them.
        odds: One for each scenario and horizon, in order of declaration.
        joint: For each ordered pair of scenarios, at the longest horizon that both declare.
        counted_most: For each scenario, what moved its longest-horizon odds, largest first; empty for a prior.
    """

    fit: Fit
    odds: tuple[Odds, ...]
    joint: tuple[JointOdds, ...]
    counted_most: dict[str, tuple[Influence, ...]]


def read_odds(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Reading:
    """The odds as of an instant: those of the latest accepted fit not after it, brought up to it by live update.

    NoFitError where there is no such fit.
    """
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    ensemble, weights = standing.ensemble, standing.weights
    counted_most = {
        scenario.id: influences(
            standing.design, ensemble, weights, standing.evidence.cells, position, scenario.horizons[-1]
        )
        for position, scenario in enumerate(theater.scenarios)
    }
    return Reading(standing.fit, _odds(theater, standing, as_of), _joint(theater, ensemble, weights), counted_most)


def stand_at(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Standing:
    """The ensemble of the latest accepted fit not after an instant, brought up to it where that can be done."""
    fit = fits.latest_accepted(theater.id, as_of)
    if fit is None:
        raise NoFitError(theater.id, theater.timeline.last_day(as_of).isoformat())
    design = lay_out(theater)
    ensemble = codec.decode(fits.draws(fit))
    observations = ledger.observations([indicator.id for indicator in theater.indicators], as_of)
    then, now = (derive_evidence(theater, observations, instant) for instant in (fit.as_of, as_of))
    if now.first_step - then.first_step >= ensemble.draws.recent.shape[2]:
        # So long after the fit nothing that it knew of pressure is left to update.
        return Standing(fit, design, then, ensemble, even_weights(ensemble.futures), Status.REFIT_WANTED)
    live = bring_up_to(theater, design, ensemble, then, now, fit.seed)
    if live.out_of_reach:
        return Standing(fit, design, then, ensemble, even_weights(ensemble.futures), Status.REFIT_WANTED)
    return Standing(fit, design, now, live.ensemble, live.smoothed.weights, _status(then, now, live))


def _status(then: Evidence, now: Evidence, live: Live) -> Status:
    if now.empty:
        return Status.PRIOR_ONLY
    if not live.smoothed.reliable:
        return Status.PROVISIONAL
    same = (then.cells, then.elapsed, then.first_step) == (now.cells, now.elapsed, now.first_step)
    return Status.FITTED if same else Status.LIVE


def _odds(theater: Theater, standing: Standing, as_of: datetime) -> tuple[Odds, ...]:
    stated = []
    for position, scenario in enumerate(theater.scenarios):
        for days in scenario.horizons:
            value = estimate(standing.ensemble.futures, position, days, standing.weights)
            wording = word(value.probability, value.low90, value.high90)
            stated.append(
                Odds(
                    scenario=scenario.id,
                    horizon_days=days,
                    probability=value.probability,
                    interval50=Interval(value.low50, value.high50),
                    interval90=Interval(value.low90, value.high90),
                    prior=standing.ensemble.prior[scenario.id, days],
                    error=value.error,
                    words=wording.words,
                    warning=wording.warning,
                    status=standing.status,
                    as_of=standing.evidence.as_of,
                    fit=standing.fit.id,
                    age_seconds=(as_of - standing.fit.as_of).total_seconds(),
                )
            )
    return tuple(stated)


def _joint(theater: Theater, ensemble: Ensemble, weights: Floats) -> tuple[JointOdds, ...]:
    found = []
    for first, one in enumerate(theater.scenarios):
        for second, other in enumerate(theater.scenarios):
            shared = _shared_horizon(one.horizons, other.horizons)
            if first != second and shared is not None:
                both, given = joint(ensemble.futures, first, second, shared, weights)
                found.append(JointOdds(one.id, other.id, shared, both, given))
    return tuple(found)


def _shared_horizon(one: Sequence[int], other: Sequence[int]) -> int | None:
    return max(set(one) & set(other), default=None)
