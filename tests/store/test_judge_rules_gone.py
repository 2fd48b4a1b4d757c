"""Alerts whose rule is removed, comes back, asks something else or cannot be read; and clocks that are put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from support.alerting import Alarm, alarm, level
from support.alerts import START, alert_rule
from tocsin.domain.alert import Cause, Phase
from tocsin.domain.alert_rule import Staleness, Tripwire, Watched
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Collection
from tocsin.domain.notice import NoticeKind
from tocsin.domain.observation import Observation
from tocsin.store.delivery import DeliveryShelf
from tocsin.usecases.judge_alerts import judge_alerts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
type Make = Callable[..., Alarm]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Make:
    """A store whose theater is watched by these rules."""
    return lambda *rules: alarm(engine, tmp_path, *rules)


def test_an_alert_whose_rule_is_removed_is_withdrawn(make: Make) -> None:
    """Once, to everybody who was told that it fires, and the board shows it no more."""
    world = make(alert_rule(destinations=("desk",), escalate_after=_MINUTE, escalates_to=("chief",)))
    world.publish(0.4)
    world.judge()
    world.judge(START + _MINUTE)
    world.rules.clear()
    world.judge(START + 2 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.ESCALATED, NoticeKind.WITHDRAWN]
    assert world.causes()[-1] is Cause.WITHDRAWN
    kept = world.book.standing("full", START).alerts["rule"]
    assert (kept.alert.phase, kept.alert.rings, kept.condition) == (Phase.NORMAL, False, "")
    last = world.book.notices("full")[-1].notice.id
    outbox = DeliveryShelf(world.engine)
    assert [trail.delivery.destination for trail in outbox.trails(None, message=last)] == ["chief", "desk"]
    message = outbox.message(last)
    assert message is not None
    assert message.subject.endswith("its rule was removed, and nothing more is said of it")
    seen = world.events.last()
    world.judge(START + 3 * _MINUTE)
    assert world.events.last() == seen


def test_a_rule_that_comes_back_begins_with_what_stands(make: Make) -> None:
    """What crossed while there was no such rule is not told as of today."""
    rule = alert_rule()
    world = make(rule)
    world.publish(0.1)
    world.judge()
    world.rules.clear()
    world.judge(START + _MINUTE)
    for minute, probability in ((2, 0.4), (3, 0.1)):
        world.publish(probability, START + minute * _MINUTE)
    world.rules.append(rule)
    world.judge(START + 4 * _MINUTE)
    assert world.causes() == world.kinds() == []


def test_a_rule_that_asks_something_else_begins_with_what_stands(make: Make) -> None:
    """Its new question was not asked of what was stated while nobody judged."""
    world = make(alert_rule())
    world.publish(0.1)
    world.judge()
    for minute, probability in ((1, 0.25), (2, 0.1)):
        world.publish(probability, START + minute * _MINUTE)
    world.rules[0] = alert_rule(condition=level(0.2, 0.15))
    world.judge(START + 3 * _MINUTE)
    assert world.causes() == world.kinds() == []
    world.publish(0.25, START + 4 * _MINUTE)
    world.judge(START + 4 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED]


def test_an_alert_whose_rule_cannot_be_read_has_no_data(make: Make) -> None:
    """Whoever was told that it fires is told so, once, and that it goes on when the rule is mended."""
    rule = alert_rule()
    world = make(rule)
    world.publish(0.4)
    world.judge()
    for minute in (1, 2):
        judged = judge_alerts(world.theater, [], world.means, START + minute * _MINUTE, {"rule": "no such scenario"})
        assert judged.recorded
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.LOST]
    assert world.book.steps("full", 0, 99)[-1].transition.reading.why == "the rule cannot be read: no such scenario"
    world.judge(START + 3 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.LOST, NoticeKind.FOUND]


def test_a_clock_that_was_put_back_hides_nothing_that_was_stated_before(make: Make) -> None:
    """Neither what stands, though its instant lies ahead, nor what crossed and cleared before anybody judged it."""
    world = make(alert_rule(condition=level(0.2, 0.15)))
    world.publish(0.1, START + 5 * _HOUR)
    world.judge(START + _MINUTE)
    assert world.book.standing("full", START).alerts["rule"].read_through == 1
    world.publish(0.4, START + 6 * _HOUR)
    world.publish(0.1, START + 2 * _MINUTE)
    world.judge(START + 3 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED]


def test_a_tripwire_does_not_clear_because_nobody_looks_any_more(make: Make) -> None:
    """Where silence means nothing; somebody who has looked and seen nothing ends it."""
    rule = alert_rule(condition=Tripwire("field/attack", at_least=1, within_days=3))
    world = make(rule)
    occasional = [
        replace(item, collection=Collection.OCCASIONAL, since=None, coverage=None)
        if item.id == "field/attack"
        else item
        for item in world.theater.indicators
    ]
    world.theater = replace(world.theater, indicators=tuple(occasional))
    _report(world, 8, 1.0)
    world.judge(START)
    assert world.kinds() == [NoticeKind.FIRED]
    world.judge(START + 10 * _DAY)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.LOST]
    _report(world, 19, 0.0)
    world.judge(START + 10 * _DAY + 12 * _HOUR)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.LOST, NoticeKind.RESOLVED]


def test_a_feed_that_never_brought_anything_falls_silent(make: Make) -> None:
    """From when it was first asked; one that nobody asks, from when somebody began to wait for it."""
    rules = [
        alert_rule(id=name, condition=Staleness(Watched.FEED, name, 2 * _HOUR), pending_for=_MINUTE)
        for name in ("asked", "unasked")
    ]
    world = make(*rules)
    world.means.feeds.start("full/asked", START - _HOUR)
    for minutes in (0, 62, 63, 119, 121, 122, 600):
        world.judge(START + minutes * _MINUTE)
        told = {name: world.kinds(name) for name in ("asked", "unasked")}
        fires = [name for name, kinds in told.items() if kinds == [NoticeKind.FIRED]]
        assert fires == (["asked"] if minutes >= 63 else []) + (["unasked"] if minutes >= 122 else [])


def _report(world: Alarm, day: int, value: float) -> None:
    at = START.replace(day=day, hour=5)
    plain = Observation("", "field/attack", date(2016, 3, day), value, Grade("B", "2"), f"o{day}", "", "", "x", at)
    world.means.ledger.record([plain.named()])
