"""What a run found, for people and as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.views.calibration import Reliability, reliability, together
from benchmarks.views.figure import draw_reliability
from benchmarks.views.rivals import AT_LEAST
from benchmarks.views.table import OURS, POOLED, SCOPES, SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.views.run import Result

_TARGETS = {
    "nafrica_sahel_12": {"brier": 0.1525, "log": 0.443, "crps": 19.57, "ign": 2.58},
    "global": {"brier": 0.0251, "log": 0.083},
}
_TARGET_WINDOWS = {2018, 2019, 2020, 2021}


def print_report(result: Result) -> None:
    """The table, pooled and by window, the calibration, and what was left out."""
    for text in result.told:
        print(f"note: {text}")
    print(result.proof.words)
    for (scope, window), rows in result.table.groupby(["scope", "window"], sort=False):
        print(f"\n{scope}, {window}: {rows['n'].iloc[0]} country-months; 90 % intervals, countries drawn again")
        print(f"{'forecast':36}" + "".join(f"{score:>28}" for score in SCORES))
        for _, row in rows.iterrows():
            print(f"{row['forecast']:36}" + "".join(_cell(row, score) for score in SCORES))
        if window == POOLED:
            _print_verdict(result, str(scope), rows)
    for scope, found in reliabilities(result):
        print(
            f"\n{scope}: miscalibration {found.miscalibration:.5f}, discrimination {found.discrimination:.5f}, "
            f"uncertainty {found.uncertainty:.5f}; {found.inside:.0%} of forecasts within the 90 % consistency band; "
            f"{found.ordinary:.1%} of sets of outcomes would show as much miscalibration if every forecast were right"
        )


def _cell(row: pd.Series, score: str) -> str:
    if score not in row or pd.isna(row[score]):
        return f"{'–':>28}"
    digits = 4 if score in {"brier", "log"} else 2
    return f"{row[score]:10.{digits}f} ({row[f'{score}_low']:.{digits}f}–{row[f'{score}_high']:.{digits}f})".rjust(28)


def _print_verdict(result: Result, scope: str, rows: pd.DataFrame) -> None:
    if set(result.forecasts["window"]) != _TARGET_WINDOWS:
        return
    ours = rows[rows["forecast"] == OURS].iloc[0]
    for score, target in _TARGETS[scope].items():
        verdict = "holds" if ours[score] < target else "does not hold"
        print(f"target {score} below {target}: {ours[score]:.4f} {verdict}")


def reliabilities(result: Result) -> Iterator[tuple[str, Reliability]]:
    """Of each scope of the table: ours, the band from the forecasts' own futures."""
    seen = result.forecasts["outcome"].notna()
    for scope in dict.fromkeys(result.table["scope"]):
        countries = SCOPES[scope]
        rows = seen if countries is None else seen & result.forecasts["country_id"].isin(countries)
        said = result.forecasts[rows]
        imagined = together(result.futures[rows.to_numpy()], said.groupby(["window", "country_id"]).ngroup().to_numpy())
        yield scope, reliability(said["p_ge25"].to_numpy(), (said["outcome"] >= AT_LEAST).to_numpy(), imagined)


def write_report(result: Result, out: Path) -> None:
    """Write table.csv, forecasts.csv.gz, draws.npz, calibration.csv and reliability.svg."""
    out.mkdir(parents=True, exist_ok=True)
    result.table.to_csv(out / "table.csv", index=False, float_format="%.6g")
    result.forecasts.to_csv(out / "forecasts.csv.gz", index=False, float_format="%.6g")
    keys = {name: result.forecasts[name].to_numpy() for name in ("window", "month_id", "country_id")}
    np.savez_compressed(out / "draws.npz", **keys, draws=result.draws)
    found = list(reliabilities(result))
    columns = {"recalibrated": "recalibrated", "band_low": "low", "band_high": "high"}
    parts = [
        pd.DataFrame({"scope": scope, "p_ge25": it.chance} | {name: getattr(it, of) for name, of in columns.items()})
        for scope, it in found
    ]
    pd.concat(part.drop_duplicates() for part in parts).to_csv(
        out / "calibration.csv", index=False, float_format="%.6g"
    )
    draw_reliability(found, out / "reliability.svg")
