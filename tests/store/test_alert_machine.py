"""Alerts through publications, ticks, acknowledgements, silences and races, as they come, on a real store.

The machine keeps what was stated and when anybody judged, and says by looking back over all of it what must be on
record: how each alert stands, and what was told of it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from support.alerting import Alarm, alarm, level, race
from support.alerts import START, Look, alert_rule, judge, rings_by_history, untold
from support.outbox import deliveries
from tocsin.domain.alert import Cause
from tocsin.domain.alert_reading import read_odds_rule
from tocsin.domain.notice import Acknowledgement, NoticeKind
from tocsin.domain.odds import Status
from tocsin.domain.silence import Silence, why_quiet
from tocsin.store.delivery import DeliveryShelf
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.publication import Publication
    from tocsin.usecases.alert_ports import Judged

_MINUTE = timedelta(minutes=1)
_PATIENT = alert_rule(
    id="patient",
    condition=level(0.5, 0.4),
    pending_for=4 * _MINUTE,
    keep_firing_for=4 * _MINUTE,
    absent_after=20 * _MINUTE,
    escalate_after=6 * _MINUTE,
    escalates_to=("chief",),
    repeat_every=9 * _MINUTE,
)
_QUICK = alert_rule(id="quick", condition=level(0.3, 0.25), pending_publications=2, absent_after=30 * _MINUTE)
_INHIBITED = alert_rule(id="inhibited", condition=level(0.2, 0.1), inhibited_by=("patient",), repeat_every=7 * _MINUTE)
_RULES = (_PATIENT, _QUICK, _INHIBITED)
_MINUTES = st.integers(0, 12).map(lambda number: number * _MINUTE)
_NAMES = st.sampled_from([item.id for item in _RULES])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store with its tables, to be copied."""
    file = tmp_path_factory.mktemp("machine") / "template.db"
    upgrade(f"sqlite:///{file}")
    return file


class AlertMachine(RuleBasedStateMachine):
    """One theater, three rules."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=self.template.parent)
        file = Path(self.folder.name) / "tocsin.db"
        file.write_bytes(self.template.read_bytes())
        self.engine = open_engine(f"sqlite:///{file}")
        self.world: Alarm = alarm(self.engine, Path(self.folder.name), *_RULES)
        self.now = START
        self.stated: list[Publication] = []
        self.read: dict[str, int] = {}
        self.looks: dict[str, list[Look]] = {item.id: [] for item in _RULES}
        self.silences: dict[str, Silence] = {}
        self.held: dict[str, Acknowledgement] = {}
        self.must: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule(
        probability=st.sampled_from([0.05, 0.15, 0.27, 0.35, 0.45, 0.6]), status=st.sampled_from([*Status, Status.LIVE])
    )
    def publish(self, probability: float, status: Status) -> None:
        """Nobody judges yet."""
        self.now += timedelta(seconds=1)
        self.stated.append(self.world.publish(probability, self.now, status=status))

    @rule(later=_MINUTES)
    def wait(self, later: timedelta) -> None:
        """Nobody judges yet."""
        self.now += later

    @rule(later=_MINUTES)
    def tick(self, later: timedelta) -> None:
        """Judge after a while; once more at once changes nothing."""
        self.now += later
        self._judge(self.world.judge)
        last = self.world.events.last()
        again = self.world.judge(self.now)
        assert (dict(again.alerts), again.tellings, again.problems) == ({}, (), {})
        assert self.world.events.last() == last

    @rule()
    def judge_twice_at_once(self) -> None:
        """Another judge comes in between, always."""
        self._judge(lambda at: race(self.world, lambda: self.world.judge(at), at))

    @rule(name=_NAMES, lasts=st.none() | _MINUTES)
    def acknowledge(self, name: str, lasts: timedelta | None) -> None:
        """Which is taken where something goes on."""
        self._acknowledge(name, lasts)

    @rule(name=_NAMES, lasts=_MINUTES)
    def acknowledge_in_a_race(self, name: str, lasts: timedelta) -> None:
        """Between the reading and the writing of a judge."""
        self._judge(lambda at: race(self.world, lambda: self._acknowledge(name, lasts), at))

    @rule(name=_NAMES | st.just("*"), lasts=_MINUTES)
    def silence(self, name: str, lasts: timedelta) -> None:
        """For a while."""
        self._silence(name, lasts)

    @rule(name=_NAMES | st.just("*"), lasts=_MINUTES)
    def silence_in_a_race(self, name: str, lasts: timedelta) -> None:
        """Between the reading and the writing of a judge."""
        self._judge(lambda at: race(self.world, lambda: self._silence(name, lasts), at))

    @precondition(lambda self: self.silences)
    @rule(data=st.data())
    def end_a_silence(self, data: st.DataObject) -> None:
        """Before its time, if it has not come."""
        name = data.draw(st.sampled_from(sorted(self.silences)))
        self.world.silences.end(name, "chief", self.now)
        self.silences[name] = replace(self.silences[name], ends_at=min(self.silences[name].ends_at, self.now))

    @invariant()
    def states_are_a_replay_of_all_readings(self) -> None:
        """Step by step, and by looking back over everything at once."""
        kept = self.world.book.standing("full", self.now).alerts
        assert set(kept) == {name for name, looks in self.looks.items() if looks}
        for item in _RULES:
            looks = self.looks[item.id]
            alerts, steps = judge(item, looks)
            if looks:
                now, then = kept[item.id].alert, alerts[-1]
                assert replace(now, since=then.since, baseline=then.baseline) == then
                assert kept[item.id].alert.rings is rings_by_history(item, looks)[-1]
            taken = [step.transition for step in self.world.book.steps("full", 0, 10_000, item.id)]
            assert taken == [step for each in steps for step in each]

    @invariant()
    def no_notice_without_a_crossing_and_none_twice(self) -> None:
        """Each episode is told to begin once at most, then to end once at most; whatever may be told was."""
        told: set[tuple[str, int]] = set()
        for item in _RULES:
            begun = {
                step.episode
                for step in self.world.book.steps("full", 0, 10_000, item.id)
                if step.transition.cause is Cause.LASTED
            }
            notices = [kept.notice for kept in self.world.book.notices("full", item.id)]
            counts = Counter((notice.episode, notice.kind) for notice in notices)
            assert len({notice.id for notice in notices}) == len(notices)
            for (episode, kind), count in counts.items():
                assert episode in begun
                assert count == 1 or kind in {NoticeKind.REMINDED, NoticeKind.LOST, NoticeKind.FOUND}
                assert counts[episode, NoticeKind.FIRED] == 1
            told |= {(item.id, episode) for episode, kind in counts if kind is NoticeKind.FIRED}
        assert self.must <= told

    @invariant()
    def every_notice_is_on_its_way_to_whom_it_is_for(self) -> None:
        """In the transaction that decided it."""
        expected = set()
        for item in _RULES:
            escalated = set()
            for kept in self.world.book.notices("full", item.id):
                if kept.notice.kind is NoticeKind.ESCALATED:
                    escalated.add(kept.notice.episode)
                whom = {"chief"} if kept.notice.kind is NoticeKind.ESCALATED else {"log"}
                whom |= {"chief"} if kept.notice.episode in escalated else set()
                expected |= {(kept.notice.id, name) for name in whom}
        outbox = DeliveryShelf(self.engine)
        assert {(item.message, item.destination) for item in deliveries(outbox)} == expected

    def _acknowledge(self, name: str, lasts: timedelta | None) -> None:
        kept = self.world.book.standing("full", self.now).alerts.get(name)
        episode = kept.alert.episode if kept is not None else 1
        until = None if lasts is None else self.now + lasts
        said = Acknowledgement(episode, "officer", self.now, until, "")
        taken = self.world.book.acknowledge("full", name, said)
        assert taken is (kept is not None and kept.alert.rings)
        if taken:
            self.held[name] = said

    def _silence(self, name: str, lasts: timedelta) -> None:
        made = Silence(f"s{len(self.silences)}", "f*", name, "*", self.now, self.now + lasts, "officer", "")
        self.silences[made.id] = made
        self.world.silences.begin(made, self.now)

    def _judge(self, how: Callable[[datetime], Judged]) -> None:
        """Judge, and hold what came of it to what must."""
        before = len(self.world.book.notices("full"))
        fresh: dict[str, int] = {}
        judged = how(self.now)
        assert judged.recorded
        assert judged.problems == {}
        for item in _RULES:
            fresh[item.id] = len(self.looks[item.id])
            self._take_looks(item)
        self._hold(before, fresh)

    def _take_looks(self, item: AlertRule) -> None:
        """What a rule reads: every publication since, what stood before it once more, and what stands now."""
        if not self.stated:
            return
        looks = self.looks[item.id]
        number = self.read.get(item.id)
        for then, stated in zip(self.stated, self.stated[1:], strict=False):
            if number is not None and stated.number > number:
                looks += [self._look(item, said, stated.stated_at) for said in (then, stated)]
        looks.append(self._look(item, self.stated[-1], self.now))
        self.read[item.id] = self.stated[-1].number

    @staticmethod
    def _look(item: AlertRule, stated: Publication, at: datetime) -> Look:
        reading = read_odds_rule(item, item.condition, stated, untold(), lambda _: None, at)  # type: ignore[arg-type]
        return Look(at, reading)

    def _hold(self, before: int, known: dict[str, int]) -> None:
        """What is audible now is told, what is quiet is not, and what somebody has in hand is not repeated."""
        said = self.world.book.notices("full")[before:]
        assert all(kept.notice.at == self.now for kept in said)
        kept = self.world.book.standing("full", self.now).alerts
        audible: set[str] = set()
        for item in _RULES:
            silenced = any(silence.covers(item, self.now) for silence in self.silences.values())
            quiet = why_quiet(item, silences=self.silences.values(), firing=audible, now=self.now)
            mine = [each.notice for each in said if each.rule == item.id]
            assert not (silenced and mine)
            if item.id not in kept:
                continue
            alert, told = kept[item.id].alert, kept[item.id].told
            held = self.held.get(item.id)
            in_hand = (
                held is not None and held.episode == alert.episode and (held.until is None or self.now < held.until)
            )
            if quiet is None:
                heard = told is not None and told.fires and told.episode == alert.episode
                assert heard or in_hand or not alert.rings
                assert alert.rings or told is None or not told.fires
                if alert.rings:
                    audible.add(item.id)
                    self.must |= set() if in_hand else {(item.id, alert.episode)}
            if not silenced and not item.inhibited_by:
                # Also what was over again before anybody judged.
                alerts, steps = judge(item, self.looks[item.id])
                for each, taken in list(zip(alerts, steps, strict=True))[known[item.id] :]:
                    if any(step.cause is Cause.LASTED for step in taken):
                        self.must.add((item.id, each.episode))
            if in_hand:
                said_of_it = {notice.kind for notice in mine if notice.episode == alert.episode}
                assert not {NoticeKind.FIRED, NoticeKind.REMINDED, NoticeKind.ESCALATED} & said_of_it


def test_alerts_keep_their_promises_whatever_comes(template: Path) -> None:
    """Each episode that can be told is told once, nothing is told without one, and the record is a replay."""
    AlertMachine.template = template
    run_state_machine_as_test(AlertMachine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
