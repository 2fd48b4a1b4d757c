"""A rehearsal does what judging does on a real store."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from support.alerting import alarm
from support.alerts import START, alert_rule
from tocsin.domain.alert_rule import AlertRule, Change, Direction, Level, Scale, SinceNotice, SinceWindow
from tocsin.domain.odds import Status
from tocsin.domain.silence import Silence
from tocsin.store.engine import open_engine
from tocsin.store.migrate import upgrade
from tocsin.usecases.rehearse import rehearse, ticks

_HOUR = timedelta(hours=1)
_ODDS = st.sampled_from((0.05, 0.2, 0.27, 0.31, 0.5))
_STATUSES = st.sampled_from((Status.LIVE, Status.LIVE, Status.FITTED, Status.PROVISIONAL, Status.PRIOR_ONLY))
_STATED = st.tuples(st.integers(1, 30), _ODDS, _STATUSES)


@st.composite
def _rules(draw: st.DrawFn) -> list[AlertRule]:
    """A level that quiets a change, both of some patience."""
    hours = st.sampled_from((0, 3, 12)).map(lambda count: count * _HOUR)
    baseline = draw(st.sampled_from((SinceNotice(), SinceWindow(12 * _HOUR))))
    level = alert_rule(
        condition=Level("offensive", 30, 0.3, 0.25),
        pending_for=draw(hours),
        pending_publications=draw(st.integers(1, 2)),
        keep_firing_for=draw(hours),
        escalate_after=3 * _HOUR,
        repeat_every=draw(st.sampled_from((None, 6 * _HOUR))),
        absent_after=20 * _HOUR,
    )
    moved = Change("offensive", 30, 0.1, Scale.POINTS, Direction.EITHER, baseline)
    return [level, alert_rule(id="moved", condition=moved, keep_firing_for=draw(hours), inhibited_by=("rule",))]


@settings(max_examples=30, deadline=None)
@given(rules=_rules(), stated=st.lists(_STATED, min_size=1, max_size=6), silenced=st.booleans())
def test_a_rehearsal_takes_the_steps_and_tells_the_notices_of_a_store(
    *, rules: list[AlertRule], stated: list[tuple[int, float, Status]], silenced: bool
) -> None:
    """Fed with the same publications, on the same clock: the same steps, causes, readings and notices, ids and all."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tocsin.db"
        upgrade(url)
        engine = open_engine(url)
        try:
            world = alarm(engine, Path(folder), *rules)
            silence = Silence("s", "*", "rule", "*", START + 2 * _HOUR, START + 40 * _HOUR, "officer", "an exercise")
            if silenced:
                world.silences.begin(silence, START)
            instants = [START + hours * _HOUR for hours in accumulate(hours for hours, _, _ in stated)]
            clock = ticks(START, instants[-1] + 30 * _HOUR, 3 * _HOUR, instants)
            said, coming = [], list(zip(instants, stated, strict=True))
            for now in clock:
                while coming and coming[0][0] <= now:
                    at, (_, odds, status) = coming.pop(0)
                    said.append(world.publish(odds, at, status=status))
                assert not world.judge(now).problems
            found = rehearse(world.theater, rules, stated=said, clock=clock, silences=[silence] if silenced else [])
            assert list(found.steps) == world.book.steps("full", 0, 10_000)
            assert list(found.notices) == world.book.notices("full")
        finally:
            engine.dispose()
