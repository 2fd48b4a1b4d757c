"""Rehearsing rules: what is expected is compared, episodes are counted, and events are told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.alerts import START, alert_rule
from support.publications import chained, stated_odds, statement
from support.theaters import full_theater
from tocsin.catalog.rule_test import expanded
from tocsin.domain.alert import Cause, Phase
from tocsin.domain.alert_rule import Level, Tripwire
from tocsin.domain.notice import NoticeKind
from tocsin.domain.rule_backtest import Came, Episode, Span, episodes_of, events_of, flap_span, warned
from tocsin.domain.rule_test import Expectation, TakenUp, mismatches
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Step, Timeline
from tocsin.usecases.rehearse import Rehearsed, rehearse, ticks

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEKS = Timeline(Step.WEEK, 156, "Africa/Tunis")


def _rehearsed(rule: object, odds: list[float], *, until: timedelta | None = None, **more: object) -> Rehearsed:
    """A rule on odds of one day after another."""
    said = chained(
        [
            statement(number, stated_at=START + number * _DAY, odds=(stated_odds(probability=value, error=0.001),))
            for number, value in enumerate(odds)
        ]
    )
    end = START + (until or (len(odds) - 1) * _DAY)
    clock = ticks(START, end, _HOUR, [item.stated_at for item in said])
    return rehearse(full_theater(), [rule], stated=said, clock=clock, **more)  # type: ignore[list-item, arg-type]


def test_time_alone_makes_a_rehearsed_rule_ring() -> None:
    """On its own clock, between two statements."""
    found = _rehearsed(alert_rule(pending_for=5 * _HOUR), [0.1, 0.4], until=2 * _DAY)
    assert [(step.transition.cause, step.transition.at - START) for step in found.steps] == [
        (Cause.MET, _DAY),
        (Cause.LASTED, _DAY + 5 * _HOUR),
    ]
    assert [kept.notice.at - START for kept in found.notices] == [_DAY + 5 * _HOUR]


def test_what_is_taken_up_in_a_rehearsal_is_not_escalated() -> None:
    """Nor is it taken up where it does not fire."""
    rule = alert_rule(escalate_after=4 * _HOUR)
    told = [kept.notice.kind for kept in _rehearsed(rule, [0.4, 0.4]).notices]
    assert told == [NoticeKind.FIRED, NoticeKind.ESCALATED]
    early = TakenUp("rule", START + 2 * _HOUR, None)
    assert [kept.notice.kind for kept in _rehearsed(rule, [0.4, 0.4], taken_up=[early]).notices] == told[:1]
    other = TakenUp("other", START + 2 * _HOUR, None)
    assert [kept.notice.kind for kept in _rehearsed(rule, [0.4, 0.4], taken_up=[other]).notices] == told


def test_what_is_silenced_in_a_rehearsal_is_told_when_the_silence_is_over() -> None:
    """If it still fires then."""
    silence = Silence("s", "*", "ru*", "*", START - _HOUR, START + 5 * _HOUR, "officer", "an exercise")
    found = _rehearsed(alert_rule(), [0.4, 0.4], silences=[silence])
    assert [kept.notice.at - START for kept in found.notices] == [5 * _HOUR]


def test_a_rehearsal_has_nothing_but_odds() -> None:
    """A rule on anything else is told as one that cannot be judged."""
    found = _rehearsed(alert_rule(condition=Tripwire("field/attack", 1, 30)), [0.4])
    assert "level, certainty or change" in found.problems["rule"]
    assert found.steps == ()


def test_what_was_not_expected_is_told_as_expected_and_got() -> None:
    """Notices are those since the expectation before; what a test leaves open is not compared."""
    found = _rehearsed(alert_rule(), [0.1, 0.4, 0.1])
    steps = [(step.rule, step.transition) for step in found.steps]
    notices = [(kept.rule, kept.notice) for kept in found.notices]

    def expect(days: int, phase: Phase | None, told: tuple[NoticeKind, ...] | None) -> Expectation:
        return Expectation("rule", START + days * _DAY, f"{days} days", phase, told, 9)

    right = [
        expect(0, Phase.NORMAL, ()),
        expect(1, Phase.FIRING, (NoticeKind.FIRED,)),
        expect(2, Phase.NORMAL, (NoticeKind.RESOLVED,)),
    ]
    assert mismatches(right, steps, notices) == []
    assert mismatches(right[2:], steps, notices)[0].got == "fired, resolved"
    wrong = [expect(0, None, None), expect(1, Phase.PENDING, ())]
    assert [(item.of, item.expected, item.got) for item in mismatches(wrong, steps, notices)] == [
        ("phase", "pending", "firing"),
        ("told", "nothing", "fired"),
    ]


@pytest.mark.parametrize("series", ["", "0.2 1", "0.2 0", "1.5", "0.2x3", "0.2*0", "0.2..0.4", "0.2 -", "0.2*9999"])
def test_what_is_no_series_is_none(series: str) -> None:
    """Odds are never 0 or 1, and what is meant twice is meant once."""
    assert expanded(series) is None


def test_episodes_have_their_peak_and_flaps_are_told() -> None:
    """A flap begins within a day after the last one ended, or within `keep_firing` where that is longer."""
    rule = alert_rule()
    odds = [0.1, 0.4, 0.5, 0.1, 0.4, 0.1, 0.1, 0.6]
    found = _rehearsed(rule, odds)
    said = chained(
        [
            statement(number, stated_at=START + number * _DAY, odds=(stated_odds(probability=value),))
            for number, value in enumerate(odds)
        ]
    )
    steps = [(step.transition, step.publication) for step in found.steps]
    assert isinstance(rule.condition, Level)
    episodes = episodes_of(rule, rule.condition, steps, said, {2: Came.YES, 5: Came.NO})
    assert [(item.peak, item.came, item.flap) for item in episodes] == [
        (0.5, Came.YES, False),
        (0.4, Came.NO, True),
        (0.6, Came.UNKNOWN, False),
    ]
    assert [item.ended_at for item in episodes] == [START + 3 * _DAY, START + 5 * _DAY, None]
    assert flap_span(alert_rule(keep_firing_for=3 * _DAY)) == 3 * _DAY


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=12))
def test_events_are_the_fewest_that_explain_every_window(windows: list[tuple[int, int]]) -> None:
    """Each window holds the latest day of an event, and so many windows lie apart that none can be spared."""
    first = date(2016, 3, 1)
    spans = [Span(first + begin * _DAY, first + (begin + days) * _DAY) for begin, days in windows]
    events = events_of(spans)
    assert all(any(span.first <= event.last <= span.last for event in events) for span in spans)
    apart, end = 0, first - _DAY
    for span in sorted(spans, key=lambda item: item.last):  # windows none of which overlaps another
        if span.first > end:
            apart, end = apart + 1, span.last
    assert len(events) == apart
    assert all(event.first <= event.last for event in events)


def test_lead_time_runs_from_the_first_firing_to_the_beginning_of_the_day() -> None:
    """What fired on the day itself, or ended long before, has warned of nothing."""
    began = datetime(2016, 3, 6, 23, tzinfo=UTC)  # 7 March in Tunis

    def episode(days: float, lasted: float | None) -> Episode:
        fired = began - timedelta(days=days)
        ended = None if lasted is None else fired + timedelta(days=lasted)
        return Episode(fired, ended, 0.5, Came.UNKNOWN, flap=False)

    event = Span(date(2016, 3, 7), date(2016, 3, 7))
    for episodes, lead in (
        ([episode(5, 1), episode(2, None)], 5 * _DAY),
        ([episode(40, 1), episode(2, None)], 2 * _DAY),
        ([episode(40, 60)], 40 * _DAY),
        ([episode(40, 1)], None),
        ([episode(-0.1, None)], None),
        ([], None),
    ):
        (found,) = warned([event], episodes, 30, _WEEKS)
        assert (found.lead, found.exact, found.day) == (lead, True, event.first)
