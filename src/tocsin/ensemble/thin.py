"""An ensemble with only what odds are read off, for a process that holds many."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures


def thin(futures: Futures, horizons: Iterable[int]) -> Futures:
    """Futures with the steps between which these horizons, in days, lie, and no other: their odds are the same bits.

    A chance within a step is read off the step's end and the end of the step before it (`odds.chance_by`).
    """
    kept: set[int] = set()
    for days in horizons:
        after = int(np.searchsorted(futures.end_day, days))
        kept.update(step for step in (after - 1, after) if 0 <= step < len(futures.end_day))
    steps = sorted(kept)
    return replace(
        futures,
        end_day=futures.end_day[steps],
        reached=np.ascontiguousarray(futures.reached[:, :, steps]),
        noise=np.ascontiguousarray(futures.noise[:, steps]),
    )


def bytes_of(*records: Draws | Futures) -> int:
    """What the arrays of draws or futures take in memory."""
    arrays = (getattr(record, field.name) for record in records for field in fields(record))
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
