"""Odds: the probability of a scenario by a horizon, with all that must be shown beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Status(StrEnum):
    """How far the number can be relied on."""

    FITTED = "fitted"
    """From an accepted fit on the evidence of its instant."""
    LIVE = "live"
    """From an accepted fit, brought up to its instant by weighting the fit's draws."""
    PROVISIONAL = "provisional"
    """The same, but so much has come in since the fit that the weights rest on too few draws."""
    REFIT_WANTED = "refit wanted"
    """More has changed since the fit than weights can follow; the odds are those of the fit's instant."""
    PRIOR_ONLY = "prior only"
    """No observation of the window was known: these are the declared ranges speaking. Such odds never ring."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A central interval of the probability over what is uncertain about the present."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Odds:
    """P(scenario occurs within `horizon_days` of `as_of`), stated by one fit.

    The interval is over draws with future noise integrated out; `prior` is the same probability before any evidence;
    `error` is the Monte Carlo standard error of `probability`; `age_seconds` runs
    from the instant whose evidence was fitted to the one asked about. `prior_driven` means that slightly other ranges
    would move the scenario's odds as much as all the evidence has.
    """

    scenario: str
    horizon_days: int
    probability: float
    interval50: Interval
    interval90: Interval
    prior: float
    prior_driven: bool
    error: float
    words: str
    warning: str | None
    status: Status
    as_of: datetime
    fit: str
    age_seconds: float


@dataclass(frozen=True, slots=True)
class JointOdds:
    """P(first and second) and P(first given second), both within `horizon_days`.

    `given` is None where the second almost never occurs, so that a share of it would be noise.
    """

    first: str
    second: str
    horizon_days: int
    both: float
    given: float | None
