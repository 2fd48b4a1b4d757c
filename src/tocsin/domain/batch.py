"""Batches: what an import holds, of it what is new, and what has become of the rest since it was recorded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tocsin.domain.observation import Observation, State


class Fate(StrEnum):
    """What an import does with one row."""

    NEW = "new"
    REPEATED = "repeated"
    """The same content stands earlier in the same import."""
    STANDS = "stands"
    """The ledger holds it already, and it stands."""
    SUPERSEDED = "superseded"
    """The ledger holds it already, and somebody has corrected it since: it stays corrected."""
    WITHDRAWN = "withdrawn"
    """The ledger holds it already, and somebody has withdrawn it since: it stays withdrawn."""


KNOWN = (Fate.STANDS, Fate.SUPERSEDED, Fate.WITHDRAWN)
"""The fates of what is in the ledger already."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one indicator and calendar year, counted by fate."""

    indicator: str
    year: int
    rows: Mapping[Fate, int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything in an import, in order of indicator, then year."""

    groups: tuple[Group, ...]

    def count(self, *fates: Fate) -> int:
        """How many rows have one of these fates."""
        return sum(group.rows.get(fate, 0) for group in self.groups for fate in fates)


def sort_out(items: Iterable[Observation], became: Mapping[str, State]) -> tuple[Batch, list[Observation]]:
    """The batch that observations make, and those of them that are new.

    Args:
        items: Observations, their ids made of their content.
        became: By id, what has become of those that the ledger holds.
    """
    counts: dict[tuple[str, int], Counter[Fate]] = {}
    seen: set[str] = set()
    new: list[Observation] = []
    for item in items:
        fate = _fate(item.id, became, seen)
        if fate is Fate.NEW:
            new.append(item)
        seen.add(item.id)
        counts.setdefault((item.indicator, item.observed_on.year), Counter())[fate] += 1
    return Batch(tuple(Group(name, year, counts[name, year]) for name, year in sorted(counts))), new


def _fate(name: str, became: Mapping[str, State], seen: set[str]) -> Fate:
    if name in seen:
        return Fate.REPEATED
    return Fate(became[name].value) if name in became else Fate.NEW
