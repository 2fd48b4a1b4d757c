"""Refusals of requests whose form is wrong: which field, what was there, and what is accepted, in our own words."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.domain import observation
from tocsin.web import refusals
from tocsin.web.schemas.draft import OneBody, WhatIfBody

if TYPE_CHECKING:
    from conftest import Own

_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1, "grade": "A1"}
_DAY = "a day of the calendar as YYYY-MM-DD"
_OTHERS = ("Value error", "Extra inputs", "Input should", "Field required", "String should", "valid", "body.one")
_FIELDS = ", ".join(OneBody.model_fields)

pytestmark = pytest.mark.fault(4)


def _problems(answer: Any) -> list[tuple[str, str, str, str]]:  # noqa: ANN401 (httpx2's)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    said = answer.json()
    for item in said["problems"]:
        assert f"{item['field']} is {item['value']}; accepted: {item['accepted']}" in said["detail"]
        assert not any(words in item["accepted"] for words in _OTHERS), item
    return [(item["file"], item["field"], item["value"], item["accepted"]) for item in said["problems"]]


@pytest.mark.parametrize(
    ("changes", "field", "value", "accepted"),
    [
        ({"value": "1"}, "value", "'1'", "a number"),
        ({"value": True}, "value", "true", "a number"),
        ({"value": None}, "value", "null", "a number"),
        ({"grade": 5}, "grade", "5", "text"),
        ({"grade": "B" * 201}, "grade", f"'{'B' * 199}… (203 characters)", "text of at most 200 characters"),
        ({"observed_on": 1457308800}, "observed_on", "1457308800", _DAY),
        ({"observed_on": "2016-02-30"}, "observed_on", "'2016-02-30'", _DAY),
        ({"through": "soon"}, "through", "'soon'", _DAY),
        ({"coverage": 0}, "coverage", "0", "a number above 0"),
        ({"coverage": 1.5}, "coverage", "1.5", "a number up to 1"),
        ({"links": "https://example.org"}, "links", "'https://example.org'", "a list"),
        ({"links": ["https://example.org", 7]}, "links[1]", "7", "text"),
        ({"summary": "a\0b"}, "summary", r"'a\x00b'", "text without a zero character, at which databases stop reading"),
        ({"summary": "a\ud800"}, "summary", r"'a\ud800'", "text without half a character (a lone surrogate)"),
        ({"history": "yes"}, "history", "'yes'", "true or false"),
        ({"source": {"é": [None]}}, "source", '{"é": [null]}', "text"),
        ({"author": "ada"}, "author", "'ada'", f"only the fields {_FIELDS}"),
        ({"gade": "A1"}, "gade", "'A1'", f"only the fields {_FIELDS}; did you mean grade?"),
        ({"\ud800": 1}, "body", r"'\ud800'", "text without half a character (a lone surrogate)"),
    ],
)
def test_one_observation(own: Own, changes: dict[str, object], field: str, value: str, accepted: str) -> None:
    """Each field by its own name, whatever kind of body it stands in."""
    assert _problems(own.post("observations", _ATTACK | changes)) == [("", field, value, accepted)]
    assert own.ledger() == []


def test_what_is_left_out_is_called_missing(own: Own) -> None:
    """And the rest of the body is not shown in its place."""
    left = {name: value for name, value in _ATTACK.items() if name != "grade"}
    assert _problems(own.post("observations", left)) == [
        (
            "",
            "grade",
            "missing",
            f"a value, as it cannot be left out: {OneBody.model_fields['grade'].description}",
        ),
    ]


def test_of_several_observations_each_names_its_place(own: Own) -> None:
    """The same for what is wrong in its form and what is wrong in its content."""
    sent = [_ATTACK, _ATTACK | {"value": "1"}, _ATTACK | {"grade": "Z9"}, _ATTACK | {"links": [0]}]
    found = _problems(own.post("observations", {"observations": sent}))
    assert [item[:3] for item in found] == [
        ("observations[1]", "value", "'1'"),
        ("observations[2]", "grade", "'Z9'"),
        ("observations[3]", "links[0]", "0"),
    ]


@pytest.mark.parametrize(
    ("observations", "value", "accepted"),
    [
        ([], "[]", "a list of at least 1"),
        ({}, "{}", "a list"),
        ([_ATTACK] * 1001, None, "a list of at most 1,000"),
        ([7], "7", "a JSON object"),
    ],
)
def test_several_that_are_none(own: Own, observations: object, value: str | None, accepted: str) -> None:
    """The list by its name, an item by its place."""
    field = "observations[0]" if observations == [7] else "observations"
    ((file, named, shown, wanted),) = _problems(own.post("observations", {"observations": observations}))
    assert (file, named, wanted) == ("", field, accepted)
    assert value is None or shown == value


@pytest.mark.parametrize(
    ("body", "value", "accepted"),
    [
        (b"", "missing", "a JSON body"),
        (b"[]", "[]", "a JSON object"),
        (b"7", "7", "a JSON object"),
    ],
)
def test_a_body_that_is_none(own: Own, body: bytes, value: str, accepted: str) -> None:
    """There is no field to name: it is the body itself."""
    url, kind = "/api/v1/theaters/tunisia/observations", {"content-type": "application/json"}
    assert _problems(own.web.client.post(url, content=body, headers=kind)) == [("", "body", value, accepted)]


def test_a_body_that_breaks_off_is_no_json(own: Own) -> None:
    """It cannot be read, which is another thing than one whose fields are wrong."""
    url, kind = "/api/v1/theaters/tunisia/observations", {"content-type": "application/json"}
    answer = own.web.client.post(url, content=b"{", headers=kind)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:tocsin:problem:unreadable")
    assert answer.json()["detail"] == "body is no JSON; accepted: JSON; this goes wrong at character 1"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_not_taken(own: Own, kind: str) -> None:
    """However right it is; the type that is taken is named."""
    url = "/api/v1/theaters/tunisia/observations"
    answer = own.web.client.post(url, content=json.dumps(_ATTACK), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:tocsin:problem:unknown-type")
    assert answer.json()["detail"] == f"Content-Type is {kind!r}; accepted: application/json"
    assert own.ledger() == []


def test_what_is_wrong_in_the_content_is_told_with_what_is_wrong_in_the_form(own: Own) -> None:
    """All at once, by field: nobody mends one to be refused for the other. Nothing is made up of fields not sent."""
    sent = {"indicator": "violence/border-atack", "observed_on": "2016-03-10", "value": "1", "grade": "Z9", "colour": 1}
    found = _problems(own.post("observations", sent))
    assert [item[1] for item in found] == ["colour", "grade", "indicator", "observed_on", "value"]
    assert {item[1]: item[3] for item in found}["observed_on"] == "a day that has begun: 2016-03-09 or earlier"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that near ones are looked for, in the form and in the content."""
    found: list[str] = []

    def looking(name: str, known: Any, **how: Any) -> list[str]:  # noqa: ANN401 (difflib's)
        found.append(name)
        return get_close_matches(name, known, **how)

    monkeypatch.setattr(refusals, "get_close_matches", looking)
    monkeypatch.setattr(observation.difflib, "get_close_matches", looking)
    return found


def test_of_a_great_many_problems_a_hundred_are_told_and_how_many_more_there_are(own: Own, looks: list[str]) -> None:
    """What a small body costs to refuse does not grow with what is wrong in it."""
    answer = own.post("observations", _ATTACK | {f"observed{place}": 1 for place in range(200_000)})
    assert answer.status_code == 422
    assert len(answer.content) < 100_000
    told = answer.json()["problems"]
    assert len(told) == 100
    assert told[0]["accepted"] == f"only the fields {_FIELDS}; did you mean observed_on?"
    assert answer.json()["detail"].endswith("… and 90 more, in `problems`, and at least 199,900 that are not listed")
    assert len(looks) == 100


def test_a_great_deal_that_is_wrong_in_the_content_is_told_likewise(own: Own, looks: list[str]) -> None:
    """Beside the form: what there is no room for is not judged."""
    sent = [_ATTACK | {"indicator": f"violence/border-atack-{place}"} for place in range(1000)]
    answer = own.post("observations", {"observations": sent, "colour": 1})
    told = answer.json()["problems"]
    assert (len(told), told[0]["field"], told[1]["file"]) == (100, "colour", "observations[0]")
    assert answer.json()["detail"].endswith("and at least 1 that are not listed")
    assert len(looks) <= 102


def test_a_long_name_is_told_by_its_beginning(own: Own, looks: list[str]) -> None:
    """And near ones are looked for by no more than that."""
    ((_, field, _, _),) = _problems(own.post("observations", _ATTACK | {"n" * 1_000_000: 1}))
    assert field == f"{'n' * 200}… (1,000,000 characters)"
    assert [len(name) for name in looks] == [200]


def test_a_what_if_is_refused_likewise(own: Own) -> None:
    """With the instant that it asks about."""
    report = {"indicator": "violence/border-attack", "value": -1, "coverage": "much"}
    found = _problems(own.post("what-if?as_of=soon", {"observations": [report, {"value": 1}]}))
    assert [item[:3] for item in found] == [
        ("", "as_of", "'soon'"),
        ("observations[0]", "coverage", "'much'"),
        ("observations[0]", "value", "'-1'"),
        ("observations[1]", "indicator", "missing"),
    ]
    ((_, field, _, accepted),) = _problems(own.post("what-if", {"observation": []}))[:1]
    assert (field, accepted) == (
        "observation",
        f"only the fields {', '.join(WhatIfBody.model_fields)}; did you mean observations?",
    )


@pytest.mark.parametrize(
    ("path", "headers", "field", "value", "accepted"),
    [
        ("observations?limit=0", {}, "limit", "'0'", "a number from 1 to 1,000"),
        ("observations?limit=ten", {}, "limit", "'ten'", "a whole number"),
        ("observations?since=yesterday", {}, "since", "'yesterday'", _DAY),
        ("observations?everything=perhaps", {}, "everything", "'perhaps'", "true or false"),
        ("observations?as_of=soon", {}, "as_of", "'soon'", None),
        ("observations?format=xml", {}, "format", "'xml'", "csv or json"),
        ("collection?threshold=2", {}, "threshold", "'2'", "a number from 0 to 1"),
        ("collection?threshold=nan", {}, "threshold", "'nan'", None),
        ("scenarios/border-offensive/why", {}, "since", "missing", "a value, as it cannot be left out"),
        ("fit-orders/x", {}, "order", "'x'", "an id: 16 to 64 of the digits 0 to 9 and a to f"),
        ("../../audit?kind=none", {}, "kind", "'none'", None),
        ("../../audit?actor=%00", {}, "actor", r"'\x00'", "text without a zero character"),
    ],
)
def test_what_stands_in_the_address(
    own: Own, path: str, headers: dict[str, str], field: str, value: str, accepted: str | None
) -> None:
    """By the name that it has there."""
    address = f"/api/v1/theaters/tunisia/{path}".replace("theaters/tunisia/../../", "")
    ((_, named, shown, wanted),) = _problems(own.web.client.get(address, headers=headers))
    assert (named, shown) == (field, value)
    assert wanted == accepted if accepted else wanted


def test_a_header_is_named_as_it_is_written(own: Own) -> None:
    """Not in the form that programs give it."""
    found = _problems(own.post("observations", _ATTACK, headers={"Idempotency-Key": "two words"}))
    assert found == [("", "Idempotency-Key", "'two words'", "1 to 200 visible ASCII characters")]


def test_a_password_is_never_shown(own: Own) -> None:
    """Neither in its own field nor in a body that has one."""
    for sent in ({"name": "ada", "password": ["three short words"]}, {"password": "three short words"}):
        answer = own.web.client.post(
            "/api/v1/session", content=json.dumps(sent), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
        assert "three short" not in answer.text
