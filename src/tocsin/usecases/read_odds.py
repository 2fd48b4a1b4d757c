"""Read the odds of a theater at an instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import logit
from tocsin.domain.errors import NoFitError
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.sensitivity import prior_driven
from tocsin.domain.wording import word
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import counted, declared
from tocsin.ensemble.influence import Influence, influences
from tocsin.ensemble.odds import estimate, even_weights, joint
from tocsin.ensemble.update import Live, bring_up_to

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats
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
        fitted_on: The evidence that the fit counted; None where it cannot be had any more.
        evidence: The evidence known at `as_of`, which is in the weights; None where it is not.
        reason: Why a refit is wanted; None where it is not.
    """

    fit: Fit
    as_of: datetime
    ensemble: Ensemble
    weights: Floats
    status: Status
    fitted_on: Evidence | None
    evidence: Evidence | None
    reason: str | None

    @staticmethod
    def as_fitted(fit: Fit, ensemble: Ensemble, then: Evidence | None, reason: str | None = None) -> Standing:
        """A fit as it was, at its own instant, with the reason why it is not brought up."""
        weights = even_weights(ensemble.futures)
        return Standing(fit, fit.as_of, ensemble, weights, Status.REFIT_WANTED, then, None, reason)

    @property
    def explained_by(self) -> tuple[Cell, ...]:
        """The evidence to name reasons from; none where taking more draws away would leave too few."""
        return () if self.evidence is None or self.status is Status.PROVISIONAL else self.evidence.cells


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """The odds of a theater, and what stands behind them.

    Attributes:
        fit: The accepted fit that states them.
        odds: One for each scenario and horizon that was fitted, in order.
        joint: For each ordered pair of scenarios, at the longest horizon that both have.
        asked: The instant asked about.
        reason: Why a refit is wanted; None where it is not.
        counted_most: For each scenario, what moved its longest-horizon odds, largest first; empty where that cannot
            be told or was not asked, and for a prior.
    """

    fit: Fit
    odds: tuple[Odds, ...]
    joint: tuple[JointOdds, ...]
    asked: datetime
    reason: str | None
    counted_most: dict[str, tuple[Influence, ...]]


def read_odds(
    theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime, reasons: bool
) -> Reading:
    """The odds as of an instant: those of the latest accepted fit not after it, brought up to it by live update.

    NoFitError where there is no such fit. With `reasons` it is told what counted most, which takes a second.
    """
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    return read_standing(theater, standing, as_of, reasons=reasons)


def read_standing(theater: Theater, standing: Standing, as_of: datetime, *, reasons: bool) -> Reading:
    """The odds of a standing as of an instant; see `read_odds`."""
    ensemble, weights = standing.ensemble, standing.weights
    counted_most: dict[str, tuple[Influence, ...]] = {}
    if reasons and standing.explained_by:
        questions = [(place, days[-1]) for place, days in enumerate(_horizons(ensemble).values())]
        found = influences(lay_out(theater), ensemble, weights, standing.explained_by, questions)
        counted_most = dict(zip(ensemble.scenarios, found, strict=True))
    return Reading(
        fit=standing.fit,
        odds=state_odds(standing, as_of),
        joint=_joint(ensemble, weights),
        asked=as_of,
        reason=standing.reason,
        counted_most=counted_most,
    )


def stand_at(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Standing:
    """The ensemble of the latest fit not after an instant that still fits, brought up to it where that can be done.

    Where it cannot, the latest fit stands as it was, with the reason, and a refit is wanted.
    """
    fitted, observations = find_footing(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    return stand_on(theater, fitted, observations, as_of)


def find_footing(
    theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime
) -> tuple[Standing, list[Observation]]:
    """The latest fit not after an instant that still fits, as it was, and what is known by then.

    Where none still fits, the latest, with the reason.
    """
    accepted = fits.accepted(theater.id, as_of)
    if not accepted:
        raise NoFitError(theater.id, theater.timeline.name_instant(as_of))
    observations = ledger.observations([indicator.id for indicator in theater.indicators], as_of)
    design = lay_out(theater)
    model = declared(theater, design)
    for fit in accepted:
        then = _evidence_of(theater, design, fit, observations) if fit.declared == model else None
        if then is not None:
            return Standing.as_fitted(fit, codec.decode(fits.draws(fit)), then), observations
    fit = accepted[0]
    changed = "the declared files have changed" if fit.declared != model else "what it counted has changed"
    return Standing.as_fitted(fit, codec.decode(fits.draws(fit)), None, f"{changed} since the fit"), observations


def stand_on(theater: Theater, fitted: Standing, observations: Sequence[Observation], as_of: datetime) -> Standing:
    """A fit brought up to an instant by observations, where its evidence can be had and weights can follow."""
    if fitted.fitted_on is None:
        return fitted
    return _brought_up(theater, fitted, fitted.fitted_on, derive_evidence(theater, observations, as_of))


def _evidence_of(theater: Theater, design: Design, fit: Fit, observations: Sequence[Observation]) -> Evidence | None:
    """The evidence that a fit counted, if it can still be had: without what was entered after it, or with all of it.

    The latter where something was entered between the fit's instant of recording and its reading of the ledger.
    """
    seen = [item for item in observations if item.written_at <= fit.recorded_at]
    for known in (seen, observations):
        evidence = derive_evidence(theater, known, fit.as_of)
        if counted(theater, design, evidence) == fit.counted:
            return evidence
    return None


def _brought_up(theater: Theater, fitted: Standing, then: Evidence, now: Evidence) -> Standing:
    if now.first_step - then.first_step >= fitted.ensemble.draws.recent.shape[2]:
        return replace(fitted, reason="too much time has passed since the fit")
    if now.empty and not then.empty:
        return replace(fitted, reason="nothing that counts has been recorded within a quarter year")
    live = bring_up_to(theater, lay_out(theater), fitted.ensemble, then, now, fitted.fit.seed)
    if live.out_of_reach:
        return replace(fitted, reason="something has changed about a time that the fit has settled already")
    if live.smoothed.collapsed:
        return replace(fitted, reason="too much has come in since the fit")
    return replace(
        fitted,
        as_of=now.as_of,
        ensemble=live.ensemble,
        weights=live.smoothed.weights,
        status=_status(then, now, live),
        evidence=now,
        reason=None,
    )


def _status(then: Evidence, now: Evidence, live: Live) -> Status:
    if now.empty:
        return Status.PRIOR_ONLY
    if _same(then, now):
        return Status.FITTED
    return Status.LIVE if live.smoothed.reliable else Status.PROVISIONAL


def _same(then: Evidence, now: Evidence) -> bool:
    return (then.cells, then.elapsed, then.first_step) == (now.cells, now.elapsed, now.first_step)


def _horizons(ensemble: Ensemble) -> dict[str, list[int]]:
    """The horizons that were fitted, by scenario; the declared ones may be others by now."""
    horizons: dict[str, list[int]] = {name: [] for name in ensemble.scenarios}
    for name, days in ensemble.prior:
        horizons[name].append(days)
    return horizons


def _prior_driven(standing: Standing) -> set[str]:
    """The scenarios whose odds by the longest horizon slightly other ranges would move as much as the evidence has."""
    as_fitted = standing.status is Status.REFIT_WANTED
    if standing.status is Status.PRIOR_ONLY or (as_fitted and standing.fit.prior_only):
        return set(standing.ensemble.scenarios)
    horizons = _horizons(standing.ensemble)
    driven = set()
    for found in standing.fit.sensitivity:
        position, days = standing.ensemble.scenarios.index(found.scenario), horizons[found.scenario][-1]
        now = estimate(standing.ensemble.futures, position, days, standing.weights).probability
        if prior_driven(found.response, logit(now) - logit(standing.ensemble.prior[found.scenario, days])):
            driven.add(found.scenario)
    return driven


def state_odds(standing: Standing, as_of: datetime) -> tuple[Odds, ...]:
    """The odds that a standing states, for each scenario and horizon that was fitted."""
    stated, driven = [], _prior_driven(standing)
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
                prior_driven=name in driven,
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
