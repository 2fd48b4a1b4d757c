"""Publications as rows: one for each scenario and horizon, with what came of the window that it opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.resolution import Resolution, standing
from tocsin.web.schemas.history import StatedBody

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import WindowKey
    from tocsin.web.means import Means

type Settled = Mapping[WindowKey, Resolution]


def settled_in(means: Means, theaters: Iterable[str], as_of: datetime) -> Settled:
    """How the windows of theaters stood settled at an instant."""
    book = means.service.resolutions
    return standing(item for theater in theaters for item in book.resolutions(theater, as_of))


def rows_of(item: Publication, settled: Settled, scenario: str | None = None) -> list[StatedBody]:
    """What a publication said, of one scenario or of all.

    The outcome stands only beside what was said first for its window: that is what is scored.
    """
    rows = []
    for odds in item.odds:
        if scenario in {None, odds.scenario}:
            found = settled.get((item.theater, odds.scenario, item.opens_on, odds.horizon_days))
            opened = found if found is not None and found.publication == item.number else None
            rows.append(StatedBody.of_publication(item, odds, opened))
    return rows
