"""Evidence: what all observations known at an instant say about each indicator in each step.

Derived, never stored by hand. A cell holds alternatives: values with the trust that each is what was there to be
seen. What trust is left over is the chance that nothing said about the cell is right: then the silence stands where
somebody always looks, and elsewhere nothing is known.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from tocsin.domain.counting import Tally, nested_counts
from tocsin.domain.indicator import Collection, Indicator, Kind
from tocsin.domain.observation import Observation, effective
from tocsin.domain.origin import group_echoes
from tocsin.domain.scenario import Event, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tocsin.domain.grading import GradeTable
    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline

ATTENTION_DAYS = 91
"""Silence counts only within a quarter year of some report that counts: where the ledger holds none for longer, nobody
is known to have been looking, and what nobody looked for is no evidence."""
COUNTED_TRUST = 0.5
"""A report counts toward a threshold rule, and shows that somebody looked, when it is at least as likely right as
wrong."""
_ROUNDING = 1e-12  # differences of trusts do not sum to a trust again exactly


@dataclass(frozen=True, slots=True)
class Alternative:
    """A value that the cell may have, and the trust that it is the one. Measures are already transformed."""

    value: float
    trust: float


_SILENCE = (Alternative(0.0, 1.0),)  # one for all: what is the same object is quickly told to be equal


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known about one indicator in one step. `step` counts from 0, the first step of the window.

    `coverage` is the chance that a thing that happened in the step would have been seen by now; `reports` are the
    ids of the observations behind it, none for silence. `silence_stands` says what trust is left over means: silence,
    where somebody always looks and the step is over, or else nothing at all.
    """

    indicator: str
    step: int
    coverage: float
    alternatives: tuple[Alternative, ...]
    reports: tuple[str, ...]
    silence_stands: bool = False

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
        elapsed: Share of the last step's days that have ended, in [0, 1].
        cells: In order of indicator (as declared), then step.
        occurred: For each scenario, the window steps in which it occurred.
        watched: For each event scenario, the window steps from which its absence is known.
        counted: For each threshold scenario, what its indicator has been counted at in each step of the window.
        uncounted: For each threshold scenario, how much of a step the days up to the end of the window are whose
            reports are not in yet; more than 1 where the delay is longer than a step.
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
    uncounted: dict[str, float]

    @property
    def empty(self) -> bool:
        """Nothing is known: odds from it are the prior's."""
        return not self.cells


def first_day_with_bearing(theater: Theater, as_of: datetime) -> date:
    """The first day of which a report can have a bearing on the evidence at an instant: it may show attention.

    Reports of days before it bear only as echoes or versions of later ones.
    """
    timeline = theater.timeline
    first = timeline.number(timeline.last_day(as_of)) - timeline.window + 1
    return timeline.start_of(first) - timedelta(days=ATTENTION_DAYS)


def derive_evidence(theater: Theater, observations: Iterable[Observation], as_of: datetime) -> Evidence:
    """The evidence that a theater's observations give at an instant.

    Where nobody has recorded anything about the theater for long, silence says nothing either, so an empty ledger
    gives empty evidence.
    """
    timeline = theater.timeline
    last = timeline.number(timeline.last_day(as_of))
    first = last - timeline.window + 1
    watched = {indicator.id for indicator in theater.indicators}
    standing = [item for item in effective(observations, as_of) if item.indicator in watched]
    placed = _placed(theater, standing, first)
    attended = _attended(theater, standing, first)
    cells = tuple(_cells(theater, placed, attended, first, as_of))
    ended = (timeline.last_ended(as_of) - timeline.start_of(last)).days + 1
    return Evidence(
        theater=theater.id,
        as_of=as_of,
        first_step=first,
        steps=timeline.window,
        elapsed=ended / timeline.days_in(last),
        cells=cells,
        occurred=_occurred(theater, cells, first, as_of) if cells else {},
        watched=_watched(theater, first) if cells else {},
        counted=_counted(theater, cells),
        uncounted=_uncounted(theater, placed, last, as_of),
    )


def _placed(
    theater: Theater, standing: Iterable[Observation], first: int
) -> dict[tuple[str, int], list[list[Observation]]]:
    """The echoes of each origin, by indicator and window step: those of the step in which its best report lies.

    Echoes of one origin count once however far apart they are dated: the best graded says when it was, and among
    equals the latest.
    """
    placed: dict[tuple[str, int], list[list[Observation]]] = defaultdict(list)
    for (indicator, _), best_last in group_echoes(standing, theater.grades).items():
        step = theater.timeline.number(best_last[-1].observed_on) - first
        if 0 <= step < theater.timeline.window:
            placed[indicator, step].append(best_last)
    return placed


def _attended(theater: Theater, standing: Sequence[Observation], first: int) -> list[bool]:
    """For each step of the window, whether some report that counts lies within a quarter year of it."""
    timeline = theater.timeline
    days = sorted(item.observed_on for item in _trusted(theater, standing))
    attended = []
    for number in range(first, first + timeline.window):
        after = bisect_left(days, timeline.start_of(number) - timedelta(days=ATTENTION_DAYS))
        attended.append(after < len(days) and days[after] <= timeline.end_of(number) + timedelta(days=ATTENTION_DAYS))
    return attended


def _cells(
    theater: Theater,
    placed: Mapping[tuple[str, int], Sequence[Sequence[Observation]]],
    attended: Sequence[bool],
    first: int,
    as_of: datetime,
) -> Iterator[Cell]:
    for indicator in theater.indicators:
        silent = _silent_steps(theater.timeline, indicator, first, as_of)
        for step in range(theater.timeline.window):
            stands = attended[step] and step in silent
            if origins := placed.get((indicator.id, step)):
                yield _reported(theater, indicator, step, origins, first, as_of, silence_stands=stands)
            elif stands:
                yield Cell(indicator.id, step, indicator.coverage, _SILENCE, (), silence_stands=True)


def _reported(
    theater: Theater,
    indicator: Indicator,
    step: int,
    origins: Sequence[Sequence[Observation]],
    first: int,
    as_of: datetime,
    *,
    silence_stands: bool,
) -> Cell:
    best = [echoes[-1] for echoes in origins]
    exposure = _exposure(theater, indicator, first + step, best, as_of)
    return Cell(
        indicator=indicator.id,
        step=step,
        coverage=_coverage(indicator, best) * exposure,
        alternatives=_alternatives(indicator, best, theater.grades),
        reports=tuple(report.id for report in sorted(chain(*origins), key=_order)),
        silence_stands=silence_stands,
    )


def _order(report: Observation) -> tuple[date, datetime, str]:
    return report.observed_on, report.recorded_at, report.id


def _silent_steps(timeline: Timeline, indicator: Indicator, first: int, as_of: datetime) -> range:
    """The window steps all through which somebody looked, and of whose last day a report would be here by now."""
    if indicator.collection is not Collection.CONTINUOUS or indicator.since is None:
        return range(0)
    begun = timeline.number(indicator.since)
    whole = begun if timeline.start_of(begun) == indicator.since else begun + 1
    day_after = timeline.last_ended(as_of) - timedelta(days=indicator.delay_days - 1)
    return range(whole - first, timeline.number(day_after) - first)


def _exposure(
    theater: Theater, indicator: Indicator, number: int, reports: Sequence[Observation], as_of: datetime
) -> float:
    """The share of a step's days of which news would be here, or is."""
    if not _accumulates(indicator):
        return 1.0
    timeline = theater.timeline
    # Who is not to be trusted does not show that the days before were looked at; where nobody else speaks, they were.
    trusted = _trusted(theater, reports) or reports
    until = min(timeline.end_of(number), _in_until(timeline, indicator, trusted, as_of))
    return ((until - timeline.start_of(number)).days + 1) / timeline.days_in(number)


def _in_until(timeline: Timeline, indicator: Indicator, reports: Iterable[Observation], as_of: datetime) -> date:
    """The last day of which news would be here by now, or is."""
    closed = timeline.last_ended(as_of) - timedelta(days=indicator.delay_days)
    return max([closed, *(report.last_day for report in reports)])


def _trusted(theater: Theater, reports: Iterable[Observation]) -> list[Observation]:
    return [report for report in reports if theater.grades.trust(report.grade) >= COUNTED_TRUST]


def _uncounted(
    theater: Theater, placed: Mapping[tuple[str, int], Sequence[Sequence[Observation]]], last: int, as_of: datetime
) -> dict[str, float]:
    timeline = theater.timeline
    uncounted: dict[str, float] = {}
    for scenario in theater.scenarios:
        if isinstance(scenario.mechanism, Threshold):
            indicator = theater.indicator(scenario.mechanism.indicator)
            current = placed.get((indicator.id, timeline.window - 1), ())
            trusted = _trusted(theater, [echoes[-1] for echoes in current])
            until = _in_until(timeline, indicator, trusted, as_of)
            uncounted[scenario.id] = (timeline.end_of(last) - until).days / timeline.days_in(last)
    return uncounted


def _accumulates(indicator: Indicator) -> bool:
    # A count or a sighting needs time to happen; a level or a measured value is there at any moment.
    return indicator.kind in {Kind.COUNT, Kind.PRESENCE}


def _coverage(indicator: Indicator, reports: Sequence[Observation]) -> float:
    return max(indicator.coverage if report.coverage is None else report.coverage for report in reports)


def _alternatives(indicator: Indicator, reports: Sequence[Observation], grades: GradeTable) -> tuple[Alternative, ...]:
    if indicator.kind is Kind.COUNT:
        tallies = (tally_of(report, grades.trust(report.grade)) for report in reports)
        return tuple(Alternative(value, trust) for value, trust in nested_counts(tallies))
    return _in_turn(_voices(indicator, reports, grades), indicator.kind)


def _voices(indicator: Indicator, reports: Sequence[Observation], grades: GradeTable) -> list[Alternative]:
    """One voice an origin, best trusted first and among equals the latest."""
    ranked = sorted(reports, key=lambda report: (grades.trust(report.grade), *_order(report)))
    return [
        Alternative(
            indicator.transform.apply(report.value) if indicator.kind is Kind.MEASURE else report.value,
            grades.trust(report.grade),
        )
        for report in reversed(ranked)
    ]


def tally_of(report: Observation, trust: float) -> Tally:
    """What the best report of one origin says was counted."""
    return Tally(report.id, report.observed_on, report.last_day, report.value, trust, total=report.through is not None)


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
        if math.fsum(later.trust for later in cell.alternatives[position:]) >= COUNTED_TRUST - _ROUNDING
    )
    return int(max(reached, default=0.0))


def _occurred(theater: Theater, cells: Sequence[Cell], first: int, as_of: datetime) -> dict[str, tuple[int, ...]]:
    timeline = theater.timeline
    counted = _counted(theater, cells)
    occurred: dict[str, tuple[int, ...]] = {}
    for scenario in theater.scenarios:
        mechanism = scenario.mechanism
        if isinstance(mechanism, Event):
            steps = {
                timeline.number(item.on) - first
                for item in mechanism.occurrences
                if timeline.close_of(item.on) <= as_of
            }
            occurred[scenario.id] = tuple(sorted(step for step in steps if 0 <= step < timeline.window))
        else:
            occurred[scenario.id] = crossings(counted[scenario.id], mechanism)
    return occurred


def crossings(counts: Sequence[int], rule: Threshold) -> tuple[int, ...]:
    """The steps in which the rule becomes true, having been false the step before."""
    met = [sum(counts[max(0, step - rule.within_steps + 1) : step + 1]) >= rule.at_least for step in range(len(counts))]
    return tuple(step for step, now in enumerate(met) if now and not (step and met[step - 1]))


def _watched(theater: Theater, first: int) -> dict[str, int]:
    timeline = theater.timeline
    watched: dict[str, int] = {}
    for scenario in theater.scenarios:
        if isinstance(scenario.mechanism, Event):
            since = scenario.mechanism.watched_since
            number = timeline.number(since)
            whole = number if timeline.start_of(number) == since else number + 1
            watched[scenario.id] = max(0, whole - first)
    return watched
