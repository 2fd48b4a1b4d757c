from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.views.folder import DEATHS, DataError, read_folder
from benchmarks.views.forecast import INDICATORS, key_of
from benchmarks.views.months import origin_of
from benchmarks.views.proof import prove_scoring
from benchmarks.views.rivals import rivals
from benchmarks.views.run import tasks_of
from support.conflicts import COUNTRIES, made_up_panel, write_benchmark, write_panel, write_vintages

_SHIPPED = Path(__file__).parents[1] / "benchmarks" / "views" / "data"


@pytest.fixture
def panel() -> pd.DataFrame:
    """Ten years of three countries."""
    return made_up_panel(2013, 2022)


@pytest.fixture
def root(tmp_path: Path, panel: pd.DataFrame) -> Path:
    """A folder with two windows, 2019 and 2022, in files of their own."""
    write_panel(tmp_path, panel[panel["month_id"] <= origin_of(2020)], "2013_2019")
    write_panel(tmp_path, panel, "2013_2022")
    for window, years in ((2019, (2020, 2023)), (2022, (2023, 2024))):
        write_vintages(tmp_path, [window], panel, years, str(window))
        write_benchmark(tmp_path, [window], panel, str(window))
    return tmp_path


def test_files_of_any_years_are_joined(root: Path, panel: pd.DataFrame) -> None:
    """Windows that lie years apart, each with vintages of its own."""
    folder = read_folder(root)
    assert len(folder.panel) == len(panel)
    assert set(folder.draws.index.get_level_values("window")) == {2019, 2022}
    assert len(folder.outcome()) == 2 * 12 * len(COUNTRIES)
    assert sorted(folder.vintages.columns) == [2020, 2023, 2024]


def test_of_files_that_overlap_the_one_that_reaches_further_wins(root: Path, panel: pd.DataFrame) -> None:
    """Whatever their names: the revised panel's numbers stand."""
    write_panel(root, panel.assign(ged_best_sb=panel["ged_best_sb"] + 100), "0000")
    more = made_up_panel(2023, 2023)
    write_panel(root, pd.concat([panel.assign(ged_best_sb=panel["ged_best_sb"] + 7), more]), "revised")
    found = read_folder(root).panel[DEATHS]
    for row in panel.sample(20, random_state=1).itertuples():
        assert found[row.country_id, row.month_id] == row.ged_best_sb + 7


def test_the_outcome_is_the_newest_vintage_that_has_the_month(root: Path, panel: pd.DataFrame) -> None:
    """Which is 2023 for one window and 2024 for the other; each found one death more than the one before."""
    outcome = read_folder(root).outcome()
    deaths = panel.set_index(["country_id", "month_id"])[DEATHS]
    assert (outcome - deaths.reindex(outcome.index) == 1).all()


def test_a_forecast_knows_the_newest_vintage_of_its_time_and_else_the_panel(root: Path, panel: pd.DataFrame) -> None:
    """At the origin of 2022 the vintage of 2020 is known, that of 2023 is not."""
    deaths = panel.set_index(["country_id", "month_id"])[DEATHS].sort_index()
    write_vintages(root, [2018], panel.assign(ged_best_sb=panel["ged_best_sb"] + 5), (2021,), "2018")
    known = read_folder(root).known_at(origin_of(2022))[DEATHS]
    assert known.index.get_level_values("month_id").max() == origin_of(2022)
    in_2018 = known.index.get_level_values("month_id").isin(range(457, 469))
    assert (known[in_2018] - deaths.reindex(known.index)[in_2018] == 5).all()
    assert (known[~in_2018] == deaths.reindex(known.index)[~in_2018]).all()


def _planted(root: Path, panel: pd.DataFrame, after: int) -> None:
    """The same folder with an absurd future: everything after a month, in the panel and in every later vintage."""
    absurd = panel.copy()
    later = absurd["month_id"] > after
    absurd.loc[later, ["ged_best_sb", "ged_best_ns", "ged_best_os"]] = 99_999
    write_panel(root, absurd[absurd["month_id"] <= origin_of(2020)], "2013_2019")
    write_panel(root, absurd, "2013_2022")
    write_vintages(root, [2018, 2019], panel.assign(ged_best_sb=77_777), (2019, 2030), "2019")


def test_an_absurd_future_changes_no_forecast_and_an_absurd_past_does(root: Path, panel: pd.DataFrame) -> None:
    """Tasks, and the fingerprint of the evidence that the product makes of them, which decides every bit of a fit."""
    before = tasks_of(read_folder(root), [2019], everywhere=True)
    _planted(root, panel, origin_of(2019))
    after = tasks_of(read_folder(root), [2019], everywhere=True)
    assert [task.country for task in after] == list(COUNTRIES)
    assert after == before
    assert [key_of(task) for task in after] == [key_of(task) for task in before]
    _planted(root, panel, origin_of(2019) - 1)
    assert [key_of(task) for task in tasks_of(read_folder(root), [2019], everywhere=True)] != [
        key_of(task) for task in before
    ]


def test_evidence_ends_where_the_origin_does_even_if_a_task_holds_more(root: Path) -> None:
    """The product's own reading as of an instant is the second lock."""
    (task, *_) = tasks_of(read_folder(root), [2019], everywhere=True)
    key = key_of(task)
    for months in task.history.values():
        assert max(months) == origin_of(2019)
        months[origin_of(2019) + 1] = 99_999.0  # type: ignore[index]  # it is a dict, and shall be tampered with
    assert key_of(task) == key


def test_an_absurd_future_changes_no_rival(root: Path, panel: pd.DataFrame) -> None:
    """Neither shares nor what the regressions were trained on."""
    before = rivals({2019: read_folder(root).known_at(origin_of(2019))})
    absurd = panel.copy()
    absurd.loc[absurd["month_id"] > origin_of(2019), DEATHS] = 99_999
    after = rivals({2019: absurd.set_index(["country_id", "month_id"]).sort_index()})
    assert set(before) == {"share_12", "share_24", "logistic", "boosting"}
    pd.testing.assert_frame_equal(before, after)


def test_a_folder_without_what_is_needed_is_refused_by_the_name_of_the_file(tmp_path: Path, root: Path) -> None:
    """And by the column that a file lacks."""
    with pytest.raises(DataError, match=r"country_month\*\.csv\.gz: no such file"):
        read_folder(tmp_path / "elsewhere")
    pd.DataFrame({"month_id": [1]}).to_csv(root / "ucdp" / "country_month_broken.csv.gz", index=False)
    with pytest.raises(DataError, match=r"country_month_broken\.csv\.gz, line 1: lacks country_id"):
        read_folder(root)


def test_the_benchmarks_own_scores_come_out_of_their_draws() -> None:
    """All 9,168 of the shipped files, to rounding."""
    found = prove_scoring(read_folder(_SHIPPED))
    assert (found.rows, found.holds) == (9168, True)


def test_scores_that_are_not_the_benchmarks_own_would_be_noticed(root: Path) -> None:
    """The made-up files state 1 and 2 everywhere."""
    found = prove_scoring(read_folder(root))
    assert (found.rows, found.holds) == (2 * 12 * len(COUNTRIES), False)
    assert "NOT REPRODUCED" in found.words


def test_every_column_that_is_read_is_an_indicator_of_the_kit() -> None:
    """And a task has the history of each."""
    (task, *_) = tasks_of(read_folder(_SHIPPED), [2018], everywhere=False)
    assert set(task.history) == set(INDICATORS.values())
