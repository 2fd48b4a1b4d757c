"""The courier: what is due is sent once, slow receivers hold up nobody else, and nothing that fails is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from support.messages import MESSAGE
from support.outbox import deliveries
from support.processes import wait_until
from tocsin.domain.delivery import (
    LEASE,
    THE_LOG,
    WAITS,
    Accepted,
    Delivery,
    Destination,
    DestinationKind,
    Message,
    Outcome,
    Refused,
    Stage,
)
from tocsin.domain.errors import StoreError
from tocsin.jobs.courier import AT_ONCE, AT_ONCE_EACH, Courier
from tocsin.jobs.runner import in_a_thread
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf
from tocsin.usecases.deliver import UNKNOWN, DeliveryMeans

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

pytestmark = pytest.mark.fault(15)

_PATIENCE_SECONDS = 20.0


@dataclass
class Receivers:
    """A channel whose receivers say what they are told to say; those without a word accept.

    Attributes:
        answers: What each destination answers, or raises.
        closed: Those that answer only once `opened` is set.
        got: Destination and message id of each attempt, as it began.
    """

    answers: dict[str, Outcome | Exception] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    opened: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[str, str]] = field(default_factory=list)

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:  # noqa: ARG002
        """Note the attempt, and answer."""
        self.got.append((destination.id, message.id))
        if destination.id in self.closed:
            assert self.opened.wait(_PATIENCE_SECONDS)
        answer = self.answers.get(destination.id, Accepted("200 OK"))
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Desk:
    """A store with destinations, its courier, and a clock that stands still."""

    outbox: DeliveryShelf
    destinations: DestinationShelf
    receivers: Receivers = field(default_factory=Receivers)
    now: datetime = MESSAGE.at
    courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        """Put the courier together."""
        self.courier = self.another()

    def another(self, outbox: DeliveryShelf | None = None) -> Courier:
        """A courier on this store."""
        channels = dict.fromkeys(DestinationKind, self.receivers)
        means = DeliveryMeans(outbox or self.outbox, self.destinations, channels, lambda: self.now, lambda: 0.5)
        return Courier(means, in_a_thread)

    def knows(self, *names: str) -> None:
        """Set webhooks of these ids."""
        for name in names:
            there = Destination(name, DestinationKind.WEBHOOK, name, "http://127.0.0.1", "whsec_x")
            self.destinations.put(there, "test", self.now)

    def post(self, name: str, count: int = 1) -> None:
        """Put so many messages to a destination on their way."""
        for number in range(count):
            self.outbox.post(replace(MESSAGE, id=f"{name}{number}"), name)

    def stages(self) -> dict[str, Stage]:
        """How each message stands."""
        return {item.message: item.stage for item in deliveries(self.outbox)}

    def one(self, message: str) -> Delivery:
        """The delivery of a message."""
        (found,) = deliveries(self.outbox, message=message)
        return found

    def look(self, courier: Courier | None = None) -> None:
        """Look, and wait until all attempts have ended."""
        at_work = courier or self.courier
        at_work.look()
        until(lambda: not at_work.at_work)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    wait_until(holds, _PATIENCE_SECONDS, "what was to come about")


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """With one destination, that takes everything."""
    made = Desk(DeliveryShelf(engine), DestinationShelf(engine))
    made.knows("hook")
    return made


def test_what_is_due_is_sent_once(desk: Desk) -> None:
    """And what is not due yet is not."""
    desk.post("hook", 3)
    desk.now -= timedelta(seconds=1)
    desk.look()
    assert desk.receivers.got == []
    desk.now += timedelta(seconds=1)
    for _ in range(3):
        desk.look()
    assert sorted(desk.receivers.got) == [("hook", "hook0"), ("hook", "hook1"), ("hook", "hook2")]
    assert set(desk.stages().values()) == {Stage.DELIVERED}
    assert desk.one("hook0").last_word == "200 OK"


def test_two_couriers_send_each_message_once(desk: Desk) -> None:
    """Of two processes one gets it."""
    desk.post("hook", 30)
    other = desk.another()
    threads = [threading.Thread(target=courier.look) for courier in (desk.courier, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE_SECONDS)
    # Whoever has sent its last looks for another, and must not find the store closed.
    until(lambda: not desk.courier.at_work + other.at_work)
    assert set(desk.stages().values()) == {Stage.DELIVERED}
    assert len(desk.receivers.got) == len(set(desk.receivers.got)) == 30


def test_a_slow_receiver_holds_up_nobody_else(desk: Desk) -> None:
    """It has two attempts at a time, however many messages wait for it, and however long they have."""
    desk.knows("slow")
    desk.receivers.closed = {"slow"}
    desk.post("slow", 2 * AT_ONCE)
    desk.now += timedelta(seconds=1)
    desk.outbox.post(replace(MESSAGE, id="later", at=desk.now), "hook")
    desk.courier.look()
    until(lambda: desk.stages()["later"] is Stage.DELIVERED)
    assert [name for name, _ in desk.receivers.got].count("slow") == AT_ONCE_EACH
    desk.receivers.opened.set()
    until(lambda: not desk.courier.at_work)
    assert set(desk.stages().values()) == {Stage.DELIVERED}


def test_no_more_are_at_work_than_there_is_room_for(desk: Desk) -> None:
    """What is over goes on with the next by itself."""
    names = [f"slow{number}" for number in range(AT_ONCE)]
    desk.knows(*names)
    desk.receivers.closed = set(names)
    for name in names:
        desk.post(name, 2)
    desk.courier.look()
    desk.courier.look()
    until(lambda: len(desk.receivers.got) == AT_ONCE)
    assert desk.courier.at_work == AT_ONCE
    assert len(desk.outbox.claim(desk.now, 99)) == AT_ONCE  # the other half waits, and is free for others
    desk.receivers.opened.set()
    until(lambda: not desk.courier.at_work)


def test_what_is_refused_is_tried_again_when_it_is_due(desk: Desk) -> None:
    """With the same id, after the first wait."""
    desk.receivers.answers = {"hook": Refused("500 Internal Server Error")}
    desk.post("hook")
    desk.look()
    waiting = desk.one("hook0")
    assert (waiting.stage, waiting.attempts, waiting.due_at) == (Stage.WAITING, 1, desk.now + WAITS[0])
    assert waiting.last_word == "500 Internal Server Error"
    desk.look()
    assert len(desk.receivers.got) == 1
    desk.now += WAITS[0]
    desk.receivers.answers = {}
    desk.look()
    assert desk.receivers.got == 2 * [("hook", "hook0")]
    assert desk.one("hook0").stage is Stage.DELIVERED


def test_a_fault_of_a_channel_counts_as_an_attempt_and_repeats_nothing_of_it(desk: Desk) -> None:
    """Otherwise it would be tried for ever without a trace; its words may hold a secret."""
    desk.receivers.answers = {"hook": RuntimeError("whsec_x at http://127.0.0.1")}
    desk.post("hook")
    desk.look()
    failed = desk.one("hook0")
    assert (failed.stage, failed.attempts) == (Stage.WAITING, 1)
    assert failed.last_word == "this channel failed by a fault of its own (RuntimeError)"


def test_a_destination_that_nobody_has_set_is_waited_for(desk: Desk) -> None:
    """A rule may name it before an admin sets it; what was told meanwhile arrives."""
    desk.post("board")
    desk.look()
    assert (desk.one("board0").stage, desk.one("board0").last_word) == (Stage.WAITING, UNKNOWN)
    desk.knows("board")
    desk.now += WAITS[0]
    desk.look()
    assert desk.one("board0").stage is Stage.DELIVERED


def test_the_log_is_there_without_being_set(desk: Desk) -> None:
    """Rules that name no destination are told of there."""
    desk.post(THE_LOG.id)
    desk.look()
    assert desk.one("log0").stage is Stage.DELIVERED


def test_a_receiver_that_is_gone_is_sent_nothing_more(desk: Desk) -> None:
    """Also not what was claimed when it said so."""
    desk.receivers.answers = {"hook": Refused("410 Gone", gone=True)}
    desk.post("hook", 5)
    desk.look()
    assert 1 <= len(desk.receivers.got) <= AT_ONCE_EACH
    assert set(desk.stages().values()) == {Stage.DEAD}


def test_one_that_stops_begins_nothing_more_and_says_what_is_at_work(desk: Desk) -> None:
    """What it leaves is sent by another once the lease has ended."""
    desk.receivers.closed = {"hook"}
    desk.post("hook", AT_ONCE_EACH + 1)
    desk.courier.look()
    until(lambda: len(desk.receivers.got) == AT_ONCE_EACH)
    assert not desk.courier.stop(0.0)
    desk.receivers.opened.set()
    assert desk.courier.stop(_PATIENCE_SECONDS)
    desk.courier.look()
    assert len(desk.receivers.got) == AT_ONCE_EACH
    desk.look(desk.another())
    assert set(desk.stages().values()) == {Stage.DELIVERED}


class _Away(DeliveryShelf):
    """The store is away when what came of an attempt is to be written."""

    def end(self, *_: object) -> Delivery | None:
        """It cannot be."""
        problem = "the store is away"
        raise StoreError(problem)


def test_an_attempt_whose_outcome_is_not_on_record_is_made_again_with_the_same_id(desk: Desk, engine: Engine) -> None:
    """Once its lease has ended, and it is told; nothing else may be sent twice."""
    desk.post("hook")
    with capture_logs() as told:
        desk.look(desk.another(_Away(engine)))
    assert [entry["log_level"] for entry in told] == ["warning"]
    desk.look()
    assert desk.receivers.got == [("hook", "hook0")]
    desk.now += LEASE
    desk.look()
    assert desk.receivers.got == 2 * [("hook", "hook0")]
    assert desk.one("hook0").stage is Stage.DELIVERED
