"""Judging alert rules on a real store: what is read, what is told, in which order, and what happens in a race."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

import pytest

from support.alerting import Alarm, alarm, level, race, say
from support.alerts import LEVEL, START, alert_rule
from support.damage import damage
from support.outbox import deliveries
from support.publications import stating_fit
from tocsin.domain.alert import Cause, Phase
from tocsin.domain.alert_rule import (
    ActiveHours,
    AlertRule,
    Change,
    Direction,
    Scale,
    Severity,
    SinceNotice,
    SinceWindow,
    Staleness,
    Tripwire,
    Watched,
)
from tocsin.domain.event import EventKind
from tocsin.domain.grading import Grade
from tocsin.domain.notice import Acknowledgement, NoticeKind, Quiet
from tocsin.domain.observation import Observation
from tocsin.domain.odds import Status
from tocsin.domain.silence import Silence
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.fit import FitShelf
from tocsin.usecases.judge_alerts import in_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from tocsin.domain.alert_rule import Condition
    from tocsin.domain.delivery import Message
    from tocsin.usecases.alert_ports import Occasion

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_ALL_DAY = frozenset(range(7))
type Make = Callable[..., Alarm]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Make:
    """A store whose theater is watched by these rules."""
    return lambda *rules: alarm(engine, tmp_path, *rules)


def _silence(*, rule: str = "*", minutes: int = 60) -> Silence:
    return Silence(f"of {rule}", "*", rule, "*", START, START + minutes * _MINUTE, "officer", "maintenance")


def test_a_crossing_is_told_to_everyone_a_rule_names(make: Make) -> None:
    """Once; with its steps, its publication, and its events."""
    world = make(alert_rule(destinations=("desk", "chief", "desk")))
    world.publish(0.1)
    assert world.judge().recorded
    assert world.kinds() == []
    stated = world.publish(0.4, START + _MINUTE)
    judged = world.judge(START + _MINUTE)
    assert judged.recorded
    assert [step.publication for step in world.book.steps("full", 0, 9)] == [stated.number] * 2
    assert world.causes() == [Cause.MET, Cause.LASTED]
    (kept,) = world.book.notices("full")
    assert (kept.notice.kind, kept.notice.at, kept.publication) == (NoticeKind.FIRED, START + _MINUTE, stated.number)
    outbox = DeliveryShelf(world.engine)
    assert [(item.message, item.destination) for item in deliveries(outbox)] == [
        (kept.notice.id, "chief"),
        (kept.notice.id, "desk"),
    ]
    message = outbox.message(kept.notice.id)
    assert message is not None
    assert message.subject == "rule fired"
    told = world.events.after(0, 99, [EventKind.ALERT_CHANGED, EventKind.ALERT_FIRED, EventKind.ALERT_TOLD])
    assert [event.kind for event in told] == [EventKind.ALERT_CHANGED, EventKind.ALERT_FIRED, EventKind.ALERT_TOLD]


def test_a_rule_that_names_nobody_goes_to_the_log(make: Make) -> None:
    """So that it is told somewhere."""
    world = make(alert_rule())
    world.publish(0.4)
    world.judge()
    assert [item.destination for item in deliveries(DeliveryShelf(world.engine))] == ["log"]


def test_judging_again_changes_nothing(make: Make) -> None:
    """Not a row and not an event, whatever the phase and whatever was published."""
    world = make(alert_rule(keep_firing_for=_MINUTE), alert_rule(id="other", condition=level(0.05, 0.01)))
    for minutes, probability, status in (
        (0, 0.4, Status.LIVE),
        (1, 0.1, Status.LIVE),
        (2, 0.4, Status.PRIOR_ONLY),
        (3, 0.4, Status.PROVISIONAL),
    ):
        at = START + minutes * _MINUTE
        world.publish(probability, at, status=status)
        assert world.judge(at).alerts
        last = world.events.last()
        again = world.judge(at)
        assert (dict(again.alerts), again.steps, again.tellings, again.recorded) == ({}, (), (), True)
        assert world.events.last() == last


def test_nothing_is_said_of_a_theater_in_which_nothing_was_ever_published(make: Make) -> None:
    """What was never there has not vanished, and a store on which only a worker ran is still empty."""
    world = make(alert_rule())
    judged = world.judge()
    assert (judged.recorded, judged.problems) == (True, {})
    assert world.book.standing("full", START).alerts == {}
    assert world.events.last() == 1  # the fit


def test_a_new_rule_begins_with_what_stands(make: Make) -> None:
    """What crossed and cleared before it was made is not told."""
    world = make()
    for minutes, probability in enumerate((0.4, 0.1, 0.4, 0.1)):
        world.publish(probability, START + minutes * _MINUTE)
    world.rules.append(alert_rule())
    world.judge(START + _HOUR)
    assert world.causes() == world.kinds() == []
    assert world.book.standing("full", START).alerts["rule"].read_through == 4


def test_what_crossed_and_cleared_while_nobody_judged_is_told(make: Make) -> None:
    """Each episode, once, and that it is over; also one that lasted long enough between two publications."""
    world = make(alert_rule(pending_for=5 * _MINUTE))
    world.publish(0.1)
    world.judge()
    for minutes, probability in ((10, 0.4), (20, 0.1), (30, 0.4), (34, 0.1), (40, 0.4), (50, 0.1)):
        world.publish(probability, START + minutes * _MINUTE)
    world.judge(START + _HOUR)
    lasted = [step.transition.at for step in world.book.steps("full", 0, 99) if step.transition.cause is Cause.LASTED]
    assert lasted == [START + 20 * _MINUTE, START + 50 * _MINUTE]
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED] * 2


def test_what_may_not_ring_is_read_once_and_not_again(make: Make) -> None:
    """The prior's own odds are no data, until the next statement; nothing flaps meanwhile."""
    world = make(alert_rule())
    world.publish(0.4)
    world.judge()
    world.publish(0.4, START + _MINUTE, status=Status.PRIOR_ONLY)
    for minutes in range(1, 5):
        world.judge(START + minutes * _MINUTE)
    assert world.causes()[2:] == [Cause.VANISHED]
    world.publish(0.4, START + _HOUR)
    world.judge(START + _HOUR)
    assert world.causes()[3:] == [Cause.RETURNED]
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.LOST, NoticeKind.FOUND]


def test_what_is_silenced_is_told_once_the_silence_is_over(make: Make) -> None:
    """And why nothing is said meanwhile is in the result."""
    world = make(alert_rule())
    world.silences.begin(_silence(), START)
    world.publish(0.4)
    assert world.judge().quiet == {"rule": Quiet.SILENCED}
    assert world.kinds() == []
    world.silences.end("of *", "chief", START + _MINUTE)
    assert world.judge(START + _MINUTE).quiet == {}
    assert world.kinds() == [NoticeKind.FIRED]


def test_what_inhibits_is_judged_before_what_it_inhibits(make: Make) -> None:
    """Whatever their names; where it is silenced itself, it quiets nobody."""
    first = alert_rule(id="z", condition=level(0.5, 0.4))
    second = alert_rule(id="a", inhibited_by=("z",))
    world = make(second, first)
    world.publish(0.6)
    assert world.judge().quiet == {"a": Quiet.INHIBITED}
    assert (world.kinds("z"), world.kinds("a")) == ([NoticeKind.FIRED], [])
    world.silences.begin(_silence(rule="z"), START)
    assert world.judge(START + _MINUTE).quiet == {"z": Quiet.SILENCED}
    assert world.kinds("a") == [NoticeKind.FIRED]


def test_rules_are_put_in_order_though_they_stand_in_a_circle() -> None:
    """No file may declare one; whatever comes, each rule is judged once."""
    chain = [alert_rule(id=name, inhibited_by=by) for name, by in (("a", ("b",)), ("b", ("c",)), ("c", ()))]
    assert [rule.id for rule in in_order(chain)] == ["c", "b", "a"]
    circle = [*chain[:2], replace(chain[2], inhibited_by=("a", "unknown"))]
    assert sorted(rule.id for rule in in_order(circle)) == ["a", "b", "c"]


def test_an_error_in_one_rule_keeps_no_other_from_being_judged(make: Make) -> None:
    """It is told, the rule is left as it was, and what it would inhibit is not quiet for it."""
    broken = alert_rule(id="broken", active=ActiveHours(_ALL_DAY, time(0), time(0), "No/Where"))
    world = make(broken, alert_rule(inhibited_by=("broken",)))
    world.publish(0.4)
    judged = world.judge()
    assert list(judged.problems) == ["broken"]
    assert "No/Where" in judged.problems["broken"]
    assert world.kinds() == [NoticeKind.FIRED]
    assert set(world.book.standing("full", START).alerts) == {"rule"}
    assert world.causes("broken") == []


def test_a_publication_that_cannot_be_read_keeps_no_other_rule_from_being_judged(make: Make) -> None:
    """Only those that are about odds wait until that is mended."""
    world = make(alert_rule(), alert_rule(id="stale", condition=Staleness(Watched.FIT, "", _HOUR)))
    world.publish(0.4)
    damage(world.engine, "UPDATE publication SET odds = '['")
    judged = world.judge()
    assert list(judged.problems) == ["rule"]
    assert world.kinds("stale") == [NoticeKind.FIRED]


def test_an_alert_that_cannot_be_put_into_words_is_told_without_them(make: Make) -> None:
    """That it rings, of which rule, and what was wrong: whoever waits for words waits for ever."""

    def fail(occasion: Occasion) -> None:
        raise KeyError(occasion.rule.id)

    world = make(alert_rule())
    world.publish(0.4)
    world.means = replace(world.means, compose=fail)  # type: ignore[arg-type]
    (telling,) = world.judge().tellings
    assert world.kinds() == [NoticeKind.FIRED]
    assert telling.message.subject == "warning: A rule: fires"
    assert "KeyError: 'rule'" in telling.message.text
    assert (telling.message.data["rule"], telling.message.data["kind"]) == ("rule", "fired")


def test_an_explanation_that_fails_keeps_nobody_from_being_told(make: Make) -> None:
    """Whatever was wrong with it."""
    occasions: list[Occasion] = []

    def fail(*_: object) -> None:
        raise MemoryError

    def keep(occasion: Occasion) -> Message:
        occasions.append(occasion)
        return say(occasion)

    world = make(alert_rule())
    world.means = replace(world.means, explain=fail, compose=keep)  # type: ignore[arg-type]
    for minutes, probability in enumerate((0.1, 0.4)):
        world.publish(probability, START + minutes * _MINUTE)
        world.judge(START + minutes * _MINUTE)
    assert world.kinds() == [NoticeKind.FIRED]
    assert [occasion.moved for occasion in occasions] == [None]


def test_a_lost_race_is_judged_anew(make: Make) -> None:
    """Both tell it once together; whoever loses finds it told."""
    world = make(alert_rule())
    world.publish(0.4)
    judged = race(world, world.judge)
    assert (judged.recorded, dict(judged.alerts)) == (True, {})
    assert world.kinds() == [NoticeKind.FIRED]
    assert world.causes() == [Cause.MET, Cause.LASTED]


def test_a_race_is_given_up_after_three_attempts(make: Make) -> None:
    """And said to be, so that whoever asked comes again; nothing of it was written."""
    world = make(alert_rule())
    world.publish(0.4)
    numbers = iter(range(9))

    def silence_another() -> None:
        world.silences.begin(_silence(rule=f"other {next(numbers)}"), START)

    judged = race(world, silence_another, times=3)
    assert not judged.recorded
    assert world.causes() == world.kinds() == []
    assert next(numbers) == 3
    assert race(world, silence_another, times=2).recorded


def test_whoever_judged_with_a_later_instant_knew_more(make: Make) -> None:
    """The loser of a race does not bring back what has been read since; a clock that was put back does not stop it."""
    world = make(alert_rule())
    world.publish(0.1, START - _MINUTE)
    world.judge(START - _MINUTE)
    world.publish(0.4)
    later = START + timedelta(seconds=2)

    def publish_and_judge() -> None:
        world.publish(0.1, later)
        world.judge(later)

    assert race(world, publish_and_judge).recorded
    assert world.causes() == [Cause.MET, Cause.LASTED, Cause.CLEARED, Cause.STAYED_CLEAR]
    world.rules.append(alert_rule(id="new"))
    world.judge(START)
    assert "new" not in world.book.standing("full", START).alerts
    world.judge(START - _HOUR)
    world.judge(later - _HOUR)
    assert world.causes()[4:] == []


def test_an_acknowledgement_that_comes_in_a_race_is_heeded(make: Make) -> None:
    """Nobody is reminded of what somebody has just taken up."""
    world = make(alert_rule(repeat_every=5 * _MINUTE))
    world.publish(0.4)
    world.judge()
    late = START + 5 * _MINUTE
    held = Acknowledgement(1, "officer", late, None, "looking")
    assert race(world, lambda: world.book.acknowledge("full", "rule", held), late).recorded
    assert world.kinds() == [NoticeKind.FIRED]


def test_an_escalation_goes_to_those_it_is_for_and_they_hear_the_end(make: Make) -> None:
    """Besides those who were told first."""
    world = make(alert_rule(destinations=("desk",), escalate_after=5 * _MINUTE, escalates_to=("chief",)))
    world.publish(0.4)
    for minutes in (0, 5):
        world.judge(START + minutes * _MINUTE)
    world.publish(0.1, START + 6 * _MINUTE)
    world.judge(START + 6 * _MINUTE)
    outbox = DeliveryShelf(world.engine)
    to = [
        {item.destination for item in deliveries(outbox, message=kept.notice.id)} for kept in world.book.notices("full")
    ]
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.ESCALATED, NoticeKind.RESOLVED]
    assert to == [{"desk"}, {"chief"}, {"desk", "chief"}]


def test_a_rule_whose_condition_is_another_now_is_read_anew(make: Make) -> None:
    """It fires until that is read; what was met before does not count toward it."""
    world = make(alert_rule(pending_publications=3))
    for minutes in range(3):
        world.publish(0.4, START + minutes * _MINUTE)
        world.judge(START + minutes * _MINUTE)
    assert world.causes() == [Cause.MET, Cause.LASTED]
    world.rules[0] = replace(world.rules[0], condition=replace(LEVEL, at=0.5, clear_at=0.35))
    world.judge(START + 3 * _MINUTE)
    kept = world.book.standing("full", START).alerts["rule"]
    assert (kept.alert.phase, kept.alert.met_count, kept.condition) == (Phase.FIRING, 0, world.rules[0].condition_key)
    world.publish(0.3, START + 4 * _MINUTE)
    world.judge(START + 4 * _MINUTE)
    assert world.causes()[2:] == [Cause.CLEARED, Cause.STAYED_CLEAR]


def test_a_change_is_held_to_what_stood_then(make: Make) -> None:
    """A day before the instant of which a publication is read, though it is read late; and against the last notice."""
    change = Change("offensive", 30, 0.05, Scale.POINTS, Direction.UP, SinceWindow(timedelta(days=1)))
    told = replace(change, baseline=SinceNotice())
    world = make(alert_rule(condition=change), alert_rule(id="told", condition=told))
    for hours, probability in ((0, 0.2), (23, 0.3), (25, 0.3), (47, 0.3), (50, 0.3)):
        world.publish(probability, START + hours * _HOUR)
        if not hours:
            world.judge()
    world.judge(START + 50 * _HOUR)
    crossings = [
        (step.publication, step.transition.at - START, step.transition.cause)
        for step in world.book.steps("full", 0, 99, "rule")
        if step.transition.cause in {Cause.LASTED, Cause.STAYED_CLEAR}
    ]
    # The second had nothing to be compared with at first, and what stood until the third was still the second.
    assert crossings == [(2, 25 * _HOUR, Cause.LASTED), (3, 47 * _HOUR, Cause.STAYED_CLEAR)]
    assert world.causes("told").count(Cause.LASTED) == 1


def _report(world: Alarm, day: int, **changes: object) -> None:
    """An attack on a day of March, known at noon of it."""
    at = START.replace(day=day, hour=12)
    plain = Observation("", "field/attack", date(2016, 3, day), 1.0, Grade("B", "2"), f"o{day}", "", "", "x", at)
    world.means.ledger.record([replace(plain, **changes).named()])  # type: ignore[arg-type]


def test_a_tripwire_counts_as_threshold_rules_do(make: Make) -> None:
    """One report an origin, those that are likelier right than wrong, of the days up to today."""
    world = make(alert_rule(condition=Tripwire("field/attack", at_least=3, within_days=3)))
    evening = START.replace(day=9, hour=18)
    _report(world, 6)
    _report(world, 7)
    _report(world, 8)
    _report(world, 8, origin="doubtful", grade=Grade("E", "5"))
    _report(world, 7, summary="an echo")
    world.judge(evening)
    (kept,) = world.book.standing("full", START).alerts.values()
    assert (world.causes(), kept.alert.mark > 0, kept.read_through) == ([], True, 0)
    _report(world, 9)
    world.judge(evening)
    assert world.kinds() == [NoticeKind.FIRED]
    assert world.book.notices("full")[0].publication is None
    world.judge(evening + timedelta(days=1))
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED]


def test_a_total_that_reaches_into_a_window_counts_only_beyond_its_incidents(make: Make) -> None:
    """Also where those lie before the window."""
    world = make(alert_rule(condition=Tripwire("field/attack", at_least=2, within_days=1)))
    _report(world, 7)
    _report(world, 8)
    _report(world, 7, value=3.0, through=date(2016, 3, 9), origin="total", recorded_at=START.replace(day=9, hour=17))
    world.judge(START.replace(day=9, hour=18))
    assert world.causes() == []
    world.rules[0] = alert_rule(condition=Tripwire("field/attack", at_least=1, within_days=1))
    world.judge(START.replace(day=9, hour=18))
    assert world.causes() == [Cause.MET, Cause.LASTED]


def test_a_fit_grows_stale_and_a_new_one_ends_it(make: Make, engine: Engine, tmp_path: Path) -> None:
    """By the instant whose evidence it saw."""
    world = make(alert_rule(condition=Staleness(Watched.FIT, "", 48 * _HOUR)))
    fitted = stating_fit()
    world.judge(fitted.as_of + 48 * _HOUR)
    assert world.causes() == []
    world.judge(fitted.as_of + 49 * _HOUR)
    assert world.kinds() == [NoticeKind.FIRED]
    at = fitted.as_of + 50 * _HOUR
    newer = replace(fitted, id="e" * 16, recipe="e" * 64, as_of=at, recorded_at=at)
    FitShelf(engine, tmp_path / "fits").save(newer, b"draws", "test")
    world.judge(at)
    assert world.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED]


def test_a_feed_falls_silent(make: Make) -> None:
    """By when it last brought something new."""
    world = make(alert_rule(condition=Staleness(Watched.FEED, "wire", 2 * _HOUR)))
    world.means.feeds.start("full/wire", START)
    with world.means.feeds.page("full/wire") as page:
        page.advance("1", START, brought=True)
    world.judge(START + 2 * _HOUR)
    assert world.causes() == []
    world.judge(START + 3 * _HOUR)
    assert world.kinds() == [NoticeKind.FIRED]


@pytest.mark.parametrize(
    ("since", "reported", "late"),
    [
        (date(2015, 1, 1), (), True),  # nothing was ever reported
        (None, (), True),
        (date(2016, 3, 20), (), False),  # it has only just begun
        (date(2016, 3, 20), (5,), True),  # though something was reported before
        (date(2015, 1, 1), (5,), True),
        (date(2015, 1, 1), (5, 20), False),
        (date(2015, 1, 1), (16,), False),  # due today: every 7 days, a day later
        (date(2015, 1, 1), (15,), True),
    ],
)
def test_an_indicator_is_overdue_as_its_own_file_says(
    make: Make, since: date | None, reported: tuple[int, ...], *, late: bool
) -> None:
    """On 24 March; no more of the ledger is read than decides it."""
    world = make(alert_rule(condition=Staleness(Watched.INDICATOR, "field/attack", None)))
    watched = replace(world.theater.indicator("field/attack"), expect_every_days=7, since=since)
    rest = tuple(item for item in world.theater.indicators if item.id != watched.id)
    world.theater = replace(world.theater, indicators=(watched, *rest))
    for day in reported:
        _report(world, day)
    world.judge(START.replace(day=24, hour=18))
    assert (world.kinds() == [NoticeKind.FIRED]) is late


def test_rules_of_every_kind_are_judged_together(make: Make) -> None:
    """One transaction, and the severity decides nothing of it."""
    conditions: list[Condition] = [LEVEL, Staleness(Watched.FIT, "", _HOUR), Tripwire("field/attack", 1, 7)]
    rules = [
        alert_rule(id=f"r{number}", condition=condition, severity=severity)
        for number, (condition, severity) in enumerate(zip(conditions, Severity, strict=True))
    ]
    world = make(*rules)
    world.publish(0.4)
    _report(world, 8)
    judged = world.judge()
    assert {telling.rule for telling in judged.tellings} == {"r0", "r1", "r2"}
    assert [kept.rule for kept in world.book.notices("full")] == ["r0", "r1", "r2"]


def test_two_rules_of_one_id_are_one() -> None:
    """The last of them."""
    first, second = alert_rule(title="first"), alert_rule(title="second")
    found: tuple[AlertRule, ...] = in_order([first, second])
    assert found == (second,)
