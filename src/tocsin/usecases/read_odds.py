"""Read the odds of a theater at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import NoFitError
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.wording import word
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import counted, declared
from tocsin.ensemble.influence import Influence, influences
from tocsin.ensemble.odds import estimate, even_weights, joint
from tocsin.ensemble.update import Live, bring_up_to

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Floats
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """Where an ensemble stands at an instant, and how far it can be relied on.

    Attributes:
        fit: The accepted fit behind it.
        as_of: The instant that its futures start from.
        ensemble: Draws and futures.
        weights: (D,) that sum to 1.
        status: How the weights came about.
        cells: The evidence in it; empty where it cannot be told.
    """

    fit: Fit
    as_of: datetime
    ensemble: Ensemble
    weights: Floats
    status: Status
    cells: tuple[Cell, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """The odds of a theater, and what stands behind them.

    Attributes:
        fit: The accepted fit that states them.
        odds: One for each scenario and horizon that was fitted, in order.
        joint: For each ordered pair of scenarios, at the longest horizon that both have.
        counted_most: For each scenario, what moved its longest-horizon odds, largest first; empty where that cannot
            be told or was not asked, and for a prior.
    """

    fit: Fit
    odds: tuple[Odds, ...]
    joint: tuple[JointOdds, ...]
    counted_most: dict[str, tuple[Influence, ...]]


def read_odds(
    theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime, reasons: bool
) -> Reading:
    """The odds as of an instant: those of the latest accepted fit not after it, brought up to it by live update.

    NoFitError where there is no such fit. With `reasons` it is told what counted most, which takes a second.
    """
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    ensemble, weights = standing.ensemble, standing.weights
    horizons = _horizons(ensemble)
    counted_most = {
        name: influences(lay_out(theater), ensemble, weights, standing.cells, position, horizons[name][-1])
        for position, name in enumerate(ensemble.scenarios)
        if reasons and standing.cells
    }
    return Reading(standing.fit, _odds(standing, as_of), _joint(ensemble, weights), counted_most)


def stand_at(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Standing:
    """The ensemble of the latest accepted fit not after an instant, brought up to it where that can be done.

    It cannot where the declared files have changed since, where the evidence of then cannot be had again, or where more
    time has passed than pressure is kept for: then the fit stands as it was, and a refit is wanted.
    """
    fit = fits.latest_accepted(theater.id, as_of)
    if fit is None:
        raise NoFitError(theater.id, theater.timeline.name_instant(as_of))
    ensemble = codec.decode(fits.draws(fit))
    as_it_was = Standing(fit, fit.as_of, ensemble, even_weights(ensemble.futures), Status.REFIT_WANTED, ())
    design = lay_out(theater)
    if declared(theater, design) != ensemble.declared:
        return as_it_was
    observations = ledger.observations([indicator.id for indicator in theater.indicators], as_of)
    # What the fit counted: history that was entered after it, however old, was not there.
    seen = [item for item in observations if item.written_at <= fit.recorded_at]
    then = derive_evidence(theater, seen, fit.as_of)
    now = derive_evidence(theater, observations, as_of)
    passed = now.first_step - then.first_step
    if counted(theater, design, then) != ensemble.counted or passed >= ensemble.draws.recent.shape[2]:
        return as_it_was
    live = bring_up_to(theater, design, ensemble, then, now, fit.seed)
    if live.out_of_reach:
        return as_it_was
    return Standing(fit, as_of, live.ensemble, live.smoothed.weights, _status(then, now, live), now.cells)


def _status(then: Evidence, now: Evidence, live: Live) -> Status:
    if now.empty:
        return Status.PRIOR_ONLY
    if not live.smoothed.reliable:
        return Status.PROVISIONAL
    same = (then.cells, then.elapsed, then.first_step) == (now.cells, now.elapsed, now.first_step)
    return Status.FITTED if same else Status.LIVE


def _horizons(ensemble: Ensemble) -> dict[str, list[int]]:
    """The horizons that were fitted, by scenario; the declared ones may be others by now."""
    horizons: dict[str, list[int]] = {name: [] for name in ensemble.scenarios}
    for name, days in ensemble.prior:
        horizons[name].append(days)
    return horizons


def _odds(standing: Standing, as_of: datetime) -> tuple[Odds, ...]:
    stated = []
    for (name, days), prior in standing.ensemble.prior.items():
        position = standing.ensemble.scenarios.index(name)
        value = estimate(standing.ensemble.futures, position, days, standing.weights)
        wording = word(value.probability, value.low90, value.high90)
        stated.append(
            Odds(
                scenario=name,
                horizon_days=days,
                probability=value.probability,
                interval50=Interval(value.low50, value.high50),
                interval90=Interval(value.low90, value.high90),
                prior=prior,
                error=value.error,
                words=wording.words,
                warning=wording.warning,
                status=standing.status,
                as_of=standing.as_of,
                fit=standing.fit.id,
                age_seconds=(as_of - standing.fit.as_of).total_seconds(),
            )
        )
    return tuple(stated)


def _joint(ensemble: Ensemble, weights: Floats) -> tuple[JointOdds, ...]:
    horizons = _horizons(ensemble)
    found = []
    for first, one in enumerate(ensemble.scenarios):
        for second, other in enumerate(ensemble.scenarios):
            shared = set(horizons[one]) & set(horizons[other])
            if first != second and shared:
                both, given = joint(ensemble.futures, first, second, max(shared), weights)
                found.append(JointOdds(one, other, max(shared), both, given))
    return tuple(found)
