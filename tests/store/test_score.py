"""Scores of settled windows, from publications and resolutions on a real database."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.publications import DRAWS, STATED_AT, stated_odds, statement, stating_fit
from support.theaters import full_theater
from tocsin.domain.resolution import How, Outcome, Resolution, windows_of
from tocsin.store.fit import FitShelf
from tocsin.store.publication import PublicationShelf
from tocsin.store.resolution import ResolutionShelf
from tocsin.usecases.score import ScoreCard, score

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

_OPENED = date(2016, 3, 9)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_OUTCOMES = {"offensive": [Outcome.YES, Outcome.NO, Outcome.VOID, None], "coup": [Outcome.NO, Outcome.NO, None, None]}
_SAID = {"offensive": [0.7, 0.2, 0.4, 0.9], "coup": [0.05, 0.1, 0.15, 0.2]}
_PRIOR = {"offensive": 0.3, "coup": 0.02}


def _card(engine: Engine, folder: Path, as_of: datetime = _LATE) -> ScoreCard:
    """Four days, on the first of which something else was said in the afternoon; some windows are settled."""
    FitShelf(engine, folder / "fits").save(stating_fit(), DRAWS, "test")
    book, shelf = PublicationShelf(engine), ResolutionShelf(engine)
    last: int | None = None
    for number in range(4):
        closes = _OPENED + timedelta(days=number + 29)
        odds = tuple(
            stated_odds(name, _SAID[name][number], prior=_PRIOR[name], closes_on=closes)
            for name in ("offensive", "coup")
        )
        stated = [statement(number, odds=odds)]
        if number == 0:
            other = tuple(replace(item, probability=0.99) for item in odds)
            afternoon = stated[0].stated_at + timedelta(hours=6)
            stated.append(statement(number, odds=other, stated_at=afternoon, as_of=afternoon))
        for item in stated:
            recorded = book.append(item, last)
            assert recorded is not None
            last = recorded.number
    for window in windows_of(book.publications("full", _LATE)).values():
        outcome = _OUTCOMES[window.scenario][(window.opened_on - _OPENED).days]
        if outcome is not None:
            settled = Resolution(
                "full",
                window.scenario,
                window.opened_on,
                30,
                window.publication,
                outcome,
                STATED_AT + timedelta(days=40),
                How.RULE,
                "the rule",
                "counted",
            )
            shelf.record([settled.named()])
    return score(full_theater(), publications=book, resolutions=shelf, as_of=as_of)


def test_what_was_said_first_of_each_settled_window_is_scored(engine: Engine, tmp_path: Path) -> None:
    """Not what was said in the afternoon; void windows and open ones are counted and not scored."""
    card = _card(engine, tmp_path)
    found = [(item.window.scenario, item.probability, item.brier, item.log) for item in card.scored]
    assert found == [
        ("offensive", 0.7, pytest.approx(0.09), pytest.approx(-math.log(0.7))),
        ("coup", 0.05, pytest.approx(0.0025), pytest.approx(-math.log(0.95))),
        ("offensive", 0.2, pytest.approx(0.04), pytest.approx(-math.log(0.8))),
        ("coup", 0.1, pytest.approx(0.01), pytest.approx(-math.log(0.9))),
    ]
    assert (card.void, card.open) == (1, 3)


def test_means_stand_beside_the_base_rate_and_say_when_they_are_of_too_few(engine: Engine, tmp_path: Path) -> None:
    """Over all, and by scenario and horizon; four windows are not enough."""
    whole, offensive, coup = _card(engine, tmp_path).means
    assert (whole.scenario, whole.windows, whole.occurred, whole.enough) == (None, 4, 1, False)
    assert whole.brier == pytest.approx((0.09 + 0.0025 + 0.04 + 0.01) / 4)
    assert (offensive.scenario, offensive.horizon_days, offensive.windows) == ("offensive", 30, 2)
    assert offensive.base_rate_brier == pytest.approx((0.7**2 + 0.3**2) / 2)
    assert offensive.brier_skill == pytest.approx(1 - 0.065 / 0.29)
    assert coup.base_rate_log == pytest.approx(-math.log(0.98))
    assert coup.log_skill is not None
    assert coup.log_skill < 0


def test_before_anything_was_settled_there_is_no_mean(engine: Engine, tmp_path: Path) -> None:
    """An empty score card says so, and nothing of it is 0."""
    card = _card(engine, tmp_path, as_of=STATED_AT + timedelta(days=1))
    assert (card.scored, card.means, card.void, card.open) == ((), (), 0, 4)
