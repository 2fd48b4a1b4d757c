"""A theater: one warning problem, everything the model needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.domain.errors import UnknownNameError
from tocsin.domain.grading import GradeTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.domain.elicitation import Range
    from tocsin.domain.indicator import Indicator
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Coupling:
    """The pressure that the occurrence of one scenario adds to another."""

    source: str
    target: str
    adds: Range


@dataclass(frozen=True, slots=True)
class Theater:
    """One warning problem. Scenarios and indicators keep the order of declaration, which fixes array order."""

    id: str
    title: str
    timeline: Timeline
    scenarios: tuple[Scenario, ...]
    indicators: tuple[Indicator, ...]
    couplings: tuple[Coupling, ...] = ()
    grades: GradeTable = field(default_factory=GradeTable)

    def scenario(self, name: str) -> Scenario:
        """The scenario of that id; UnknownNameError otherwise."""
        return _named("scenario", name, {scenario.id: scenario for scenario in self.scenarios})

    def indicator(self, name: str) -> Indicator:
        """The indicator of that id; UnknownNameError otherwise."""
        return _named("indicator", name, {indicator.id: indicator for indicator in self.indicators})

    @property
    def horizon_days(self) -> int:
        """The longest horizon of any scenario, in days."""
        return max(horizon for scenario in self.scenarios for horizon in scenario.horizons)


def _named[T](noun: str, name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise UnknownNameError(noun, name, sorted(known))
    return known[name]
