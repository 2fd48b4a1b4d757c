"""Scores of every forecast, side by side: per window and pooled, with intervals from whole countries drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.views.folder import ROW
from benchmarks.views.rivals import AT_LEAST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

OURS = "tocsin"
POOLED = "pooled"
SCORES = ("brier", "log", "crps", "ign")
SCOPES = {
    "nafrica_sahel_12": frozenset({47, 50, 67, 69, 73, 78, 79, 213, 214, 222, 243, 244}),
    "global": None,
}
"""Burkina Faso, Mali, Algeria, Cameroon, Tunisia, Niger, Nigeria, Libya, Chad, Egypt, Morocco, Mauritania; and all."""

_CLIP = 0.001
_RESAMPLES = 2000
_ENDS = (0.05, 0.95)


def probability_scores(chance: pd.Series, outcome: pd.Series) -> pd.DataFrame:
    """Brier and log score of P(25 or more), clipped to [0.001, 0.999] for the log score, row by row."""
    happened = outcome.reindex(chance.index) >= AT_LEAST
    held = chance.clip(_CLIP, 1.0 - _CLIP)
    return pd.DataFrame(
        {"brier": (chance - happened) ** 2, "log": -np.log(np.where(happened, held, 1.0 - held))}, index=chance.index
    )


def tabulate(
    scored: Mapping[str, pd.DataFrame], told: list[str], scopes: Collection[str] = tuple(SCOPES)
) -> pd.DataFrame:
    """The table: a row for each scope, window and forecast.

    Each of `scored` has SCORES or some of them in columns, by ROW. All forecasts of a scope and window are scored on
    the rows that ours has; one that lacks some of them is left out of it, with a word in `told`. Beside each mean
    stand the ends of its 90 % interval, and of that of its difference from ours (`…_behind`: above 0 is worse than
    ours): the countries are drawn again with all their months, the same ones for every forecast.
    """
    rows = [
        row
        for scope in scopes
        for window, mine in _windows(_within(scored[OURS], SCOPES[scope]))
        for row in _rows(scope, window, mine, scored, told)
    ]
    return pd.DataFrame(rows)


def _within(table: pd.DataFrame, countries: frozenset[int] | None) -> pd.DataFrame:
    return table if countries is None else table[table.index.get_level_values("country_id").isin(countries)]


def _windows(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    windows = table.index.get_level_values("window")
    for window in sorted(set(windows)):
        yield str(window), table[windows == window]
    if len(set(windows)) > 1:
        yield POOLED, table


def _rows(
    scope: str, window: str, mine: pd.DataFrame, scored: Mapping[str, pd.DataFrame], told: list[str]
) -> Iterator[dict[str, object]]:
    weights = _resampled(mine)
    for name, table in scored.items():
        theirs = table.reindex(mine.index)
        row: dict[str, object] = {"scope": scope, "window": window, "forecast": name, "n": len(mine)}
        for score in SCORES:
            if score not in theirs:
                continue
            lacking = int(theirs[score].isna().sum())
            if lacking:
                told.append(f"{scope} {window}: {name} lacks {score} of {lacking} of {len(mine)} rows: left out")
                continue
            row |= _summary(score, theirs[score], mine[score], weights)
        if any(score in row for score in SCORES):
            yield row


def _summary(score: str, theirs: pd.Series, mine: pd.Series, weights: np.ndarray) -> dict[str, float]:
    behind = (theirs - mine).to_numpy()
    low, high = np.quantile(weights @ theirs.to_numpy(), _ENDS)
    behind_low, behind_high = np.quantile(weights @ behind, _ENDS)
    return {
        score: float(theirs.mean()),
        f"{score}_low": float(low),
        f"{score}_high": float(high),
        f"{score}_behind": float(behind.mean()),
        f"{score}_behind_low": float(behind_low),
        f"{score}_behind_high": float(behind_high),
    }


def _resampled(table: pd.DataFrame) -> np.ndarray:
    """(B, n) weights that sum to 1: how often each row's country was drawn, with all its months and windows.

    A country is one block: its months hang together within a window, and its windows hang together too.
    """
    countries = table.index.get_level_values("country_id").to_numpy()
    known, place = np.unique(countries, return_inverse=True)
    random = np.random.default_rng(8)
    drawn = random.multinomial(len(known), np.full(len(known), 1.0 / len(known)), size=_RESAMPLES)
    weights = drawn[:, place].astype(np.float64)
    return weights / weights.sum(axis=1, keepdims=True)


def lay_out_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """A table with ROW in its columns, with ROW as its index in order."""
    return rows.set_index(ROW).sort_index()
