"""The kit's model by exact summation: one pressure on a grid, filtered forward through all countries at once.

Seconds where sampling takes hours, so that what all countries share can be learned from all of them together. It is the
model of docs/model.md with one slow part, counts only, parameters known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_REACH = 3.6  # standard deviations
_LEAST = 1e-20  # a chance below this is rounding


@dataclass(frozen=True, slots=True)
class CountLaw:
    """A count of mean e^η, η = baseline + link·θ, and of dispersion e^(log_dispersion + power·(η − baseline))."""

    baseline: float
    link: float
    log_dispersion: float
    power: float

    def level(self, pressure: np.ndarray) -> np.ndarray:
        """η at pressures (N,)."""
        return self.baseline + self.link * pressure

    def dispersion(self, pressure: np.ndarray) -> np.ndarray:
        """φ at pressures (N,)."""
        return np.exp(self.log_dispersion + self.power * self.link * pressure)

    def log_chances(self, counts: np.ndarray, pressure: np.ndarray) -> np.ndarray:
        """(C, N) log chance of each count at each pressure."""
        phi, mean = self.dispersion(pressure), np.exp(self.level(pressure))
        value = counts[:, None]
        binomial = special.gammaln(value + phi) - special.gammaln(phi) - special.gammaln(value + 1.0)
        return np.asarray(binomial - phi * np.log1p(mean / phi) + value * (np.log(mean) - np.log(phi + mean)))

    def at_most(self, counts: np.ndarray, pressure: np.ndarray) -> np.ndarray:
        """(N, C) chance of no more than each count at each pressure."""
        phi, mean = self.dispersion(pressure)[:, None], np.exp(self.level(pressure))[:, None]
        return np.asarray(special.betainc(phi, counts[None] + 1.0, phi / (phi + mean)))


@dataclass(frozen=True, slots=True)
class GridModel:
    """A slow part with a half-life in months, and the counts that hang on it; the first is the one forecast."""

    half_life: float
    laws: Mapping[str, CountLaw]
    points: int = 201

    @property
    def pressure(self) -> np.ndarray:
        """(N,) the grid."""
        return np.linspace(-_REACH, _REACH, self.points)

    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        """(N,) stationary chances, and (N, N) chances to move from row to column within a month."""
        grid = self.pressure
        edges = np.concatenate([[-np.inf], (grid[1:] + grid[:-1]) / 2, [np.inf]])
        rho = 2.0 ** (-1.0 / self.half_life)
        to = stats.norm.cdf((edges[None] - rho * grid[:, None]) / np.sqrt(1.0 - rho**2))
        return np.diff(stats.norm.cdf(edges)), np.diff(to, axis=1)

    def filtered(self, counts: Mapping[str, np.ndarray], origins: Collection[int]) -> Iterator[tuple[int, np.ndarray]]:
        """For each origin, a column of `counts` (C countries, T months; NaN unseen), the (C, N) chances of pressure."""
        start, move = self.steps()
        tables = [self._table(law, counts[name]) for name, law in self.laws.items()]
        chances = np.tile(start, (len(next(iter(counts.values()))), 1))
        for month in range(max(origins) + 1):
            if month:
                chances = chances @ move
            term = sum(table[place[:, month]] for table, place in tables)
            chances = chances * np.exp(term - term.max(axis=1, keepdims=True)) + _LEAST
            chances /= chances.sum(axis=1, keepdims=True)
            if month in origins:
                yield month, chances

    def _table(self, law: CountLaw, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A row for each distinct count, the last for one unseen; and where each month's is."""
        seen = np.isfinite(counts)
        distinct = np.unique(counts[seen])
        table = np.concatenate([law.log_chances(distinct, self.pressure), np.zeros((1, self.points))])
        return table, np.where(seen, np.searchsorted(distinct, np.nan_to_num(counts)), len(distinct))

    def ahead(self, chances: np.ndarray, months: Sequence[int], at_most: np.ndarray) -> Iterator[np.ndarray]:
        """For each month ahead, rising, the (C, K) chance of no more than each of K counts."""
        _, move = self.steps()
        law = next(iter(self.laws.values()))
        table = law.at_most(at_most, self.pressure)
        for month in range(1, max(months) + 1):
            chances = chances @ move
            if month in months:
                yield np.clip(chances @ table, 0.0, 1.0)
