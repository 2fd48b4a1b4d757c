"""Which version of an observation a client means, and what becomes of it where another one stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Header

from tocsin.domain.errors import InvalidObservationError, Problem, UnknownIdError, UnknownNameError
from tocsin.web.etags import tags_in

if TYPE_CHECKING:
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.domain.version import Version
    from tocsin.usecases.ports import Ledger

_EVER = datetime.max.replace(tzinfo=UTC)
_WEAK = "W/"

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='Id of the version that you saw, in quotes: "4f2a1c9b0e3d5f67"; or of each that you would change, '
        "with commas between them. As `version` in the body, but where another one stands the answer is 412. `*` is "
        "any.",
        max_length=2000,
    ),
]


def version_of(theater: Theater, ledger: Ledger, name: str, version: str | None, if_match: str | None) -> str | Version:
    """The id of the version that is to be changed: the one that the client saw, or the one in the address.

    Where no tag in the header is of a version of the observation, the version that stands.

    Of those that `If-Match` lists it is the latest; weak tags are none of them (RFC 9110, 13.1.1).

    UnknownIdError where the theater has no such observation; InvalidObservationError where the version is none of it,
    or both are given and differ.
    """
    tags = _condition(if_match)
    if version is not None and tags is not None and version not in {_named(tag) for tag in tags}:
        raise _refused("version", version, f"one that is in If-Match, {if_match}, or one of the two")
    found = [item for item in ledger.named(name) if item.id == name]
    if not found or found[0].indicator not in {item.id for item in theater.indicators}:
        raise UnknownIdError("observation", name, f"they are listed at /theaters/{theater.id}/observations")
    if tags == [f'"{name}"'] or (tags is None and version in {None, name}):
        return name
    versions = [found[0], *_later(ledger, found[0])]
    named = {version} if tags is None else {_named(tag) for tag in tags if not tag.startswith(_WEAK)}
    seen = [item.id for item in versions if item.id in named and version in {None, item.id}]
    if seen:
        return seen[-1]
    if tags is None:
        raise _refused("version", str(version), f"the id of a version of observation {name}")
    return versions[-1].version()


def versions_of(theater: Theater, ledger: Ledger, name: str, as_of: datetime) -> list[Observation]:
    """All versions of an observation, in order; UnknownNameError for none of the theater that was known."""
    watched = {indicator.id for indicator in theater.indicators}
    named = ledger.named(name) if name.isprintable() else []  # PostgreSQL has no place for a NUL
    one = next((item for item in named if item.id == name), None)
    if one is None or one.indicator not in watched or one.recorded_at > as_of:
        raise UnknownNameError("observation", name, [])
    # The closure of a read under versions finds them all, however far apart their days are.
    known = {item.id: item for item in ledger.observations([one.indicator], as_of, one.observed_on)}
    changed_by = {item.supersedes: item for item in known.values() if item.supersedes is not None}
    first = one
    while first.supersedes is not None and first.supersedes in known:
        first = known[first.supersedes]
    chain = [first]
    while chain[-1].id in changed_by:
        chain.append(changed_by[chain[-1].id])
    return chain


def is_condition(if_match: str | None) -> bool:
    """Whether a header sets a condition that another version's standing fails."""
    return _condition(if_match) is not None


def _condition(if_match: str | None) -> list[str] | None:
    """The tags of which one must stand; None where any may."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = tags_in(if_match)
    if tags is None:
        raise _refused(
            "If-Match", if_match, 'ids of versions in quotes with commas between them, such as "4f2a1c9b", or *'
        )
    return tags


def _named(tag: str) -> str:
    return tag.removeprefix(_WEAK).strip('"')


def _later(ledger: Ledger, item: Observation) -> list[Observation]:
    """All versions that came after one, in order."""
    history = ledger.observations([item.indicator], _EVER, item.observed_on)
    changed_by = {other.supersedes: other for other in history}
    later: list[Observation] = []
    at = changed_by.get(item.id)
    while at is not None:
        later.append(at)
        at = changed_by.get(at.id)
    return later


def _refused(field: str, value: str, accepted: str) -> InvalidObservationError:
    return InvalidObservationError([Problem("", None, field, repr(value), accepted)])
