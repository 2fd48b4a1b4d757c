"""Read the odds of a theater at an instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import logit
from tocsin.domain.errors import NoFitError
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.met_rule import MetRule, met_rules
from tocsin.domain.odds import Interval, JointOdds, Odds, Status
from tocsin.domain.sensitivity import prior_driven
from tocsin.domain.wording import word
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.futures import simulate
from tocsin.ensemble.identity import counted, declared
from tocsin.ensemble.influence import Influence, influences
from tocsin.ensemble.odds import estimates, even_weights, joint_of, reached_by
from tocsin.ensemble.update import Live, bring_up_to

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.ensemble.odds import Estimate, ReachedBy
    from tocsin.ensemble.update import Simulated
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


_TOO_FAR = "more has come in since the fit, or more that it did not expect, than its draws can follow"
_TOO_FAR_FROM_NOTHING = "the fit is of the declared ranges alone, and its draws cannot follow what has come in since"


@dataclass(frozen=True, eq=False, slots=True)
class Footing:
    """The fit that odds rest on.

    Attributes:
        fit: The latest that still fits; where none does, the latest of all.
        then: The evidence that it counted; None where it cannot be had any more.
        reason: Why not; None where it can.
    """

    fit: Fit
    then: Evidence | None
    reason: str | None


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

    def met(self, theater: Theater) -> dict[str, MetRule]:
        """By scenario, the rules that were met at the instant that the futures start from, as far as that is known."""
        known = self.evidence or self.fitted_on
        return {} if known is None else met_rules(theater, known)

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
        met: By scenario, the rules that are met already.
    """

    fit: Fit
    odds: tuple[Odds, ...]
    joint: tuple[JointOdds, ...]
    asked: datetime
    reason: str | None
    counted_most: dict[str, tuple[Influence, ...]]
    met: dict[str, MetRule]


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
        questions = [(place, days[-1]) for place, days in enumerate(fitted_horizons(ensemble).values())]
        found = influences(lay_out(theater), ensemble, weights, standing.explained_by, questions)
        counted_most = dict(zip(ensemble.scenarios, found, strict=True))
    return Reading(
        fit=standing.fit,
        odds=state_odds(standing, as_of),
        joint=_joint(ensemble, weights),
        asked=as_of,
        reason=standing.reason,
        counted_most=counted_most,
        met=standing.met(theater),
    )


def stand_at(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Standing:
    """The ensemble of the latest fit not after an instant that still fits, brought up to it where that can be done.

    Where it cannot, the latest fit stands as it was, with the reason, and a refit is wanted.
    """
    fitted, observations = find_footing(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    return stand_on(theater, fitted, observations, as_of)


def find_footing(
    theater: Theater,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    as_of: datetime,
    origins: Collection[str] = (),
) -> tuple[Standing, list[Observation]]:
    """The latest fit not after an instant that still fits, as it was, and what is known by then that bears on both.

    Where none still fits, the latest, with the reason. `origins` are those of reports that will be imagined beside what
    is known.
    """
    accepted = fits.accepted(theater.id, as_of)
    if not accepted:
        raise NoFitError(theater.id, theater.timeline.name_instant(as_of))
    indicators = [indicator.id for indicator in theater.indicators]
    observations: list[Observation] = []

    def known(since: date) -> Sequence[Observation]:
        observations[:] = ledger.observations(indicators, as_of, since, origins)
        return observations

    footing = choose_footing(theater, accepted, known)
    ensemble = codec.decode(fits.draws(footing.fit))
    return Standing.as_fitted(footing.fit, ensemble, footing.then, footing.reason), observations


def choose_footing(
    theater: Theater, accepted: Iterable[Fit], known: Callable[[date], Sequence[Observation]]
) -> Footing:
    """The latest of some fits that still fits what is known, and where none does, the latest.

    Args:
        theater: Whose they are.
        accepted: At least one, the latest first.
        known: Gives what is known that has a bearing on the days from one on.
    """
    fits = list(accepted)
    observations: Sequence[Observation] = []
    since: date | None = None
    design = lay_out(theater)
    model = declared(theater, design)
    for fit in fits:
        if fit.declared != model:
            continue
        # The window of a fit begins before that of any later instant; only an older fit needs a longer read.
        needed = first_day_with_bearing(theater, fit.as_of)
        if since is None or needed < since:
            since = needed
            observations = known(since)
        then = _evidence_of(theater, design, fit, observations)
        if then is not None:
            return Footing(fit, then, None)
    changed = "the declared files have changed" if fits[0].declared != model else "what it counted has changed"
    return Footing(fits[0], None, f"{changed} since the fit")


def stand_on(theater: Theater, fitted: Standing, observations: Sequence[Observation], as_of: datetime) -> Standing:
    """A fit brought up to an instant by observations, where its evidence can be had and weights can follow."""
    if fitted.fitted_on is None:
        return fitted
    return bring_up(theater, fitted, fitted.fitted_on, derive_evidence(theater, observations, as_of))


def beyond_weights(then: Evidence, now: Evidence, kept: int) -> str | None:
    """Why no weights can follow from a fit's evidence to a later one; None where they may.

    `kept` is of how many last steps the draws keep pressure.
    """
    if now.first_step - then.first_step >= kept:
        return "too much time has passed since the fit"
    if now.empty and not then.empty:
        return "nothing that counts has been recorded within a quarter year"
    return None


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


def bring_up(
    theater: Theater, fitted: Standing, then: Evidence, now: Evidence, simulated: Simulated = simulate
) -> Standing:
    """A fit on the evidence `then` brought up to `now`, where weights can follow.

    `simulated` is where futures come from; whatever it is, they must be those that `simulate` gives.
    """
    if reason := beyond_weights(then, now, fitted.ensemble.draws.recent.shape[2]):
        return replace(fitted, reason=reason)
    live = bring_up_to(theater, lay_out(theater), fitted.ensemble, then, now, fitted.fit.seed, simulated)
    if live.out_of_reach:
        return replace(fitted, reason="something has changed about a time that the fit has settled already")
    if live.smoothed.collapsed:
        return replace(fitted, reason=_TOO_FAR_FROM_NOTHING if then.empty else _TOO_FAR)
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


def fitted_horizons(ensemble: Ensemble) -> dict[str, list[int]]:
    """The horizons that were fitted, by scenario; the declared ones may be others by now."""
    horizons: dict[str, list[int]] = {name: [] for name in ensemble.scenarios}
    for name, days in ensemble.prior:
        horizons[name].append(days)
    return horizons


def _prior_driven(standing: Standing, estimates: Mapping[tuple[str, int], Estimate]) -> set[str]:
    """The scenarios whose odds by the longest horizon slightly other ranges would move as much as the evidence has."""
    as_fitted = standing.status is Status.REFIT_WANTED
    if standing.status is Status.PRIOR_ONLY or (as_fitted and standing.fit.prior_only):
        return set(standing.ensemble.scenarios)
    horizons = fitted_horizons(standing.ensemble)
    driven = set()
    for found in standing.fit.sensitivity:
        days = horizons[found.scenario][-1]
        now = estimates[found.scenario, days].probability
        if prior_driven(found.response, logit(now) - logit(standing.ensemble.prior[found.scenario, days])):
            driven.add(found.scenario)
    return driven


def state_odds(standing: Standing, as_of: datetime) -> tuple[Odds, ...]:
    """The odds that a standing states, for each scenario and horizon that was fitted."""
    ensemble, stated = standing.ensemble, []
    found = {
        (name, days): value
        for name, horizons in fitted_horizons(ensemble).items()
        for days, value in estimates(
            ensemble.futures, ensemble.scenarios.index(name), horizons, standing.weights
        ).items()
    }
    driven = _prior_driven(standing, found)
    for (name, days), prior in ensemble.prior.items():
        value = found[name, days]
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
    horizons = fitted_horizons(ensemble)
    found = []

    @cache
    def reached(name: str, days: int) -> ReachedBy:
        return reached_by(ensemble.futures, ensemble.scenarios.index(name), days)

    for one in ensemble.scenarios:
        for other in ensemble.scenarios:
            shared = set(horizons[one]) & set(horizons[other])
            if one != other and shared:
                days = max(shared)
                found.append(JointOdds(one, other, days, *joint_of(reached(one, days), reached(other, days), weights)))
    return tuple(found)
