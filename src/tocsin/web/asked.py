"""What requests ask for, as text in their address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from tocsin.domain.instants import read_as_of

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.timeline import Timeline

AsOf = Annotated[
    str | None,
    Query(
        description="What was known at the end of this day in the theater's time zone (2016-03-08), or at this instant "
        "with its offset (2016-03-08T18:00:00+01:00). Now, where it is left out.",
        examples=["2016-03-08"],
    ),
]

PRINTABLE = r"^[^\x00]*$"
"""The pattern of a text that a database can hold: PostgreSQL has no place for a NUL."""


def instant_of(as_of: str | None, timeline: Timeline, now: datetime, field: str = "as_of") -> datetime:
    """The instant that a query names; InvalidInputError, which names the field, where it names none."""
    return read_as_of(as_of, timeline, now, field)
