from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from benchmarks.views import run
from benchmarks.views.calibration import apart, reliability, together
from benchmarks.views.folder import ROW, DataError, read_folder
from benchmarks.views.forecast import DRAWS, FUTURES, INDICATORS, QUANTILES, Forecast, theater
from benchmarks.views.learn import LEARNED
from benchmarks.views.report import write_report
from benchmarks.views.rivals import share
from benchmarks.views.table import OURS, POOLED, probability_scores, tabulate
from support.conflicts import COUNTRIES, made_up_panel, write_benchmark, write_panel, write_vintages
from tocsin.domain.indicator import RateBaseline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.views.forecast import Task


def _rows(windows: Sequence[int] = (2018, 2019), countries: Sequence[int] = (73, 79, 600)) -> pd.MultiIndex:
    keys = [(window, month, country) for window in windows for month in (1, 2) for country in countries]
    return pd.MultiIndex.from_tuples(keys, names=ROW)


def test_brier_and_log_scores_are_clipped_as_stated() -> None:
    """A sure miss costs −log 0.001 and no more."""
    index = _rows((2018,))
    chance = pd.Series([0.0, 1.0, 0.3, 0.3, 0.5, 0.9], index=index)
    outcome = pd.Series([25, 24, 25, 0, 1000, 30], index=index)
    found = probability_scores(chance, outcome)
    assert found["brier"].tolist() == pytest.approx([1.0, 1.0, 0.49, 0.09, 0.25, 0.01])
    expected = [math.log(1000), math.log(1000), -math.log(0.3), -math.log(0.7), math.log(2), -math.log(0.9)]
    assert found["log"].tolist() == pytest.approx(expected)


def test_the_table_has_each_forecast_on_the_same_rows_and_says_what_is_left_out() -> None:
    """A rival that lacks one row of a window is left out of that window and of the pool, not scored on fewer rows."""
    index = _rows()
    random = np.random.default_rng(2)
    ours = pd.DataFrame({"brier": random.random(12), "log": random.random(12)}, index=index)
    whole, lacking = ours + 0.1, ours.iloc[1:]
    told: list[str] = []
    table = tabulate({OURS: ours, "whole": whole, "lacking": lacking}, told)
    assert set(table.loc[table["forecast"] == "lacking", "window"]) == {"2019"}
    assert any(text.startswith("global 2018: lacking lacks brier of 1 of 6 rows") for text in told)
    pooled = table[(table["scope"] == "global") & (table["window"] == POOLED)].set_index("forecast")
    assert pooled.loc[OURS, "n"] == 12
    assert pooled.loc[OURS, "brier"] == pytest.approx(ours["brier"].mean())
    assert pooled.loc[OURS, ["brier_behind", "brier_behind_low", "brier_behind_high"]].tolist() == [0.0, 0.0, 0.0]
    behind = pooled.loc["whole", ["brier_behind", "brier_behind_low", "brier_behind_high"]]
    assert behind.tolist() == pytest.approx([0.1, 0.1, 0.1])
    assert pooled.loc[OURS, "brier_low"] < pooled.loc[OURS, "brier"] < pooled.loc[OURS, "brier_high"]


def test_intervals_draw_whole_countries_again() -> None:
    """Where countries differ and months do not, the interval is as wide as few countries make it."""
    index = _rows((2018,), range(100, 130))
    by_country = index.get_level_values("country_id").to_numpy() % 2
    table = tabulate({OURS: pd.DataFrame({"brier": by_country.astype(float)}, index=index)}, [])
    (row,) = (row for _, row in table.iterrows() if row["window"] == "2018")
    error = 0.5 / math.sqrt(30)  # of the mean of 30 countries, not of 60 months
    assert row["brier_high"] - row["brier_low"] == pytest.approx(2 * 1.645 * error, rel=0.15)


def test_a_share_is_drawn_a_little_toward_one_half() -> None:
    """(k + 1/4)/(n + 1/2), over the months that are known."""
    deaths = pd.DataFrame({month: [30.0, 0.0, 30.0 if month < 8 else math.nan] for month in range(1, 13)})
    assert share(deaths, 12, 12).tolist() == pytest.approx([12.25 / 12.5, 0.25 / 12.5, 7.25 / 7.5])


def test_chances_that_are_right_lie_within_the_band_and_bold_ones_do_not() -> None:
    """Two thousand forecasts; the bold ones double the log-odds."""
    random = np.random.default_rng(6)
    chance = random.beta(0.4, 1.2, size=2000)
    happened = random.random(2000) < chance
    right = reliability(chance, happened, apart(chance))
    odds = (chance / (1 - chance)) ** 2
    bolder = odds / (1 + odds)
    bold = reliability(bolder, happened, apart(bolder))
    assert right.inside > 0.8
    assert right.ordinary > 0.1
    assert bold.ordinary < 0.01
    brier = float(np.mean((chance - happened) ** 2))
    assert right.miscalibration - right.discrimination + right.uncertainty == pytest.approx(brier)


def test_months_that_hang_together_are_no_evidence_against_a_forecast_that_said_so() -> None:
    """Forty wars that go on or end, at a chance that is right: month by month it looks like a miss, together not."""
    random = np.random.default_rng(3)
    chance = np.repeat(random.uniform(0.2, 0.8, size=40), 12)
    block = np.repeat(np.arange(40), 12)
    happened = np.repeat(random.random(40), 12) < chance
    futures = np.repeat(random.random((40, 500)), 12, axis=0) < chance[:, None]
    jointly = reliability(chance, happened, together(futures, block))
    assert reliability(chance, happened, apart(chance)).ordinary < 0.01
    assert jointly.ordinary > 0.05
    assert jointly.inside > 0.8
    again = together(futures, block)
    assert again.mean(axis=0) == pytest.approx(chance, abs=0.08)
    assert all(len(set(column)) == 1 for column in np.split(again[0], 40))


def _imagined(tasks: Sequence[Task], **_: object) -> list[Forecast]:
    """What fitting would give: the last twelve months, repeated."""
    found = []
    for task in tasks:
        last = sorted(task.history["violence/state-based-deaths"].items())[-12:]
        draws = np.tile(np.sort(np.resize([value for _, value in last], DRAWS)), (12, 1))
        futures = np.resize(draws[0] >= 25, (12, FUTURES))
        reached, quantiles = (draws >= 25).mean(axis=1), np.quantile(draws, QUANTILES, axis=1).T
        found.append(
            Forecast(task, reached, draws, futures, draws.mean(axis=1), quantiles, (), prior_only=False, seconds=0.0)
        )
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Years that no shipped file has, and a rival for one of them."""
    panel = made_up_panel(2015, 2031)
    write_panel(tmp_path, panel, "2015_2031")
    write_vintages(tmp_path, [2030, 2031], panel, (2032,), "2030_2031")
    write_benchmark(tmp_path, [2031], panel, "2031")
    return tmp_path


def test_a_run_scores_every_row_of_other_years_and_writes_them(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is empty: 2 windows × 12 months × 3 countries, and the two of them that are of the 12."""
    monkeypatch.setattr(run, "fit_all", _imagined)
    result = run.run_benchmark(
        read_folder(root), windows=(2030, 2031), everywhere=True, processes=1, cache=tmp_path, say=lambda _: None
    )
    sizes = result.table[result.table["forecast"] == OURS].set_index(["scope", "window"])["n"]
    assert sizes["global", POOLED] == 2 * 12 * len(COUNTRIES)
    assert sizes["nafrica_sahel_12", "2030"] == 12 * 2
    assert result.table.loc[result.table["forecast"] == OURS, ["brier", "log", "crps", "ign"]].notna().all().all()
    rival = result.table[result.table["forecast"] == "conflictology"]
    assert set(rival["window"]) == {"2031"}
    assert any("conflictology lacks crps of 36 of 36 rows" in text for text in result.told)
    write_report(result, tmp_path / "out")
    columns = ["window", "month_id", "country_id", "p_ge25", "mean", "q05", "q25", "q50", "q75", "q95", "outcome"]
    written = pd.read_csv(tmp_path / "out" / "forecasts.csv.gz")
    assert list(written) == columns
    assert len(written) == len(np.load(tmp_path / "out" / "draws.npz")["draws"]) == 72
    assert list(pd.read_csv(tmp_path / "out" / "table.csv"))[:4] == ["scope", "window", "forecast", "n"]
    assert set(pd.read_csv(tmp_path / "out" / "calibration.csv")["scope"]) == {"nafrica_sahel_12", "global"}
    assert "all countries (72)" in (tmp_path / "out" / "reliability.svg").read_text(encoding="utf-8")


def test_a_run_of_the_twelve_says_nothing_of_all_countries(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve countries under the name of all would be held to targets that are not theirs."""
    monkeypatch.setattr(run, "fit_all", _imagined)
    result = run.run_benchmark(
        read_folder(root), windows=(2030,), everywhere=False, processes=1, cache=tmp_path, say=lambda _: None
    )
    assert set(result.table["scope"]) == {"nafrica_sahel_12"}
    assert result.forecasts["country_id"].nunique() == 2


def test_a_window_without_any_history_is_refused(root: Path, tmp_path: Path) -> None:
    """An evaluation of nothing would be green."""
    with pytest.raises(DataError, match="no country has deaths"):
        run.run_benchmark(
            read_folder(root), windows=(1985,), everywhere=True, processes=1, cache=tmp_path, say=lambda _: None
        )


def test_the_kit_declares_what_was_learned() -> None:
    """The middle of every range is the learned number, to the digits that are written."""
    learned = json.loads(LEARNED.read_text(encoding="utf-8"))
    (scenario,) = theater().scenarios
    assert scenario.pressure.slow_half_life is not None
    assert math.exp(scenario.pressure.slow_half_life.log().mean) == pytest.approx(learned["half_life_months"], rel=2e-3)
    links = {link.indicator: link for link in scenario.links}
    for column, name in INDICATORS.items():
        law, indicator = learned["laws"][column], theater().indicator(name)
        assert isinstance(indicator.baseline, RateBaseline)
        assert indicator.baseline.dispersion_power is not None
        assert indicator.baseline_prior().mean == pytest.approx(law["baseline"], abs=2e-3)
        assert links[name].prior(indicator).mean == pytest.approx(law["link"], abs=2e-3)
        assert indicator.baseline.dispersion.log().mean == pytest.approx(law["log_dispersion"], abs=2e-3)
        assert indicator.baseline.dispersion_power.plain().mean == pytest.approx(law["power"], abs=2e-3)
