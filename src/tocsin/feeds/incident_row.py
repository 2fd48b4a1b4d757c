"""The cells of a row as an incident; nothing is guessed."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tocsin.domain.incident import Incident

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_BETWEEN_ACTORS = ";"
_MOST_NORTH = 90.0
_MOST_EAST = 180.0


def incident_from(cells: Mapping[str, Any], zone: tzinfo) -> Incident:
    """The incident whose fields stand in cells of text, or of what JSON knows; ValueError says which one is wrong.

    A day may be an instant: where that states a zone, its day is the one that it then is in ours, the theater's. Actors
    are separated by semicolons, links by blanks; either may be a list.
    """
    return Incident(
        day=_day(cells.get("day"), zone),
        kind=_text(cells, "kind"),
        country=_text(cells, "country"),
        area=_text(cells, "area"),
        place=_text(cells, "place"),
        latitude=_degrees(cells, "latitude", _MOST_NORTH),
        longitude=_degrees(cells, "longitude", _MOST_EAST),
        actors=_several(cells, "actors", _BETWEEN_ACTORS),
        deaths=_count(cells, "deaths"),
        text=_text(cells, "text"),
        links=_several(cells, "links", None),
    )


def _day(cell: Any, zone: tzinfo) -> date:  # noqa: ANN401 (whatever JSON may hold)
    said = str(cell).strip()
    try:
        return date.fromisoformat(said)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError(f"its day is {said[:40]!r}; accepted: a date such as 2016-03-07, or an instant") from None
    # Where the calendar ends, the OverflowError is the caller's to tell.
    return (instant if instant.tzinfo is None else instant.astimezone(zone)).date()


def _text(cells: Mapping[str, Any], name: str) -> str:
    cell = cells.get(name)
    if isinstance(cell, dict | list):
        raise ValueError(f"its {name} is {str(cell)[:40]!r}; accepted: text")  # noqa: TRY004 (it is data)
    return "" if cell is None else str(cell).replace("\0", "").strip()


def _degrees(cells: Mapping[str, Any], name: str, most: float) -> float | None:
    said = _text(cells, name)
    if not said:
        return None
    try:
        degrees = float(said)
    except ValueError:
        degrees = math.nan
    if not -most <= degrees <= most:
        raise ValueError(f"its {name} is {said[:40]!r}; accepted: degrees from -{most:g} to {most:g}")
    return degrees


def _count(cells: Mapping[str, Any], name: str) -> int | None:
    said = _text(cells, name)
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(2**31))):
        raise ValueError(f"its {name} are {said[:40]!r}; accepted: a whole number from 0")
    return int(said)


def _several(cells: Mapping[str, Any], name: str, separator: str | None) -> tuple[str, ...]:
    cell = cells.get(name)
    parts = [str(part) for part in cell] if isinstance(cell, list) else _text(cells, name).split(separator)
    return tuple(part.strip() for part in parts if part.strip())
