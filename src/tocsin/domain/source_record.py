"""Sources against what became of their reports: corrected, withdrawn, contradicted, or told by others too.

Shown to whoever grades them, and nothing follows from it by itself: no grade or trust changes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.evidence import COUNTED_TRUST
from tocsin.domain.indicator import Kind
from tocsin.domain.observation import effective
from tocsin.domain.origin import group_echoes
from tocsin.domain.proportion import Proportion, proportion
from tocsin.domain.resolution import How, Outcome, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.resolution import Resolution
    from tocsin.domain.theater import Theater

AGAINST = 2
"""So many independent origins must say otherwise, and none the same, before a report counts as contradicted."""


class Fate(StrEnum):
    """What became of a report; the first of these that is so."""

    RETRACTED = "retracted"
    CORRECTED = "corrected"
    """It says another day, value or indicator now; a new grade or summary is no correction of what was seen."""
    OVERRULED = "overruled"
    """It met a rule, and a person judged later that the window came out no."""
    CONTRADICTED = "contradicted"
    """Two independent trusted origins say otherwise of the same day, and none the same."""
    CONFIRMED = "confirmed"
    """An independent trusted origin says the same of the same day, or it met the rule of a window that stands yes."""
    UNTESTED = "untested"


WRONG = (Fate.RETRACTED, Fate.CORRECTED, Fate.OVERRULED, Fate.CONTRADICTED)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What became of the reports of one source, as it was named when they were recorded.

    Attributes:
        source: Its name; empty for reports that name none.
        reports: How many, corrections and retractions not counted as reports of their own.
        retracted: How many of each fate; see `Fate`.
        corrected: See `Fate`.
        overruled: See `Fate`.
        contradicted: See `Fate`.
        confirmed: See `Fate`.
        untested: See `Fate`.
        stood: The share of all that have not been found wrong. Nobody has looked into most, so it is an upper bound.
        right: The share of those that were tested at all that were right; None where none were.
    """

    source: str
    reports: int
    retracted: int
    corrected: int
    overruled: int
    contradicted: int
    confirmed: int
    untested: int
    stood: Proportion
    right: Proportion | None


def record_sources(
    theater: Theater, observations: Iterable[Observation], resolutions: Iterable[Resolution], as_of: datetime
) -> tuple[SourceRecord, ...]:
    """What had become by an instant of the reports of each source, by name.

    Args:
        theater: Whose indicators and grades they are.
        observations: Everything recorded by then, superseded and withdrawn rows included.
        resolutions: Every version by then.
        as_of: The instant.
    """
    known = [item for item in observations if item.recorded_at <= as_of]
    fates: dict[str, Counter[Fate]] = defaultdict(Counter)
    for source, fate in _fates(theater, known, list(resolutions), as_of):
        fates[source][fate] += 1
    return tuple(_record(source, fates[source]) for source in sorted(fates))


def _record(source: str, count: Counter[Fate]) -> SourceRecord:
    reports, wrong = count.total(), sum(count[fate] for fate in WRONG)
    tested = count[Fate.CONFIRMED] + wrong
    return SourceRecord(
        source=source,
        reports=reports,
        retracted=count[Fate.RETRACTED],
        corrected=count[Fate.CORRECTED],
        overruled=count[Fate.OVERRULED],
        contradicted=count[Fate.CONTRADICTED],
        confirmed=count[Fate.CONFIRMED],
        untested=count[Fate.UNTESTED],
        stood=proportion(reports - wrong, reports),
        right=proportion(count[Fate.CONFIRMED], tested) if tested else None,
    )


def _fates(
    theater: Theater, known: Sequence[Observation], resolutions: Sequence[Resolution], as_of: datetime
) -> Iterable[tuple[str, Fate]]:
    """Source and fate of each report, told from the whole line of its versions."""
    ids = {item.id for item in known}
    changed_by = {item.supersedes: item for item in known if item.supersedes is not None}
    settled, overruled = _counted_reports(resolutions)
    witnesses = _witnesses(theater, effective(known, as_of))
    kinds = {item.id: item.kind for item in theater.indicators}
    for first in known:
        if first.supersedes is not None and first.supersedes in ids:
            continue
        last, line = first, {first.id}
        while (change := changed_by.get(last.id)) is not None:
            last = change
            line.add(last.id)
        if last.withdrawn:
            yield first.source, Fate.RETRACTED
        elif _says(last) != _says(first):
            yield first.source, Fate.CORRECTED
        elif line & overruled:
            yield first.source, Fate.OVERRULED
        else:
            yield first.source, _tested(last, kinds.get(last.indicator), witnesses, met=bool(line & settled))


def _says(item: Observation) -> tuple[str, date, date | None, float]:
    return item.indicator, item.observed_on, item.through, item.value


type _Witnesses = Mapping[tuple[str, date], Sequence[tuple[str, float]]]
"""For each indicator and day, the trusted origins and what they say of it."""


def _witnesses(theater: Theater, stands: Iterable[Observation]) -> _Witnesses:
    kinds = {item.id: item.kind for item in theater.indicators}
    found: dict[tuple[str, date], list[tuple[str, float]]] = defaultdict(list)
    for (indicator, origin), echoes in group_echoes(stands, theater.grades).items():
        best, kind = echoes[-1], kinds.get(indicator)
        if _comparable(best, kind) and theater.grades.trust(best.grade) >= COUNTED_TRUST:
            found[indicator, best.observed_on].append((origin, _side(best, kind)))
    return found


def _comparable(item: Observation, kind: Kind | None) -> bool:
    """Two readings of a measure never agree to the digit, and a total is of no one day."""
    return kind is not None and kind is not Kind.MEASURE and item.through is None


def _side(item: Observation, kind: Kind | None) -> float:
    """What it comes down to: seen or not seen, or a level. How often, everybody counts differently."""
    return item.value if kind is Kind.ORDINAL else float(item.value > 0)


def _tested(item: Observation, kind: Kind | None, witnesses: _Witnesses, *, met: bool) -> Fate:
    """What others say of the same day; `met` says that it met the rule of a window that stands yes."""
    others = [side for origin, side in witnesses.get((item.indicator, item.observed_on), ()) if origin != item.origin]
    agree = sum(side == _side(item, kind) for side in others) if _comparable(item, kind) else 0
    if met or agree:
        return Fate.CONFIRMED
    return Fate.CONTRADICTED if _comparable(item, kind) and len(others) >= AGAINST else Fate.UNTESTED


def _counted_reports(resolutions: Sequence[Resolution]) -> tuple[frozenset[str], frozenset[str]]:
    """The reports that met the rule of a window that stands yes, and those of one that was judged no afterwards."""
    by_id = {item.id: item for item in resolutions}
    stands = list(standing(resolutions).values())
    settled = {name for item in stands if item.outcome is Outcome.YES for name in item.reports}
    overruled: set[str] = set()
    for item in stands:
        if item.outcome is Outcome.NO and item.how is How.JUDGED:
            before = None if item.supersedes is None else by_id.get(item.supersedes)
            while before is not None:
                overruled.update(before.reports)
                before = None if before.supersedes is None else by_id.get(before.supersedes)
    return frozenset(settled), frozenset(overruled - settled)
