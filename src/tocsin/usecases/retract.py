"""Retract an observation: a new version that withdraws it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.observation import reason_problems
from tocsin.usecases.find_observation import find_observation

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tocsin.domain.observation import Observation
    from tocsin.usecases.ports import Ledger


@dataclass(frozen=True, slots=True)
class Retracted:
    """What was withdrawn, and the version that withdraws it; `added` is false where it was in the ledger already."""

    before: Observation
    after: Observation
    added: bool


def retract(
    name: str, *, reason: str, indicators: Collection[str], ledger: Ledger, now: datetime, author: str
) -> Retracted:
    """Record that an observation is withdrawn, known from `now` on. The same retraction again changes nothing.

    Args:
        name: The observation's id, or enough of its beginning; see `find_observation`.
        reason: Why.
        indicators: Ids of the theater's.
        ledger: Where it is recorded.
        now: The present instant.
        author: Who answers for the change.

    Raises:
        InvalidObservationError: It is not to be found, or there is no reason.
        ConflictError: It has been superseded already, or is itself a retraction.
    """
    before = find_observation(name, indicators=indicators, ledger=ledger)
    if problems := reason_problems(reason, f"{before.id} is changed"):
        raise InvalidObservationError(problems)
    after = replace(
        before,
        author=author,
        recorded_at=now,
        entered_at=None,
        supersedes=before.id,
        withdrawn=True,
        reason=reason.strip(),
    ).named()
    recorded = ledger.record([after])
    return Retracted(before, recorded.written(after), added=bool(recorded.added))
