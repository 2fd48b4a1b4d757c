"""Futures from memory: what was simulated once, or ahead, is not simulated again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.evidence import Evidence, derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.futures import Futures, Start, begin, simulate
from tocsin.ensemble.thin import bytes_of, thin
from tocsin.ensemble.update import LIVE_FUTURES, advance
from tocsin.usecases.desk_recent import Recent
from tocsin.usecases.read_odds import beyond_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.ensemble.update import Simulated
    from tocsin.usecases.desk_ahead import Proceed


@dataclass(frozen=True, slots=True)
class Beginning:
    """Everything that decides futures: the fit and its seed, the steps that its draws were moved on, and the start.

    Attributes:
        fit: Id of the fit.
        passed: Steps that began since.
        occurred: What occurred in the steps before each of them, of what adds pressure, by scenario.
        start: Where the future begins.
    """

    fit: str
    passed: int
    occurred: tuple[tuple[int, ...], ...]
    start: Start


class KeptFutures:
    """Futures by where they begin, those that were used last, within so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        """Say how much may be kept."""
        self._kept: Recent[Beginning, Futures] = Recent(most_bytes, bytes_of)

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._kept.bytes

    def source(self, fit: Fit, ensemble: Ensemble, then: Evidence, now: Evidence) -> Simulated:
        """Where the futures of a fit on `then`, brought up to `now`, come from."""

        def simulated(design: Design, draws: Draws, start: Start, seed: int, futures: int) -> Futures:
            beginning = _beginning(design, fit, then, now, start)
            found = self._kept.get(beginning)
            if found is None:
                found = _thinned(ensemble, simulate(design, draws, start, seed, futures))
                self._kept.put(beginning, found)
            return found

        return simulated

    def prepare(
        self, theater: Theater, fit: Fit, ensemble: Ensemble, then: Evidence, coming: Iterator[Evidence], to: Proceed
    ) -> None:
        """Simulate, one thread at a time, what will be wanted once what is coming is there; `to` proceeds or stops."""
        design = lay_out(theater)
        as_fitted = begin(theater, design, then)
        for now in coming:
            to()
            start = begin(theater, design, now)
            beginning = _beginning(design, fit, then, now, start)
            kept = ensemble.draws.recent.shape[2]
            if start == as_fitted or beyond_weights(then, now, kept) or self._kept.get(beginning) is not None:
                continue
            draws = advance(design, ensemble.draws, then, now, fit.seed)
            futures = simulate(design, draws, start, fit.seed, LIVE_FUTURES, to, at_once=1)
            self._kept.put(beginning, _thinned(ensemble, futures))


def _thinned(ensemble: Ensemble, futures: Futures) -> Futures:
    return thin(futures, {days for _, days in ensemble.prior})


def thinned(ensemble: Ensemble) -> Ensemble:
    """An ensemble with the futures that its own horizons need."""
    return replace(ensemble, futures=_thinned(ensemble, ensemble.futures))


def _beginning(design: Design, fit: Fit, then: Evidence, now: Evidence, start: Start) -> Beginning:
    passed = now.first_step - then.first_step
    moved = range(design.steps - passed - 1, design.steps - 1) if passed else range(0)
    sources = dict.fromkeys(design.scenarios[int(source)] for source in design.coupling_source)
    occurred = tuple(tuple(step for step in now.occurred.get(name, ()) if step in moved) for name in sources)
    return Beginning(fit.id, passed, occurred, start)


def likely_evidence(theater: Theater, observations: Sequence[Observation], as_of: datetime) -> Iterator[Evidence]:
    """What may be known next that moves where futures begin: one more report that a rule counts, and the next day.

    A rule's report of today or of yesterday, each by itself; of which grade, as long as it counts, is nothing to them.
    """
    timeline = theater.timeline
    today = timeline.last_day(as_of)
    known = [item for item in observations if item.recorded_at <= as_of]
    rules = [item.mechanism for item in theater.scenarios if isinstance(item.mechanism, Threshold)]
    for indicator in dict.fromkeys(rule.indicator for rule in rules):
        for day in (today, today - timedelta(days=1)):
            yield derive_evidence(theater, [*known, _imagined(indicator, day, as_of)], as_of)
    yield derive_evidence(theater, observations, timeline.close_of(today) + timedelta(microseconds=1))


def _imagined(indicator: str, day: date, as_of: datetime) -> Observation:
    return Observation(
        id="imagined",
        indicator=indicator,
        observed_on=day,
        value=1.0,
        grade=Grade("A", "1"),
        origin="imagined by the desk",
        summary="",
        source="",
        author="",
        recorded_at=as_of,
    )
