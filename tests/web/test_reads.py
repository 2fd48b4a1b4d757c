"""Reads: what each answers on the Tunisia theater, and that it is what the command line says."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tocsin.cli.collect_table import ranking_json
from tocsin.cli.history_table import publication_object
from tocsin.cli.ledger_table import listing_json
from tocsin.cli.why_table import movements_json
from tocsin.domain.access import Principal, Role
from tocsin.domain.chain import verify_chain
from tocsin.domain.grading import Grade
from tocsin.domain.publication import read_exported
from tocsin.ensemble.design import lay_out
from tocsin.usecases.collect import Question, collect
from tocsin.usecases.list_ledger import Asked, list_ledger
from tocsin.usecases.ports import in_silence
from tocsin.usecases.publish import publish
from tocsin.usecases.why import why

if TYPE_CHECKING:
    from httpx2 import Response

    from support.kit import Kit
    from support.web import Web
    from tocsin.domain.fit import Fit

_API = "/api/v1"
_TUNISIA = f"{_API}/theaters/tunisia"
_OFFENSIVE = f"{_TUNISIA}/scenarios/border-offensive"
_DAY = "2016-03-08"
_CSV = {"Accept": "text/csv"}
_TABLES = (
    f"{_API}/theaters",
    f"{_TUNISIA}/scenarios",
    f"{_TUNISIA}/indicators",
    f"{_TUNISIA}/observations?limit=5",
    f"{_TUNISIA}/sources?limit=5&as_of={_DAY}",
    f"{_TUNISIA}/evidence?limit=5&as_of={_DAY}",
    f"{_OFFENSIVE}/history",
    f"{_TUNISIA}/fits",
    f"{_API}/publications",
    f"{_TUNISIA}/publications",
    f"{_TUNISIA}/scores",
    f"{_TUNISIA}/track-record/links",
    f"{_TUNISIA}/track-record/sources?limit=5",
    f"{_API}/jobs",
    f"{_API}/feeds",
    f"{_API}/audit?limit=5",
)


def _rows(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _body(web: Web, address: str, **asked: object) -> Any:  # noqa: ANN401 (JSON)
    answer = web.client.get(address, params=asked or None)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def _publish(web: Web) -> None:
    service = web.means.service
    publish(
        service.catalog.theater("tunisia"),
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        publications=service.publications,
        now=web.means.clock(),
    )


@pytest.mark.parametrize("address", _TABLES)
def test_every_table_is_json_or_csv_and_is_not_sent_again_to_whom_has_it(web: Web, address: str) -> None:
    """As many rows in both; each form has a tag of its own, and a tag that is known is answered with 304."""
    _publish(web)
    plain, table = web.client.get(address), web.client.get(address, headers=_CSV)
    assert len(plain.json()["items"]) == len(_rows(table))
    assert plain.headers["etag"] != table.headers["etag"]
    assert table.headers["vary"] == "Accept"
    for answer, accept in ((plain, "application/json"), (table, "text/csv")):
        again = web.client.get(address, headers={"Accept": accept, "If-None-Match": f'"x", {answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
    other = web.client.get(address, headers={"If-None-Match": table.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("address", [f"{_API}/publications", f"{_API}/theaters/tunisia/odds"])
def test_if_none_match_is_a_list_in_one_line_or_several(web: Web, address: str) -> None:
    """Compared weakly; what stands within the quotes of another tag is none."""
    _publish(web)
    tag = web.client.get(address).headers["etag"]
    weak = f"W/{tag.removeprefix('W/')}"
    for lines in ([f'"x,y" ,, {weak}'], ['"x"', tag], [weak, '"x"'], ["*"]):
        answer = web.client.get(address, headers=[("If-None-Match", line) for line in lines])
        assert (answer.status_code, answer.content) == (304, b""), lines
    for lines in (['"x", "*"'], [""], [tag.removeprefix("W/").strip('"')], [tag[:-1] + ' ,"']):
        assert web.client.get(address, headers=[("If-None-Match", line) for line in lines]).status_code == 200, lines


@pytest.mark.parametrize(
    "address", [*_TABLES, f"{_TUNISIA}/odds", f"{_OFFENSIVE}/why?since=2016-03-07&as_of=2016-03-08"]
)
def test_every_instant_of_an_answer_is_in_utc_and_ends_with_z(web: Web, address: str) -> None:
    """In JSON, in CSV and in headers: one instant is one text."""
    _publish(web)
    for headers in ({}, _CSV):
        answer = web.client.get(address, headers=headers)
        text = answer.text + answer.headers.get("tocsin-as-of", "")
        found = re.findall(r"\d{4}-\d\d-\d\dT[0-9:.]+(.{0,6})", text)
        assert all(after.startswith("Z") for after in found), found


def test_a_scenario_is_shown_with_all_that_is_declared(web: Web, kit: Kit) -> None:
    """Proposition, how it is settled and what does not count, horizons, links with ranges and reasons."""
    declared = kit.theater.scenario("tunisian-wilayat")
    body = _body(web, f"{_TUNISIA}/scenarios/tunisian-wilayat")
    assert body["proposition"] == declared.proposition
    assert body["resolution"]["does_not_count"] == list(declared.resolution.does_not_count)
    assert body["horizons"] == list(declared.horizons)
    assert body["kind"] == "event"
    assert body["event"]["base_rate"]["reason"]
    assert [(item["indicator"], item["effect"]["low"], item["effect"]["reason"]) for item in body["links"]] == [
        (link.indicator, link.effect.low, link.effect.reason) for link in declared.links
    ]
    rule = _body(web, _OFFENSIVE)
    assert (rule["kind"], rule["event"]) == ("threshold", None)
    assert rule["threshold"] == {"indicator": "violence/border-attack", "at_least": 6, "within_steps": 8}


def test_an_indicator_is_found_by_subject_and_name(web: Web, kit: Kit) -> None:
    """Its id holds a stroke."""
    declared = kit.theater.indicator("violence/border-attack")
    body = _body(web, f"{_TUNISIA}/indicators/violence/border-attack")
    assert (body["kind"], body["coverage"], body["delay_days"]) == ("count", declared.coverage, declared.delay_days)
    assert body["baseline"]["per_step"]["reason"]
    assert body["baseline"]["shares"] is None


@pytest.mark.parametrize(
    "address",
    [
        f"{_TUNISIA}/scenarios/none",
        f"{_TUNISIA}/indicators/violence/none",
        f"{_TUNISIA}/scenarios/none/history",
        f"{_TUNISIA}/scenarios/none/why?since=2016-03-07",
        f"{_TUNISIA}/collection?scenario=none",
        f"{_TUNISIA}/observations?indicator=none",
        f"{_TUNISIA}/observations/0123456789abcdef",
        f"{_TUNISIA}/observations/%00",
        f"{_API}/fits/none",
        f"{_API}/fits/%00/draws",
    ],
)
def test_what_there_is_not_is_not_found(web: Web, address: str) -> None:
    """As a problem of a stable type."""
    answer = web.client.get(address)
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:tocsin:problem:unknown-name"


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("address", "field"),
    [
        (f"{_TUNISIA}/observations?as_of=soon", "as_of"),
        (f"{_TUNISIA}/observations?as_of=2016-03-08T12:00:00", "as_of"),
        (f"{_TUNISIA}/observations?since=2016-03-08&until=2016-03-07", "until"),
        (f"{_TUNISIA}/observations?since=yesterday", "since"),
        (f"{_TUNISIA}/observations?limit=0", "limit"),
        (f"{_TUNISIA}/observations?format=xml", "format"),
        (f"{_OFFENSIVE}/why?since=2016-03-08&as_of=2016-03-08", "since"),
        (f"{_OFFENSIVE}/why?since=2016-03-08&as_of=2016-03-09&horizon_days=31", "horizon_days"),
        (f"{_TUNISIA}/collection?grade=G9", "grade"),
        (f"{_TUNISIA}/collection?threshold=nan", "threshold"),
        (f"{_API}/audit?kind=none", "kind"),
        (f"{_API}/audit?after=-1", "after"),
        (f"{_API}/audit?actor=%00", "actor"),
        (f"{_API}/publications?cursor=x", "cursor"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(web: Web, address: str, field: str) -> None:
    """With what would be accepted."""
    answer = web.client.get(address)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["problems"]] == [field]


def test_the_ledger_is_what_the_command_line_lists(web: Web, kit: Kit) -> None:
    """The same numbers for the same instant, through all pages; and the same sources of the window."""
    instant = kit.theater.timeline.close_of(date(2016, 3, 8))
    asked = Asked(everything=True)
    listed = json.loads(
        listing_json(list_ledger(kit.theater, asked, ledger=kit.service.ledger, as_of=instant), kit.theater)
    )
    found: list[dict[str, Any]] = []
    address: str | None = f"{_TUNISIA}/observations?everything=true&limit=300&as_of={_DAY}"
    while address is not None:
        answer = web.client.get(address)
        assert answer.headers["tocsin-as-of"] == "2016-03-08T23:00:00Z"
        found += answer.json()["items"]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert found == listed["observations"]
    first = kit.theater.timeline.number(date(2016, 3, 8)) - kit.theater.timeline.window + 1
    since = kit.theater.timeline.start_of(first).isoformat()
    sources = [item for item in listed["sources"] if item["first_day"] >= since]
    shown = _body(web, f"{_TUNISIA}/sources", as_of=_DAY, limit=1000)["items"]
    key = lambda item: (item["first_day"], item["indicator"])  # noqa: E731
    assert shown == sorted(sources, key=key)


def test_evidence_says_what_is_silent_and_what_was_reported(web: Web) -> None:
    """As of an instant: the attack on Ben Guerdane of 7 March is there on the 8th, and not as of the 6th."""
    asked = {"indicator": "violence/border-attack", "limit": 1000}
    cells = _body(web, f"{_TUNISIA}/evidence", as_of=_DAY, **asked)["items"]
    last = cells[-1]
    assert (last["first_day"], last["silent"]) == ("2016-03-07", False)
    assert last["alternatives"][0]["value"] >= 1
    assert last["reports"]
    assert any(cell["silent"] and cell["alternatives"] == [{"value": 0.0, "trust": 1.0}] for cell in cells)
    before = _body(web, f"{_TUNISIA}/evidence", as_of="2016-03-06", **asked)["items"]
    assert "2016-03-07" not in {cell["first_day"] for cell in before}


def test_why_and_collection_are_what_the_command_line_says(web: Web, kit: Kit) -> None:
    """Number for number; the parts sum to the change in log-odds; a table has a row for each part."""
    theater, service, close = kit.theater, kit.service, kit.theater.timeline.close_of
    since, until = close(date(2016, 3, 8)), close(date(2016, 3, 9))
    means = {"ledger": service.ledger, "fits": service.fits, "codec": service.codec, "report": in_silence}
    moved = json.loads(movements_json(why(theater, since=since, as_of=until, **means)))  # type: ignore[arg-type]
    body = _body(web, f"{_OFFENSIVE}/why", since="2016-03-08", as_of="2016-03-09")
    shared = moved[0].keys()
    assert [{name: item[name] for name in shared} for item in body["items"]] == [
        item for item in moved if item["scenario"] == "border-offensive"
    ]
    for item in body["items"]:
        assert sum(part["log_odds"] for part in item["parts"]) == pytest.approx(item["log_odds_change"], abs=1e-12)
        change = item["after"]["probability"] - item["before"]["probability"]
        assert item["points"] == pytest.approx(100 * change, abs=1e-12)
    # A reading that no rule would count: the long part of the work, and another test's.
    question = Question("border-offensive", None, None, Grade("D", "4"))
    ranked = json.loads(ranking_json(collect(theater, question, as_of=since, **means)))  # type: ignore[arg-type]
    ranking = _body(web, f"{_TUNISIA}/collection", as_of=_DAY, scenario="border-offensive", grade="D4")
    assert ranking.pop("items") == ranked.pop("indicators")
    assert ranking.pop("next") is None
    assert ranking == ranked


def test_history_is_what_was_published_and_restated_stands_beside_it(web: Web) -> None:
    """The command line's numbers; nothing was corrected since, so what we would have said is what we said."""
    _publish(web)
    stated = web.means.service.publications.publications("tunisia", web.means.clock())
    (told,) = [publication_object(item, {}) for item in stated]
    body = _body(web, f"{_OFFENSIVE}/history", restated="true")
    expected = [item for item in told["odds"] if item["scenario"] == "border-offensive"]  # type: ignore[attr-defined]
    shared = expected[0].keys()
    assert [{name: item[name] for name in shared} for item in body["items"]] == expected
    for item in body["items"]:
        assert (item["number"], item["status"], item["age_seconds"]) == (1, "refit wanted", told["age_seconds"])
        then = item["restated"]
        assert (then["followed"], then["changed"]) == (True, False)
        assert then["odds"] == {name: item[name] for name in then["odds"]}
    assert all(item["restated"] is None for item in _body(web, f"{_OFFENSIVE}/history")["items"])
    assert _body(web, f"{_OFFENSIVE}/history", as_of=_DAY)["items"] == []


def test_the_lines_of_the_chain_can_be_verified(web: Web) -> None:
    """As they were exported, each ending its line; and only of theaters that one may see."""
    _publish(web)
    answer = web.client.get(f"{_API}/publications", headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    chain = [read_exported(line) for line in answer.text.splitlines()]
    assert chain == list(web.means.service.publications.chain())
    assert verify_chain(chain) == []
    tag = {"If-None-Match": answer.headers["etag"]}
    assert web.client.get(f"{_API}/publications?format=ndjson", headers=tag).status_code == 304
    web.gate.principal = Principal("ada", Role.VIEWER, frozenset({"mali"}))
    assert web.client.get(f"{_API}/publications?format=ndjson", headers=tag).text == ""
    assert web.client.get(f"{_API}/publications").json()["items"] == []


def test_a_fit_is_told_with_its_diagnosis_and_its_draws_are_those_on_record(
    web: Web, kit: Kit, tunisia_fit: Fit
) -> None:
    """The zip byte for byte, under its SHA-256; as CSV each draw to the last bit, parameters by name."""
    body = _body(web, f"{_API}/fits/{tunisia_fit.id}")
    assert body["accepted"]
    assert body["diagnosis"]["draws"] == 4000
    assert body in _body(web, f"{_TUNISIA}/fits")["items"]
    address = f"{_API}/fits/{tunisia_fit.id}/draws"
    packed = web.client.get(address)
    assert packed.headers["content-type"] == "application/zip"
    assert hashlib.sha256(packed.content).hexdigest() == tunisia_fit.sha256
    assert packed.headers["etag"] == f'"{tunisia_fit.sha256}"'
    digest = base64.b64encode(bytes.fromhex(tunisia_fit.sha256)).decode()
    assert packed.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert web.client.get(address, headers={"If-None-Match": packed.headers["etag"]}).status_code == 304
    rows = list(csv.reader(io.StringIO(web.client.get(address, headers=_CSV).text)))
    draws = kit.ensemble(tunisia_fit).draws
    assert rows[0] == ["chain", "draw", *lay_out(kit.theater).labels]
    assert [row[:2] for row in (rows[1], rows[1001], rows[4000])] == [["1", "1"], ["2", "1"], ["4", "1000"]]
    assert np.array_equal(np.array(rows[1:], dtype=float)[:, 2:], draws.parameters)


@pytest.mark.fault(19)
def test_a_fit_of_a_theater_that_is_not_theirs_is_not_found(web: Web, tunisia_fit: Fit) -> None:
    """As if it did not exist: its address names no theater, and still it has one."""
    web.gate.principal = Principal("ada", Role.ANALYST, frozenset({"mali"}))
    for address in (f"{_API}/fits/{tunisia_fit.id}", f"{_API}/fits/{tunisia_fit.id}/draws"):
        assert web.client.get(address).status_code == 404
    assert web.client.get(f"{_API}/feeds").json()["items"] == []


@pytest.mark.fault(19)
@pytest.mark.parametrize(("address", "least"), [("jobs", Role.ANALYST), ("feeds", Role.ANALYST), ("audit", Role.ADMIN)])
def test_who_may_see_what_runs_and_the_audit(web: Web, address: str, least: Role) -> None:
    """A viewer neither, the audit administrators only."""
    order = list(Role)
    for role in order:
        web.gate.principal = Principal("ada", role, None)
        expected = 200 if order.index(role) >= order.index(least) else 403
        assert web.client.get(f"{_API}/{address}").status_code == expected


def test_the_audit_is_filtered_by_kind_actor_and_number(web: Web, tunisia_fit: Fit) -> None:
    """In the order in which things came about."""
    everything = _body(web, f"{_API}/audit", limit=1000)["items"]
    assert [item["number"] for item in everything] == list(range(1, len(everything) + 1))
    fits = _body(web, f"{_API}/audit", kind="fit.accepted")["items"]
    assert tunisia_fit.id in {item["subject"] for item in fits}
    assert {item["kind"] for item in fits} == {"fit.accepted"}
    assert _body(web, f"{_API}/audit", actor="nobody")["items"] == []
    last = everything[-1]["number"]
    assert [item["number"] for item in _body(web, f"{_API}/audit", after=last - 1)["items"]] == [last]


def test_an_observation_is_shown_with_all_its_versions(web: Web, kit: Kit) -> None:
    """Of one that nobody changed that is itself; before it was known it is not found."""
    (first,) = _body(web, f"{_TUNISIA}/observations", limit=1)["items"]
    body = _body(web, f"{_TUNISIA}/observations/{first['id']}")
    assert body == {"observation": first, "versions": [first]}
    early = web.client.get(f"{_TUNISIA}/observations/{first['id']}", params={"as_of": "2013-01-01"})
    assert early.status_code == 404
    assert kit.theater.indicator(first["indicator"])
