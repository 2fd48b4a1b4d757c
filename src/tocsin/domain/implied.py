"""What declared ranges imply when they are taken together: stated in the field's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.odds import Interval

YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class ImpliedOdds:
    """P(scenario within `days`) before anything is known, with its 90 % interval over draws from the ranges."""

    days: int
    probability: float
    interval90: Interval


@dataclass(frozen=True, slots=True)
class ImpliedScenario:
    """What the ranges imply for one scenario.

    Attributes:
        scenario: Id.
        odds: By each declared horizon and by one year, in rising order of days; pressure moves and couplings act.
        uncoupled: P(within a year) without couplings, pressure still moving.
        base_rate: For an event, its declared chance within a year at normal pressure: the range's ends and its middle.
        normal: P(within each of `odds`) if pressure stayed normal throughout.
        developing: The same if pressure stayed at +2.
    """

    scenario: str
    odds: tuple[ImpliedOdds, ...]
    uncoupled: float
    base_rate: tuple[float, float, float] | None
    normal: tuple[float, ...]
    developing: tuple[float, ...]

    @property
    def within_a_year(self) -> ImpliedOdds:
        """The odds by one year."""
        return next(item for item in self.odds if item.days == YEAR_DAYS)


@dataclass(frozen=True, slots=True)
class ImpliedReading:
    """What one step's reading of an indicator would be, coverage included, at one state of pressure.

    Attributes:
        indicator: Id.
        developing: Id of the scenario whose pressure is +2; None where all pressures are normal.
        mean: Mean count; chance of "seen" of a presence; mean level of an ordinal; median of a measure, in its unit.
        low90: The reading's central 90 %: of a presence, of its chance over draws.
        high90: Its upper end.
        shares: Chance of each level of an ordinal; of 0 and of more for a count; empty elsewhere.
        bits_a_year: How much a year of readings at this state would tell it from normal: Kullback–Leibler divergence
            in bits, averaged over draws; 0 at normal pressure.
    """

    indicator: str
    developing: str | None
    mean: float
    low90: float
    high90: float
    shares: tuple[float, ...]
    bits_a_year: float


@dataclass(frozen=True, slots=True)
class Implications:
    """All that the ranges of a theater imply."""

    scenarios: tuple[ImpliedScenario, ...]
    readings: tuple[ImpliedReading, ...]
