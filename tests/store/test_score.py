"""Scores of settled windows, from publications and resolutions on a real database."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.publications import DRAWS, STATED_AT, stated_odds, statement, stating_fit
from support.theaters import full_theater
from tocsin.domain.resolution import How, Outcome, Resolution, Window, windows_of
from tocsin.domain.scored import Mean, means_of
from tocsin.domain.scoring import CLIP
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


def _four_days(engine: Engine, folder: Path) -> tuple[PublicationShelf, ResolutionShelf]:
    """Four days of statements, on the first of which something else was said in the afternoon."""
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
    return book, shelf


def _card(engine: Engine, folder: Path, as_of: datetime = _LATE) -> ScoreCard:
    """Of the same, some windows settled."""
    book, shelf = _four_days(engine, folder)
    for window in windows_of(book.publications("full", _LATE)).values():
        outcome = _OUTCOMES[window.scenario][(window.opened_on - _OPENED).days]
        if outcome is not None:
            shelf.record([_settled(window, outcome, STATED_AT + timedelta(days=40))])
    return score(full_theater(), publications=book, resolutions=shelf, as_of=as_of)


def _settled(window: Window, outcome: Outcome, at: datetime) -> Resolution:
    return Resolution(
        "full",
        window.scenario,
        window.opened_on,
        30,
        window.publication,
        outcome,
        at,
        How.RULE,
        "the rule",
        "counted",
    ).named()


def _means(card: ScoreCard) -> tuple[Mean, ...]:
    return means_of(card.scored)


def test_what_was_said_first_of_each_settled_window_is_scored(engine: Engine, tmp_path: Path) -> None:
    """Not what was said in the afternoon; void windows and open ones are counted and not scored."""
    card = _card(engine, tmp_path)
    found = [(item.window.scenario, item.probability, item.scores.brier, item.scores.log) for item in card.scored]
    assert found == [
        ("offensive", 0.7, pytest.approx(0.09), pytest.approx(-math.log(0.7))),
        ("coup", 0.05, pytest.approx(0.0025), pytest.approx(-math.log(0.95))),
        ("offensive", 0.2, pytest.approx(0.04), pytest.approx(-math.log(0.8))),
        ("coup", 0.1, pytest.approx(0.01), pytest.approx(-math.log(0.9))),
    ]
    assert (card.counted.scored, card.counted.void, card.counted.open, card.counted.overdue) == (4, 1, 3, 3)


def test_what_was_said_later_that_day_is_scored_apart(engine: Engine, tmp_path: Path) -> None:
    """0.7 at 06:30 and 0.99 at 12:30 UTC; the day ends at 23:00 UTC, so they stood for 6 and 10.5 hours."""
    first, _, alone, _ = _card(engine, tmp_path).scored
    assert (first.later.statements, first.later.last_probability) == (1, 0.99)
    assert first.later.last.brier == pytest.approx(0.0001)
    assert first.later.time_weighted.brier == pytest.approx((6 * 0.09 + 10.5 * 0.0001) / 16.5)
    assert first.later.time_weighted.log == pytest.approx(-(6 * math.log(0.7) + 10.5 * math.log(0.99)) / 16.5)
    assert (alone.later.statements, alone.later.last, alone.later.time_weighted) == (0, alone.scores, alone.scores)


def test_what_was_said_after_it_was_settled_is_no_forecast(engine: Engine, tmp_path: Path) -> None:
    """Settled yes at noon of its first day: what was said half an hour later knew the answer."""
    book, shelf = _four_days(engine, tmp_path)
    window = next(iter(windows_of(book.publications("full", _LATE)).values()))
    shelf.record([_settled(window, Outcome.YES, STATED_AT + timedelta(hours=5, minutes=30))])
    (only,) = score(full_theater(), publications=book, resolutions=shelf, as_of=_LATE).scored
    assert (only.later.statements, only.later.last_probability) == (0, 0.7)


def test_a_yes_is_not_scored_before_a_no_could_have_been(engine: Engine, tmp_path: Path) -> None:
    """The window ends with 7 April and reports take a day: from the end of the 8th on it counts, as a no would.

    Those of the coup, for which no reports are counted, are overdue as soon as they have closed.
    """
    book, shelf = _four_days(engine, tmp_path)
    window = next(iter(windows_of(book.publications("full", _LATE)).values()))
    shelf.record([_settled(window, Outcome.YES, STATED_AT + timedelta(days=2))])
    close = full_theater().timeline.close_of(date(2016, 4, 8))
    before, after = (
        score(full_theater(), publications=book, resolutions=shelf, as_of=at).counted
        for at in (close - timedelta(seconds=1), close)
    )
    assert (before.scored, before.early, before.open, before.overdue) == (0, 1, 7, 1)
    assert (after.scored, after.early, after.open, after.overdue) == (1, 0, 7, 2)


@pytest.mark.parametrize("outcome", [Outcome.YES, Outcome.NO])
def test_what_was_certain_already_is_not_scored_and_still_an_answer(
    engine: Engine, tmp_path: Path, outcome: Outcome
) -> None:
    """The rule was met when it was stated, so that nothing was forecast; the outcome has no part in leaving it out.

    For what is stated after it has closed it is the last answer: persistence knows that it went on.
    """
    FitShelf(engine, tmp_path / "fits").save(stating_fit(), DRAWS, "test")
    book, shelf = PublicationShelf(engine), ResolutionShelf(engine)
    for number, said in ((0, 1 - CLIP), (30, 0.4)):
        odds = (stated_odds(probability=said, closes_on=_OPENED + timedelta(days=number + 29)),)
        newest = book.newest("full")
        assert book.append(statement(number, odds=odds), None if newest is None else newest.number)
    for window in windows_of(book.publications("full", _LATE)).values():
        shelf.record([_settled(window, outcome, STATED_AT + timedelta(days=70))])
    card = score(full_theater(), publications=book, resolutions=shelf, as_of=_LATE)
    assert (card.counted.scored, card.counted.foregone) == (1, 1)
    (later,) = card.scored
    assert (later.probability, later.answers) == (0.4, 1)
    assert later.persistence == pytest.approx(((outcome is Outcome.YES) + 0.05) / 2)


def test_means_stand_beside_the_base_rate_and_say_when_they_are_of_too_few(engine: Engine, tmp_path: Path) -> None:
    """Over all, and by scenario and horizon; four windows are not enough."""
    whole, coup, offensive = _means(_card(engine, tmp_path))
    assert (whole.scenario, whole.windows, whole.occurred, whole.enough) == (None, 4, 1, False)
    assert whole.scores.brier == pytest.approx((0.09 + 0.0025 + 0.04 + 0.01) / 4)
    assert whole.stated == pytest.approx((0.7 + 0.05 + 0.2 + 0.1) / 4)
    assert (whole.reliability, whole.brier_interval, whole.base_rate.claim) == (None, None, "too few to claim")
    assert (offensive.scenario, offensive.horizon_days, offensive.windows) == ("offensive", 30, 2)
    assert offensive.base_rate.scores.brier == pytest.approx((0.7**2 + 0.3**2) / 2)
    assert offensive.base_rate.brier_skill == pytest.approx(1 - 0.065 / 0.29)
    assert coup.base_rate.scores.log == pytest.approx(-math.log(0.98))
    assert coup.base_rate.log_skill is not None
    assert coup.base_rate.log_skill < 0
    assert whole.revised is not None
    assert (whole.revised.windows, whole.revised.statements) == (2, 2)
    assert whole.revised.first.brier == pytest.approx((0.09 + 0.0025) / 2)
    assert whole.revised.last.brier == pytest.approx((0.01**2 + 0.99**2) / 2)


def test_where_no_window_had_closed_before_persistence_says_nothing(engine: Engine, tmp_path: Path) -> None:
    """Four days in a row: all of their windows run at once."""
    whole = _means(_card(engine, tmp_path))[0]
    assert (whole.persistence, whole.answered) == (None, 0)


def test_before_anything_was_settled_there_is_no_mean(engine: Engine, tmp_path: Path) -> None:
    """An empty score card says so, and nothing of it is 0."""
    card = _card(engine, tmp_path, as_of=STATED_AT + timedelta(days=1))
    assert (card.scored, _means(card), card.counted.void, card.counted.open) == ((), (), 0, 4)
