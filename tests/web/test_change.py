"""What writes and what-ifs do to the odds, on a copy of the Tunisia theater with its fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Own

_PLEDGE = {"indicator": "group/pledge-publication", "observed_on": "2016-03-09", "value": 1, "grade": "A1"}


def test_the_answer_to_an_observation_holds_the_new_odds_and_what_it_did(fitted: Own) -> None:
    """They are the ones that are read after it, and the same that a what-if told before."""
    now, desk, theater = fitted.clock.now, fitted.web.means.desk, fitted.service.catalog.theater("tunisia")
    count = len(fitted.ledger())
    imagined = fitted.post("what-if", {"observations": [_PLEDGE]})
    assert imagined.status_code == 200, imagined.text
    assert len(fitted.ledger()) == count
    before = {(item.scenario, item.horizon_days): item for item in desk.read(theater, now).odds}
    answer = fitted.post("observations", _PLEDGE).json()
    after = {(item.scenario, item.horizon_days): item for item in desk.read(theater, now).odds}
    change = answer["change"]
    assert (change["status"], answer["no_odds"]) == ("live", None)
    assert change["refit_wanted"] is None
    assert len(change["shifts"]) == len(after)
    for shift, foreseen in zip(change["shifts"], imagined.json()["shifts"], strict=True):
        key = shift["scenario"], shift["horizon_days"]
        old, new = before[key], after[key]
        assert (shift["before"]["probability"], shift["after"]["probability"]) == (old.probability, new.probability)
        assert shift["after"]["interval90"] == {"low": new.interval90.low, "high": new.interval90.high}
        assert shift["log_odds_change"] == pytest.approx(_log_odds(new.probability) - _log_odds(old.probability))
        noise = 2 * math.hypot(old.error, new.error)
        assert shift["beyond_noise"] == (abs(new.probability - old.probability) > noise)
        assert foreseen["after"]["probability"] == new.probability
    moved = {shift["scenario"] for shift in change["shifts"] if shift["beyond_noise"]}
    assert "tunisian-wilayat" in moved


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_a_retraction_brings_the_odds_back(fitted: Own) -> None:
    """What it undoes is what the report had done, bit for bit."""
    done = fitted.post("observations", _PLEDGE).json()
    undone = fitted.post(f"observations/{done['added'][0]}/retract", {"reason": "a hoax"}).json()
    for one, other in zip(done["change"]["shifts"], undone["change"]["shifts"], strict=True):
        assert one["before"]["probability"] == other["after"]["probability"]
        assert one["after"]["probability"] == other["before"]["probability"]


def test_what_is_known_already_moves_nothing(fitted: Own) -> None:
    """No shift is more than noise, as there is none."""
    fitted.post("observations", _PLEDGE)
    change = fitted.post("observations", _PLEDGE).json()["change"]
    assert {shift["log_odds_change"] for shift in change["shifts"]} == {0.0}
    assert not any(shift["beyond_noise"] for shift in change["shifts"])


def test_a_dry_run_tells_what_the_import_then_does(fitted: Own) -> None:
    """Bit for bit."""
    body = "observed_on,indicator,value,grade\n2016-03-09,group/pledge-publication,1,A1\n"
    path, kind = "/api/v1/theaters/tunisia/observations/import", {"content-type": "text/csv"}
    told = fitted.web.client.post(path, content=body, headers=kind, params={"dry_run": "true"}).json()
    done = fitted.web.client.post(path, content=body, headers=kind).json()
    assert told["change"] == done["change"]
    assert (told["recorded"], done["recorded"]) == (0, 1)


def test_long_after_the_fit_it_is_told_why_a_refit_is_wanted(fitted: Own) -> None:
    """The report is recorded all the same."""
    fitted.clock.wait(400 * 86_400)
    answer = fitted.post("observations", _PLEDGE)
    assert answer.status_code == 201
    change = answer.json()["change"]
    assert change["status"] == "refit wanted"
    assert change["refit_wanted"]
    assert fitted.post("what-if", {"observations": [_PLEDGE]}).json()["type"] == "urn:tocsin:problem:refit-wanted"


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": "1"}, "value"),
        ({"grade": "Z9"}, "grade"),
        ({"observed_on": "2016-03-10"}, "observed_on"),
        ({"reason": "x"}, "reason"),
    ],
)
def test_a_bad_what_if_names_its_field(own: Own, changes: dict[str, object], field: str) -> None:
    """And nothing is recorded, whatever it says."""
    answer = own.post("what-if", {"observations": [_PLEDGE | changes]})
    assert answer.status_code == 422
    assert field in {item["field"] for item in answer.json()["problems"]}
    assert own.ledger() == []


@pytest.mark.fault(4)
def test_a_what_if_without_a_fit_says_what_to_do(own: Own) -> None:
    """409, as nothing is wrong with what was asked."""
    answer = own.post("what-if", {"observations": [_PLEDGE]})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tocsin:problem:no-fit")


@pytest.mark.fault(4)
@pytest.mark.parametrize("path", ["what-if", "observations", "scenarios/x/resolve"])
def test_a_body_that_is_too_large_is_a_problem(own: Own, path: str) -> None:
    """With how much is taken."""
    answer = own.post(path, {"observations": ["x" * 5 * 1024 * 1024]})
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:tocsin:problem:too-large"
    assert "bytes that are taken here" in answer.json()["detail"]
