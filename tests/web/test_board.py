"""The board of a theater: its numbers are those of the API, and it says what they lack."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.databases import ONLY_SQLITE
from tocsin.catalog.kit import find_kit
from tocsin.catalog.read import read_catalog
from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.instants import write_instant
from tocsin.usecases.publish import publish
from tocsin.web.board.theater_board import watch_of

if TYPE_CHECKING:
    from conftest import Own
    from support.web import Web

_BOARD = "/theaters/tunisia"
_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-09", "value": 1, "grade": "B2"}


def _shown(page: str) -> dict[tuple[str, int], float]:
    """The odds that a page holds, by scenario and horizon."""
    found = re.findall(r'data-odds="(\S+) (\d+)" data-value="([^"]+)"', page)
    return {(scenario, int(days)): float(value) for scenario, days, value in found}


def test_the_board_shows_the_odds_of_the_api_with_interval_status_and_age(web: Web) -> None:
    """To the last digit behind the figure that is read, as of the same instant."""
    told = web.client.get(f"/api/v1{_BOARD}/odds?as_of=2016-03-08").json()
    page = web.client.get(f"{_BOARD}?as_of=2016-03-08").text
    assert _shown(page) == {(item["scenario"], item["horizon_days"]): item["probability"] for item in told["odds"]}
    assert len(_shown(page)) == 13
    assert "0.80–85 %" in page
    assert 'class="tag good">fitted</span>' in page
    assert told["fit"][:8] in page
    assert "You look at the past" in page
    assert "Log an observation" not in page


def test_a_report_since_the_watch_began_shows_as_what_it_moved(fitted: Own) -> None:
    """With how much, and what only wobbled is called noise."""
    calm = fitted.web.client.get(_BOARD).text
    assert "▲ +" not in calm
    assert fitted.post("observations", _ATTACK).status_code == 201
    page = fitted.web.client.get(_BOARD).text
    assert "▲ +" in page
    assert ">noise<" in page
    assert _shown(page)["border-offensive", 30] > _shown(calm)["border-offensive", 30]


def test_who_may_not_log_is_not_asked_to(fitted: Own) -> None:
    """And who may not operate hears nothing of feeds."""
    assert "Log an observation" in fitted.web.client.get(_BOARD).text
    fitted.web.gate.principal = Principal("guest", Role.VIEWER, theaters=None)
    page = fitted.web.client.get(_BOARD).text
    assert "Log an observation" not in page
    assert ">Admin<" not in page


def test_a_theater_without_a_fit_says_so_and_what_to_do(own: Own) -> None:
    """It is a page like any other, and no error."""
    answer = own.web.client.get(_BOARD)
    assert answer.status_code == 200
    assert "No odds yet" in answer.text
    assert "tocsin fit tunisia" in answer.text


def test_a_bad_instant_is_refused_on_a_page_that_names_the_field(web: Web) -> None:
    """The same words as the API's."""
    for asked, field in (("as_of=tomorrow", "as_of"), ("since=dawn", "since"), ("asof=2016-03-08", "asof")):
        answer = web.client.get(f"{_BOARD}?{asked}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8"), asked
        assert f"<strong>{field}</strong>" in answer.text
        assert "accepted:" in answer.text


def test_a_hand_over_holds_what_moved_why_and_what_came_in(fitted: Own) -> None:
    """The sum is the board's, and the report is named with its grade and author."""
    report = {**_ATTACK, "summary": "A patrol <b>was</b> attacked."}
    assert fitted.post("observations", report).status_code == 201
    page = fitted.web.client.get(f"{_BOARD}/hand-over?since=06:00").text
    assert 'violence/border-attack reported <span class="number">+' in page
    assert "A patrol &lt;b&gt;was&lt;/b&gt; attacked." in page
    assert "B2" in page
    assert "Came in: 1 report" in page
    board = fitted.web.client.get(f"{_BOARD}?since=06:00").text
    assert set(re.findall(r"[+−]\d+ points", board)) <= set(re.findall(r"[+−]\d+ points", page))


@ONLY_SQLITE
def test_a_scenario_is_looked_back_at_by_what_was_published(fitted: Own) -> None:
    """A number between two publications means the earlier one; one past the last means now."""
    service, theater = fitted.service, fitted.service.catalog.theater("tunisia")
    stated = []
    for _ in range(2):
        fitted.clock.now += timedelta(hours=13)
        means = {"ledger": service.ledger, "publications": service.publications}
        publish(theater, fits=service.fits, codec=service.codec, now=fitted.clock.now, **means)
        stated.append(service.publications.latest("tunisia", fitted.clock.now))
    first, last = stated
    assert first is not None
    assert last is not None
    fitted.clock.now += timedelta(hours=1)
    place = "/theaters/tunisia/scenarios/border-offensive"
    for asked, of in ((0, first), (first.number, first), (last.number, last)):
        found = fitted.web.client.get(f"{place}?publication={asked}&horizon_days=30")
        assert dict(found.url.params) == {"horizon_days": "30", "as_of": write_instant(of.stated_at)}
        assert f'value="{of.number}" list="stated"' in found.text
        assert f'max="{last.number + 1}"' in found.text
    now = fitted.web.client.get(f"{place}?publication={last.number + 1}&horizon_days=30")
    assert dict(now.url.params) == {"horizon_days": "30"}
    assert f'value="{last.number + 1}" list="stated"' in now.text


@pytest.mark.parametrize(
    ("typed", "begun"),
    [
        ("", "2016-03-09T05:00:00Z"),
        ("06:00", "2016-03-09T05:00:00Z"),
        ("18:00", "2016-03-08T17:00:00Z"),
        ("13:00", "2016-03-08T12:00:00Z"),  # which it is just now: the watch that begins has nothing to hand over
        ("2016-03-07", "2016-03-07T23:00:00Z"),
        ("2016-03-09T11:00:00+01:00", "2016-03-09T10:00:00Z"),
    ],
)
def test_a_watch_began_when_its_hour_last_struck_in_the_theater(typed: str, begun: str) -> None:
    """Asked at noon UTC, one in the afternoon in Tunis."""
    theater = read_catalog(find_kit()).theater("tunisia")
    noon = datetime(2016, 3, 9, 12, tzinfo=UTC)
    assert watch_of(typed, theater, noon) == datetime.fromisoformat(begun)
    with pytest.raises(InvalidInputError):
        watch_of("dawn", theater, noon)
