"""The score card over HTTP and at the command line, of a record of more than a year."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from support.publications import DRAWS, stating_fit
from support.score_record import record_scores
from support.web import Web, open_app
from tocsin.bootstrap.service import open_service
from tocsin.cli.score_table import card_json, print_card
from tocsin.domain.resolution import Outcome, standing, windows_of
from tocsin.domain.scored import means_of
from tocsin.domain.scoring import ENOUGH_WINDOWS, brier_score
from tocsin.settings import Settings
from tocsin.store.migrate import upgrade
from tocsin.usecases.desk import Desk
from tocsin.usecases.score import score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Own

_AS_OF = datetime(2016, 3, 9, 12, tzinfo=UTC)
_SCORES = "/api/v1/theaters/tunisia/scores"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The application on a store with sixty weeks of statements and what came of them; nobody writes to it."""
    settings = Settings(home=tmp_path_factory.mktemp("scores"))
    upgrade(settings.store_url)
    with open_service(settings, clock=lambda: _AS_OF) as service:
        fit = replace(stating_fit(), theater="tunisia")
        service.fits.save(fit, DRAWS, "test")
        theater = service.catalog.theater("tunisia")
        record_scores(theater, service.publications, service.resolutions, fit=fit.id, as_of=_AS_OF)
        desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
        with open_app(service, desk, settings, lambda: _AS_OF) as opened:
            yield opened


def _body(web: Web, **asked: object) -> Any:  # noqa: ANN401 (JSON)
    answer = web.client.get(_SCORES, params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_window_is_on_the_card_once(recorded: Web) -> None:
    """Scored, void, early or open; the forgotten one is overdue, and what is on the pages is what was scored."""
    body = _body(recorded)
    windows = windows_of(recorded.means.service.publications.publications("tunisia", _AS_OF))
    assert body["scored"] + body["void"] + body["foregone"] + body["early"] + body["open"] == len(windows)
    assert body["void"] == 1
    assert 1 <= body["overdue"] < body["open"]
    items, cursor = body["items"], body["next"]
    while cursor is not None:
        page = _body(recorded, cursor=cursor)
        assert page["means"] == body["means"]
        items += page["items"]
        cursor = page["next"]
    assert len(items) == body["scored"] == body["means"][0]["windows"]
    settled = standing(recorded.means.service.resolutions.resolutions("tunisia", _AS_OF))
    for item in items:
        came = item["outcome"] == "yes"
        assert item["brier"] == brier_score(item["probability"], occurred=came)
        assert item["persistence_brier"] == brier_score(item["persistence"], occurred=came)
    assert sum(item["outcome"] == "yes" for item in items) == body["means"][0]["occurred"]
    early = [item for item in settled.values() if item.outcome is Outcome.YES]
    assert len(early) > body["means"][0]["occurred"]  # some of the running windows are settled, and not scored yet


def test_the_card_says_what_may_be_claimed_and_what_may_not(recorded: Web) -> None:
    """Of 30 days there is an interval, of windows that overlap too much none, of few no curve."""
    means = {(item["scenario"], item["horizon_days"]): item for item in _body(recorded)["means"]}
    short, long, few = (
        means[key] for key in (("security-crackdown", 30), ("border-offensive", 180), ("democratic-breakdown", 365))
    )
    for span, value in (
        (short["brier_interval"], short["scores"]["brier"]),
        (short["log_interval"], short["scores"]["log"]),
        (short["base_rate"]["brier_skill_interval"], short["base_rate"]["brier_skill"]),
        (short["persistence"]["log_skill_interval"], short["persistence"]["log_skill"]),
    ):
        assert span["low"] < value < span["high"]
    assert short["blocks"] >= 5 > long["blocks"]
    assert (long["brier_interval"], long["base_rate"]["claim"]) == (None, "too much overlap to claim")
    assert (few["enough"], few["reliability"], few["base_rate"]["claim"]) == (False, None, "too few to claim")
    assert few["windows"] < ENOUGH_WINDOWS


def test_the_curve_has_a_band_and_parts_that_add_up(recorded: Web) -> None:
    """At every pool there is something to compare with."""
    whole = _body(recorded)["means"][0]
    found = whole["reliability"]
    assert sum(pool["windows"] for pool in found["pools"]) == whole["windows"]
    assert found["band"][0]["stated"] == found["pools"][0]["lowest"]
    assert found["band"][-1]["stated"] == found["pools"][-1]["highest"]
    assert all(point["band"]["low"] <= point["band"]["high"] for point in found["band"])
    for name in ("brier", "log"):
        parts = found[name]
        total = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
        assert parts["score"] == pytest.approx(whole["scores"][name]) == pytest.approx(total)


def test_the_page_shows_the_card_with_intervals_claims_and_the_curve(recorded: Web) -> None:
    """The same figures, rounded as people read them; the curve's steps stand as a table behind the chart."""
    body, page = _body(recorded), recorded.client.get("/theaters/tunisia/scores")
    assert page.status_code == 200
    whole = body["means"][0]
    assert f"{whole['scores']['brier']:.4f}" in page.text
    spans = [item["brier_interval"] for item in body["means"] if item["brier_interval"] is not None]
    assert spans
    assert all(f"({span['low']:.3f} to {span['high']:.3f})" in page.text for span in spans)
    assert whole["base_rate"]["claim"] in page.text
    assert f"Reliability: {whole['reliability']['words']}" in page.text
    pools = whole["reliability"]["pools"]
    assert len(pools) > 2
    assert all(f'data-value="{pool["rate"]}"' in page.text for pool in pools)
    assert f"{body['overdue']} windows closed" in page.text or "1 window closed" in page.text


def test_a_judgement_that_is_refused_by_the_page_stays_as_it_was_typed(recorded: Web) -> None:
    """Without a reason; and of a window that is settled, unless what stands is named."""
    before = recorded.means.service.resolutions.resolutions("tunisia", _AS_OF)
    place = "/theaters/tunisia/scores"
    window = re.findall(r'<option value="([^"]*)">[^<]*\(stands: ', recorded.client.get(place).text)[0]
    bare = recorded.client.post(place, data={"window": window, "outcome": "void", "reason": "", "supersedes": "r1"})
    assert bare.status_code == 422
    assert f'<option value="{window}" selected>' in bare.text
    assert '<option value="void" selected>' in bare.text
    assert 'name="supersedes" type="text" value="r1"' in bare.text
    (marked,) = re.findall(r'<input[^>]*aria-invalid="true"[^>]*>', bare.text)
    assert 'name="reason"' in marked
    again = recorded.client.post(place, data={"window": window, "outcome": "void", "reason": "by the press"})
    assert again.status_code == 409
    assert 'name="reason" type="text" value="by the press"' in again.text
    assert recorded.means.service.resolutions.resolutions("tunisia", _AS_OF) == before


def test_rivals_are_scored_on_the_same_windows(recorded: Web) -> None:
    """Each by its own scores of every window, and skill is what their means say."""
    body = _body(recorded, limit=1000)
    whole, items = body["means"][0], body["items"]
    assert whole["answered"] == sum(item["persistence_answers"] > 0 for item in items)
    for rival in ("base_rate", "persistence"):
        for score_of in ("brier", "log"):
            its = sum(item[f"{rival}_{score_of}"] for item in items) / len(items)
            assert whole[rival]["scores"][score_of] == pytest.approx(its)
            assert whole[rival][f"{score_of}_skill"] == pytest.approx(1 - whole["scores"][score_of] / its)


def test_later_statements_stand_apart(recorded: Web) -> None:
    """Every tenth week said more in the afternoon; the means are those of the mornings."""
    body = _body(recorded, limit=1000)
    revised = [item for item in body["items"] if item["later_statements"]]
    told = body["means"][0]["revised"]
    assert (told["windows"], told["statements"]) == (len(revised), len(revised))
    assert told["last"]["brier"] == pytest.approx(sum(item["last_brier"] for item in revised) / len(revised))
    assert body["means"][0]["scores"]["brier"] == pytest.approx(
        sum(item["brier"] for item in body["items"]) / len(body["items"])
    )
    assert told["last"] != told["first"]


def test_the_card_of_an_earlier_instant_knows_nothing_later(recorded: Web) -> None:
    """What had been settled and closed by then, and no more, though most is settled by now."""
    early = _body(recorded, as_of="2015-09-01")
    assert 0 < early["scored"] < _body(recorded)["scored"]
    assert all(item["closes_on"] <= "2015-09-01" for item in early["items"])
    assert all(item["settled_at"] < "2015-09-02" for item in early["items"])


def test_in_csv_there_is_a_line_for_each_window(recorded: Web) -> None:
    """With the same numbers as in JSON."""
    answer = recorded.client.get(_SCORES, params={"format": "csv", "limit": 5})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    told = _body(recorded, limit=5)["items"]
    assert [(row["scenario"], float(row["brier"]), int(row["persistence_answers"])) for row in rows] == [
        (item["scenario"], item["brier"], item["persistence_answers"]) for item in told
    ]


def test_the_command_line_says_what_the_interface_says(recorded: Web, capsys: pytest.CaptureFixture[str]) -> None:
    """The same figures; and for people a row for each scenario and horizon, and what not to rely on."""
    service = recorded.means.service
    theater = service.catalog.theater("tunisia")
    card = score(theater, publications=service.publications, resolutions=service.resolutions, as_of=_AS_OF)
    means = means_of(card.scored)
    body = _body(recorded)
    assert json.loads(card_json(card.counted, means)) == {
        name: value for name, value in body.items() if name not in {"items", "next"}
    }
    print_card(theater, card.counted, means, _AS_OF)
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    assert ["security-crackdown", "30", "56"] in [row[:3] for row in rows]
    assert "too few to claim" in shown
    assert "not settled: until then scores lean" in shown
    assert f"{card.counted.early} settled and not closed" in shown


def test_a_card_without_windows_says_why(own: Own, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty table is not a score of 0."""
    theater = own.service.catalog.theater("tunisia")
    card = score(
        theater, publications=own.service.publications, resolutions=own.service.resolutions, as_of=own.clock.now
    )
    print_card(theater, card.counted, means_of(card.scored), own.clock.now)
    assert "no window has been scored" in capsys.readouterr().out
    assert _body(own.web)["means"] == []
