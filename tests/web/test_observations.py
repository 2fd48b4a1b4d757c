"""Observations recorded, corrected and withdrawn over HTTP, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.domain.event import EventKind
from tocsin.domain.instants import write_instant

if TYPE_CHECKING:
    from conftest import Own

_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1, "grade": "A1"}


def _recorded(own: Own, **changes: object) -> str:
    answer = own.post("observations", _ATTACK | changes)
    assert answer.status_code == 201, answer.text
    (name,) = answer.json()["added"]
    return str(name)


def test_an_observation_is_recorded_with_its_event(own: Own) -> None:
    """The author is who asks; where nothing was fitted, the answer says so and what to do."""
    answer = own.post("observations", _ATTACK | {"source": "ministry", "links": ["https://example.org/a"]})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["known_already"], said["change"]) == (0, None)
    assert "tocsin fit tunisia" in said["no_odds"]
    (entry,) = said["observations"]
    assert (entry["author"], entry["value"], entry["links"]) == ("tester", 1.0, ["https://example.org/a"])
    (held,) = own.ledger()
    assert (held.id, held.recorded_at) == (entry["id"], own.clock.now)
    (event,) = own.events()
    assert (event.kind, event.subject, event.actor) == (EventKind.OBSERVATIONS_RECORDED, held.id, "tester")


def test_what_is_known_already_is_told_as_it_was_recorded(own: Own) -> None:
    """The same content is the same report, whoever sends it; nothing is written and no event told."""
    name = _recorded(own)
    own.web.gate.principal = own.web.gate.principal and type(own.web.gate.principal)(
        "ada", own.web.gate.principal.role, None
    )
    said = own.post("observations", {"observations": [_ATTACK, _ATTACK | {"value": 2}]}).json()
    assert said["known_already"] == 1
    assert [item["author"] for item in said["observations"]] == ["tester", "ada"]
    assert said["observations"][0]["id"] == name
    assert len(own.events()) == 2


def test_of_several_observations_all_are_taken_or_none(own: Own) -> None:
    """Every problem names its place in the body."""
    answer = own.post("observations", {"observations": [_ATTACK, _ATTACK | {"grade": "Z9", "indicator": "x/y"}]})
    assert answer.status_code == 422
    told = {(item["file"], item["field"]) for item in answer.json()["problems"]}
    assert told == {("observations[1]", "grade"), ("observations[1]", "indicator")}
    assert own.ledger() == []
    assert own.events() == []


def test_history_counts_from_its_own_day_on(own: Own) -> None:
    """It is known since the end of its day plus the indicator's delay, and entered now."""
    _recorded(own, observed_on="2015-06-26", history=True)
    (held,) = own.ledger()
    assert held.recorded_at < own.clock.now == held.entered_at


def test_a_correction_supersedes_and_says_both_versions(own: Own) -> None:
    """Sent again it changes nothing."""
    name = _recorded(own)
    sent = {"value": 3, "reason": "The ministry has counted again", "version": name}
    said = own.post(f"observations/{name}/correct", sent).json()
    assert (said["before"]["id"], said["after"]["supersedes"], said["after"]["value"]) == (name, name, 3.0)
    assert said["added"]
    own.clock.wait(60)
    again = own.post(f"observations/{name}/correct", sent)
    assert (again.status_code, again.json()["added"]) == (201, False)
    assert len(own.ledger()) == len(own.events()) == 2


def test_the_declared_coverage_is_brought_back_by_null(own: Own) -> None:
    """What is left out stays."""
    name = _recorded(own, coverage=0.25)
    said = own.post(f"observations/{name}/correct", {"value": 2, "reason": "counted"}).json()
    assert said["after"]["coverage"] == 0.25
    latest = said["after"]["id"]
    said = own.post(f"observations/{latest}/correct", {"coverage": None, "reason": "as declared"}).json()
    assert said["after"]["coverage"] is None


def test_a_retraction_withdraws(own: Own) -> None:
    """It is an event of its own."""
    name = _recorded(own)
    said = own.post(f"observations/{name}/retract", {"reason": "The ministry has denied it"}).json()
    assert said["after"]["withdrawn"]
    assert [event.subject for event in own.events()] == [name, said["after"]["id"]]


@pytest.mark.fault(4)
@pytest.mark.parametrize("verb", ["correct", "retract"])
def test_a_stale_version_is_refused_with_both_versions(own: Own, verb: str) -> None:
    """409 where the body says what was seen or nothing does, 412 where a header does; the ledger stays as it is."""
    first = _recorded(own)
    second = own.post(f"observations/{first}/correct", {"value": 2, "reason": "counted"}).json()["after"]["id"]
    before = own.ledger(), own.events()
    sent = {"reason": "it was two of them", **({"value": 5} if verb == "correct" else {})}
    for more, headers, status in (
        ({}, {}, 409),
        ({"version": first}, {}, 409),
        ({}, {"If-Match": f'"{first}"'}, 412),
    ):
        answer = own.post(f"observations/{first}/{verb}", sent | more, headers=headers)
        assert answer.status_code == status
        standing = answer.json()["versions"]["standing"]
        assert (standing["id"], standing["written_at"]) == (second, write_instant(own.clock.now))
        assert answer.json()["versions"]["yours"]["author"] == "tester"
    assert (own.ledger(), own.events()) == before
    good = own.post(f"observations/{first}/{verb}", sent, headers={"If-Match": f'"{second}"'})
    assert good.json()["after"]["supersedes"] == second


@pytest.mark.fault(4)
@pytest.mark.parametrize("verb", ["correct", "retract"])
def test_if_match_is_a_list_of_which_the_standing_version_must_be_one(own: Own, verb: str) -> None:
    """Compared strongly, in one line or several; what lists no version of it is refused with the one that stands."""
    first = _recorded(own)
    second = own.post(f"observations/{first}/correct", {"value": 2, "reason": "counted"}).json()["after"]["id"]
    before = own.ledger()
    sent = {"reason": "it was two of them", **({"value": 5} if verb == "correct" else {})}
    for listed in ('"0123456789abcdef"', f'W/"{second}"', f'"{first}", W/"{second}"', f'"{first}"', '"', "", second):
        answer = own.post(f"observations/{first}/{verb}", sent, headers={"If-Match": listed})
        malformed = listed in {'"', second}
        assert answer.status_code == (422 if malformed else 412), listed
        if malformed:
            assert answer.json()["problems"][0]["field"] == "If-Match"
        else:
            assert answer.json()["type"] == "urn:tocsin:problem:conflict"
            assert answer.json()["versions"]["standing"]["id"] == second
    answer = own.post(f"observations/{first}/{verb}", sent, headers={"If-Match": "*"})
    assert answer.status_code == 409  # the condition holds, and the address names a version that is superseded
    weak = own.post(f"observations/{first}/{verb}", sent | {"version": second}, headers={"If-Match": f'W/"{second}"'})
    assert weak.status_code == 412
    assert own.ledger() == before
    for headers in (
        [("If-Match", f'"{first}" ,"{second}", "other"')],
        [("If-Match", '"x"'), ("If-Match", f'"{second}"')],
    ):
        good = own.web.client.post(f"/api/v1/theaters/tunisia/observations/{first}/{verb}", json=sent, headers=headers)
        assert good.status_code == 201, good.text  # the second time nothing is added
        assert good.json()["after"]["supersedes"] == second


def test_if_match_of_any_version_lets_the_standing_one_be_changed(own: Own) -> None:
    """As if nothing had been said."""
    name = _recorded(own)
    good = own.post(f"observations/{name}/retract", {"reason": "denied"}, headers={"If-Match": " * "})
    assert (good.status_code, good.json()["before"]["id"]) == (201, name)


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": "1"}, "value"),
        ({"value": True}, "value"),
        ({"value": None}, "value"),
        ({"value": -1}, "value"),
        ({"value": 0.5}, "value"),
        ({"observed_on": 1457308800}, "observed_on"),
        ({"observed_on": "2016-03-07T00:00:00"}, "observed_on"),
        ({"observed_on": "2016-02-30"}, "observed_on"),
        ({"observed_on": "2016-03-10"}, "observed_on"),
        ({"grade": "Z9"}, "grade"),
        ({"coverage": 0}, "coverage"),
        ({"links": "https://example.org"}, "links"),
        ({"links": ["ftp://example.org"]}, "links"),
        ({"summary": "=cmd()"}, "summary"),
        ({"summary": "zero \0"}, "summary"),
        ({"summary": "half \ud800"}, "summary"),
        ({"summary": "x" * 10_001}, "summary"),
        ({"source": {"deep": [[[[]]]]}}, "source"),
        ({"history": "yes"}, "history"),
        ({"author": "somebody else"}, "author"),
        ({"indicator": "violence/border-atack"}, "indicator"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(own: Own, changes: dict[str, object], field: str) -> None:
    """With its value, and what would be accepted."""
    answer = own.post("observations", _ATTACK | changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (problem,) = answer.json()["problems"]
    assert problem["field"] == field
    assert problem["accepted"]
    assert own.ledger() == []
    assert own.events() == []


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": NaN, "grade": "A1"}', 422),
        (
            b'{"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": -Infinity, "grade": "A1"}',
            422,
        ),
        (b'{"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1e999, "grade": "A1"}', 422),
        (b'{"\\ud800": 1}', 422),
        (b"[" * 100_000 + b"]" * 100_000, 422),
        (b"9" * 5_000, 400),
        (b"{", 400),
        ('{"summary": ""}'.encode("utf-16"), 400),
        ('{"summary": ""}'.encode("utf-32-le"), 400),
        (b"", 422),
        (b'{"summary": "\xff"}', 400),
        (b'{"summary": "' + b"x" * (5 * 1024 * 1024) + b'"}', 413),
    ],
    ids=[
        "nan",
        "infinity",
        "overflow",
        "half a name",
        "deep",
        "long number",
        "cut off",
        "utf-16",
        "utf-32",
        "empty",
        "no text",
        "huge",
    ],
)
def test_a_bad_body_is_a_problem_and_nothing_is_written(own: Own, body: bytes, status: int) -> None:
    """Never a 5xx, and never megabytes sent back."""
    url = "/api/v1/theaters/tunisia/observations"
    answer = own.web.client.post(url, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 20_000
    assert own.ledger() == []


@pytest.mark.fault(4)
def test_more_observations_than_are_taken_at_once_are_refused(own: Own) -> None:
    """A thousand and one; larger batches are files."""
    answer = own.post("observations", {"observations": [_ATTACK] * 1001})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "observations"
    assert own.ledger() == []


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("name", "status"), [("0" * 16, 404), ("x", 422), ("%00" * 16, 422), ("0" * 65, 422), ("../../x", 404)]
)
def test_an_unknown_observation_is_not_found(own: Own, name: str, status: int) -> None:
    """Whether it cannot be an id, or is none that is there."""
    answer = own.post(f"observations/{name}/retract", {"reason": "denied"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.fault(4)
def test_versions_that_contradict_or_belong_elsewhere_are_refused(own: Own) -> None:
    """A version of another observation, and two that differ."""
    one, other = _recorded(own), _recorded(own, value=2)
    for sent, headers in (({"version": other}, {}), ({"version": one}, {"If-Match": f'"{other}"'})):
        answer = own.post(f"observations/{one}/retract", sent | {"reason": "denied"}, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["field"] == "version"
    assert len(own.ledger()) == 2


@pytest.mark.fault(4)
@pytest.mark.parametrize(("verb", "sent"), [("correct", {"value": 2}), ("correct", {}), ("retract", {})])
def test_a_change_without_a_reason_is_refused(own: Own, verb: str, sent: dict[str, object]) -> None:
    """Left out, or blank."""
    name = _recorded(own)
    for reason in ({}, {"reason": " "}):
        answer = own.post(f"observations/{name}/{verb}", sent | reason)
        assert answer.status_code == 422
        assert "reason" in answer.text
    assert len(own.ledger()) == 1
