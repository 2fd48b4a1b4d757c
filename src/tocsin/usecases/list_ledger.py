"""List the ledger as it was known at an instant: what stands, what became of the rest, and who stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.observation import State, effective, states
from tocsin.domain.origin import Sources, count_sources

if TYPE_CHECKING:
    from datetime import date, datetime

    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the ledger: an indicator, days from `since` to `until`, `everything` or only what stands."""

    indicator: str | None = None
    since: date | None = None
    until: date | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An observation, what had become of it, and the id of the version that did that."""

    observation: Observation
    state: State
    by: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries in order of day, then instant, then id, and the sources of every indicator and step among them.

    Sources are counted over all that stands, so that they do not depend on the days that were asked about.
    """

    as_of: datetime
    entries: tuple[Entry, ...]
    sources: tuple[Sources, ...]


def list_ledger(theater: Theater, asked: Asked, *, ledger: Ledger, as_of: datetime) -> Listing:
    """The entries of a theater's indicators that were known at an instant; UnknownNameError for no indicator of it."""
    names = (
        [item.id for item in theater.indicators] if asked.indicator is None else [theater.indicator(asked.indicator).id]
    )
    known = ledger.observations(names, as_of)
    became = states(known, as_of)
    entries = [
        Entry(item, *became[item.id])
        for item in known
        if (asked.since is None or asked.since <= item.observed_on)
        and (asked.until is None or item.observed_on <= asked.until)
        and (asked.everything or became[item.id][0] is State.STANDS)
    ]
    shown = {entry.observation.id for entry in entries}
    sources = count_sources(theater, effective(known, as_of))
    among = tuple(item for item in sources if any(name in shown for origin in item.origins for name in origin))
    return Listing(as_of, tuple(entries), among)
