"""`tocsin backtest` at a terminal, with fits in real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from support.harbor import declare_harbor
from support.kit import open_kit
from tocsin.bootstrap.service import open_service
from tocsin.cli.app import app
from tocsin.domain.errors import InvalidInputError, TocsinError
from tocsin.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.usecases.ports import Sampler

_NOW = datetime(2016, 2, 1, tzinfo=UTC)
_WORDS = ("backtest", "harbor", "--from", "2014-10-19", "--to", "2015-03-08", "--every", "10w")
_ORIGINS = ["2014-10-19", "2014-12-28", "2015-03-08"]


@pytest.fixture
def home(tmp_path: Path, sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store with the harbor's reports."""
    with open_kit(tmp_path, sampler, _NOW, name="harbor", catalog=declare_harbor(tmp_path / "catalog")):
        monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
        monkeypatch.setenv("TOCSIN_CATALOG", str(tmp_path / "catalog"))
        yield tmp_path


def _run(*words: str, code: int = 0) -> tuple[str, str]:
    """What it prints and what it says beside."""
    ended = CliRunner().invoke(app, words, env={"COLUMNS": "160"})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit | TocsinError):
        raise ended.exception
    assert ended.exit_code == code, ended.output
    return ended.stdout, ended.stderr


def _json(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run(*_WORDS, "--json", *words)[0])
    return found


def _numbers(told: dict[str, Any]) -> list[dict[str, Any]]:
    """All but who made it when."""
    return [{key: value for key, value in item.items() if key != "earlier_run"} for item in told["origins"]]


def test_a_theater_is_replayed_scored_and_told_and_the_second_run_makes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON and as tables; what was made of other files or another seed is never mixed in."""
    table, said = _run(*_WORDS)
    assert "origins: 0 of 3" in said
    assert said.rstrip().endswith("origins: 3 of 3")
    for word in (*_ORIGINS, "blockade: Blockade", "too few to claim", "nothing was published", "3 origins made now"):
        assert word in table

    def refuse(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as nobody_fits:
        nobody_fits.setattr("tocsin.bootstrap.backtesting.open_executor", refuse)
        told = _json("--as-of", "2016-01-31")
        assert "0 origins made now, 3 by an earlier run" in _run(*_WORDS)[0]
        with pytest.raises(AssertionError):
            _json("--seed", "1")
    assert [item["origin"] for item in told["origins"]] == _ORIGINS
    assert all(item["earlier_run"] and item["state"] == "accepted" for item in told["origins"])
    assert told["scores"]["scored"] == sum(
        odds["scores"] is not None for item in told["origins"] for odds in item["odds"]
    )
    assert told["scores"]["scored"] == 9
    assert {odds["outcome"] for item in told["origins"] for odds in item["odds"]} == {"yes", "no"}

    with open_service(Settings(home=home, catalog=home / "catalog")) as service:
        counts = service.tally.counts()
    assert (counts.fits, counts.publications) == (0, 0)

    declare_harbor(home / "catalog", **{"low: 3, high: 12": "low: 3, high: 11"})
    changed = _json("--as-of", "2016-01-31")
    assert not any(item["earlier_run"] for item in changed["origins"])
    assert _numbers(changed) != _numbers(told)
    declare_harbor(home / "catalog")
    assert _json("--as-of", "2016-01-31") == told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_what_was_done_when_it_was_stopped_is_not_done_again(home: Path, number: signal.Signals) -> None:
    """However it was stopped; the rest comes out as it would have."""
    command = [sys.executable, "-m", "tocsin", *_WORDS, "--processes", "1"]
    with subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as going:
        assert going.stderr is not None
        assert any(line == "origins: 1 of 3\n" for line in going.stderr)
        going.send_signal(number)
        said = going.stderr.read()
        code = going.wait(60)
    if number is signal.SIGINT:
        assert code == 130
        assert "done and kept" in said
    kept = len(list((home / "backtests" / "harbor").glob("*.json")))
    assert 1 <= kept < 3
    told = _json()
    assert sum(item["earlier_run"] for item in told["origins"]) == kept
    for file in (home / "backtests" / "harbor").iterdir():
        file.unlink()
    assert _numbers(_json()) == _numbers(told)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from 2015-03-08 --to 2014-10-19", "--to is '2014-10-19'; accepted: a day from 2015-03-08 on"),
        ("--from 8.3.2015 --to 2015-03-08", "--from is '8.3.2015'; accepted: a day such as 2016-03-08"),
        ("--from 2015-03-08 --to 2999-01-01", "--to is '2999-01-01'; accepted: a day such as 2016-03-08"),
        ("--from 2015-03-01 --to 2015-03-08 --every 2m", "--every is '2m'; accepted: days or weeks, such as 7d"),
        ("--from 1990-01-01 --to 2015-03-08 --every 1d", "accepted: up to 2000 origins at once"),
        ("--from 2020-03-01 --to 2020-03-08", "none of which can be scored"),
    ],
)
def test_what_would_evaluate_nothing_is_refused(home: Path, words: str, said: str) -> None:
    """With what is accepted, before anything is fitted."""
    ended = CliRunner().invoke(app, ["backtest", "harbor", *words.split()])
    assert isinstance(ended.exception, InvalidInputError)
    assert said in str(ended.exception)
    assert not (home / "backtests").exists()


def test_the_only_theater_need_not_be_named(home: Path) -> None:
    """Where there are several, they are listed."""
    ended = CliRunner().invoke(app, ["backtest", "--from", "2020-03-01", "--to", "2020-03-08"])
    assert "none of which can be scored" in str(ended.exception)
    text = (home / "catalog" / "models" / "harbor" / "theater.yaml").read_text(encoding="utf-8")
    (home / "catalog" / "models" / "other").mkdir()
    (home / "catalog" / "models" / "other" / "theater.yaml").write_text(text, encoding="utf-8")
    (home / "catalog" / "models" / "other" / "scenarios").mkdir()
    for file in (home / "catalog" / "models" / "harbor" / "scenarios").iterdir():
        (home / "catalog" / "models" / "other" / "scenarios" / file.name).write_bytes(file.read_bytes())
    ended = CliRunner().invoke(app, ["backtest", "--from", "2020-03-01", "--to", "2020-03-08"])
    assert "THEATER is not given; accepted: one of harbor, other" in str(ended.exception)
