"""The odds of a theater over HTTP: what the store says, from memory."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from support.web import Web, open_app
from tocsin.bootstrap.service import open_service
from tocsin.cli.app import app as command_line
from tocsin.domain.access import Principal, Role
from tocsin.domain.instants import write_instant
from tocsin.domain.observation import Draft
from tocsin.settings import Settings
from tocsin.usecases.desk import Desk
from tocsin.usecases.observe import observe
from tocsin.web.schemas.odds import OddsBody, TheaterOddsBody
from tocsin.web.tables import columns_of
from tocsin.web.telling import tell_odds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.kit import FittedStore
    from tocsin.domain.fit import Fit

_ODDS = "/api/v1/theaters/tunisia/odds"
_AGEING = ("as_of", "asked_at", "age_seconds")


class _Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@pytest.fixture
def own(fitted_store: FittedStore, tunisia_fit: Fit, tmp_path: Path) -> Iterator[tuple[Web, _Clock]]:
    """The application on a store of its own, an hour after the day of the fit."""
    home = tmp_path / "home"
    fitted_store.copy(home)
    clock = _Clock(tunisia_fit.as_of + timedelta(hours=1))
    settings = Settings(home=home)
    with open_service(settings, clock=None) as service:
        desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
        with open_app(service, desk, settings, clock) as opened:
            yield opened, clock


def _observe(
    web: Web, now: datetime, origin: str, *, indicator: str = "group/pledge-publication", value: str = "1"
) -> None:
    service = web.means.service
    theater = service.catalog.theater("tunisia")
    observe(
        [Draft(indicator, "2016-03-08", value, "B2", origin=origin)],
        indicators=service.catalog.indicators("tunisia"),
        timeline=theater.timeline,
        ledger=service.ledger,
        now=now,
        author="test",
        history=False,
    )


def _without_ages(body: dict[str, object]) -> dict[str, object]:
    odds = [{name: value for name, value in item.items() if name not in _AGEING} for item in body["odds"]]  # type: ignore[attr-defined]
    return {name: value for name, value in body.items() if name not in _AGEING} | {"odds": odds}


def test_the_command_line_says_the_same(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one instant: the same keys, and the same numbers to their last digits."""
    monkeypatch.setenv("TOCSIN_HOME", str(web.means.settings.home))
    said = json.loads(CliRunner().invoke(command_line, ["odds", "tunisia", "--as-of", "2016-03-08", "--json"]).stdout)
    body = web.client.get(_ODDS, params={"as_of": "2016-03-08"}).json()
    assert body["odds"] == said
    assert all(0 < item["error"] < 0.01 for item in body["odds"])


def test_odds_have_one_body_wherever_they_are(own: tuple[Web, _Clock]) -> None:
    """Read, streamed, before and after a what-if, at both ends of a movement; an interval names its ends."""
    web, clock = own
    read = web.client.get(_ODDS).json()
    theater = web.means.service.catalog.theater("tunisia")
    streamed = tell_odds("tunisia", web.means.desk.read(theater, clock.now))
    assert json.loads(streamed.text(frozenset({"tunisia"}), web.means.service.catalog)) == {
        name: value for name, value in read.items() if name not in {"joint", "overdue"}
    }
    draft = {"indicator": "group/pledge-publication", "value": 1, "grade": "B2"}
    imagined = web.client.post(f"{_ODDS.removesuffix('odds')}what-if", json={"observations": [draft]}).json()
    assert [shift["before"] for shift in imagined["shifts"]] == read["odds"]
    why = f"{_ODDS.removesuffix('odds')}scenarios/border-offensive/why"
    moved = web.client.get(why, params={"since": "2016-03-08"}).json()
    assert [item["after"] for item in moved["items"]] == [
        item for item in read["odds"] if item["scenario"] == "border-offensive"
    ]
    first = read["odds"][0]
    assert 0 < first["interval90"]["low"] < first["interval50"]["low"] < first["interval50"]["high"] < 1
    assert first["as_of"] == write_instant(clock.now)


def test_the_body_is_what_the_documentation_says(web: Web) -> None:
    """Nothing more and nothing less, with what counted most and without."""
    for reasons in (False, True):
        answer = web.client.get(_ODDS, params={"as_of": "2016-03-08", "reasons": reasons})
        body = TheaterOddsBody.model_validate_json(answer.content, strict=True)
        assert json.loads(answer.content) == json.loads(body.model_dump_json(exclude_unset=True))
        assert (body.counted_most is not None) == reasons
    assert body.counted_most is not None
    assert body.counted_most["border-offensive"][0].change > 0
    assert body.status == "fitted"
    assert {item.given is None for item in body.joint} <= {True, False}
    assert len(body.joint) == 20


def test_odds_say_why_a_refit_is_wanted_and_what_is_overdue(web: Web) -> None:
    """Ten years after the fit."""
    body = web.client.get(_ODDS).json()
    assert body["status"] == "refit wanted"
    assert "too much time has passed" in body["reason"] or "quarter year" in body["reason"]
    assert body["overdue"][0]["urgency"] == "unwatched"
    assert body["as_of"] == body["fitted_as_of"]
    assert body["age_seconds"] > 300_000_000


def test_a_rule_that_is_met_is_told_beside_the_odds(own: tuple[Web, _Clock]) -> None:
    """They are no forecast any more."""
    web, clock = own
    _observe(web, clock.now, "many", indicator="violence/border-attack", value="9")
    web.means.desk.look_again()
    body = web.client.get(_ODDS).json()
    met = {item["scenario"]: item["rule_met"] for item in body["odds"] if item["rule_met"] is not None}
    assert list(met) == ["border-offensive"]
    found = met["border-offensive"]
    assert (found["indicator"], found["at_least"], found["since"]) == ("violence/border-attack", 6, "2016-03-07")
    assert found["counted"] >= 9
    table = web.client.get(_ODDS, params={"format": "csv"}).text
    assert [row["rule_met.since"] for row in csv.DictReader(io.StringIO(table))] == [
        (item["rule_met"] or {}).get("since", "") for item in body["odds"]
    ]
    asked = {"observations": [{"indicator": "violence/border-attack", "value": 1, "grade": "B2"}]}
    shifts = web.client.post(_ODDS.replace("odds", "what-if"), json=asked).json()["shifts"]
    assert {item["scenario"] for item in shifts if item["before"]["rule_met"]} == {"border-offensive"}
    after = [item["after"]["rule_met"] for item in shifts if item["scenario"] == "border-offensive"]
    assert all(rule["counted"] > found["counted"] for rule in after)
    why = web.client.get(_ODDS.replace("odds", "scenarios/border-offensive/why"), params={"since": "2016-03-08"}).json()
    then = {item["scenario"]: item for item in web.client.get(_ODDS, params={"as_of": "2016-03-08"}).json()["odds"]}
    assert {str(item["before"]["rule_met"]) for item in why["items"]} == {str(then["border-offensive"]["rule_met"])}
    assert all(item["after"]["rule_met"] for item in why["items"])


def test_csv_has_a_row_for_each_of_the_odds(web: Web) -> None:
    """With the same numbers, and an ETag of its own."""
    params = {"as_of": "2016-03-08"}
    whole = web.client.get(_ODDS, params=params)
    table = web.client.get(_ODDS, params=params, headers={"Accept": "text/csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["etag"] != whole.headers["etag"]
    assert table.content == web.client.get(_ODDS, params=params | {"format": "csv"}).content
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert list(rows[0]) == [*columns_of(OddsBody), "reason"]
    assert table.headers["tocsin-as-of"] == whole.headers["tocsin-as-of"] == whole.json()["asked_at"]
    assert [float(row["interval90.high"]) for row in rows] == [
        item["interval90"]["high"] for item in whole.json()["odds"]
    ]
    assert web.client.get(_ODDS, headers={"Accept": "image/png"}).status_code == 406
    wanted = web.client.get(_ODDS, params={"format": "csv"}).text
    assert {row["reason"] for row in csv.DictReader(io.StringIO(wanted))} == {web.client.get(_ODDS).json()["reason"]}


@pytest.mark.parametrize(("table", "of"), [("joint", "first"), ("overdue", "why")])
def test_what_is_beside_the_odds_is_a_table_too(web: Web, table: str, of: str) -> None:
    """Row for row what JSON says, and each row with its instant."""
    for params in ({"as_of": "2016-03-08"}, {}):
        whole = web.client.get(_ODDS, params=params).json()
        said = web.client.get(_ODDS, params=params | {"format": "csv", "table": table})
        rows = list(csv.DictReader(io.StringIO(said.text)))
        assert [row[of] for row in rows] == [item[of] for item in whole[table]]
        assert rows or params
        if table == "joint":
            assert {(row["fit"], row["status"]) for row in rows} == {(whole["fit"], whole["status"])}
            assert [row["given"] for row in rows] == [
                "" if item["given"] is None else str(item["given"]) for item in whole["joint"]
            ]
        assert said.headers["etag"] != web.client.get(_ODDS, params=params | {"format": "csv"}).headers["etag"]
    assert web.client.get(_ODDS, params={"format": "csv", "table": "all"}).status_code == 422


def test_what_has_not_changed_is_not_sent_again(own: tuple[Web, _Clock]) -> None:
    """Not a second later, when only ages differ; an observation changes it, and a day that ends does."""
    web, clock = own
    first = web.client.get(_ODDS)
    assert first.headers["cache-control"] == "private, no-cache"
    clock.later(seconds=90)
    known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    again = web.client.get(_ODDS, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    aged = web.client.get(_ODDS)
    assert aged.json()["age_seconds"] == first.json()["age_seconds"] + 90
    assert _without_ages(aged.json()) == _without_ages(first.json())
    _observe(web, clock.now, "new")
    web.means.desk.look_again()
    changed = web.client.get(_ODDS, headers=known)
    assert changed.status_code == 200
    assert _without_ages(changed.json()) != _without_ages(first.json())
    clock.later(days=1)
    assert web.client.get(_ODDS, headers={"If-None-Match": changed.headers["etag"]}).status_code == 200


def test_what_another_process_writes_is_seen_soon(own: tuple[Web, _Clock]) -> None:
    """Nobody tells the desk; it looks by itself."""
    web, clock = own
    before = web.client.get(_ODDS).headers["etag"]
    with open_service(web.means.settings, clock=None) as other:
        web.means.desk.look()
        theater = other.catalog.theater("tunisia")
        observe(
            [Draft("group/pledge-publication", "2016-03-08", "1", "B2", origin="elsewhere")],
            indicators=other.catalog.indicators("tunisia"),
            timeline=theater.timeline,
            ledger=other.ledger,
            now=clock.now,
            author="test",
            history=False,
        )
        time.sleep(0.021)
        after = web.client.get(_ODDS)
        assert after.headers["etag"] != before
        # A second process says the same bytes.
        fresh = Desk(other.ledger, other.fits, other.codec, other.events, other.freshness, ahead=False)
        with open_app(other, fresh, web.means.settings, clock) as second:
            assert second.client.get(_ODDS).content == after.content
            params = {"as_of": "2016-03-08"}
            assert second.client.get(_ODDS, params=params).content == web.client.get(_ODDS, params=params).content


def test_a_theater_without_a_fit_says_what_to_do(web: Web) -> None:
    """A problem of its own type."""
    answer = web.client.get(_ODDS, params={"as_of": "2014-01-01"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tocsin:problem:no-fit")


@pytest.mark.fault(4)
@pytest.mark.parametrize("as_of", ["yesterday", "2016-03-08T10:00", "2016-13-01", "9999-01-01", "NaN"])
def test_an_instant_that_is_none_is_refused_by_its_field(web: Web, as_of: str) -> None:
    """With the value and what would be accepted."""
    answer = web.client.get(_ODDS, params={"as_of": as_of})
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["field"]) == (422, "as_of")
    assert as_of in problem["value"]


@pytest.mark.fault(19)
def test_odds_are_for_who_may_see_the_theater(web: Web) -> None:
    """Whether or not they are in memory already."""
    assert web.client.get(_ODDS).status_code == 200
    web.gate.principal = Principal("ada", Role.VIEWER, frozenset({"mali"}))
    assert web.client.get(_ODDS).status_code == 404
    web.gate.principal = None
    assert web.client.get(_ODDS).status_code == 401
    assert web.client.get(_ODDS, params={"as_of": "2016-03-08"}).status_code == 401
