"""Collection priorities: computed once for all who ask, as long as nothing that bears on them has come in."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.databases import ONLY_SQLITE
from tocsin.domain.errors import NoFitError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.grading import Grade
from tocsin.store.engine import writing
from tocsin.store.event import write_events
from tocsin.usecases.collect import Question, Ranking
from tocsin.usecases.read_odds import state_odds
from tocsin.web import ranking
from tocsin.web.schemas.collection import RankingHeadBody, WorthBody

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from conftest import Own

_RANKING = "/api/v1/theaters/tunisia/collection"
_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1, "grade": "A1"}


class _Counted:
    """Rankings that are computed once in earnest, and counted each time."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self._first: Ranking | None = None
        self._real = ranking.collect

    def __call__(self, *args: Any, as_of: datetime, **more: Any) -> Ranking:  # noqa: ANN401 (whatever is asked)
        self.asked.append(as_of)
        if self._first is None:
            self._first = self._real(*args, as_of=as_of, **more)
        return replace(self._first, asked=as_of)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> _Counted:
    """Counts how often a ranking is computed."""
    found = _Counted()
    monkeypatch.setattr(ranking, "collect", found)
    return found


def _ask(own: Own, **query: str) -> dict[str, Any]:
    answer = own.web.client.get(_RANKING, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@ONLY_SQLITE
def test_a_ranking_that_is_told_again_is_what_it_would_be_if_computed_again(fitted: Own, counted: _Counted) -> None:
    """But for nothing: its instant and its age are those of who asks."""
    first = _ask(fitted)
    fitted.clock.wait(3600)
    second, now = _ask(fitted), fitted.clock.now
    assert len(counted.asked) == 1
    assert first["as_of"] != second["as_of"]
    service = fitted.service
    parts = {"ledger": service.ledger, "fits": service.fits, "codec": service.codec}
    question = Question(None, None, None, Grade("B", "2"))
    theater = service.catalog.theater("tunisia")
    again = counted._real(theater, question, **parts, as_of=now, report=lambda _: None)
    driven = {item.scenario for item in state_odds(again.standing, now) if item.prior_driven}
    worths = [WorthBody.of(item, again, driven).model_dump(mode="json") for item in again.worths]
    assert second == RankingHeadBody.of(again).model_dump(mode="json") | {"items": worths, "next": None}


def test_a_ranking_is_computed_once_until_something_new_comes_in(
    fitted: Own, counted: _Counted, engine: Engine
) -> None:
    """In each form, whoever signs in meanwhile; another question, instant or day has its own, once too."""
    _ask(fitted)
    fitted.clock.wait(60)
    with writing(engine) as connection:
        write_events(connection, [Event(EventKind.SIGNED_IN, fitted.clock.now, "", "session", "ada", {})])
    fitted.web.means.desk.look_again()
    _ask(fitted)
    assert fitted.web.client.get(_RANKING, params={"format": "csv"}).status_code == 200
    assert len(counted.asked) == 1
    for so_far, query in ((2, {"threshold": "0.5"}), (3, {"grade": "D4"}), (4, {"as_of": "2016-03-08"})):
        for _ in range(2):
            _ask(fitted, **query)
        assert len(counted.asked) == so_far
    assert fitted.post("observations", _ATTACK).status_code == 201
    for _ in range(2):
        _ask(fitted)
    assert len(counted.asked) == 5
    fitted.clock.wait(24 * 3600)
    _ask(fitted)
    assert len(counted.asked) == 6


@ONLY_SQLITE
def test_of_several_who_ask_at_once_one_has_it_computed(fitted: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait for the same, at whatever instant they came."""
    begun, end, asked = threading.Event(), threading.Event(), []
    joined = threading.Semaphore(0)
    mark = type(fitted.web.means.desk).mark

    def collect(*_: object, as_of: datetime, **_more: object) -> None:
        asked.append(as_of)
        begun.set()
        assert end.wait(10)
        raise NoFitError("tunisia", "now")

    def marked(*args: Any) -> object:  # noqa: ANN401 (whatever is asked)
        found = mark(*args)
        joined.release()
        return found

    monkeypatch.setattr(ranking, "collect", collect)
    monkeypatch.setattr(type(fitted.web.means.desk), "mark", marked)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(fitted.web.client.get(_RANKING).status_code), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
        assert joined.acquire(timeout=10)
        fitted.clock.wait(1)
    assert begun.wait(10)
    heavy = fitted.web.client.app.state.heavy  # type: ignore[attr-defined]
    tries = 0
    while sum(task.waiting for task in heavy._at_work) < len(threads) and tries < 500:  # five seconds
        tries += threading.Event().wait(0.01) is False
    end.set()
    for thread in threads:
        thread.join(10)
    assert answers == 4 * [409]
    assert len(asked) == 1
