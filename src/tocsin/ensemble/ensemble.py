"""The ensemble of one fit: draws and their futures, from which every answer is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures


@dataclass(frozen=True, eq=False, slots=True)
class Ensemble:
    """What a fit leaves behind.

    Attributes:
        scenarios: Ids, in array order.
        draws: Parameters and recent pressure.
        futures: What was simulated from them.
        prior: The probability of each (scenario id, horizon in days) before any evidence.
    """

    scenarios: tuple[str, ...]
    draws: Draws
    futures: Futures
    prior: Mapping[tuple[str, int], float]
