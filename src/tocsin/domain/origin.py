"""Origins: reports of one origin are echoes of one another and count once, at the best grade."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.grading import GradeTable
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater


def group_echoes(standing: Iterable[Observation], grades: GradeTable) -> dict[tuple[str, str], list[Observation]]:
    """Reports by indicator and origin; each with the one that counts last: the best graded, of equals the last."""
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for item in standing:
        groups[item.indicator, item.origin].append(item)
    return {key: sorted(reports, key=lambda report: grades.trust(report.grade)) for key, reports in groups.items()}


@dataclass(frozen=True, slots=True)
class Sources:
    """Who stands behind what is known of one indicator in one step.

    Attributes:
        indicator: Its id.
        step: Absolute number of the step.
        origins: The ids of the reports of each independent origin, its echoes included, the one that counts last.
        effective: The effective number of sources, see `effective_sources`.
    """

    indicator: str
    step: int
    origins: tuple[tuple[str, ...], ...]
    effective: float

    @property
    def reports(self) -> int:
        """Reports, echoes included."""
        return sum(map(len, self.origins))


def count_sources(theater: Theater, standing: Iterable[Observation]) -> tuple[Sources, ...]:
    """For each indicator and step, the origins that count in it, in order of indicator as declared, then step.

    `standing` is in the order of `effective`. As in evidence, the echoes of an origin belong to the step of the report
    that counts.
    """
    groups: dict[tuple[str, int], list[list[Observation]]] = defaultdict(list)
    for (indicator, _), best_last in group_echoes(standing, theater.grades).items():
        groups[indicator, theater.timeline.number(best_last[-1].observed_on)].append(best_last)
    place = {indicator.id: number for number, indicator in enumerate(theater.indicators)}
    return tuple(
        Sources(
            indicator,
            step,
            tuple(tuple(report.id for report in reports) for reports in origins),
            effective_sources(theater.grades.trust(reports[-1].grade) for reports in origins),
        )
        for (indicator, step), origins in sorted(groups.items(), key=lambda group: (place[group[0][0]], group[0][1]))
    )


def effective_sources(trusts: Iterable[float]) -> float:
    """The expected number of independent origins that are right: Σ r_j over the trusts r_j of k origins, in [0, k].

    Trust is the chance that a report says what was there to be seen, so the sum is an expectation. An echo adds
    nothing, an origin at trust 0 nothing and a sure one exactly 1, and no further origin ever lowers the number. The
    usual effective sample size (Σr)²/Σr² (Kish 1965, Survey Sampling, section 8.2) has none of that: it tells only how
    even trusts are, so three rumors at 0.05 would be 3, and a sure witness beside them would make them fewer. The
    trust that corroboration gives to one sighting, 1 − Π(1 − r_j), is never above it.

    >>> round(effective_sources([0.91, 0.6, 0.05]), 12)
    1.56
    """
    return math.fsum(trusts)
