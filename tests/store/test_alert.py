"""The record of alerts on a real database: all of what was judged, or nothing of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from support.alerting import Alarm, alarm
from support.alerts import START, alert_rule
from support.databases import ONLY_SQLITE
from support.outbox import deliveries
from tocsin.domain.alert import Alert, Cause, Phase, Point, Reading, Sign, Transition
from tocsin.domain.delivery import Destination, DestinationKind, Message, Stage
from tocsin.domain.errors import StoreError
from tocsin.domain.event import EventKind
from tocsin.domain.notice import Acknowledgement, Assignment, Notice, NoticeKind, Told
from tocsin.domain.silence import Silence
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.destination import DestinationShelf
from tocsin.store.engine import writing
from tocsin.usecases.alert_ports import AlertStep, Judged, KeptAlert, Telling

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

_MINUTE = timedelta(minutes=1)
_ODD = START + timedelta(microseconds=1)
_READING = Reading(Sign.MET, "above – beyond doubt", 1, 0.1 + 0.2, 0.3, 5e-324, Point(0.1 + 0.2, 1 / 3))
_TRIED = "destinations and all"
_SILENCE = Silence("s1", "fu*", "*", "*", START, START + 10 * _MINUTE, "officer", "maintenance")


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Alarm:
    """One rule, one publication."""
    made = alarm(engine, tmp_path, alert_rule())
    made.publish(0.4)
    return made


def _judged(world: Alarm, *names: str, seen_at: datetime = START) -> Judged:
    """A step and a notice of a rule, as after the first look."""
    alert = Alert(Phase.FIRING, _ODD, START, 2, None, 1, None, 1, Point(0.1 + 0.2, 1 / 3))
    told = Told(1, _ODD, _ODD, lost=True, count=1)
    step = AlertStep("full", "rule", 1, Transition(Phase.NORMAL, Phase.PENDING, Cause.MET, _ODD, _READING), 1)
    notice = Notice("n1", NoticeKind.FIRED, 1, _ODD)
    message = Message("n1", _ODD, "it fires", "it fires – now", "<p>it fires</p>", {"odds": 0.1 + 0.2})
    return Judged(
        now=_ODD,
        seen=world.book.standing("full", seen_at),
        alerts={"rule": KeptAlert(alert, told, "key", _ODD, read_through=1)},
        steps=(step,),
        tellings=(Telling("full", "rule", notice, 1, message, names or ("desk", "chief")),),
    )


def _kinds(world: Alarm) -> list[EventKind]:
    return [event.kind for event in world.events.after(2, 100)]  # after the fit and the publication


def test_what_was_judged_is_read_back_to_the_last_bit(world: Alarm) -> None:
    """State, step, notice, message and deliveries, and their events in that order."""
    judged = _judged(world)
    assert world.book.record("full", judged)
    assert world.book.standing("full", START).alerts == {"rule": replace(judged.alerts["rule"], version=1)}
    assert world.book.steps("full", 0, 9) == [replace(judged.steps[0], number=1)]
    (kept,) = world.book.notices("full", "rule")
    assert (kept.notice, kept.publication) == (judged.tellings[0].notice, 1)
    outbox = DeliveryShelf(world.engine)
    assert outbox.message("n1") == judged.tellings[0].message
    assert [(item.destination, item.due_at, item.stage) for item in deliveries(outbox)] == [
        ("chief", _ODD, Stage.WAITING),
        ("desk", _ODD, Stage.WAITING),
    ]
    assert _kinds(world) == [EventKind.ALERT_CHANGED, EventKind.ALERT_TOLD]
    assert world.book.standing("other", START).alerts == {}
    assert (
        world.book.steps("full", 1, 9) == world.book.steps("other", 0, 9) == world.book.notices("full", "other") == []
    )


def test_the_last_step_of_each_alert_is_told(world: Alarm) -> None:
    """By rule, and of no other theater."""
    judged = _judged(world)
    (first,) = judged.steps
    fired = replace(first.transition, before=Phase.PENDING, after=Phase.FIRING, cause=Cause.LASTED)
    other = replace(first, rule="other")
    world.book.record("full", replace(judged, steps=(first, other, replace(first, transition=fired))))
    assert {rule: step.transition.cause for rule, step in world.book.last_steps("full").items()} == {
        "rule": Cause.LASTED,
        "other": Cause.MET,
    }
    assert world.book.last_steps("nowhere") == {}


def test_of_two_that_decided_on_one_state_the_second_writes_nothing(world: Alarm) -> None:
    """Not a row, and is told so."""
    first, second = _judged(world), _judged(world)
    assert world.book.record("full", first)
    assert not world.book.record("full", second)
    assert len(world.book.steps("full", 0, 9)) == len(world.book.notices("full")) == 1
    assert len(_kinds(world)) == 2
    assert world.book.standing("full", START).alerts["rule"].version == 1


def test_what_was_decided_without_a_silence_that_is_in_force_is_not_written(world: Alarm) -> None:
    """Nor with one that somebody has ended meanwhile."""
    blind = _judged(world)
    world.silences.begin(_SILENCE, START)
    assert not world.book.record("full", blind)
    seeing = _judged(world)
    assert seeing.seen.silences == (_SILENCE,)
    assert world.silences.end("s1", "chief", _ODD) == replace(_SILENCE, ends_at=_ODD)
    assert not world.book.record("full", seeing)
    assert world.book.record("full", _judged(world, seen_at=_ODD))


def test_a_failure_on_the_way_leaves_nothing_behind(world: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction holds all of it."""

    def fail(*_: object) -> None:
        raise OSError(_TRIED)

    judged = _judged(world)
    with monkeypatch.context() as patched:
        patched.setattr("tocsin.store.alert.write_events", fail)
        with pytest.raises(OSError, match=_TRIED):
            world.book.record("full", judged)
    assert world.book.standing("full", START).alerts == {}
    assert deliveries(DeliveryShelf(world.engine)) == world.book.notices("full") == []
    assert world.book.record("full", judged)


def test_an_acknowledgement_is_of_the_episode_that_goes_on(world: Alarm) -> None:
    """With author and event; what was judged without knowing of it does not stand any more."""
    said = Acknowledgement(1, "officer", START, START + _MINUTE, "looking")
    assert not world.book.acknowledge("full", "rule", said)
    assert world.book.record("full", _judged(world))
    assert not world.book.acknowledge("full", "rule", replace(said, episode=2))
    blind = _judged(world)
    assert world.book.acknowledge("full", "rule", said)
    assert not world.book.record("full", blind)
    again = replace(said, by="chief", until=None)
    assert world.book.acknowledge("full", "rule", again)
    assert world.book.standing("full", START).alerts["rule"].acknowledged == again
    assert world.book.acknowledgements("full", "rule") == [said, again]
    last = world.events.after(0, 100, [EventKind.ALERT_ACKNOWLEDGED])
    assert [(event.actor, event.subject, event.theater) for event in last] == [
        ("officer", "rule", "full"),
        ("chief", "rule", "full"),
    ]


def test_an_alert_that_is_over_cannot_be_acknowledged(world: Alarm) -> None:
    """There is nothing to have in hand."""
    judged = _judged(world)
    over = replace(judged.alerts["rule"], alert=replace(judged.alerts["rule"].alert, phase=Phase.NORMAL))
    assert world.book.record("full", replace(judged, alerts={"rule": over}))
    assert not world.book.acknowledge("full", "rule", Acknowledgement(1, "officer", START, None, ""))


def test_a_silence_says_who_and_why_and_ends_once(world: Alarm) -> None:
    """It is of a theater where it names one, and of several where it has a pattern."""
    here = replace(_SILENCE, id="s2", theater="full", ends_at=START + _MINUTE)
    world.silences.begin(_SILENCE, START)
    world.silences.begin(here, START)
    assert world.silences.silences(START) == [here, _SILENCE]
    assert world.silences.silences(START + _MINUTE) == [_SILENCE]
    assert world.silences.end("s1", "chief", START) is not None
    assert world.silences.end("s1", "chief", START) is None
    assert world.silences.end("none", "chief", START) is None
    told = world.events.after(2, 100)
    assert [(event.kind, event.theater, event.actor) for event in told] == [
        (EventKind.SILENCE_BEGUN, "", "officer"),
        (EventKind.SILENCE_BEGUN, "full", "officer"),
        (EventKind.SILENCE_ENDED, "", "chief"),
    ]


def test_a_silence_of_nobody_is_refused(world: Alarm) -> None:
    """By the database, whoever writes."""
    with pytest.raises(StoreError):
        world.silences.begin(replace(_SILENCE, author=""), START)


@pytest.mark.parametrize("table", ["alert_step", "acknowledgement", "notice", "message"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = 0", "DELETE FROM {}"])
def test_what_happened_and_what_was_said_cannot_be_rewritten(world: Alarm, table: str, change: str) -> None:
    """Not by anybody who has the database and leaves its triggers alone."""
    world.book.record("full", _judged(world))
    world.book.acknowledge("full", "rule", Acknowledgement(1, "officer", START, None, ""))
    with pytest.raises(StoreError, match="append-only"), writing(world.engine) as connection:
        connection.execute(text(change.format(table)))


@ONLY_SQLITE
@pytest.mark.parametrize("table", ["alert_step", "acknowledgement", "notice", "message"])
def test_nor_can_it_be_replaced(world: Alarm, table: str) -> None:
    """SQLite's REPLACE deletes without asking the trigger for deletions."""
    world.book.record("full", _judged(world))
    world.book.acknowledge("full", "rule", Acknowledgement(1, "officer", START, None, ""))
    with pytest.raises(StoreError, match="append-only"), writing(world.engine) as connection:
        connection.execute(text(f"REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608 (a name from above)


def test_what_goes_to_a_receiver_that_is_gone_is_shown_as_failed_at_once(world: Alarm) -> None:
    """And what goes to one that takes digests waits for the next of them."""
    shelf = DestinationShelf(world.engine)
    hourly = Destination("desk", DestinationKind.EMAIL, "Desk", "desk@example.org", digest_every=60 * _MINUTE)
    gone = Destination("hook", DestinationKind.WEBHOOK, "Hook", "http://localhost", "whsec_x", gone=True)
    shelf.put(hourly, "admin", START)
    shelf.put(gone, "admin", START)
    assert shelf.destinations() == [hourly, gone]
    assert world.book.record("full", _judged(world, "desk", "hook"))
    found = {item.destination: item for item in deliveries(DeliveryShelf(world.engine), message="n1")}
    assert (found["desk"].stage, found["desk"].due_at) == (Stage.WAITING, START + 60 * _MINUTE)
    assert found["hook"].stage is Stage.DEAD
    (failed,) = world.events.after(0, 100, [EventKind.DELIVERY_FAILED])
    assert (failed.subject, failed.theater, failed.detail["destination"]) == ("n1", "full", "hook")


def test_an_assignment_is_kept_while_its_episode_goes_on(world: Alarm) -> None:
    """The last one stands beside the alert; of another episode nobody is asked. It cannot be rewritten."""
    world.book.record("full", _judged(world))
    asked = [Assignment(1, name, "chief", _ODD, "please") for name in ("ada", "bob")]
    assert [world.book.assign("full", "rule", item) for item in asked] == [True, True]
    assert not world.book.assign("full", "rule", replace(asked[0], episode=2))
    assert not world.book.assign("full", "other", asked[0])
    assert world.book.standing("full", START).alerts["rule"].assigned == asked[1]
    told = [(event.kind, event.actor, event.detail["to"]) for event in world.events.after(4, 9)]
    assert told == [(EventKind.ALERT_ASSIGNED, "chief", "ada"), (EventKind.ALERT_ASSIGNED, "chief", "bob")]
    with pytest.raises(StoreError, match="append-only"), writing(world.engine) as connection:
        connection.execute(text("UPDATE assignment SET note = 'x'"))


def test_notices_are_given_a_page_at_a_time(world: Alarm) -> None:
    """By number; one by its id, and of no other theater."""
    for number in (1, 2, 3):
        judged = _judged(world)
        (telling,) = judged.tellings
        name = f"n{number}"
        told = replace(telling, notice=replace(telling.notice, id=name), message=replace(telling.message, id=name))
        assert world.book.record("full", replace(judged, alerts={}, tellings=(told,), steps=()))
    first = world.book.notices("full", limit=2)
    assert [(kept.number, kept.notice.id) for kept in first] == [(1, "n1"), (2, "n2")]
    assert [kept.notice.id for kept in world.book.notices("full", after=2)] == ["n3"]
    assert world.book.notice("full", "n2") == first[1]
    assert world.book.notice("other", "n2") is world.book.notice("full", "n9") is None


def test_what_was_decided_first_is_sent_first(world: Alarm) -> None:
    """Of one instant by number, whatever the ids are; in a digest as well."""
    for place, name in enumerate(("n9", "n1", "n5")):
        judged = _judged(world, "desk", "board")
        (telling,) = judged.tellings
        told = replace(telling, notice=replace(telling.notice, id=name), message=replace(telling.message, id=name))
        assert world.book.record("full", replace(judged, alerts={}, tellings=(told,), steps=())), place
    board = Destination("board", DestinationKind.LOG, "b", "", digest_every=_MINUTE)
    DestinationShelf(world.engine).put(board, "admin", START)
    outbox = DeliveryShelf(world.engine)
    claims = outbox.claim(_ODD, 9)
    digest = outbox.message(next(item.message for item in claims if item.destination == "board"))
    assert digest is not None
    assert [item["message"] for item in digest.data["notices"]] == ["n9", "n1", "n5"]  # type: ignore[attr-defined]
    assert [item.message for item in claims if item.destination == "desk"] == ["n9", "n1", "n5"]
