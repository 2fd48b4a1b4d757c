"""Rules on moves since the last notice: each is told once, however long it has to wait; and from where odds came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.alerting import Alarm, alarm, level, say
from support.alerts import START, alert_rule
from tocsin.domain.alert import Cause, Phase
from tocsin.domain.alert_rule import AlertRule, Change, Direction, Scale, SinceNotice, SinceWindow
from tocsin.domain.notice import NoticeKind
from tocsin.domain.silence import Silence
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from tocsin.domain.alert_rule import Baseline
    from tocsin.domain.delivery import Message
    from tocsin.usecases.alert_ports import Occasion

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
type Make = Callable[..., Alarm]


def _moves(baseline: Baseline | None = None, **changes: object) -> AlertRule:
    condition = Change("offensive", 30, 0.1, Scale.POINTS, Direction.EITHER, baseline or SinceNotice())
    return alert_rule(**{"condition": condition, "keep_firing_for": _DAY, **changes})


def _silence(begin: int, end: int) -> Silence:
    return Silence(f"s{begin}", "*", "*", "*", START + begin * _MINUTE, START + end * _MINUTE, "officer", "an exercise")


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Make:
    """A store whose theater is watched by these rules."""
    return lambda *rules: alarm(engine, tmp_path, *rules)


def _go_through(world: Alarm, *stated: float) -> None:
    """State odds, one a minute, each judged at once."""
    for minute, probability in enumerate(stated):
        world.publish(probability, START + minute * _MINUTE)
        world.judge(START + minute * _MINUTE)


def test_a_move_in_a_silence_is_told_when_the_silence_ends(make: Make) -> None:
    """However many looks there were in between, and measured from what was told before."""
    world = make(_moves())
    world.silences.begin(_silence(1, 4), START)
    _go_through(world, 0.2, 0.4, 0.4, 0.41)
    assert world.kinds() == []
    world.judge(START + 4 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED]
    assert world.book.standing("full", START).alerts["rule"].alert.phase is Phase.RECOVERING


def test_a_move_that_is_taken_back_in_a_silence_is_not_told(make: Make) -> None:
    """The odds are where whoever was told last knows them to be."""
    world = make(_moves())
    world.silences.begin(_silence(1, 4), START)
    _go_through(world, 0.2, 0.4, 0.2, 0.2)
    world.judge(START + 4 * _MINUTE)
    assert world.kinds() == []


def test_a_move_is_not_over_in_the_look_that_tells_it(make: Make) -> None:
    """Also where nobody judged while it came: whoever is told can still take it up."""
    world = make(_moves())
    for minute, probability in enumerate((0.2, 0.4, 0.41)):
        world.publish(probability, START + minute * _MINUTE)
        if not minute:
            world.judge()
    world.judge(START + 3 * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED]
    assert world.book.standing("full", START).alerts["rule"].alert.rings
    last = world.events.last()
    world.judge(START + 3 * _MINUTE)
    assert world.events.last() == last
    world.judge(START + 3 * _MINUTE + _DAY)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED]


def test_the_next_move_is_another_alert_while_the_last_one_is_kept(make: Make) -> None:
    """With a notice of its own."""
    world = make(_moves())
    _go_through(world, 0.2, 0.4, 0.42, 0.6)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.FIRED]
    assert [kept.notice.episode for kept in world.book.notices("full")] == [1, 2]
    assert world.causes()[-3:] == [Cause.MOVED_ON, Cause.LASTED, Cause.TOLD]


@settings(max_examples=60, deadline=None)
@given(
    stated=st.lists(st.tuples(st.integers(2, 18), st.booleans()), min_size=1, max_size=10),
)
def test_every_move_is_told_at_the_first_moment_at_which_it_may_be(
    stated: list[tuple[int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By looking back: where nothing forbids it and the odds lie as far from those of the last notice."""
    folder = tmp_path_factory.mktemp("moves")
    url = f"sqlite:///{folder}/tocsin.db"
    upgrade(url)
    engine = open_engine(url)
    try:
        world = alarm(engine, folder, _moves())
        expected, base = [], None
        for minute, (twentieths, silenced) in enumerate(stated):
            at, probability = START + minute * _MINUTE, twentieths / 20
            world.publish(probability, at)
            if silenced:
                world.silences.begin(_silence(minute, minute + 1), at)
            world.judge(at)
            base = probability if base is None else base
            # A twentieth is half of what rings, so none lies so near the line that noise would decide.
            if not silenced and abs(probability - base) > 0.12:
                expected.append(at)
                base = probability
        fired = [kept.notice.at for kept in world.book.notices("full") if kept.notice.kind is NoticeKind.FIRED]
        assert fired == expected
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("rule", "stated", "came"),
    [
        (alert_rule(condition=level(0.3, 0.2), pending_publications=2), (0.1, 0.15, 0.35, 0.4), [(2, 4)]),
        (alert_rule(condition=level(0.3, 0.2)), (0.1, 0.4, 0.5, 0.1), [(1, 2), (2, 4)]),
        (_moves(), (0.2, 0.25, 0.26, 0.4), [(1, 4)]),
        (_moves(SinceWindow(3 * _MINUTE)), (0.2, 0.25, 0.25, 0.26, 0.4), [(2, 5)]),
        (alert_rule(condition=level(0.3, 0.2)), (0.4,), [(0, 1)]),
    ],
    ids=["before it was met", "since the last notice", "the last notice's", "the window's", "nothing before"],
)
def test_a_notice_says_from_where_the_odds_came(
    make: Make, rule: AlertRule, stated: tuple[float, ...], came: list[tuple[int, int]]
) -> None:
    """By the numbers of the two publications; 0 for none."""
    occasions: list[Occasion] = []

    def keep(occasion: Occasion) -> Message:
        occasions.append(occasion)
        return say(occasion)

    world = make(rule)
    world.means = replace(world.means, compose=keep)
    _go_through(world, *stated)
    told = [
        (item.before.number if item.before else 0, item.publication.number) for item in occasions if item.publication
    ]
    assert told == came
