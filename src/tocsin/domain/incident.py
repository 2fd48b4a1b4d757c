"""Incidents: what an upstream feed reports, in the fields that mapping rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Incident:
    """One event or article as an upstream describes it. Empty text, and None, where it does not say.

    Attributes:
        day: The day on which it happened or, for an article, appeared.
        kind: The upstream's own word or code, such as `state-based`, `Battles/Armed clash` or `190`.
        country: Its name or code, as the upstream writes it.
        area: The first administrative area, as the upstream writes it.
        place: The name of the place.
        latitude: Degrees north.
        longitude: Degrees east.
        actors: Everybody who took part, as the upstream writes them.
        deaths: The upstream's best estimate.
        text: Headline, summary or notes.
        links: Web addresses of what stands behind it.
    """

    day: date
    kind: str = ""
    country: str = ""
    area: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    actors: tuple[str, ...] = ()
    deaths: int | None = None
    text: str = ""
    links: tuple[str, ...] = ()
