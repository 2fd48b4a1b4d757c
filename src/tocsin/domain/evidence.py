"""Evidence: what all observations known at an instant say about each indicator in each step.

Derived, never stored by hand. A cell holds alternatives: values with the trust that each is what was there to be
seen. What trust is left over is the chance that nothing said about the cell is right, and then it says nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.indicator import Collection, Indicator, Kind
from tocsin.domain.observation import Observation, effective
from tocsin.domain.scenario import Event, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tocsin.domain.grading import GradeTable
    from tocsin.domain.theater import Theater

COUNTED_TRUST = 0.5
"""A report counts toward a threshold rule when it is at least as likely right as wrong."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A value that the cell may have, and the trust that it is the one. Measures are already transformed."""

    value: float
    trust: float


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known about one indicator in one step. `step` counts from 0, the first step of the window.

    `coverage` is the chance that a thing that happened in the step would have been seen by now; `reports` are the
    ids of the observations behind it, none for silence.
    """

    indicator: str
    step: int
    coverage: float
    alternatives: tuple[Alternative, ...]
    reports: tuple[str, ...]

    @property
    def silent(self) -> bool:
        """Nothing was reported, and somebody would have."""
        return not self.reports


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known at an instant about one theater's window of steps.

    Attributes:
        theater: Id of the theater.
        as_of: The instant.
        first_step: Absolute number of the window's first step; the last is `first_step + steps - 1`.
        steps: Length of the window.
        elapsed: Share of the last step that has passed, in (0, 1].
        cells: In order of indicator (as declared), then step.
        occurred: For each scenario, the window steps in which it occurred.
        watched: For each event scenario, the window steps from which its absence is known.
        counted: For each threshold scenario, what its indicator has been counted at in each step of the window.
    """

    theater: str
    as_of: datetime
    first_step: int
    steps: int
    elapsed: float
    cells: tuple[Cell, ...]
    occurred: dict[str, tuple[int, ...]]
    watched: dict[str, int]
    counted: dict[str, tuple[int, ...]]

    @property
    def empty(self) -> bool:
        """Nothing is known: odds from it are the prior's."""
        return not self.cells


def derive_evidence(theater: Theater, observations: Iterable[Observation], as_of: datetime) -> Evidence:
    """The evidence that a theater's observations give at an instant.

    An empty ledger gives empty evidence: where nobody has recorded anything, silence says nothing either.
    """
    timeline = theater.timeline
    last_day = timeline.last_day(as_of)
    last = timeline.number(last_day)
    first = last - timeline.window + 1
    names = {indicator.id for indicator in theater.indicators}
    standing = [item for item in effective(observations, as_of) if item.indicator in names]
    placed: dict[tuple[str, int], list[Observation]] = defaultdict(list)
    for item in standing:
        step = timeline.number(item.observed_on) - first
        if 0 <= step < timeline.window:
            placed[item.indicator, step].append(item)
    cells = (
        tuple(
            cell
            for indicator in theater.indicators
            for step in range(timeline.window)
            if (cell := _cell(theater, indicator, first, step, placed.get((indicator.id, step), []), last_day))
            is not None
        )
        if standing
        else ()
    )
    days = timeline.days_in(last)
    return Evidence(
        theater=theater.id,
        as_of=as_of,
        first_step=first,
        steps=timeline.window,
        elapsed=((last_day - timeline.start_of(last)).days + 1) / days,
        cells=cells,
        occurred=_occurred(theater, cells, first, last_day) if cells else {},
        watched=_watched(theater, first) if cells else {},
        counted=_counted(theater, cells),
    )


def _cell(
    theater: Theater,
    indicator: Indicator,
    first: int,
    step: int,
    reports: Sequence[Observation],
    last_day: date,
) -> Cell | None:
    timeline = theater.timeline
    start = timeline.start_of(first + step)
    end = timeline.end_of(first + step)
    closed = last_day - timedelta(days=indicator.delay_days)
    if not reports:
        silence_counts = (
            indicator.collection is Collection.CONTINUOUS
            and indicator.since is not None
            and start >= indicator.since
            and end <= closed
        )
        return Cell(indicator.id, step, indicator.coverage, (Alternative(0.0, 1.0),), ()) if silence_counts else None
    covered_until = min(end, max(closed, *(report.observed_on for report in reports)))
    exposure = ((covered_until - start).days + 1) / timeline.days_in(first + step)
    return Cell(
        indicator=indicator.id,
        step=step,
        coverage=_coverage(indicator, reports) * (exposure if _accumulates(indicator) else 1.0),
        alternatives=_alternatives(indicator, reports, theater.grades),
        reports=tuple(report.id for report in reports),
    )


def _accumulates(indicator: Indicator) -> bool:
    # A count or a sighting needs time to happen; a level or a measured value is there at any moment.
    return indicator.kind in {Kind.COUNT, Kind.PRESENCE}


def _coverage(indicator: Indicator, reports: Sequence[Observation]) -> float:
    stated = [report.coverage for report in reports if report.coverage is not None]
    return max(stated) if stated else indicator.coverage


def _alternatives(indicator: Indicator, reports: Sequence[Observation], grades: GradeTable) -> tuple[Alternative, ...]:
    voices = _voices(indicator, reports, grades)
    return _nested(voices) if indicator.kind is Kind.COUNT else _in_turn(voices, indicator.kind)


def _voices(indicator: Indicator, reports: Sequence[Observation], grades: GradeTable) -> list[Alternative]:
    """One voice an origin: of its echoes the best graded, and among equals the latest."""
    best: dict[str, tuple[float, int, float]] = {}
    for order, report in enumerate(reports):
        value = indicator.transform.apply(report.value) if indicator.kind is Kind.MEASURE else report.value
        candidate = (grades.trust(report.grade), order, value)
        best[report.origin] = max(best.get(report.origin, candidate), candidate)
    return [Alternative(value, trust) for trust, _, value in sorted(best.values(), reverse=True)]


def _nested(voices: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Counts of different origins add up, best trusted first.

    With trusts r₁ ≥ r₂ ≥ … the count is v₁+…+v_k with trust r_k − r_{k+1}: an incident is believed only where all
    better trusted ones are. So equal grades simply add, and a report at trust 0 changes nothing.
    """
    totals: list[Alternative] = []
    total = 0.0
    for position, voice in enumerate(voices):
        total += voice.value
        following = voices[position + 1].trust if position + 1 < len(voices) else 0.0
        if voice.trust > following:
            totals.append(Alternative(total, voice.trust - following))
    return tuple(totals)


def _in_turn(voices: Sequence[Alternative], kind: Kind) -> tuple[Alternative, ...]:
    """The best trusted voice is believed first; where it is wrong, the next.

    Voices that agree corroborate: 1 − Π(1 − r). A sighting goes before a "not seen": one who did not see it can have
    missed it.
    """
    sighting_first = sorted(voices, key=lambda voice: -voice.value) if kind is Kind.PRESENCE else voices
    believed: dict[float, float] = defaultdict(float)
    left = 1.0
    for voice in sighting_first:
        believed[voice.value] += left * voice.trust
        left *= 1.0 - voice.trust
    return tuple(Alternative(value, trust) for value, trust in believed.items())


def _counted(theater: Theater, cells: Sequence[Cell]) -> dict[str, tuple[int, ...]]:
    counted: dict[str, tuple[int, ...]] = {}
    for scenario in theater.scenarios:
        if isinstance(scenario.mechanism, Threshold):
            by_step = [0] * theater.timeline.window
            for cell in cells:
                if cell.indicator == scenario.mechanism.indicator and not cell.silent:
                    by_step[cell.step] = _trusted_count(cell)
            counted[scenario.id] = tuple(by_step)
    return counted


def _trusted_count(cell: Cell) -> int:
    # Trust that the count is at least this alternative's: its own and that of every larger one.
    reached = (
        alternative.value
        for position, alternative in enumerate(cell.alternatives)
        if math.fsum(later.trust for later in cell.alternatives[position:]) >= COUNTED_TRUST
    )
    return int(max(reached, default=0.0))


def _occurred(theater: Theater, cells: Sequence[Cell], first: int, last_day: date) -> dict[str, tuple[int, ...]]:
    counted = _counted(theater, cells)
    occurred: dict[str, tuple[int, ...]] = {}
    for scenario in theater.scenarios:
        mechanism = scenario.mechanism
        if isinstance(mechanism, Event):
            steps = {theater.timeline.number(item.on) - first for item in mechanism.occurrences if item.on <= last_day}
            occurred[scenario.id] = tuple(sorted(step for step in steps if 0 <= step < theater.timeline.window))
        else:
            occurred[scenario.id] = crossings(counted[scenario.id], mechanism)
    return occurred


def crossings(counts: Sequence[int], rule: Threshold) -> tuple[int, ...]:
    """The steps in which the rule becomes true, having been false the step before."""
    met = [sum(counts[max(0, step - rule.within_steps + 1) : step + 1]) >= rule.at_least for step in range(len(counts))]
    return tuple(step for step, now in enumerate(met) if now and not (step and met[step - 1]))


def _watched(theater: Theater, first: int) -> dict[str, int]:
    return {
        scenario.id: max(0, theater.timeline.number(scenario.mechanism.watched_since) - first)
        for scenario in theater.scenarios
        if isinstance(scenario.mechanism, Event)
    }
