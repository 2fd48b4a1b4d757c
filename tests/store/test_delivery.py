"""The outbox on a real database: nothing is sent by two at once, nothing is lost, what failed is there to be seen."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.alerts import START
from support.outbox import deliveries
from tocsin.domain.delivery import (
    GONE,
    LEASE,
    WAITS,
    Accepted,
    Delivery,
    Destination,
    DestinationKind,
    Message,
    Refused,
    Stage,
    claimed,
)
from tocsin.domain.event import EventKind
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf
from tocsin.store.engine import open_engine
from tocsin.store.event import EventShelf

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MESSAGE = Message("m1", START, "a test", "a test – só", "<p>a test</p>", {"test": True})
_HOOK = Destination("hook", DestinationKind.WEBHOOK, "Hook", "http://localhost", "whsec_x")
_BROKEN = Refused("500 Internal Server Error")
_REFUSED = (("c@desk.example", "550 5.1.1, for good"),)


@pytest.fixture
def outbox(engine: Engine) -> DeliveryShelf:
    """With a message to two destinations."""
    shelf = DeliveryShelf(engine)
    shelf.post(_MESSAGE, "hook")
    shelf.post(_MESSAGE, "desk")
    return shelf


def _one(outbox: DeliveryShelf, destination: str = "hook") -> Delivery:
    return next(item for item in deliveries(outbox, message="m1") if item.destination == destination)


def test_a_message_is_posted_once_to_each(outbox: DeliveryShelf) -> None:
    """However often it is asked for."""
    first = _one(outbox)
    assert outbox.post(replace(_MESSAGE, text="other"), "hook") == first
    assert outbox.message("m1") == _MESSAGE
    assert outbox.message("m2") is None
    assert [item.destination for item in deliveries(outbox)] == ["desk", "hook"]


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(outbox: DeliveryShelf) -> None:
    """Those that wait longest first, no more than asked for, and none before it is due."""
    assert outbox.claim(START - timedelta(microseconds=1), 9) == []
    (first,) = outbox.claim(START, 1)
    assert first == claimed(replace(first, claimed_until=None), START)
    (second,) = outbox.claim(START, 9)
    assert {first.destination, second.destination} == {"hook", "desk"}
    assert outbox.claim(START + LEASE - timedelta(microseconds=1), 9) == []
    assert len(outbox.claim(START + LEASE, 9)) == 2


def test_whoever_lost_the_lease_writes_nothing(outbox: DeliveryShelf) -> None:
    """Another process is at it, with the same id."""
    lost = outbox.claim(START, 9)
    later = START + LEASE
    held = outbox.claim(later, 9)
    assert [outbox.end(item, Accepted("200"), later, 0.5) for item in lost] == [None, None]
    ended = [outbox.end(item, Accepted("200"), later, 0.5) for item in held]
    assert [item.stage for item in ended if item is not None] == [Stage.DELIVERED, Stage.DELIVERED]
    assert [outbox.end(item, _BROKEN, later, 0.5) for item in held] == [None, None]
    assert deliveries(outbox, Stage.DELIVERED) == ended


def test_what_failed_is_due_again_later(outbox: DeliveryShelf) -> None:
    """With what was said, and without a claim."""
    found = {item.destination: item for item in outbox.claim(START, 9)}
    after = outbox.end(found["hook"], _BROKEN, START, 0.5)
    assert after == Delivery("m1", "hook", Stage.WAITING, 1, START + WAITS[0], None, START, _BROKEN.reason)
    assert _one(outbox) == after
    assert outbox.claim(START, 9) == []
    assert [item.destination for item in outbox.claim(START + WAITS[0], 9)] == ["hook"]


def test_what_was_given_up_is_told_and_can_be_sent_again(outbox: DeliveryShelf, engine: Engine) -> None:
    """By somebody whose name is kept; what was not given up cannot."""
    now = START
    assert outbox.send_again("m1", "hook", "ada", now) is None
    for _ in range(len(WAITS) + 1):
        now = max(now, _one(outbox).due_at)
        (held,) = [item for item in outbox.claim(now, 9) if item.destination == "hook"]
        outbox.end(held, _BROKEN, now, 0.5)
    assert [item.destination for item in deliveries(outbox, Stage.DEAD)] == ["hook"]
    again = outbox.send_again("m1", "hook", "ada", now)
    assert again == _one(outbox)
    assert again is not None
    assert again.is_due(now)
    told = EventShelf(engine).after(0, 99, [EventKind.DELIVERY_FAILED, EventKind.DELIVERY_REVIVED])
    assert [(event.kind, event.actor) for event in told] == [
        (EventKind.DELIVERY_FAILED, "delivery"),
        (EventKind.DELIVERY_REVIVED, "ada"),
    ]
    assert told[0].detail == {"destination": "hook", "attempts": len(WAITS) + 1, "why": _BROKEN.reason}


def test_a_receiver_that_is_gone_is_sent_nothing_until_it_is_set_anew(outbox: DeliveryShelf, engine: Engine) -> None:
    """What waits for it is shown as failed, and so is what comes."""
    shelf = DestinationShelf(engine)
    shelf.put(_HOOK, "admin", START)
    outbox.post(replace(_MESSAGE, id="m2"), "hook")
    held = next(item for item in outbox.claim(START, 1) if item.destination == "desk")
    assert outbox.end(held, Accepted("200"), START, 0.5) is not None
    (held,) = outbox.claim(START, 1)
    assert outbox.end(held, Refused("410 Gone", gone=True), START, 0.5) is not None
    assert shelf.destinations() == [replace(_HOOK, gone=True)]
    outbox.post(replace(_MESSAGE, id="m3"), "hook")
    assert [(item.message, item.last_word) for item in deliveries(outbox, Stage.DEAD)] == [
        ("m1", "410 Gone"),
        ("m2", GONE),
        ("m3", GONE),
    ]
    assert len(EventShelf(engine).after(0, 99, [EventKind.DELIVERY_FAILED])) == 3
    shelf.put(_HOOK, "admin", START)
    assert outbox.post(replace(_MESSAGE, id="m4"), "hook").stage is Stage.WAITING


def test_a_receiver_that_is_gone_says_nothing_of_the_one_that_was_set_meanwhile(
    outbox: DeliveryShelf, engine: Engine
) -> None:
    """The attempt has failed, and the next one goes to the new one."""
    shelf = DestinationShelf(engine)
    shelf.put(_HOOK, "admin", START)
    for changed in (replace(_HOOK, address="http://127.0.0.1"), replace(_HOOK, secret="whsec_y")):  # noqa: S106 (none)
        held = next(item for item in outbox.claim(START, 9) if item.destination == "hook")
        shelf.put(changed, "admin", START)
        after = outbox.end(held, Refused("410 Gone", gone=True), START, 0.5, _HOOK)
        assert after is not None
        assert (after.stage, shelf.destinations()) == (Stage.WAITING, [changed])
        outbox.post(replace(_MESSAGE, id=f"again {changed.secret}"), "hook")


def test_who_has_a_message_and_who_refused_it_is_kept_from_attempt_to_attempt(outbox: DeliveryShelf) -> None:
    """Where it is given up and sent again, whoever refused it is asked anew, and whoever has it is not."""
    held = next(item for item in outbox.claim(START, 9) if item.destination == "hook")
    outbox.end(held, replace(_BROKEN, had=("a@desk.example",), refused=_REFUSED), START, 0.5)
    held = next(item for item in outbox.claim(START + timedelta(minutes=1), 9) if item.destination == "hook")
    assert (held.had, held.refused) == (("a@desk.example",), _REFUSED)
    outbox.end(held, replace(_BROKEN, had=("b@desk.example",), hopeless=True), START, 0.5)
    again = outbox.send_again("m1", "hook", "ada", START)
    assert again is not None
    assert _one(outbox).had == again.had == ("a@desk.example", "b@desk.example")
    assert _one(outbox).refused == again.refused == ()


def test_no_event_tells_where_a_destination_is_or_what_it_signs_with(engine: Engine) -> None:
    """An address may hold a secret too."""
    shelf = DestinationShelf(engine)
    shelf.put(replace(_HOOK, address="http://localhost/hidden-part"), "admin", START)
    assert shelf.remove("hook", "admin", START)
    assert not shelf.remove("hook", "admin", START)
    assert shelf.destinations() == []
    told = EventShelf(engine).after(0, 9)
    assert [event.kind for event in told] == [EventKind.DESTINATION_CHANGED] * 2
    assert not any(hidden in str(event.detail) for event in told for hidden in ("whsec", "hidden-part"))


def test_workers_at_once_get_each_delivery_once(outbox: DeliveryShelf, engine: Engine, url: str) -> None:
    """Four of them, as fast as they can."""
    for number in range(40):
        outbox.post(replace(_MESSAGE, id=f"n{number:02}"), "hook")
    taken: list[tuple[str, str]] = []
    begin = threading.Barrier(4)

    def work() -> None:
        mine = open_engine(url)
        begin.wait(30)
        for _ in range(42):  # more would be needed only if something came twice
            taken.extend((item.message, item.destination) for item in DeliveryShelf(mine).claim(START, 3))
        mine.dispose()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(taken) == len(set(taken)) == 42
    assert {item.claimed_until for item in deliveries(DeliveryShelf(engine))} == {START + LEASE}


def test_trails_say_what_is_delivered_and_are_given_a_page_at_a_time(engine: Engine) -> None:
    """Oldest first; by stage, destination, message and theater. What is no notice is of no theater."""
    outbox = DeliveryShelf(engine)
    for number, name in enumerate(("m1", "m2", "m3")):
        at = START + timedelta(minutes=number)
        outbox.post(Message(name, at, f"subject {name}", "t", "h", {}), "desk")
    trails = outbox.trails(None)
    assert [(item.delivery.message, item.subject, item.theater) for item in trails] == [
        ("m1", "subject m1", ""),
        ("m2", "subject m2", ""),
        ("m3", "subject m3", ""),
    ]
    assert outbox.trails(None, after=trails[0].place, limit=1) == [trails[1]]
    assert outbox.trails(None, message="m2") == [trails[1]]
    assert outbox.trails(None, destination="hook") == outbox.trails(None, stage=Stage.DEAD) == []
    assert outbox.trails(["full"]) == []
    assert outbox.counts() == {("desk", Stage.WAITING): 3}


def test_what_waits_for_a_digest_goes_as_one_message(engine: Engine) -> None:
    """Under one id, which stays at every attempt; what was tried before by itself stays by itself."""
    outbox, places = DeliveryShelf(engine), DestinationShelf(engine)
    hour = timedelta(hours=1)
    places.put(Destination("desk", DestinationKind.LOG, "d", "", digest_every=hour), "admin", START)
    for number, name in enumerate(("m1", "m2", "m3")):
        at = START + timedelta(minutes=1 + number)
        outbox.post(Message(name, at, f"subject {name}", f"text {name}\n", f"<p>{name}</p>", {"n": number}), "desk")
    assert outbox.claim(START + hour - timedelta(microseconds=1), 9) == []
    (first,) = outbox.claim(START + hour, 9)
    digest = outbox.message(first.message)
    assert digest is not None
    assert digest.subject == "3 notices: subject m1, and 2 more"
    assert [part in digest.text for part in ("text m1", "text m2", "text m3")] == [True] * 3
    assert [item["message"] for item in digest.data["notices"]] == ["m1", "m2", "m3"]  # type: ignore[attr-defined]
    assert {item.last_word for item in deliveries(outbox, Stage.BUNDLED)} == {first.message}
    assert outbox.claim(START + hour, 9) == []
    outbox.post(Message("m4", START + hour, "s", "t", "h", {}), "desk")
    killed_at = START + 2 * hour  # whoever had claimed it was killed; more has come in meanwhile
    again = outbox.claim(killed_at, 9)
    assert {item.message for item in again} == {first.message, "m4"}
    assert outbox.message(first.message) == digest


def test_one_message_is_no_digest(engine: Engine) -> None:
    """It goes as it is, under its own id."""
    outbox, places = DeliveryShelf(engine), DestinationShelf(engine)
    every = timedelta(minutes=10)
    places.put(Destination("desk", DestinationKind.LOG, "d", "", digest_every=every), "admin", START)
    outbox.post(Message("m1", START + timedelta(minutes=1), "s", "t", "h", {}), "desk")
    assert [item.message for item in outbox.claim(START + every, 9)] == ["m1"]
    assert deliveries(outbox, Stage.BUNDLED) == []
