"""The benchmark from data to scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.views.fitting import fit_all
from benchmarks.views.folder import ROW, DataError
from benchmarks.views.forecast import INDICATORS, QUANTILES, Task
from benchmarks.views.months import months_of, origin_of
from benchmarks.views.proof import Proof, prove_scoring
from benchmarks.views.rivals import rivals
from benchmarks.views.table import OURS, SCOPES, lay_out_rows, probability_scores, tabulate
from tocsin.ensemble.count_scores import crps, ignorance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.views.folder import Folder
    from benchmarks.views.forecast import Forecast

TWELVE = next(iter(SCOPES))


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """What a run found.

    Attributes:
        table: A row for each scope, window and forecast.
        forecasts: Ours, a row for each window, month and country, the outcome beside it where there is one.
        draws: (rows of `forecasts`, 1000) counts.
        futures: (rows of `forecasts`, FUTURES) whether the event happens in each future of the country.
        proof: The benchmarks' own scores, reproduced.
        told: What was read, left out and rejected, in words.
    """

    table: pd.DataFrame
    forecasts: pd.DataFrame
    draws: np.ndarray
    futures: np.ndarray
    proof: Proof
    told: list[str]


def run_benchmark(
    folder: Folder,
    *,
    windows: Sequence[int],
    everywhere: bool,
    processes: int,
    cache: Path,
    say: Callable[[str], None],
) -> Result:
    """1. Reproduce the benchmarks' scores. 2. Forecast. 3. Compute the rivals. 4. Score all on the same rows."""
    told = list(folder.told)
    proof = prove_scoring(folder)
    say(proof.words)
    tasks = tasks_of(folder, windows, everywhere=everywhere)
    if not tasks:
        raise DataError(f"no country has deaths before the origin of any of the windows {list(windows)}")
    found = fit_all(tasks, processes=processes, cache=cache, say=say)
    told += [text for item in found for text in _said_of(item)]
    forecasts, draws, futures = _stacked(found, folder.outcome())
    say("rivals")
    scored = _scored(folder, windows, forecasts, draws)
    scopes = [scope for scope, countries in SCOPES.items() if everywhere or countries is not None]
    return Result(tabulate(scored, told, scopes), forecasts, draws, futures, proof, told)


def _said_of(item: Forecast) -> Iterator[str]:
    where = f"country {item.task.country}, {item.task.window}"
    if item.rejections:
        yield f"{where}: the gate would not let this fit pass: {'; '.join(item.rejections)}"
    if item.prior_only:
        yield f"{where}: nothing was known at the origin, so this is the prior"


def tasks_of(folder: Folder, windows: Sequence[int], *, everywhere: bool) -> list[Task]:
    """A task for each window and each country that has an outcome in it, or where none has, a row at the origin."""
    outcome = folder.outcome()
    tasks = []
    for window in windows:
        known = folder.known_at(origin_of(window))
        there = outcome[outcome.index.get_level_values("month_id").isin(list(months_of(window)))]
        rows = there if len(there) else known[known.index.get_level_values("month_id") == origin_of(window)]
        countries = sorted(set(rows.index.get_level_values("country_id")))
        for country in countries:
            if everywhere or country in (SCOPES[TWELVE] or ()):
                history = known.loc[country] if country in known.index else known.iloc[:0].droplevel("country_id")
                tasks.append(
                    Task(
                        window,
                        int(country),
                        {
                            indicator: {int(month): float(value) for month, value in history[column].dropna().items()}
                            for column, indicator in INDICATORS.items()
                        },
                    )
                )
    return tasks


def _stacked(found: Sequence[Forecast], outcome: pd.Series) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rows = pd.DataFrame(
        [
            {
                "window": item.task.window,
                "month_id": month,
                "country_id": item.task.country,
                "p_ge25": item.reached[place],
                "mean": item.mean[place],
                **{f"q{round(100 * q):02}": item.quantiles[place, at] for at, q in enumerate(QUANTILES)},
            }
            for item in found
            for place, month in enumerate(months_of(item.task.window))
        ]
    )
    where = pd.MultiIndex.from_frame(rows[["country_id", "month_id"]])
    rows["outcome"] = outcome.reindex(where).to_numpy()
    order = rows.sort_values(ROW, kind="stable").index
    draws = np.concatenate([item.draws for item in found])[order]
    futures = np.concatenate([item.futures for item in found])[order]
    return rows.loc[order].reset_index(drop=True), draws, futures


def _scored(
    folder: Folder, windows: Sequence[int], forecasts: pd.DataFrame, draws: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Scores of every forecast by ROW, ours first; only rows with an outcome."""
    seen = forecasts["outcome"].notna().to_numpy()
    rows = lay_out_rows(forecasts[seen])
    outcome = rows["outcome"]
    ours = probability_scores(rows["p_ge25"], outcome)
    ours["crps"] = crps(draws[seen], outcome.to_numpy())
    ours["ign"] = ignorance(draws[seen], outcome.to_numpy())
    scored = {OURS: ours}
    scores, chances = folder.scores, folder.quantiles
    for model in sorted({*scores["model"], *chances["model"]}):
        own = lay_out_rows(scores[scores["model"] == model])[["crps", "ign"]].astype(float)
        stated = lay_out_rows(chances[chances["model"] == model])["p_ge25"].astype(float)
        stated = stated[stated.index.isin(outcome.index)]
        scored[model] = own.join(probability_scores(stated, outcome), how="outer") if len(stated) else own
    for suffix, history in (
        ("as known", {window: folder.known_at(origin_of(window)) for window in windows}),
        ("as revised", dict.fromkeys(windows, folder.newest())),
    ):
        for name, chance in rivals(history).items():
            stated = chance[chance.index.isin(outcome.index)]
            scored[f"{name}, {suffix}"] = probability_scores(stated, outcome)
    return scored
