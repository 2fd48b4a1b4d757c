"""Threshold rules that are met already: their odds are no forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.evidence import crossings
from tocsin.domain.scenario import Threshold

if TYPE_CHECKING:
    from datetime import date

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater


@dataclass(frozen=True, slots=True)
class MetRule:
    """A rule that is met at an instant.

    Attributes:
        rule: The rule.
        counted: What its indicator is counted at in the steps that the rule looks at.
        since: The first day of the step in which it became so.
    """

    rule: Threshold
    counted: int
    since: date


def met_rules(theater: Theater, evidence: Evidence) -> dict[str, MetRule]:
    """By scenario, the rules that evidence meets at its instant."""
    met: dict[str, MetRule] = {}
    for scenario in theater.scenarios:
        rule = scenario.mechanism
        if isinstance(rule, Threshold):
            counts = evidence.counted[scenario.id]
            counted = sum(counts[-rule.within_steps :])
            if counted >= rule.at_least:
                since = theater.timeline.start_of(evidence.first_step + crossings(counts, rule)[-1])
                met[scenario.id] = MetRule(rule, counted, since)
    return met
