"""What became of the records of a feed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from tocsin.domain.incident import Incident
    from tocsin.domain.mapping import Mismatch

_LONGEST_NAME = 200
_KEPT_OF_NAME = 120
_SAID_BY_INCIDENTS = ("kind", "country", "area", "place", "latitude", "longitude", "actors", "deaths", "text", "links")


class Outcome(StrEnum):
    """What became of a record."""

    MAPPED = "mapped"
    UNMAPPED = "unmapped"
    UNREADABLE = "unreadable"
    WAITING = "waiting"
    """A person must decide before it counts."""
    DISMISSED = "dismissed"
    """A person has decided that it does not count."""
    DELETED = "deleted"
    """The upstream has withdrawn it."""
    UNCHANGED = "unchanged"
    """A new revision by name only: it says what the one before said."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One revision of an upstream record, and what became of it.

    Attributes:
        id: From feed, upstream id and revision, see `record_id`.
        upstream_id: What the upstream calls it.
        revision: Which version.
        content: Its bytes as they came.
        deleted: The upstream has withdrawn it.
        day: The day that it is about, where it could be read.
        outcome: What became of it.
        why: For an unreadable one, what was wrong.
        mismatches: For an unmapped one, the first thing that did not hold, rule by rule.
        missing: Fields of an incident that the upstream left empty; None where it is no incident.
        observations: Ids of the observations that it stands as.
    """

    id: str
    upstream_id: str
    revision: str
    content: bytes
    deleted: bool
    outcome: Outcome
    day: date | None = None
    why: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    missing: tuple[str, ...] | None = None
    observations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Records of one week of a feed, by what became of them; `missing` counts empty fields among `incidents`."""

    rows: int = 0
    unmapped: int = 0
    unreadable: int = 0
    incidents: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Incidents that did not match one rule for one reason: how many, the last instant, and an example."""

    rule: str
    wanted: str
    records: int
    last_fetched_at: datetime
    example: str


def record_id(feed: str, upstream_id: str, revision: str) -> str:
    """The id of one revision of one record of one feed.

    A hash, as upstream ids and revisions may be longer than what a database can index.
    """
    # A zero byte keeps the three apart: no upstream writes one.
    return hashlib.sha256(f"{feed}\0{upstream_id}\0{revision}".encode()).hexdigest()[:32]


def short_name(name: str) -> str:
    """An upstream's name in printable characters, cut where it is too long to be shown or indexed, and still its own.

    >>> short_name("144515"), len(short_name("https://example.org/" + "a" * 3000))
    ('144515', 137)
    """
    plain = printable(name)
    if plain == name and len(name) <= _LONGEST_NAME:
        return name
    # Half a character, which JSON can spell, is no text that could be encoded; it tells names apart all the same.
    return f"{plain[:_KEPT_OF_NAME]}…{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"


def printable(text: str) -> str:
    """Text that any database takes: a zero byte, half a character and their like become blanks."""
    return "".join(character if character.isprintable() else " " for character in text)


def missing_fields(incident: Incident) -> tuple[str, ...]:
    """The fields that the upstream left empty; a zero is a value."""
    return tuple(name for name in _SAID_BY_INCIDENTS if getattr(incident, name) in {None, "", ()})
