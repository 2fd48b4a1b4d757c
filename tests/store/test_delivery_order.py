"""The outbox with the notices of alerts: in which order they go, what waits for a digest, and whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.alerting import Alarm, alarm
from support.alerts import START, alert_rule
from tocsin.domain.alert_rule import Severity
from tocsin.domain.delivery import Accepted, Destination, DestinationKind, Refused, Stage
from tocsin.domain.event import EventKind
from tocsin.domain.notice import NoticeKind
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
type Make = Callable[..., Alarm]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Make:
    """A store whose theater is watched by these rules."""
    return lambda *rules: alarm(engine, tmp_path, *rules)


def _digest(name: str) -> Destination:
    return Destination(name, DestinationKind.LOG, name, "", digest_every=_HOUR)


def _claimed(outbox: DeliveryShelf, world: Alarm, minutes: float) -> list[tuple[str, str]]:
    """What may be sent at an instant: kinds of notices, or `digest`, and to whom."""
    kinds = {kept.notice.id: kept.notice.kind.value for kept in world.book.notices("full")}
    found = outbox.claim(START + minutes * _MINUTE, 99)
    return [(kinds.get(item.message, "digest"), item.destination) for item in found]


def test_that_it_is_over_waits_until_that_it_fires_is_there_or_given_up(make: Make) -> None:
    """At that destination; a reminder waits for nothing, and another destination for nobody."""
    world = make(alert_rule(destinations=("hook", "desk"), repeat_every=2 * _MINUTE))
    outbox = DeliveryShelf(world.engine)
    world.publish(0.4)
    world.judge()
    held = {item.destination: item for item in outbox.claim(START, 9)}
    outbox.end(held["desk"], Accepted("200"), START, 0.5)
    for wait in (0.0, 0.0, 0.0):
        outbox.end(held["hook"], Refused("500"), START, wait)
    world.judge(START + 2 * _MINUTE)
    world.publish(0.1, START + 3 * _MINUTE)
    world.judge(START + 3 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.REMINDED, NoticeKind.RESOLVED]
    found = outbox.claim(START + 3 * _MINUTE, 1)  # that it fires goes first, and is under way
    assert [(item.message, item.destination) for item in found] == [(world.book.notices("full")[0].notice.id, "hook")]
    assert sorted(_claimed(outbox, world, 3)) == [("reminded", "desk"), ("reminded", "hook")]
    for item in found:
        outbox.end(item, Refused("410 Gone", hopeless=True), START + 3 * _MINUTE, 0.5)
    assert _claimed(outbox, world, 3) == []  # the reminders are still under way
    assert sorted(_claimed(outbox, world, 6)) == [("reminded", "desk"), ("reminded", "hook")]
    for item in outbox.claim(START + 9 * _MINUTE, 9):
        outbox.end(item, Accepted("200"), START + 9 * _MINUTE, 0.5)
    assert sorted(_claimed(outbox, world, 9)) == [("resolved", "desk"), ("resolved", "hook")]


def test_that_it_is_over_waits_for_the_digest_that_says_that_it_fires(make: Make) -> None:
    """Which is as little there as a notice that goes by itself."""
    world = make(alert_rule(destinations=("desk",)), alert_rule(id="other", destinations=("desk",)))
    outbox = DeliveryShelf(world.engine)
    DestinationShelf(world.engine).put(_digest("desk"), "admin", START)
    world.publish(0.4, START + _MINUTE)
    world.judge(START + _MINUTE)
    assert _claimed(outbox, world, 60) == [("digest", "desk")]
    world.publish(0.1, START + 61 * _MINUTE)
    world.judge(START + 61 * _MINUTE)
    (held,) = outbox.claim(START + 120 * _MINUTE, 9)
    assert outbox.message(held.message).subject == "2 notices: other fired, and 1 more"  # type: ignore[union-attr]
    outbox.end(held, Accepted("200"), START + 120 * _MINUTE, 0.5)
    assert _claimed(outbox, world, 120) == [("digest", "desk")]


@pytest.mark.parametrize(
    ("changes", "minutes", "told"),
    [
        ({"severity": Severity.CRITICAL}, 1, [("fired", "desk")]),
        ({"escalate_after": _MINUTE, "escalates_to": ("desk",)}, 2, [("escalated", "desk")]),
        ({}, 2, []),
    ],
)
def test_what_is_urgent_waits_for_no_digest(
    make: Make, changes: dict[str, object], minutes: int, told: list[tuple[str, str]]
) -> None:
    """A critical alert, and one that nobody has taken up."""
    world = make(alert_rule(destinations=("desk",), **changes))
    outbox = DeliveryShelf(world.engine)
    DestinationShelf(world.engine).put(_digest("desk"), "admin", START)
    world.publish(0.4, START + _MINUTE)
    for minute in (1, 2):
        world.judge(START + minute * _MINUTE)
    assert _claimed(outbox, world, minutes) == told


def test_a_digest_is_of_one_theater_and_its_failure_is_seen_there(make: Make) -> None:
    """By its trail and by the event; who may see another theater alone sees neither."""
    world = make(alert_rule(destinations=("desk",)), alert_rule(id="other", destinations=("desk",)))
    outbox = DeliveryShelf(world.engine)
    DestinationShelf(world.engine).put(_digest("desk"), "admin", START)
    world.publish(0.4, START + _MINUTE)
    world.judge(START + _MINUTE)
    (held,) = outbox.claim(START + _HOUR, 9)
    outbox.end(held, Refused("550", hopeless=True), START + _HOUR, 0.5)
    (dead,) = outbox.trails(["full"], stage=Stage.DEAD)
    assert (dead.delivery.message, dead.theater, dead.kind) == (held.message, "full", None)
    assert outbox.trails(["mali"]) == []
    (event,) = world.events.after(0, 99, [EventKind.DELIVERY_FAILED])
    assert event.theater == "full"
