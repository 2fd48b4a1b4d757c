"""A small folder of made-up conflict data in the format of the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.views.months import months_of, number, origin_of, year_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNTRIES = (73, 79, 600)
"""Two of the 12, and one that is not."""


def made_up_panel(first_year: int, last_year: int, seed: int = 1) -> pd.DataFrame:
    """Deaths by country and month, every column of the real panel that is read."""
    random = np.random.default_rng(seed)
    months = range(number(first_year, 1), number(last_year, 12) + 1)
    rows = [
        {
            "month_id": month,
            "country_id": country,
            "ged_best_sb": int(random.negative_binomial(0.4, 0.4 / (0.4 + 30 * place))),
            "ged_best_ns": int(random.poisson(place)),
            "ged_best_os": int(random.poisson(2 * place)),
        }
        for month in months
        for place, country in enumerate(COUNTRIES)
    ]
    return pd.DataFrame(rows)


def write_panel(root: Path, panel: pd.DataFrame, name: str) -> None:
    """As `ucdp/country_month_<name>.csv.gz`."""
    (root / "ucdp").mkdir(parents=True, exist_ok=True)
    panel.to_csv(root / "ucdp" / f"country_month_{name}.csv.gz", index=False)


def write_vintages(root: Path, windows: Sequence[int], panel: pd.DataFrame, years: Sequence[int], name: str) -> None:
    """The panel's deaths in some windows as `years` know them: each vintage finds one death more than the last."""
    (root / "ucdp").mkdir(parents=True, exist_ok=True)
    rows = panel[panel["month_id"].map(year_of).isin(windows)][["month_id", "country_id", "ged_best_sb"]].copy()
    for more, year in enumerate(years):
        rows[f"ged_sb_{year}vintage"] = rows["ged_best_sb"] + more
    rows.drop(columns="ged_best_sb").to_csv(root / "ucdp" / f"state_based_deaths_{name}_vintages.csv.gz", index=False)


def write_benchmark(root: Path, windows: Sequence[int], panel: pd.DataFrame, name: str) -> None:
    """One benchmark's scores, chances and draws: the last 12 months, with scores that are not looked at."""
    (root / "views").mkdir(parents=True, exist_ok=True)
    deaths = panel.set_index(["country_id", "month_id"])["ged_best_sb"]
    keys = [
        {"window": window, "month_id": month, "country_id": country}
        for window in windows
        for month in months_of(window)
        for country in COUNTRIES
    ]
    draws = [
        {**key, "draw": draw, "outcome": deaths[key["country_id"], origin_of(key["window"]) - draw]}
        for key in keys
        for draw in range(12)
    ]
    named = pd.DataFrame([{"model": "conflictology", **key} for key in keys])
    folder = root / "views"
    named.assign(crps=1.0, ign=2.0, mis=3.0).to_csv(folder / f"benchmark_scores_{name}.csv.gz", index=False)
    named.assign(p_ge25=0.2).to_csv(folder / f"benchmark_quantiles_{name}.csv.gz", index=False)
    pd.DataFrame(draws).to_csv(folder / f"conflictology_draws_{name}.csv.gz", index=False)
