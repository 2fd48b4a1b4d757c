"""When would a scenario happen? Its odds by the end of each step to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.ensemble.odds import estimates
from tocsin.usecases.read_odds import stand_at

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.odds import Status
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.odds import Estimate
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, slots=True)
class When:
    """The odds of one scenario by the end of each future step.

    Attributes:
        by: Days from the instant to the end of a step, and the odds by then, with intervals; rising in both.
        status: How far they can be relied on.
        fit: Id of the fit that states them.
        as_of: The instant that the days count from.
        age_seconds: From the instant whose evidence was fitted to the one asked about.
    """

    by: tuple[tuple[int, Estimate], ...]
    status: Status
    fit: str
    as_of: datetime
    age_seconds: float


def when(theater: Theater, scenario: str, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> When:
    """The odds of a scenario by the end of each step to come, as of an instant.

    UnknownNameError for a scenario that is not declared or that the fit does not have; NoFitError where there is none.
    """
    name = theater.scenario(scenario).id
    standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    ensemble = standing.ensemble
    place = ensemble.scenarios.index(name)
    days = [int(day) for day in ensemble.futures.end_day if day > 0]
    found = estimates(ensemble.futures, place, dict.fromkeys(days), standing.weights)
    age = (as_of - standing.fit.as_of).total_seconds()
    return When(tuple(found.items()), standing.status, standing.fit.id, standing.as_of, age)
