"""Windows judged over HTTP and by the use case, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.publications import DRAWS, stated_odds, statement, stating_fit
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import SettledOtherwiseError
from tocsin.domain.event import EventKind
from tocsin.domain.resolution import How, Outcome, Resolution
from tocsin.usecases.judge import Judgement, judge

if TYPE_CHECKING:
    from conftest import Own

_PATH = "scenarios/democratic-breakdown/resolve"
_NO = {"opened_on": "2016-03-09", "horizon_days": 30, "outcome": "no", "reason": "The assembly met throughout"}


@pytest.fixture
def judged(own: Own) -> Own:
    """With a window of 30 days from 9 March 2016 of a scenario that people judge, the day after it has closed."""
    own.service.fits.save(replace(stating_fit(), theater="tunisia"), DRAWS, "test")
    odds = (stated_odds("democratic-breakdown", rule=""), stated_odds("border-offensive", rule=""))
    assert own.service.publications.append(statement(0, theater="tunisia", odds=odds), None)
    own.clock.now = datetime(2016, 4, 8, 12, tzinfo=UTC)
    return own


def _all(own: Own) -> list[Resolution]:
    return own.service.resolutions.resolutions("tunisia", datetime(2100, 1, 1, tzinfo=UTC))


def test_a_window_is_judged_with_its_event(judged: Own) -> None:
    """It is no longer among the open ones; said again, it changes nothing."""
    opened = judged.web.client.get("/api/v1/theaters/tunisia/windows").json()["items"]
    assert [item["scenario"] for item in opened] == ["border-offensive", "democratic-breakdown"]
    before = len(judged.events())
    answer = judged.post(_PATH, _NO)
    assert (answer.status_code, answer.json()["added"]) == (201, True)
    judged.clock.wait(60)
    again = judged.post(_PATH, _NO)
    assert (again.status_code, again.json()["added"]) == (201, False)
    assert again.json()["resolution"] == answer.json()["resolution"]
    (item,) = _all(judged)
    assert (item.outcome, item.how, item.author, item.publication) == (Outcome.NO, How.JUDGED, "tester", 1)
    (event,) = judged.events()[before:]
    assert (event.kind, event.subject, event.actor) == (EventKind.WINDOW_SETTLED, item.id, "tester")
    listed = judged.web.client.get("/api/v1/theaters/tunisia/resolutions?scenario=democratic-breakdown").json()
    assert [entry["id"] for entry in listed["items"]] == [item.id]
    left = judged.web.client.get("/api/v1/theaters/tunisia/windows?scenario=democratic-breakdown").json()
    assert left["items"] == []


def test_a_resolution_is_superseded_by_its_id(judged: Own) -> None:
    """Without it, or by another, it is refused with what stands; nothing is written."""
    first = judged.post(_PATH, _NO).json()["resolution"]["id"]
    other = _NO | {"outcome": "void", "reason": "Sources contradict each other"}
    for supersedes in (None, "0" * 16):
        answer = judged.post(_PATH, other | {"supersedes": supersedes})
        assert answer.status_code == 409
        assert answer.json()["versions"] == {"yours": supersedes, "standing": first}
        assert "The assembly met" in answer.json()["detail"]
    assert len(_all(judged)) == 1
    judged.clock.wait(60)
    second = judged.post(_PATH, other | {"supersedes": first}).json()["resolution"]
    assert (second["outcome"], second["supersedes"]) == ("void", first)
    listed = judged.web.client.get("/api/v1/theaters/tunisia/resolutions").json()["items"]
    assert [(item["id"], item["stands"]) for item in listed] == [(first, False), (second["id"], True)]


def test_two_people_who_agree_are_both_named(judged: Own) -> None:
    """The second judges the same and supersedes the first; whoever says otherwise later stands alone again."""
    first = judged.post(_PATH, _NO).json()["resolution"]
    assert first["judged_by"] == ["tester"]
    judged.clock.wait(60)
    judged.web.gate.principal = Principal("ada", Role.OFFICER, theaters=None)
    agreed = _NO | {"reason": "I watched it too", "supersedes": first["id"]}
    second = judged.post(_PATH, agreed).json()["resolution"]
    assert (second["outcome"], second["judged_by"]) == ("no", ["tester", "ada"])
    judged.clock.wait(60)
    other = _NO | {"outcome": "void", "reason": "Sources contradict each other", "supersedes": second["id"]}
    assert judged.post(_PATH, other).json()["resolution"]["judged_by"] == ["ada"]
    listed = judged.web.client.get("/api/v1/theaters/tunisia/resolutions").json()["items"]
    assert [item["judged_by"] for item in listed] == [["tester"], ["tester", "ada"], ["ada"]]


@pytest.mark.parametrize(("outcome", "status"), [("no", 422), ("yes", 201), ("void", 201)])
def test_nothing_is_settled_no_before_its_window_has_closed(judged: Own, outcome: str, status: int) -> None:
    """On its last day it may still happen; what has happened has."""
    judged.clock.now = datetime(2016, 4, 7, 12, tzinfo=UTC)
    answer = judged.post(_PATH, _NO | {"outcome": outcome})
    assert answer.status_code == status
    if status == 422:
        assert "2016-04-07" in answer.json()["problems"][0]["accepted"]
        assert _all(judged) == []


def test_nothing_is_settled_yes_before_its_window_has_opened(judged: Own) -> None:
    """It was stated the evening before."""
    stated = datetime(2016, 4, 8, 11, tzinfo=UTC)
    odds = (stated_odds("democratic-breakdown", closes_on=date(2016, 5, 8), rule=""),)
    said = statement(0, theater="tunisia", stated_at=stated, as_of=stated, opens_on=date(2016, 4, 9), odds=odds)
    assert judged.service.publications.append(said, 1)
    answer = judged.post(_PATH, _NO | {"opened_on": "2016-04-09", "outcome": "yes"})
    assert answer.status_code == 422
    assert "2016-04-09" in answer.json()["problems"][0]["accepted"]


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"opened_on": "2016-03-10"}, 422, "open are: 30 days from 2016-03-09"),
        ({"horizon_days": 31}, 422, "open are: 30 days from 2016-03-09"),
        ({"horizon_days": 30.5}, 422, "horizon_days"),
        ({"horizon_days": True}, 422, "horizon_days"),
        ({"horizon_days": 10**30}, 422, "horizon_days"),
        ({"outcome": "open"}, 422, "outcome"),
        ({"outcome": None}, 422, "outcome"),
        ({"reason": " "}, 422, "in words, why democratic-breakdown of 2016-03-09 is judged so"),
        ({"reason": "=1+1"}, 422, "spreadsheet"),
        ({"supersedes": "0" * 16}, 422, "is not settled yet"),
        ({"supersedes": "x"}, 422, "supersedes"),
        ({"author": "me"}, 422, "author"),
    ],
)
def test_a_bad_judgement_is_refused_and_nothing_is_written(
    judged: Own, changes: dict[str, object], status: int, told: str
) -> None:
    """By name of the field, with what would be accepted."""
    before = judged.events()
    answer = judged.post(_PATH, _NO | changes)
    assert answer.status_code == status
    assert told in answer.text
    assert _all(judged) == []
    assert judged.events() == before


@pytest.mark.fault(4)
def test_an_unknown_scenario_is_not_found(judged: Own) -> None:
    """With those that there are."""
    answer = judged.post("scenarios/coup/resolve", _NO)
    assert answer.status_code == 404
    assert "democratic-breakdown" in answer.json()["detail"]


def test_of_two_people_who_judge_at_once_one_is_refused(judged: Own) -> None:
    """Neither overwrites the other."""
    service, theater = judged.service, judged.service.catalog.theater("tunisia")
    refused: list[SettledOtherwiseError] = []
    barrier = threading.Barrier(2)

    def judge_as(name: str) -> None:
        said = Judgement("democratic-breakdown", date(2016, 3, 9), 30, Outcome.NO, f"so says {name}")
        barrier.wait()
        try:
            judge(
                theater,
                said,
                publications=service.publications,
                resolutions=service.resolutions,
                now=judged.clock.now + timedelta(seconds=len(name)),
                author=name,
            )
        except SettledOtherwiseError as error:
            refused.append(error)

    threads = [threading.Thread(target=judge_as, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == len(_all(judged)) == 1
    assert refused[0].standing in {_all(judged)[0].id, "another"}
