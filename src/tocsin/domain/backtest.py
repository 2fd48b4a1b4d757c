"""Backtests: what would have been said at past days, from what was known then.

What comes of one is no publication: it is stated by somebody who may know what came, so it is kept apart from the
record of what was said, is in no chain, rings nothing and is in no score of that record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.publication import Publication


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would have been said at the end of a day.

    Attributes:
        origin: The day; what was known by its end counts, and the horizons begin with the next one.
        recipe: That of the fit: design, evidence, instant, seed, settings and versions, which decide every number.
        diagnosis: Sampler health; None where nothing was known and the draws are the prior's own.
        rejections: Why the gate rejected the fit; empty where it did not.
        statement: What would have been stated, as a publication without a place in the chain; None where the fit was
            rejected, as it states nothing.
        seconds: How long it took, compiling aside.
    """

    origin: date
    recipe: str
    diagnosis: Diagnosis | None
    rejections: tuple[str, ...]
    statement: Publication | None
    seconds: float = field(compare=False)


def rolling_origins(first: date, last: date, every_days: int) -> tuple[date, ...]:
    """From one day on, so many days apart, none after the last; empty where that is before the first.

    >>> from datetime import date
    >>> [str(day) for day in rolling_origins(date(2016, 2, 2), date(2016, 2, 29), 14)]
    ['2016-02-02', '2016-02-16']
    """
    count = (last - first).days // every_days + 1
    return tuple(first + timedelta(days=number * every_days) for number in range(max(count, 0)))
