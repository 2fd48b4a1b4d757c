"""The review queue over HTTP, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, insert

from tocsin.domain.access import Principal, Role
from tocsin.domain.event import EventKind
from tocsin.domain.observation import Draft
from tocsin.domain.review import Action, ReviewItem
from tocsin.store.engine import writing
from tocsin.store.review_row import to_review_row
from tocsin.store.tables import feed, feed_record, review_item

if TYPE_CHECKING:
    from conftest import Own

_AT = datetime(2016, 3, 8, 6, tzinfo=UTC)
_ITEM = "ab" * 8
_FEED = "tunisia/inbox"
_DRAFT = Draft("violence/border-attack", "2016-03-07", "1.0", "C3", "bg", "the assault", "a paper")


@pytest.fixture
def asked(own: Own, engine: Engine) -> Own:
    """With one report that waits for a decision."""
    item = ReviewItem(_ITEM, _FEED, "r" * 32, _AT, Action.REPORT, _DRAFT, None, "new kind of event")
    record = {
        "id": "r" * 32,
        "feed": _FEED,
        "upstream_id": "bg",
        "revision": "1",
        "sha256": "0" * 64,
        "content": b"",
        "deleted": False,
        "latest": True,
        "fetched_at": _AT,
        "outcome": "queued",
        "why": "",
        "mismatches": "[]",
    }
    with writing(engine) as connection:
        begun = {"id": _FEED, "started_at": _AT, "checked_at": _AT, "failures": 0, "problem": ""}
        connection.execute(insert(feed), [begun])
        connection.execute(insert(feed_record), [record])
        connection.execute(insert(review_item), [to_review_row(item)])
    return own


def _waiting(own: Own) -> list[str]:
    return [item["id"] for item in own.web.client.get("/api/v1/theaters/tunisia/review").json()["items"]]


def test_what_is_confirmed_counts_from_now_on(asked: Own) -> None:
    """As the person sees it; sent again it changes nothing, and both events name who decided."""
    assert _waiting(asked) == [_ITEM]
    first = asked.post(f"review/{_ITEM}/confirm", {"grade": "B2"})
    assert first.status_code == 200, first.text
    said = first.json()
    assert (said["added"], said["item"]["decision"], said["item"]["decided_by"]) == (True, "confirmed", "tester")
    (held,) = asked.ledger()
    assert (held.id, str(held.grade), held.author) == (said["observation"]["id"], "B2", "tester")
    again = asked.post(f"review/{_ITEM}/confirm", {"grade": "B2"}).json()
    assert (again["added"], again["observation"], again["item"]) == (False, said["observation"], said["item"])
    assert _waiting(asked) == []
    told = {(event.kind, event.actor) for event in asked.events()}
    assert told == {(EventKind.OBSERVATIONS_RECORDED, "tester"), (EventKind.REVIEW_DECIDED, "tester")}
    assert len(asked.events()) == 2


def test_what_is_dismissed_does_not_count(asked: Own) -> None:
    """With its reason; another decision after it is refused."""
    for added in (True, False):
        said = asked.post(f"review/{_ITEM}/dismiss", {"reason": "a rumor"}).json()
        assert (said["added"], said["item"]["decision"], said["item"]["reason"]) == (added, "dismissed", "a rumor")
    (event,) = asked.events()
    assert (event.theater, event.subject, event.actor) == ("tunisia", _ITEM, "tester")
    late = asked.post(f"review/{_ITEM}/confirm", {})
    assert late.status_code == 422
    assert "dismissed by tester" in late.text
    assert asked.ledger() == []


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("verb", "sent", "told"),
    [
        ("confirm", {"grade": "Z9"}, "grade"),
        ("confirm", {"value": "1"}, "value"),
        ("confirm", {"indicator": "x/y"}, "indicator"),
        ("confirm", {"observed_on": "2016-03-10"}, "observed_on"),
        ("dismiss", {}, "reason"),
        ("dismiss", {"reason": ""}, "reason"),
    ],
)
def test_a_bad_decision_is_refused_and_the_item_waits(
    asked: Own, verb: str, sent: dict[str, object], told: str
) -> None:
    """Nothing is written."""
    answer = asked.post(f"review/{_ITEM}/{verb}", sent)
    assert answer.status_code == 422
    assert told in {item["field"] for item in answer.json()["problems"]}
    assert _waiting(asked) == [_ITEM]
    assert asked.ledger() == []
    assert asked.events() == []


@pytest.mark.fault(4)
@pytest.mark.parametrize(("name", "status"), [("0" * 16, 404), ("x", 422), ("%00" * 16, 422)])
def test_an_unknown_item_is_not_found(asked: Own, name: str, status: int) -> None:
    """Nor is one that is not whole."""
    assert asked.post(f"review/{name}/dismiss", {"reason": "a rumor"}).status_code == status
    assert _waiting(asked) == [_ITEM]


@pytest.mark.fault(4)
def test_who_may_only_read_decides_nothing(asked: Own) -> None:
    """They see the queue."""
    asked.web.gate.principal = Principal("eve", Role.VIEWER, None)
    assert asked.post(f"review/{_ITEM}/confirm", {}).status_code == 403
    assert _waiting(asked) == [_ITEM]
