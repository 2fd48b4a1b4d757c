"""The folder of data: every file that matches is read and joined, whichever years are there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.views.months import year_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

ROW = ["window", "month_id", "country_id"]
DEATHS, ONE_SIDED, NON_STATE = "ged_best_sb", "ged_best_os", "ged_best_ns"
"""Columns of the panel: deaths in state-based, one-sided and non-state violence."""
_VINTAGE = re.compile(r"ged_sb_(\d{4})vintage")
_PATTERNS = {
    "panel": ("ucdp/country_month*.csv.gz", ["month_id", "country_id", DEATHS, ONE_SIDED, NON_STATE]),
    "vintages": ("ucdp/state_based_deaths*_vintages.csv.gz", ["month_id", "country_id"]),
    "scores": ("views/benchmark_scores*.csv*", ["model", *ROW, "crps", "ign"]),
    "quantiles": ("views/benchmark_quantiles*.csv*", ["model", *ROW, "p_ge25"]),
    "draws": ("views/conflictology_draws*.csv*", [*ROW, "draw", "outcome"]),
}
_NEEDED = ("panel", "vintages")


class DataError(Exception):
    """The folder lacks what nothing can be done without: the message names file, column and what is accepted."""


@dataclass(frozen=True, eq=False)
class Folder:
    """Everything read.

    Attributes:
        panel: By (country_id, month_id): deaths by type; where files overlap, the file that reaches further wins.
        vintages: By (country_id, month_id): state-based deaths as known in each year, a column a year.
        scores: CRPS and IGN of the benchmarks, a row for each model, window, month and country.
        quantiles: Their chances of 25 or more deaths, likewise.
        draws: By (window, month_id, country_id): conflictology's draws, a column a draw.
        told: What was read and what was missing, in words.
    """

    panel: pd.DataFrame
    vintages: pd.DataFrame
    scores: pd.DataFrame
    quantiles: pd.DataFrame
    draws: pd.DataFrame
    told: list[str] = field(default_factory=list)

    def outcome(self) -> pd.Series:
        """Deaths by (country_id, month_id) as the newest vintage has them; a month that it lacks, the one before it."""
        return self.vintages[sorted(self.vintages.columns)].ffill(axis=1).iloc[:, -1].dropna()

    def newest(self) -> pd.DataFrame:
        """The panel, state-based deaths replaced by the newest vintage: what is known today, not what was then."""
        return _overlaid(self.panel, self.outcome())

    def known_at(self, origin: int) -> pd.DataFrame:
        """The panel through an origin's month, as near to what was known then as the files allow.

        Where a vintage of the origin's year or of an earlier one has the month, its number stands, the newest of them;
        elsewhere the panel's. Nothing of a later month is in it, and nothing of a later vintage.
        """
        through = self.panel[self.panel.index.get_level_values("month_id") <= origin]
        then = sorted(column for column in self.vintages.columns if column <= year_of(origin))
        if not then:
            return through
        known = self.vintages[then].ffill(axis=1).iloc[:, -1].dropna()
        return _overlaid(through, known[known.index.get_level_values("month_id") <= origin])


def read_folder(root: Path) -> Folder:
    """Read all that matches; DataError where the panel or the vintages are missing, or a column is."""
    told: list[str] = []
    found = {noun: _read(root, noun, told) for noun in _PATTERNS}
    keys = ["country_id", "month_id"]
    panel = (
        found["panel"].drop_duplicates(keys, keep="last").set_index(keys).sort_index()[[DEATHS, ONE_SIDED, NON_STATE]]
    )
    years = {column: int(match[1]) for column in found["vintages"] if (match := _VINTAGE.fullmatch(column))}
    if not years:
        raise DataError(f"{root / _PATTERNS['vintages'][0]}: no column of the form ged_sb_YYYYvintage")
    # Column by column: of overlapping rows the later file's, but a number rather than none.
    vintages = found["vintages"].groupby(keys)[list(years)].last().rename(columns=years).astype(float)
    draws = found["draws"].drop_duplicates([*ROW, "draw"], keep="last")
    return Folder(
        panel=panel.astype(float),
        vintages=vintages,
        scores=found["scores"].drop_duplicates(["model", *ROW], keep="last"),
        quantiles=found["quantiles"].drop_duplicates(["model", *ROW], keep="last"),
        draws=draws.pivot_table(index=ROW, columns="draw", values="outcome"),
        told=told,
    )


def _read(root: Path, noun: str, told: list[str]) -> pd.DataFrame:
    """The files of one noun, one below the other; those that reach further come later, and so win."""
    pattern, columns = _PATTERNS[noun]
    files = sorted(root.glob(pattern))
    if not files:
        if noun in _NEEDED:
            raise DataError(f"{root / pattern}: no such file; at least one is needed")
        told.append(f"no {pattern}: what needs it is left out")
        return pd.DataFrame(columns=columns)
    tables = [_table(file, columns) for file in files]
    told.append(f"{noun}: {', '.join(file.name for file in files)}")
    return pd.concat(_by_reach(tables), ignore_index=True)


def _by_reach(tables: Iterable[pd.DataFrame]) -> Sequence[pd.DataFrame]:
    return sorted(tables, key=lambda table: table["month_id"].max())


def _table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    table = pd.read_csv(file)
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise DataError(f"{file}, line 1: lacks {', '.join(lacking)}; wanted are {', '.join(columns)}")
    return table


def _overlaid(panel: pd.DataFrame, deaths: pd.Series) -> pd.DataFrame:
    """The panel with some state-based deaths replaced, and months added that only they have."""
    joined = panel.reindex(panel.index.union(deaths.index))
    joined.loc[deaths.index, DEATHS] = deaths
    return joined
