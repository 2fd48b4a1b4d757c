"""Observations that were changed, as they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation

if TYPE_CHECKING:
    from support.web import Web

_URL = "/api/v1/theaters/tunisia/observations"
_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)


def _changed(web: Web) -> list[Observation]:
    """A report that was corrected to a day long before, and then withdrawn."""
    first = Observation(
        "", "violence/border-attack", date(2016, 3, 7), 3.0, Grade("B", "2"), "bg", "=1+1", "", "ada", _NOON
    ).named()
    second = replace(
        first,
        supersedes=first.id,
        observed_on=date(2015, 1, 2),
        recorded_at=_NOON + timedelta(days=1),
        reason="the day was wrong",
    ).named()
    third = replace(
        second, supersedes=second.id, withdrawn=True, recorded_at=_NOON + timedelta(days=2), reason="it was a drill"
    ).named()
    web.means.service.ledger.record([first, second, third])
    return [first, second, third]


def test_an_observation_is_shown_with_every_version_that_was_known(growing: Web) -> None:
    """From whichever of them it is asked, with what became of each and by whom."""
    first, second, third = _changed(growing)
    became = [("superseded", second.id), ("withdrawn", third.id), ("retraction", second.id)]
    for name in (first, second, third):
        body = growing.client.get(f"{_URL}/{name.id}").json()
        assert body["observation"]["id"] == name.id
        assert [item["id"] for item in body["versions"]] == [first.id, second.id, third.id]
        assert [(item["state"], item["by"]) for item in body["versions"]] == became
        assert body["versions"][1]["reason"] == "the day was wrong"
    then = growing.client.get(f"{_URL}/{first.id}", params={"as_of": "2016-03-08"}).json()
    assert [(item["id"], item["state"]) for item in then["versions"]] == [(first.id, "stands")]
    assert growing.client.get(f"{_URL}/{second.id}", params={"as_of": "2016-03-08"}).status_code == 404


def test_the_list_says_what_became_of_each_as_it_was_known(growing: Web) -> None:
    """What stands by default; everything, with what did it, where that is asked for."""
    first, second, third = _changed(growing)

    def listed(**asked: object) -> list[tuple[str, str, str | None]]:
        body = growing.client.get(_URL, params=asked).json()  # type: ignore[arg-type]
        return [(item["id"], item["state"], item["by"]) for item in body["items"]]

    assert listed() == []
    assert listed(as_of="2016-03-08") == [(first.id, "stands", None)]
    assert listed(as_of="2016-03-09") == [(second.id, "stands", None)]
    changed = {(second.id, "withdrawn", third.id), (third.id, "retraction", second.id)}
    assert set(listed(everything="true", until="2015-12-31")) == changed
    assert listed(everything="true", since="2016-01-01") == [(first.id, "superseded", second.id)]
    table = growing.client.get(_URL, params={"as_of": "2016-03-08", "format": "csv"}).text
    assert ",'=1+1," in table
