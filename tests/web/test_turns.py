"""What writers of one theater tell when they come at once, in this process or from another one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.store.observation import ObservationLedger
from tocsin.web import effect
from tocsin.web.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from conftest import Own
    from tocsin.domain.observation import Observation
    from tocsin.usecases.ports import Recorded

_PLEDGE = {"indicator": "group/pledge-publication", "observed_on": "2016-03-09", "value": 1, "grade": "A1"}
_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-09", "value": 3, "grade": "A1"}
_LONG = 600.0  # seconds, in which a turn always comes


def _before_writing(monkeypatch: pytest.MonkeyPatch, own: Own, act: Callable[[Sequence[Observation]], None]) -> None:
    """Do something between the odds before and the next write."""
    ledger, record = own.service.ledger, own.service.ledger.record

    def recording(observations: Sequence[Observation]) -> Recorded:
        monkeypatch.setattr(ledger, "record", record)
        act(observations)
        return record(observations)

    monkeypatch.setattr(ledger, "record", recording)


def _overlapping(monkeypatch: pytest.MonkeyPatch, own: Own, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """The changes that two writers are told, of whom the other comes so many seconds before the one writes."""
    others: list[dict[str, Any]] = []
    other = threading.Thread(target=lambda: others.append(own.post("observations", _ATTACK).json()["change"]))

    def let_come(_: Sequence[Observation]) -> None:
        other.start()
        other.join(seconds)

    _before_writing(monkeypatch, own, let_come)
    one = own.post("observations", _PLEDGE).json()["change"]
    other.join()
    return one, others[0]


def _odds(change: dict[str, Any], when: str) -> list[float]:
    return [shift[when]["probability"] for shift in change["shifts"]]


def test_of_two_writers_at_once_each_tells_its_own_change(fitted: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tells what a what-if of it alone told, and the second begins where it ended."""
    monkeypatch.setattr(effect, "_TURN_SECONDS", _LONG)
    alone = fitted.post("what-if", {"observations": [_PLEDGE]}).json()
    one, other = _overlapping(monkeypatch, fitted, 0.5)  # in which one without a turn would be done
    assert (_odds(one, "before"), _odds(one, "after")) == (_odds(alone, "before"), _odds(alone, "after"))
    assert _odds(other, "before") == _odds(one, "after") != _odds(other, "after")
    assert not one["others_between"]
    assert not other["others_between"]


def test_a_writer_whose_turn_does_not_come_writes_all_the_same(fitted: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one in whose turn it came is told of it; as the other began and ended in it, nothing came between its two."""
    monkeypatch.setattr(effect, "_TURN_SECONDS", 0.0)
    one, other = _overlapping(monkeypatch, fitted, _LONG)
    assert (one["others_between"], other["others_between"]) == (True, False)
    assert _odds(one, "before") == _odds(other, "before")


def test_what_another_process_wrote_between_is_told(
    fitted: Own, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ledger takes no turn here; only the change that holds it says so, and one without a report of its own too."""
    elsewhere = ObservationLedger(engine, lambda: fitted.clock.now)

    def write(observations: Sequence[Observation]) -> None:
        elsewhere.record([replace(observations[0], value=2.0, origin="another").named()])

    _before_writing(monkeypatch, fitted, write)
    told = fitted.post("observations", _ATTACK).json()
    assert (len(told["added"]), told["change"]["others_between"]) == (1, True)
    assert not fitted.post("observations", _PLEDGE).json()["change"]["others_between"]
    _before_writing(monkeypatch, fitted, lambda items: write([replace(items[0], summary="once more")]))
    told = fitted.post("observations", _ATTACK).json()
    assert (told["added"], told["change"]["others_between"]) == ([], True)
    again = fitted.post("observations", _ATTACK).json()["change"]
    assert not again["others_between"]
    assert _odds(again, "before") == _odds(again, "after")


def test_what_bears_on_no_odds_did_not_come_between(fitted: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as an order of a fit."""
    _before_writing(monkeypatch, fitted, lambda _: _order(fitted))
    assert not fitted.post("observations", _ATTACK).json()["change"]["others_between"]


def _order(own: Own) -> None:
    count = len(own.events())
    assert own.post("fits").status_code == 202
    assert len(own.events()) > count


@pytest.mark.parametrize("verb", ["correct", "retract"])
def test_a_change_tells_its_own_effect_alone(fitted: Own, verb: str) -> None:
    """Also where it is made again, which adds nothing."""
    (name,) = fitted.post("observations", _ATTACK).json()["added"]
    sent = {"reason": "counted again", **({"value": 1} if verb == "correct" else {})}
    for added in (True, False):
        told = fitted.post(f"observations/{name}/{verb}", sent).json()
        assert (told["added"], told["change"]["others_between"]) == (added, False)


def test_an_import_tells_its_own_effect_alone(fitted: Own) -> None:
    """Also where all of it is known."""
    body = "observed_on,indicator,value,grade\n2016-03-09,group/pledge-publication,1,A1\n"
    path, kind = "/api/v1/theaters/tunisia/observations/import", {"content-type": "text/csv"}
    for recorded in (1, 0):
        told = fitted.web.client.post(path, content=body, headers=kind).json()
        assert (told["recorded"], told["change"]["others_between"]) == (recorded, False)


def test_turns_come_in_the_order_of_coming() -> None:
    """Those of another name do not wait for them; nor is anything left of a line that has ended."""
    turns, came = Turns(), list[int]()

    def take(number: int) -> None:
        with turns.turn("tunisia", _LONG):
            came.append(number)

    waiting = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with turns.turn("tunisia", 0) as mine, turns.turn("mali", 0) as another:
        assert mine
        assert another
        for number, thread in enumerate(waiting):
            thread.start()
            while len(turns._lines["tunisia"]) < number + 2:  # that it waits shows nowhere else
                thread.join(0.001)
        with turns.turn("tunisia", 0) as late:
            assert not late
    for thread in waiting:
        thread.join()
    assert came == [0, 1, 2, 3, 4]
    assert turns._lines == {}
