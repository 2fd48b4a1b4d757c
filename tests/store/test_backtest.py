"""What backtests have made comes back bit for bit, or not at all."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from support.publications import stated_odds, statement
from tocsin.domain.backtest import Forecast
from tocsin.domain.diagnosis import Diagnosis
from tocsin.domain.errors import StoreError
from tocsin.domain.publication import digest
from tocsin.store.backtest import ForecastFolder

if TYPE_CHECKING:
    from pathlib import Path

_HEALTH = Diagnosis(1.0 + 2.0**-30, 1900.5, 1500.25, 0.0, 0.8, 0.1 + 0.2, 4000)
_SAID = Forecast(
    origin=date(2016, 3, 8),
    recipe="a" * 64,
    diagnosis=_HEALTH,
    rejections=(),
    statement=statement(odds=(stated_odds(probability=0.1 + 0.2), stated_odds("coup", 5e-324))),
    seconds=1.5,
)
_REJECTED = replace(_SAID, recipe="b" * 64, rejections=("R-hat is 1.2; at most 1.01",), statement=None)


@pytest.mark.parametrize("forecast", [_SAID, _REJECTED, replace(_SAID, diagnosis=None)])
def test_a_forecast_comes_back_bit_for_bit(tmp_path: Path, forecast: Forecast) -> None:
    """In another process too, as nothing but the folder is asked."""
    ForecastFolder(tmp_path).keep("full", forecast)
    found = ForecastFolder(tmp_path).find("full", forecast.recipe)
    assert found == forecast
    assert found.seconds == forecast.seconds
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [f"{forecast.recipe}.json"]


def test_health_that_is_no_number_comes_back(tmp_path: Path) -> None:
    """The gate rejects it, and why is told again."""
    bad = replace(_REJECTED, diagnosis=replace(_HEALTH, rhat=math.nan))
    ForecastFolder(tmp_path).keep("full", bad)
    found = ForecastFolder(tmp_path).find("full", bad.recipe)
    assert found is not None
    assert found.diagnosis is not None
    assert math.isnan(found.diagnosis.rhat)


def test_another_recipe_and_another_theater_find_nothing(tmp_path: Path) -> None:
    """Not even where somebody has copied the file."""
    folder = ForecastFolder(tmp_path)
    assert folder.find("full", _SAID.recipe) is None
    folder.keep("full", _SAID)
    assert folder.find("full", "c" * 64) is None
    assert folder.find("other", _SAID.recipe) is None
    text = (tmp_path / "full" / f"{_SAID.recipe}.json").read_text(encoding="ascii")
    (tmp_path / "full" / f"{'c' * 64}.json").write_text(text, encoding="ascii")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / f"{_SAID.recipe}.json").write_text(text, encoding="ascii")
    assert folder.find("full", "c" * 64) is None
    assert folder.find("other", _SAID.recipe) is None


@pytest.mark.parametrize("damage", ["half", "digit", "empty", "list"])
def test_a_damaged_file_is_as_none_and_is_made_again(tmp_path: Path, damage: str) -> None:
    """A digit that is another is told by the hash."""
    folder = ForecastFolder(tmp_path)
    folder.keep("full", _SAID)
    file = tmp_path / "full" / f"{_SAID.recipe}.json"
    text = file.read_text(encoding="ascii")
    damaged = {
        "half": text[: len(text) // 2],
        "digit": text.replace("0.30000000000000004", "0.30000000000000005", 1),
        "empty": "",
        "list": f"{digest('[]')}\n[]\n",
    }[damage]
    assert damaged != text
    file.write_text(damaged, encoding="ascii")
    assert folder.find("full", _SAID.recipe) is None
    folder.keep("full", _SAID)
    assert folder.find("full", _SAID.recipe) == _SAID


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path) -> None:
    """With the folder and the reason."""
    (tmp_path / "full").write_text("a file where the folder would be", encoding="ascii")
    with pytest.raises(StoreError, match="the forecast of 2016-03-08 could not be kept in"):
        ForecastFolder(tmp_path).keep("full", _SAID)
