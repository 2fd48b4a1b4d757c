"""Scenarios: named, resolvable propositions with horizons and a rule that settles them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import Normal, Range, link_prior, shift_prior
from tocsin.domain.indicator import Indicator, Kind

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Link:
    """An indicator–scenario effect: by what factor the indicator is multiplied when the scenario is developing.

    The factor acts on the rate (count, presence) or on the odds of a higher level (ordinal); for a measure the range
    is a shift in baseline spreads (scales) instead.
    """

    indicator: str
    effect: Range

    def prior(self, indicator: Indicator) -> Normal:
        """Prior of λ, the effect per unit of pressure."""
        return shift_prior(self.effect) if indicator.kind is Kind.MEASURE else link_prior(self.effect)


@dataclass(frozen=True, slots=True)
class Pressure:
    """How the latent state moves: half-lives in steps of its parts, and the slow part's share of variance.

    A part that is left out has no half-life; then the share is None.
    """

    fast_half_life: Range | None
    slow_half_life: Range | None
    slow_share: Range | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A past occurrence of an event scenario, known at the end of its day."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """Occurs at a hazard; settled by judgement. `base_hazard` is the prior of the log-hazard per step.

    `watched_since` is the day from which "it has not happened" is known.
    """

    base_rate: Range
    base_hazard: Normal
    hazard_link: Range
    watched_since: date
    occurrences: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """Occurs when `indicator` is counted at least `at_least` times within `within_steps` steps; settles itself."""

    indicator: str
    at_least: int
    within_steps: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the scenario is settled, frozen on the day it opens."""

    opened: date
    rule: str
    does_not_count: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named proposition. `horizons` are in days, rising."""

    id: str
    title: str
    proposition: str
    resolution: Resolution
    horizons: tuple[int, ...]
    mechanism: Event | Threshold
    pressure: Pressure
    links: tuple[Link, ...]
