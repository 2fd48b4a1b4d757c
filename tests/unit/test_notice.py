"""Notices: once for each alert that lasts, never while quiet, and again when nobody has it in hand any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.alerts import START, Look, alert_rule, histories, judge
from tocsin.domain.alert import Alert, Phase
from tocsin.domain.alert_rule import ActiveHours, AlertRule, Severity
from tocsin.domain.delivery import THE_LOG
from tocsin.domain.notice import (
    Acknowledgement,
    Notice,
    NoticeKind,
    Quiet,
    Told,
    next_notice,
    next_of_no_rule,
    recipients,
)
from tocsin.domain.silence import Silence, why_quiet

_MINUTE = timedelta(minutes=1)
_PATIENT = alert_rule(escalate_after=5 * _MINUTE, repeat_every=7 * _MINUTE, keep_firing_for=_MINUTE)


@dataclass(frozen=True)
class _Moment:
    """An instant in the life of an alert, and the notices that it brought."""

    at: datetime
    alert: Alert
    quiet: bool
    acknowledged: Acknowledgement | None
    notices: list[Notice]

    @property
    def in_hand(self) -> bool:
        """Whether somebody has said that they have it."""
        held = self.acknowledged
        return held is not None and held.episode == self.alert.episode and (held.until is None or self.at < held.until)


@st.composite
def _lives(draw: st.DrawFn) -> list[_Moment]:
    """Alerts through their looks, now and then quiet, now and then acknowledged."""
    looks: list[Look] = draw(histories())
    alerts, _ = judge(_PATIENT, looks)
    told, acknowledged, moments = None, None, []
    for look, alert in zip(looks, alerts, strict=True):
        quiet = draw(st.booleans())
        if draw(st.integers(0, 4)) == 0:
            until = draw(st.none() | st.integers(0, 9).map(lambda minutes, at=look.at: at + minutes * _MINUTE))
            acknowledged = Acknowledgement(alert.episode, "officer", look.at, until, "")
        notices, told = _say(alert, told, look.at, quiet=quiet, acknowledged=acknowledged)
        moments.append(_Moment(look.at, alert, quiet, acknowledged, notices))
    return moments


def _say(
    alert: Alert,
    told: Told | None,
    now: datetime,
    *,
    rule: AlertRule = _PATIENT,
    quiet: bool = False,
    acknowledged: Acknowledgement | None = None,
) -> tuple[list[Notice], Told | None]:
    """All that is due at an instant: it comes to an end."""
    notices: list[Notice] = []
    why = Quiet.SILENCED if quiet else None
    while (due := next_notice(rule, alert, told, quiet=why, acknowledged=acknowledged, now=now)) is not None:
        notice, told = due
        notices.append(notice)
        assert len(notices) < 4
    return notices, told


def _all(moments: list[_Moment], *kinds: NoticeKind) -> list[Notice]:
    return [notice for moment in moments for notice in moment.notices if notice.kind in kinds]


@given(_lives())
def test_every_episode_that_can_be_told_is_told_once(moments: list[_Moment]) -> None:
    """And none that was over before anybody could be told, or that somebody had in hand until then."""
    audible = {
        moment.alert.episode for moment in moments if moment.alert.rings and not (moment.quiet or moment.in_hand)
    }
    assert [notice.episode for notice in _all(moments, NoticeKind.FIRED)] == sorted(audible)


@given(_lives())
def test_whoever_was_told_that_it_fires_is_told_when_it_is_over(moments: list[_Moment]) -> None:
    """Once, and only they."""
    expected, open_episode = [], None
    for moment in moments:
        if moment.alert.rings and not moment.quiet:
            open_episode = open_episode if moment.in_hand else moment.alert.episode
        elif open_episode is not None and not moment.alert.rings and not moment.quiet:
            expected.append(open_episode)
            open_episode = None
    assert [notice.episode for notice in _all(moments, NoticeKind.RESOLVED)] == expected


@given(_lives())
def test_nothing_is_said_while_quiet_or_of_what_is_in_somebodys_hand(moments: list[_Moment]) -> None:
    """What has ended or vanished is still told to whoever has it in hand."""
    for moment in moments:
        if moment.quiet:
            assert not moment.notices
        if moment.in_hand:
            assert not _all([moment], NoticeKind.FIRED, NoticeKind.REMINDED, NoticeKind.ESCALATED)


@given(_lives())
def test_an_acknowledgement_that_has_run_out_brings_the_alert_back(moments: list[_Moment]) -> None:
    """At the first moment at which it may be said."""
    for position, moment in enumerate(moments):
        held = moment.acknowledged
        if not held or held.until is None or held.episode != moment.alert.episode or moment.at < held.until:
            continue
        since = [item for item in moments[: position + 1] if item.at >= held.until and item.acknowledged is held]
        if moment.alert.rings and not moment.quiet:
            assert any(item.notices for item in since)


@given(_lives())
def test_no_two_notices_have_one_id(moments: list[_Moment]) -> None:
    """And the same moments give the same ids, as they follow from what was told before."""
    ids = [notice.id for moment in moments for notice in moment.notices]
    assert len(set(ids)) == len(ids)
    told, again = None, []
    for moment in moments:
        notices, told = _say(moment.alert, told, moment.at, quiet=moment.quiet, acknowledged=moment.acknowledged)
        again += [notice.id for notice in notices]
    assert again == ids


@given(_lives())
def test_an_escalation_comes_once_an_episode_and_not_before_its_time(moments: list[_Moment]) -> None:
    """Counted from when it was said to fire."""
    fired = {notice.episode: notice.at for notice in _all(moments, NoticeKind.FIRED)}
    escalated = _all(moments, NoticeKind.ESCALATED)
    assert len({notice.episode for notice in escalated}) == len(escalated)
    assert all(notice.at - fired[notice.episode] >= 5 * _MINUTE for notice in escalated)


def _kinds(*moments: tuple[int, Phase], acknowledged: Acknowledgement | None = None) -> list[list[NoticeKind]]:
    told, kinds = None, []
    for minutes, phase in moments:
        held = Phase.FIRING if phase is Phase.NO_DATA else None
        alert = Alert(phase, START, held=held, episode=1)
        at = START + minutes * _MINUTE
        said = acknowledged if acknowledged is not None and acknowledged.at <= at else None
        notices, told = _say(alert, told, at, acknowledged=said)
        kinds.append([notice.kind for notice in notices])
    return kinds


def test_an_alert_nobody_takes_up_is_escalated_and_repeated() -> None:
    """Each at its time."""
    found = _kinds(*((minutes, Phase.FIRING) for minutes in (0, 4, 5, 11, 12, 18, 19)), (20, Phase.NORMAL))
    fired, escalated, reminded, resolved = (
        [kind] for kind in (NoticeKind.FIRED, NoticeKind.ESCALATED, NoticeKind.REMINDED, NoticeKind.RESOLVED)
    )
    assert found == [fired, [], escalated, [], reminded, [], reminded, resolved]


def test_data_that_vanish_and_return_are_told_of() -> None:
    """So that nobody takes silence for an end."""
    found = _kinds((0, Phase.FIRING), (1, Phase.NO_DATA), (2, Phase.NO_DATA), (3, Phase.FIRING))
    assert found == [[NoticeKind.FIRED], [NoticeKind.LOST], [], [NoticeKind.FOUND]]


def test_an_acknowledged_alert_is_quiet_until_it_runs_out() -> None:
    """Then it is told again, and its time to be escalated begins anew."""
    held = Acknowledgement(1, "officer", START + _MINUTE, START + 6 * _MINUTE, "looking")
    found = _kinds(*((minutes, Phase.FIRING) for minutes in (0, 5, 6, 10, 11)), acknowledged=held)
    assert found == [[NoticeKind.FIRED], [], [NoticeKind.REMINDED], [], [NoticeKind.ESCALATED]]


@pytest.mark.parametrize(
    ("changes", "minutes", "covered"),
    [
        ({}, 0, True),
        ({}, 9, True),
        ({}, 10, False),
        ({}, -1, False),
        ({"theater": "fu*"}, 0, True),
        ({"theater": "FULL"}, 0, False),
        ({"rule": "other"}, 0, False),
        ({"severity": Severity.CRITICAL}, 0, False),
    ],
)
def test_a_silence_covers_what_it_names_while_it_lasts(changes: dict[str, str], minutes: int, covered: bool) -> None:  # noqa: FBT001 (a case)
    """All that it names must match."""
    everything = Silence("s", "*", "*", "*", START, START + 10 * _MINUTE, "officer", "maintenance")
    assert replace(everything, **changes).covers(alert_rule(), START + minutes * _MINUTE) is covered  # type: ignore[arg-type]


def test_why_an_alert_is_quiet_is_named() -> None:
    """A silence first, as a person has made it."""
    night = ActiveHours(frozenset(range(7)), time(20), time(6), "UTC")
    rule = alert_rule(inhibited_by=("wilayat",), active=night)
    silence = Silence("s", "*", "*", "*", START, START + _MINUTE, "officer", "")
    assert why_quiet(rule, silences=[silence], firing={"wilayat"}, now=START) is Quiet.SILENCED
    assert why_quiet(rule, silences=[], firing={"wilayat"}, now=START) is Quiet.INHIBITED
    assert why_quiet(rule, silences=[], firing={"other"}, now=START) is Quiet.OUT_OF_HOURS
    assert why_quiet(rule, silences=[], firing=set(), now=START - _MINUTE) is None


@pytest.mark.parametrize(
    ("local", "held"),
    [
        ("2016-03-27T01:59", True),  # the clocks of Berlin go from 2:00 to 3:00
        ("2016-03-27T03:00", False),
        ("2016-03-25T22:00", True),  # a Friday
        ("2016-03-25T21:59", False),
        ("2016-03-26T02:29", True),  # the rest of Friday's
        ("2016-03-26T23:00", True),  # a Saturday
        ("2016-03-28T01:00", False),  # Sunday's would reach here
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(local: str, held: bool) -> None:  # noqa: FBT001 (a case)
    """By the clocks of their zone."""
    hours = ActiveHours(frozenset({4, 5}), time(22), time(2, 30), "Europe/Berlin")
    instant = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert hours.hold(instant) is held


def test_what_is_taken_up_before_it_is_told_is_told_once_nobody_has_it_in_hand() -> None:
    """As after a silence in which somebody saw it on the board."""
    held = Acknowledgement(1, "officer", START, START + 6 * _MINUTE, "looking")
    found = _kinds(*((minutes, Phase.FIRING) for minutes in (0, 5, 6)), (7, Phase.NORMAL), acknowledged=held)
    assert found == [[], [], [NoticeKind.FIRED], [NoticeKind.RESOLVED]]


@pytest.mark.parametrize(
    ("phase", "told_of"),
    [(Phase.NORMAL, [NoticeKind.WITHDRAWN]), (Phase.NO_DATA, [NoticeKind.LOST])],
)
def test_of_an_alert_without_a_rule_only_those_hear_who_were_told_of_it(
    phase: Phase, told_of: list[NoticeKind]
) -> None:
    """Once; who heard nothing, or that it is over, hears nothing of this either."""
    alert = Alert(phase, START, held=Phase.FIRING if phase is Phase.NO_DATA else None, episode=1)
    assert next_of_no_rule("full", "rule", alert, None, START) is None
    assert next_of_no_rule("full", "rule", alert, Told(1, START, START, fires=False), START) is None
    told: Told | None = Told(1, START, START, count=1)
    kinds = []
    while (due := next_of_no_rule("full", "rule", alert, told, START)) is not None:
        notice, told = due
        kinds.append(notice.kind)
    assert kinds == told_of


def test_the_next_episode_is_a_new_alert() -> None:
    """With ids of its own, and not acknowledged by what was said of the one before."""
    held = Acknowledgement(1, "officer", START, None, "looking")
    first, told = _say(Alert(Phase.FIRING, START, episode=1), None, START)
    _, told = _say(Alert(Phase.NORMAL, START, episode=1), told, START, acknowledged=held)
    second = Alert(Phase.FIRING, START, episode=2)
    again, told = _say(second, told, START, acknowledged=held)
    assert [notice.kind for notice in first + again] == [NoticeKind.FIRED, NoticeKind.FIRED]
    assert first[0].id != again[0].id
    late, _ = _say(second, told, START + 5 * _MINUTE, acknowledged=held)
    assert [notice.kind for notice in late] == [NoticeKind.ESCALATED]


def test_a_notice_goes_to_those_the_rule_names_and_once_it_was_escalated_to_more() -> None:
    """Each once; to the log where nobody is named."""
    told = Told(1, START, START)
    rule = alert_rule(destinations=("desk", "chief", "desk"), escalates_to=("governor", "chief"))
    later = replace(told, escalated=True)
    assert recipients(rule, NoticeKind.FIRED, told) == ("desk", "chief")
    assert recipients(rule, NoticeKind.ESCALATED, later) == ("governor", "chief")
    assert recipients(rule, NoticeKind.RESOLVED, later) == ("desk", "chief", "governor")
    assert recipients(alert_rule(), NoticeKind.FIRED, told) == (THE_LOG.id,)
    assert recipients(alert_rule(), NoticeKind.ESCALATED, later) == (THE_LOG.id,)
