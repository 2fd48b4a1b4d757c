"""Writes under an idempotency key, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, select

from tocsin.domain.access import Principal, Role
from tocsin.domain.answer import Answer, Keyed, Standing
from tocsin.domain.errors import StoreError
from tocsin.store.answer import AnswerShelf
from tocsin.store.engine import reading
from tocsin.store.tables import answer as table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Own

_ATTACK = {"indicator": "violence/border-attack", "observed_on": "2016-03-07", "value": 1, "grade": "A1"}
_KEY = {"Idempotency-Key": "one"}


def _rows(engine: Engine) -> list[tuple[str, int | None]]:
    with reading(engine) as connection:
        return [(row.key, row.status) for row in connection.execute(select(table).order_by(table.c.key))]


def test_the_same_request_under_one_key_is_answered_again(own: Own) -> None:
    """Word for word, though the ledger would say by now that it knows the report."""
    first = own.post("observations", _ATTACK, headers=_KEY)
    own.clock.wait(3600)
    again = own.post("observations", _ATTACK, headers=_KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    assert len(own.ledger()) == len(own.events()) == 1
    assert own.post("observations", _ATTACK).json()["known_already"] == 1


@pytest.mark.fault(4)
def test_a_key_with_another_body_is_refused(own: Own) -> None:
    """Or at another address: a key stands for one request; nothing is written."""
    name = own.post("observations", _ATTACK, headers=_KEY).json()["added"][0]
    for path, sent in (
        ("observations", _ATTACK | {"value": 2}),
        (f"observations/{name}/retract", _ATTACK),
    ):
        answer = own.post(path, sent, headers=_KEY)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:tocsin:problem:key-reused"
        assert "'one'" in answer.json()["detail"]
    assert len(own.ledger()) == 1


@pytest.mark.fault(4)
@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "tab\tbed", "ümlaut"])
def test_a_key_of_another_form_is_refused(own: Own, engine: Engine, key: str) -> None:
    """One to two hundred visible ASCII characters; nothing is written and no key kept."""
    answer = own.post("observations", _ATTACK, headers={"Idempotency-Key": key.encode()})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["problems"][0]["field"]
    assert own.ledger() == []
    assert _rows(engine) == []


def test_the_keys_of_two_people_do_not_meet(own: Own) -> None:
    """Each has their own answer."""
    own.post("observations", _ATTACK, headers=_KEY)
    own.web.gate.principal = Principal("ada", Role.ANALYST, None)
    answer = own.post("observations", _ATTACK | {"value": 2}, headers=_KEY)
    assert answer.status_code == 201
    assert [item.author for item in own.ledger()] == ["tester", "ada"]


def test_what_was_refused_is_looked_at_anew(own: Own, engine: Engine) -> None:
    """What it was refused for may be mended by then, and the key is as if it had never been used."""
    tomorrow = _ATTACK | {"observed_on": "2016-03-10"}
    for _ in range(2):
        answer = own.post("observations", tomorrow, headers=_KEY)
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (422, False)
        assert _rows(engine) == []
    own.clock.now += timedelta(days=1)
    assert own.post("observations", tomorrow, headers=_KEY).status_code == 201


@pytest.mark.fault(4)
def test_who_has_lost_the_right_hears_no_kept_answer(own: Own) -> None:
    """A refusal of that kind is not kept either: with the right again, the key is as it was."""
    own.post("observations", _ATTACK, headers=_KEY)
    own.web.gate.principal = Principal("tester", Role.VIEWER, None)
    assert own.post("observations", _ATTACK, headers=_KEY).status_code == 403
    own.web.gate.principal = None
    assert own.post("observations", _ATTACK, headers=_KEY).status_code == 401
    own.web.gate.principal = Principal("tester", Role.ANALYST, None)
    assert own.post("observations", _ATTACK, headers=_KEY).headers["idempotency-replayed"] == "true"


def test_what_failed_is_not_kept(own: Own, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next attempt may do better."""
    with monkeypatch.context() as patch:
        patch.setattr(type(own.service.ledger), "record", _gone)
        assert own.post("observations", _ATTACK, headers=_KEY).status_code == 503
        assert _rows(engine) == []
    answer = own.post("observations", _ATTACK, headers=_KEY)
    assert (answer.status_code, answer.json()["known_already"]) == (201, 0)


def _gone(*_: object) -> None:
    raise StoreError("the store is away")


def test_a_crash_between_the_write_and_the_keeping_is_harmless(
    own: Own, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim lapses, and the same content is recorded once."""
    with monkeypatch.context() as patch:
        patch.setattr(AnswerShelf, "keep", lambda *_: None)  # the process was killed here
        assert own.post("observations", _ATTACK, headers=_KEY).status_code == 201
    assert _rows(engine) == [("one", None)]
    busy = own.post("observations", _ATTACK, headers=_KEY)
    assert (busy.status_code, busy.headers["retry-after"]) == (409, "2")
    assert busy.json()["type"] == "urn:tocsin:problem:at-work"
    assert "in 60 s at the latest" in busy.json()["detail"]
    own.clock.wait(61)
    again = own.post("observations", _ATTACK, headers=_KEY)
    assert (again.status_code, again.json()["known_already"]) == (201, 1)
    assert len(own.ledger()) == len(own.events()) == 1
    assert _rows(engine) == [("one", 201)]


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 2xx means that it is on disk, and it is."""
    monkeypatch.setattr(AnswerShelf, "keep", _gone)
    assert own.post("observations", _ATTACK, headers=_KEY).status_code == 201
    assert len(own.ledger()) == 1


def test_a_key_is_forgotten_after_a_day(own: Own) -> None:
    """It may stand for another request then."""
    own.post("observations", _ATTACK, headers=_KEY)
    own.clock.wait(24 * 3600)
    assert own.post("observations", _ATTACK | {"value": 2}, headers=_KEY).status_code == 201


def test_of_several_claims_at_once_one_is_new(own: Own, engine: Engine) -> None:
    """Whoever comes second hears that it is at work, then the answer; what lapsed cannot overwrite it."""
    book = AnswerShelf(engine)
    asked = Keyed("ada", "k", "f" * 64, own.clock.now)
    found: list[Standing] = []
    threads = [threading.Thread(target=lambda: found.append(book.claim(asked)[0])) for _ in range(4)]
    _run(threads)
    assert sorted(found) == sorted([Standing.NEW, *[Standing.AT_WORK] * 3])
    own.clock.wait(61)
    later = replace(asked, at=own.clock.now)
    assert book.claim(later) == (Standing.NEW, later)
    book.keep(asked, Answer(201, {}, b"late"))
    book.keep(later, Answer(201, {"etag": '"x"'}, b"kept"))
    book.release(later)
    assert book.claim(later) == (Standing.ANSWERED, replace(later, answer=Answer(201, {"etag": '"x"'}, b"kept")))
    assert (book.forget(later.at), book.forget(own.clock.now.replace(year=2017))) == (0, 1)


def _run(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.fault(4)
def test_the_version_that_is_meant_is_part_of_a_request(own: Own, engine: Engine) -> None:
    """A correction of another version is another request; one out of date is not kept, as it may pass later."""
    first = own.post("observations", _ATTACK).json()["added"][0]
    own.clock.wait(60)
    second = own.post(f"observations/{first}/correct", {"value": 2, "reason": "counted"}).json()["after"]["id"]
    path, sent = f"observations/{first}/retract", {"reason": "twice"}
    before, now = ({"If-Match": f'"{name}"'} for name in (first, second))
    assert (own.post(path, sent, headers=_KEY | before).status_code, _rows(engine)) == (412, [])
    done = own.post(path, sent, headers=_KEY | now)
    assert done.json()["after"]["withdrawn"], done.text
    assert own.post(path, sent, headers=_KEY | before).json()["type"] == "urn:tocsin:problem:key-reused"
    assert own.post(path, sent, headers=_KEY | now).content == done.content
