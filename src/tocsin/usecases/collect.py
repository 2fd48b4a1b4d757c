"""What should be collected next? Which indicator would tell most if somebody looked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.errors import InvalidInputError, OutdatedFitError, Problem
from tocsin.domain.evidence import COUNTED_TRUST, first_day_with_bearing
from tocsin.domain.observation import effective
from tocsin.domain.wording import likelihood_words
from tocsin.ensemble.collect import NOTHING, Amount, Joint, Outlook, amounts, outlook, tabulate, tabulate_counted
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared
from tocsin.ensemble.odds import Estimate, chance_by, estimates
from tocsin.ensemble.paths import informs
from tocsin.ensemble.reading import next_reading
from tocsin.ensemble.tally import rules_of, tally
from tocsin.usecases.ports import Progress
from tocsin.usecases.read_odds import Standing, fitted_horizons, stand_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import NDArray

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.grading import Grade
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a collection ranking.

    Attributes:
        scenario: The one scenario asked about; None for all.
        horizon_days: The horizon of every scenario; None for each one's longest.
        threshold: The line that the odds may cross; None for the edges between the words of ICD 203.
        grade: The grade that the next reading would have.
    """

    scenario: str | None
    horizon_days: int | None
    threshold: float | None
    grade: Grade


@dataclass(frozen=True, slots=True)
class Target:
    """A scenario asked about, its horizon and its odds as they are."""

    scenario: str
    horizon_days: int
    odds: Estimate


@dataclass(frozen=True, slots=True)
class Worth:
    """What the next reading of one indicator is worth.

    Attributes:
        indicator: Its id.
        total: Expected information about all targets together: the sum over them.
        each: About each target, in their order.
        outlooks: What it may do to the odds of each target; None where nothing leads from the indicator to it.
        last_report_days: Days since the last day that something was reported about; None where there is no report.
    """

    indicator: str
    total: Amount
    each: tuple[Amount, ...]
    outlooks: tuple[Outlook | None, ...]
    last_report_days: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Ranking:
    """Indicators by what their next reading is worth, most first.

    Attributes:
        standing: The ensemble that it was computed from, with its status and reason.
        asked: The instant asked about.
        question: What was asked.
        trust: Of a reading of the grade asked about.
        targets: The scenarios asked about.
        worths: One for each indicator of the theater.
    """

    standing: Standing
    asked: datetime
    question: Question
    trust: float
    targets: tuple[Target, ...]
    worths: tuple[Worth, ...]


def collect(
    theater: Theater,
    question: Question,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    as_of: datetime,
    report: Callable[[Progress], None],
) -> Ranking:
    """Rank indicators by the expected bits between their next reading and each scenario's occurrence.

    The next reading is a fresh look at one whole step at the present pressure, with the indicator's declared coverage
    and the trust of the grade asked about. Where a rule counts the indicator and the grade is trusted enough for it,
    the reading is of the current step, and what it finds in days not counted yet joins the count.

    UnknownNameError or InvalidInputError for what cannot be asked, NoFitError where nothing was fitted,
    OutdatedFitError where the files have changed since.
    """
    horizons = _horizons(theater, question)
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    design = lay_out(theater)
    evidence = standing.evidence or standing.fitted_on
    if standing.fit.declared != declared(theater, design) or evidence is None:
        raise OutdatedFitError(standing.fit.id, theater.id, theater.timeline.name_instant(as_of))
    desk = _Desk(
        theater=theater,
        design=design,
        standing=standing,
        evidence=evidence,
        horizons=horizons,
        chances=np.array([chance_by(standing.ensemble.futures, place, days)[0] for place, days in enumerate(horizons)]),
        paths=informs(design),
        asked=np.array([question.scenario in {None, scenario.id} for scenario in theater.scenarios]),
        trust=theater.grades.trust(question.grade),
        side=likelihood_words if question.threshold is None else partial(_reaches, question.threshold),
        report=report,
    )
    last = _last_reports(theater, ledger, standing.as_of)
    worths = [desk.worth(position, last.get(name)) for position, name in enumerate(design.indicators)]
    report(Progress("weighing readings", len(worths), len(worths)))
    ranked = sorted(worths, key=lambda worth: (worth.total.below_noise, -worth.total.bits))
    return Ranking(standing, as_of, question, desk.trust, tuple(desk.targets()), tuple(ranked))


def _reaches(threshold: float, probability: float) -> bool:
    return probability >= threshold


def _horizons(theater: Theater, question: Question) -> tuple[int, ...]:
    """The horizon of each scenario of the theater, in days."""
    if question.scenario is not None:
        theater.scenario(question.scenario)
    days = question.horizon_days
    if days is not None and not 1 <= days <= theater.horizon_days:
        accepted = f"a whole number from 1 to {theater.horizon_days}, the longest horizon declared"
        raise InvalidInputError([Problem("", None, "horizon", str(days), accepted)])
    return tuple(scenario.horizons[-1] if days is None else days for scenario in theater.scenarios)


def _last_reports(theater: Theater, ledger: Ledger, as_of: datetime) -> dict[str, int]:
    """Days since the last report that stands, by indicator; only of those silent for long is everything read."""
    names = [indicator.id for indicator in theater.indicators]
    recent = effective(ledger.observations(names, as_of, first_day_with_bearing(theater, as_of)), as_of)
    silent = set(names) - {item.indicator for item in recent}
    standing = (*effective(ledger.observations(sorted(silent), as_of), as_of), *recent)
    today = theater.timeline.last_day(as_of)
    return {item.indicator: (today - item.observed_on).days for item in standing}


@dataclass(frozen=True, eq=False, slots=True)
class _Desk:
    """Everything that the worth of one indicator is computed from: `chances` (S, D), `paths` (I, S), `asked` (S,)."""

    theater: Theater
    design: Design
    standing: Standing
    evidence: Evidence
    horizons: tuple[int, ...]
    chances: Floats
    paths: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    trust: float
    side: Callable[[float], object]
    report: Callable[[Progress], None]

    def targets(self) -> list[Target]:
        """The scenarios asked about, with their odds."""
        futures, weights = self.standing.ensemble.futures, self.standing.weights
        stated = fitted_horizons(self.standing.ensemble)
        return [
            # With all horizons that odds are stated by, so that it is the interval that is stated.
            Target(name, days, estimates(futures, place, {*stated.get(name, ()), days}, weights)[days])
            for place, (name, days) in enumerate(zip(self.design.scenarios, self.horizons, strict=True))
            if self.asked[place]
        ]

    def worth(self, indicator: int, last_report_days: int | None) -> Worth:
        """What the next reading of one indicator is worth."""
        self.report(Progress("weighing readings", indicator, len(self.design.indicators)))
        name = self.design.indicators[indicator]
        told = self.paths[indicator] & self.asked
        places = np.flatnonzero(self.asked)
        if not told.any():
            return Worth(name, NOTHING, (NOTHING,) * len(places), (None,) * len(places), last_report_days)
        joint = self._joint(indicator)
        each, total = amounts(joint, told)
        weights = self.standing.weights
        outlooks = [
            outlook(joint, int(place), float(np.sum(weights * self.chances[place])), self.side) if told[place] else None
            for place in places
        ]
        return Worth(name, total, tuple(each[place] for place in places), tuple(outlooks), last_report_days)

    def _joint(self, indicator: int) -> Joint:
        draws, weights = self.standing.ensemble.draws, self.standing.weights
        declared_ = self.theater.indicators[indicator]
        reading = next_reading(self.design, draws, weights, indicator, declared_.coverage, self.trust)
        if self.trust < COUNTED_TRUST or not rules_of(self.design, indicator):
            return tabulate(reading, self.chances, weights)
        counted = tally(
            self.theater,
            self.design,
            self.evidence,
            draws,
            indicator,
            self.horizons,
            self.standing.fit.seed,
            lambda done, of: self.report(Progress(f"counting {declared_.id}", done, of)),
        )
        return tabulate_counted(reading, counted, weights)
