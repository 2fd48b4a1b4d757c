"""What is marked beside the history of a scenario: when it happened, and what was seen meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.observation import effective
from tocsin.domain.scenario import Event

if TYPE_CHECKING:
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.scenario import Occurrence, Scenario
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger

_MOST = 60


def seen_in(ledger: Ledger, scenario: Scenario, begin: date, instant: datetime) -> list[Observation]:
    """What was seen of indicators that bear on it since a day, the latest of it, as it stood at an instant."""
    names = [link.indicator for link in scenario.links]
    known = effective(ledger.observations(names, instant, begin), instant)
    seen = [item for item in known if item.value > 0 and item.observed_on >= begin]
    return sorted(seen, key=lambda item: (item.observed_on, item.id))[-_MOST:]


def happened_in(theater: Theater, scenario: Scenario, begin: date, instant: datetime) -> list[Occurrence]:
    """When it happened since a day, as is declared: each is known at the end of its day, and no earlier."""
    if not isinstance(scenario.mechanism, Event):
        return []
    return [item for item in scenario.mechanism.occurrences if begin <= item.on <= theater.timeline.last_ended(instant)]
