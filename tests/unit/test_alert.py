"""Alerts: when they begin, when they end, and what they are while nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from support.alerts import LEVEL, START, Look, alert_rule, histories, judge, rings_by_history, rules
from tocsin.domain.alert import Alert, Cause, Phase, Point, Reading, Sign, advance, read_anew, withdraw

if TYPE_CHECKING:
    from tocsin.domain.alert_rule import AlertRule

_MINUTE = timedelta(minutes=1)
_MET, _CLEAR, _BETWEEN, _UNSURE, _GONE = (Reading(sign, "as it says", 1) for sign in Sign)


def _phases(rule: AlertRule, *told: tuple[int, Reading]) -> list[Phase]:
    alerts, _ = judge(rule, [Look(START + minutes * _MINUTE, reading) for minutes, reading in told])
    return [alert.phase for alert in alerts]


@given(rules(), histories())
def test_alerts_ring_as_their_whole_history_says(rule: AlertRule, looks: list[Look]) -> None:
    """Step by step from the state before comes to the same as looking back over everything each time."""
    alerts, _ = judge(rule, looks)
    assert [alert.rings for alert in alerts] == rings_by_history(rule, looks)


@given(rules(), histories())
def test_the_same_look_again_changes_nothing(rule: AlertRule, looks: list[Look]) -> None:
    """However often it is repeated."""
    alerts, _ = judge(rule, looks)
    for alert, look in zip(alerts, looks, strict=True):
        assert advance(rule, alert, look.reading, look.at) == (alert, ())


@given(rules(), histories())
def test_every_episode_begins_with_one_step_and_is_counted_once(rule: AlertRule, looks: list[Look]) -> None:
    """And the steps of a history join without a gap."""
    alerts, steps = judge(rule, looks)
    taken = [step for each in steps for step in each]
    begun = [step for step in taken if step.cause is Cause.LASTED]
    assert (alerts[-1].episode if alerts else 0) == len(begun)
    assert all(step.reading.sign is Sign.MET for step in begun)
    assert all(first.after is second.before for first, second in pairwise(taken))
    assert not taken or taken[0].before is Phase.NORMAL


@given(rules(), histories())
def test_what_vanishes_is_not_over(rule: AlertRule, looks: list[Look]) -> None:
    """An alert that rings ends only by a look that was clear."""
    alerts, steps = judge(rule, looks)
    for alert, brought, look in zip(alerts, steps, looks, strict=True):
        if look.reading.sign is Sign.ABSENT:
            assert alert.phase is Phase.NO_DATA
            assert [step.cause for step in brought] in ([], [Cause.VANISHED])
        if any(step.cause is Cause.STAYED_CLEAR for step in brought):
            assert alert.clear_since is not None


@given(rules(), histories(), st.integers(1, 10_000))
def test_a_clock_put_back_makes_nothing_last_longer(rule: AlertRule, looks: list[Look], minutes: int) -> None:
    """The look is as if no time had passed."""
    alerts, _ = judge(rule, looks)
    last = alerts[-1] if alerts else Alert(Phase.NORMAL, START)
    begun = last.met_since or last.clear_since or START
    for reading in (_MET, _CLEAR, _UNSURE):
        back, _ = advance(rule, last, reading, begun - minutes * _MINUTE)
        still, _ = advance(rule, last, reading, begun)
        assert (back.phase, back.episode) == (still.phase, still.episode)


def test_it_rings_at_once_where_nothing_else_is_declared() -> None:
    """And ends at once."""
    assert _phases(alert_rule(), (0, _MET), (1, _CLEAR)) == [Phase.FIRING, Phase.NORMAL]


def test_it_rings_once_the_condition_has_lasted() -> None:
    """Not a moment before; a look that is unsure neither breaks it off nor rings."""
    rule = alert_rule(pending_for=5 * _MINUTE)
    told = ((0, _MET), (4, _MET), (5, _UNSURE), (6, _MET))
    assert _phases(rule, *told) == [Phase.PENDING, Phase.PENDING, Phase.PENDING, Phase.FIRING]
    assert _phases(rule, (0, _MET), (4, _CLEAR), (5, _MET)) == [Phase.PENDING, Phase.NORMAL, Phase.PENDING]


def test_odds_that_are_surely_below_the_line_are_not_met_in_a_row() -> None:
    """Whatever was met before begins anew, and nothing that fires ends by it."""
    twice, second = alert_rule(pending_publications=2), Reading(Sign.MET, "as it says", 2)
    assert _phases(twice, (0, _MET), (1, _BETWEEN), (2, second)) == [Phase.PENDING, Phase.NORMAL, Phase.PENDING]
    assert _phases(alert_rule(), (0, _MET), (1, _BETWEEN), (2, _CLEAR)) == [Phase.FIRING, Phase.FIRING, Phase.NORMAL]


@given(rules(), histories())
def test_what_is_withdrawn_is_over_whatever_it_was(rule: AlertRule, looks: list[Look]) -> None:
    """By one step, or none where it was normal."""
    alerts, _ = judge(rule, looks)
    last = alerts[-1] if alerts else Alert(Phase.NORMAL, START)
    gone, steps = withdraw(last, START)
    assert (gone.phase, gone.rings, gone.episode) == (Phase.NORMAL, False, last.episode)
    assert [step.cause for step in steps] == ([] if last.phase is Phase.NORMAL else [Cause.WITHDRAWN])


def test_it_counts_publications_and_not_looks() -> None:
    """Two looks at one publication are one."""
    rule = alert_rule(pending_publications=2)
    second = Reading(Sign.MET, "as it says", 2)
    assert _phases(rule, (0, _MET), (9, _MET), (9, second)) == [Phase.PENDING, Phase.PENDING, Phase.FIRING]


def test_it_goes_on_while_it_has_not_stayed_clear() -> None:
    """Whoever was told is not told again of the same alert."""
    rule = alert_rule(keep_firing_for=5 * _MINUTE)
    told = ((0, _MET), (1, _CLEAR), (5, _MET), (6, _CLEAR), (10, _CLEAR), (11, _CLEAR))
    assert _phases(rule, *told) == [
        Phase.FIRING,
        Phase.RECOVERING,
        Phase.FIRING,
        Phase.RECOVERING,
        Phase.RECOVERING,
        Phase.NORMAL,
    ]


def test_data_that_come_back_find_the_alert_as_it_was() -> None:
    """A firing one goes on without ringing anew; one that was pending has to last from then on."""
    alerts, _ = judge(alert_rule(), [Look(START, _MET), Look(START + _MINUTE, _GONE), Look(START + 2 * _MINUTE, _MET)])
    assert [alert.rings for alert in alerts] == [True, True, True]
    assert [alert.episode for alert in alerts] == [1, 1, 1]
    patient = alert_rule(pending_for=5 * _MINUTE)
    assert _phases(patient, (0, _MET), (1, _GONE), (6, _MET)) == [Phase.PENDING, Phase.NO_DATA, Phase.PENDING]
    keeping = alert_rule(keep_firing_for=5 * _MINUTE)
    told = ((0, _MET), (1, _CLEAR), (2, _GONE), (7, _CLEAR), (12, _CLEAR))
    assert _phases(keeping, *told)[2:] == [Phase.NO_DATA, Phase.RECOVERING, Phase.NORMAL]


@given(rules(), histories())
def test_what_was_read_of_one_condition_does_not_count_toward_another(rule: AlertRule, looks: list[Look]) -> None:
    """Whether it rings stays; what had been met must last anew, and no odds are left to compare with."""
    alerts, _ = judge(rule, looks)
    last = replace(alerts[-1] if alerts else Alert(Phase.NORMAL, START), baseline=Point(0.2, 0.001))
    anew = read_anew(last)
    assert (anew.rings, anew.phase, anew.episode) == (last.rings, last.phase, last.episode)
    assert (anew.met_count, anew.baseline, anew.mark) == (0, None, 0)
    if not last.rings:
        read, _ = advance(replace(rule, pending_publications=2), anew, _MET, START)
        assert not read.rings


def test_rules_that_ask_the_same_have_one_key() -> None:
    """Whatever else is declared of them; another line is another question."""
    assert alert_rule(title="other").condition_key == alert_rule().condition_key
    assert alert_rule(condition=replace(LEVEL, at=0.31)).condition_key != alert_rule().condition_key
    assert len(alert_rule().condition_key) == 16
