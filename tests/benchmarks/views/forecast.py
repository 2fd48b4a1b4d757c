"""The product's forecast of one country: its own theater, evidence, sampler and futures, in a process of its own."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.views.folder import DEATHS, NON_STATE, ONE_SIDED
from benchmarks.views.months import FIRST_AHEAD, LAST_AHEAD, first_day, last_day, origin_of
from tocsin.catalog import read_catalog
from tocsin.domain.diagnosis import rejections
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.futures import begin
from tocsin.ensemble.identity import counted
from tocsin.ensemble.outlook import outlook
from tocsin.usecases.ports import Limits, in_silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.outlook import Outlook
    from tocsin.inference.sample import NutsSampler
    from tocsin.usecases.ports import Sampled

KIT = Path(__file__).parent / "kit"
SCENARIO = "deadly-month"
INDICATORS = {
    DEATHS: "violence/state-based-deaths",
    ONE_SIDED: "violence/one-sided-deaths",
    NON_STATE: "violence/non-state-deaths",
}
"""The indicator that each column of the panel is the evidence of."""
DRAWS = 1000
"""Draws that are written and scored, of all that are simulated."""
FUTURES = 4000
"""Futures of which it is kept in which months they reach the threshold, of all that are simulated."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SEED = 20171031
_FUTURES = 32
_AHEAD = slice(FIRST_AHEAD, LAST_AHEAD + 1)  # step 0 is what is left of the origin's month: nothing
_PRIOR_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """One country at one origin: for each indicator, what each month had been counted at, as known then."""

    window: int
    country: int
    history: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, eq=False, slots=True)
class Forecast:
    """What the product says of the months of a window.

    Attributes:
        task: What was asked.
        reached: (12,) P(25 or more deaths).
        draws: (12, DRAWS) counts, rising: every so-manieth of all simulated ones.
        futures: (12, FUTURES) whether 25 or more are counted: how months hang together.
        mean: (12,) of all simulated counts.
        quantiles: (12, 5) of all simulated counts, at QUANTILES.
        rejections: Why the gate would not let the fit pass; empty where it would.
        prior_only: Nothing was known of the country.
        seconds: Taken to sample.
    """

    task: Task
    reached: np.ndarray
    draws: np.ndarray
    futures: np.ndarray
    mean: np.ndarray
    quantiles: np.ndarray
    rejections: tuple[str, ...]
    prior_only: bool
    seconds: float

    def moved_to(self, task: Task) -> Forecast:
        """The same for a task of equal evidence and calendar."""
        return replace(self, task=task)


@functools.cache
def theater() -> Theater:
    """The one theater: countries differ in their observations alone."""
    return read_catalog(KIT).theater("conflict")


def evidence_of(task: Task) -> Evidence:
    """What the product makes of the observations that had been made by the end of the origin's month."""
    as_of = theater().timeline.close_of(last_day(origin_of(task.window)))
    since = first_day_with_bearing(theater(), as_of)
    return derive_evidence(theater(), observations_of(task.history, since), as_of)


def observations_of(history: Mapping[str, Mapping[int, float]], since: date) -> Iterator[Observation]:
    """One total a month from a day on, also of nothing, known when the month has ended."""
    grade = parse_grade("A1")
    assert grade is not None
    timeline = theater().timeline
    for indicator, months in history.items():
        for month, value in months.items():
            if first_day(month) < since:
                continue
            yield Observation(
                id=f"{indicator}/{month}",
                indicator=indicator,
                observed_on=first_day(month),
                value=value,
                grade=grade,
                origin=f"{indicator}/{month}",
                summary="",
                source="UCDP",
                author="benchmark",
                recorded_at=timeline.close_of(last_day(month)),
                through=last_day(month),
            )


def key_of(task: Task) -> str:
    """Tasks of equal keys have equal forecasts, bit for bit: the same evidence and calendar."""
    return counted(theater(), lay_out(theater()), evidence_of(task))


def forecast(task: Task) -> Forecast:
    """Fit, and simulate the months of the window. What the gate would not let pass is sampled again, for longer."""
    evidence = evidence_of(task)
    design = lay_out(theater())
    if evidence.empty:
        found = _look_ahead(design, evidence, prior_draws(design, SEED, _PRIOR_DRAWS))
        return _stated(task, found, reasons=(), prior_only=True, seconds=0.0)
    seconds = 0.0
    for longer in (False, True):
        sampled = _sample(design, evidence, longer=longer)
        seconds += sampled.sample_seconds
        found = _look_ahead(design, evidence, sampled.draws)
        assert sampled.diagnosis is not None
        reasons = rejections(replace(sampled.diagnosis, odds_error=float(found.error[_AHEAD].max())))
        if not reasons:
            break
    return _stated(task, found, reasons=reasons, prior_only=False, seconds=seconds)


def _sample(design: Design, evidence: Evidence, *, longer: bool) -> Sampled:
    return _sampler(longer=longer).sample(
        design,
        lay_out_cells(design, evidence.cells),
        lay_out_window(design, evidence),
        seed=SEED,
        limits=Limits(math.inf, lambda: False, lambda: 0.0),
        report=in_silence,
    )


def _look_ahead(design: Design, evidence: Evidence, draws: Draws) -> Outlook:
    rule = _rule()
    return outlook(
        design,
        draws,
        begin(theater(), design, evidence),
        design.indicators.index(rule.indicator),
        coverage=theater().indicator(rule.indicator).coverage,
        at_least=rule.at_least,
        seed=SEED,
        futures=_FUTURES,
    )


def _rule() -> Threshold:
    rule = theater().scenario(SCENARIO).mechanism
    assert isinstance(rule, Threshold)
    return rule


def _stated(task: Task, found: Outlook, *, reasons: tuple[str, ...], prior_only: bool, seconds: float) -> Forecast:
    counts = np.sort(found.counts[_AHEAD], axis=1)
    place = ((np.arange(DRAWS) + 0.5) / DRAWS * counts.shape[1]).astype(int)
    kept = np.linspace(0, counts.shape[1] - 1, FUTURES).astype(int)
    return Forecast(
        task=task,
        reached=found.reached[_AHEAD],
        draws=counts[:, place].astype(np.int32),
        futures=found.counts[_AHEAD][:, kept] >= _rule().at_least,
        mean=counts.mean(axis=1),
        quantiles=np.quantile(counts, QUANTILES, axis=1).T,
        rejections=reasons,
        prior_only=prior_only,
        seconds=seconds,
    )


@functools.cache
def _sampler(*, longer: bool) -> NutsSampler:
    """One a process: it keeps the compiled model, which all countries share."""
    from tocsin.inference.sample import NutsSampler, SamplerSettings  # noqa: PLC0415 - the compiler is prepared first

    run = SamplerSettings(draws=750, tune=600, cores=1) if longer else SamplerSettings(draws=250, tune=300, cores=1)
    return NutsSampler(run)
