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

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """The odds of a theater, and what stands behind them.

    Attributes:
        fit: The accepted fit that states them.
        odds: One for each scenario and horizon, in order of declaration.
        joint: For each ordered pair of scenarios, at the longest horizon that both declare.
        counted_most: For each scenario, what moved its longest-horizon odds, largest first; empty for a prior.
        unfitted: Observations known by now that the fit has not seen.
    """

    fit: Fit
    odds: tuple[Odds, ...]
    joint: tuple[JointOdds, ...]
    counted_most: dict[str, tuple[Influence, ...]]
    unfitted: int


def read_odds(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Reading:
    """The odds that the latest accepted fit not after `as_of` states; NoFitError where there is none."""
    fit = fits.latest_accepted(theater.id, as_of)
    if fit is None:
        raise NoFitError(theater.id, theater.timeline.last_day(as_of).isoformat())
    ensemble = codec.decode(fits.draws(fit))
    observations = ledger.observations([indicator.id for indicator in theater.indicators], as_of)
    unfitted = sum(item.recorded_at > fit.as_of for item in observations)
    status = Status.PRIOR_ONLY if fit.prior_only else Status.REFIT_WANTED if unfitted else Status.FITTED
    evidence = derive_evidence(theater, observations, fit.as_of)
    design = lay_out(theater)
    counted_most = {
        scenario.id: influences(design, ensemble, evidence.cells, position, scenario.horizons[-1])
        for position, scenario in enumerate(theater.scenarios)
    }
    return Reading(fit, _odds(theater, ensemble, fit, status, as_of), _joint(theater, ensemble), counted_most, unfitted)


def _odds(theater: Theater, ensemble: Ensemble, fit: Fit, status: Status, as_of: datetime) -> tuple[Odds, ...]:
    weights = even_weights(ensemble.futures)
    stated = []
    for position, scenario in enumerate(theater.scenarios):
        for days in scenario.horizons:
            value = estimate(ensemble.futures, position, days, weights)
            wording = word(value.probability, value.low90, value.high90)
            stated.append(
                Odds(
                    scenario=scenario.id,
                    horizon_days=days,
                    probability=value.probability,
                    interval50=Interval(value.low50, value.high50),
                    interval90=Interval(value.low90, value.high90),
                    prior=ensemble.prior[scenario.id, days],
                    error=value.error,
                    words=wording.words,
                    warning=wording.warning,
                    status=status,
                    as_of=fit.as_of,
                    fit=fit.id,
                    age_seconds=(as_of - fit.as_of).total_seconds(),
                )
            )
    return tuple(stated)


def _joint(theater: Theater, ensemble: Ensemble) -> tuple[JointOdds, ...]:
    weights = even_weights(ensemble.futures)
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
