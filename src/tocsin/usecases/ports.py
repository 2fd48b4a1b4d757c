"""What the use cases need from outside: each port has one adapter for real use, and tests may bring their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.domain.fit import Fit
from tocsin.domain.observation import Observation


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: ids of the new observations, and how many were in the ledger already."""

    added: tuple[str, ...]
    known_already: int


class Ledger(Protocol):
    """The append-only, bitemporal record of observations."""

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Write all of them in one transaction, or none. Content that is there already is left as it is."""
        ...

    def observations(self, indicators: Collection[str], as_of: datetime) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included."""
        ...


class FitBook(Protocol):
    """The record of fits and their draws."""

    def save(self, fit: Fit, draws: bytes) -> None:
        """Write the draws, then the row: a reader never sees a row whose draws are not whole."""
        ...

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id, accepted or not."""
        ...

    def latest_accepted(self, theater: str, as_of: datetime) -> Fit | None:
        """The accepted fit with the latest `as_of` not after the given one; of equals the last recorded."""
        ...

    def draws(self, fit: Fit) -> bytes:
        """The stored draws; DamagedArtifactError if they do not match `fit.sha256`."""
        ...
