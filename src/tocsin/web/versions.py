"""Which version of an observation a client means, and what becomes of it where another one stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Header

from tocsin.domain.errors import InvalidObservationError, Problem, UnknownIdError

if TYPE_CHECKING:
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger

_EVER = datetime.max.replace(tzinfo=UTC)

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='Id of the version that you saw, in quotes: "4f2a1c9b0e3d5f67". As `version` in the body, but '
        "where another one stands the answer is 412.",
        max_length=200,
    ),
]


def version_of(theater: Theater, ledger: Ledger, name: str, version: str | None, if_match: str | None) -> str:
    """The id of the version that is to be changed: the one that the client saw, or the one in the address.

    UnknownIdError where the theater has no such observation; InvalidObservationError where the version is none of it,
    or both are given and differ.
    """
    matched = _tag(if_match)
    if version is not None and matched is not None and version != matched:
        raise _refused("version", version, f"the same as in If-Match, {matched}, or one of the two")
    found = [item for item in ledger.named(name) if item.id == name]
    if not found or found[0].indicator not in {item.id for item in theater.indicators}:
        raise UnknownIdError("observation", name, f"they are listed at /theaters/{theater.id}/observations")
    seen = version or matched
    if seen is None or seen == name:
        return name
    if seen not in _later(ledger, found[0]):
        raise _refused("version", seen, f"the id of a version of observation {name}")
    return seen


def _tag(if_match: str | None) -> str | None:
    text = (if_match or "").strip()
    return None if text in {"", "*"} else text.removeprefix("W/").strip('"')


def _later(ledger: Ledger, item: Observation) -> set[str]:
    """The ids of all versions that came after one."""
    history = ledger.observations([item.indicator], _EVER, item.observed_on)
    changed_by = {other.supersedes: other.id for other in history}
    later: set[str] = set()
    at: str | None = changed_by.get(item.id)
    while at is not None:
        later.add(at)
        at = changed_by.get(at)
    return later


def _refused(field: str, value: str, accepted: str) -> InvalidObservationError:
    return InvalidObservationError([Problem("", None, field, repr(value), accepted)])
