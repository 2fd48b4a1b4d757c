"""How a rule settles a window, and that it counts what the model counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.domain.evidence import derive_evidence
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.domain.resolution import Outcome, Window
from tocsin.domain.scenario import Threshold
from tocsin.domain.settlement import Counted, count_reports, settle_window

_THEATER = full_theater()
_TIMELINE = _THEATER.timeline
_RULE = Threshold("field/attack", 4, 6)
_OPENED = date(2016, 3, 9)  # a Wednesday
_CLOSES = date(2016, 4, 7)  # a Thursday, 30 days with both
_WINDOW = Window("full", "offensive", _OPENED, 30, _CLOSES, "the rule", 1)


def _day(number: int) -> date:
    return _OPENED + timedelta(days=number)


def _counts(*days: int) -> list[Counted]:
    return [Counted(_day(number), 1, f"r{number}") for number in sorted(days)]


def _settled(counted: list[Counted], last_heard: date, unknown: str | None = None) -> Outcome:
    return settle_window(_WINDOW, _RULE, counted, _TIMELINE, last_heard=last_heard, unknown=unknown).outcome


@pytest.mark.parametrize(
    ("days", "last_heard", "unknown", "outcome"),
    [
        ((1, 2, 3, 4), 4, None, Outcome.YES),
        ((1, 2, 3, 4), 4, "a feed is silent", Outcome.YES),  # what was seen was seen
        ((1, 2, 3), 4, None, Outcome.OPEN),
        ((1, 2, 3), 28, None, Outcome.OPEN),  # of the last day nothing can be here yet
        ((1, 2, 3), 29, None, Outcome.NO),
        ((1, 2, 3), 29, "a feed is silent", Outcome.OPEN),
        ((), 200, None, Outcome.NO),
        ((1, 2, 3, 30), 200, None, Outcome.NO),  # the fourth came the day after
        ((1, 2, 3, 29), 200, None, Outcome.YES),
        ((-30, -20, -10, 5), 10, None, Outcome.YES),  # the rule looks back over the opening
        ((-30, -20, -10, -1), 0, None, Outcome.YES),  # it was met when the window opened
        ((-40, -20, -10, 5), 200, None, Outcome.NO),  # seven weeks are not six
    ],
)
def test_a_window_is_settled_when_its_answer_is_known(
    days: tuple[int, ...], last_heard: int, unknown: str | None, outcome: Outcome
) -> None:
    """Yes at once; no when the window has ended, its last day could be heard of, and nothing is missing."""
    assert _settled(_counts(*days), _day(last_heard), unknown) is outcome


def test_a_yes_names_the_reports_that_met_the_rule() -> None:
    """And only those of the weeks in which it was met first."""
    verdict = settle_window(_WINDOW, _RULE, _counts(-100, 1, 2, 3, 4, 25), _TIMELINE, last_heard=_day(26), unknown=None)
    assert verdict.reports == ("r1", "r2", "r3", "r4")
    assert "counted 4 times" in verdict.reason


@given(
    st.lists(st.tuples(st.integers(-60, 40), st.integers(1, 3)), max_size=12),
    st.integers(-5, 60),
    st.booleans(),
)
def test_the_rule_is_the_one_that_is_read_day_by_day(
    told: list[tuple[int, int]],
    last_heard: int,
    complete: bool,  # noqa: FBT001
) -> None:
    """Written out: on each day of the window, what was counted in its week and the five before, up to that day."""
    counted = [Counted(_day(number), value, f"r{place}") for place, (number, value) in enumerate(sorted(told))]
    met = any(
        sum(
            item.value
            for item in counted
            if _TIMELINE.number(_day(day)) - 6 < _TIMELINE.number(item.day) and item.day <= _day(day)
        )
        >= 4
        for day in range(30)
    )
    ended = last_heard >= 29
    expected = Outcome.YES if met else Outcome.NO if ended and complete else Outcome.OPEN
    assert _settled(counted, _day(last_heard), None if complete else "unknown") is expected


def _within_its_week(first: date, more: int) -> date | None:
    """The last day of a total, in the week of its first and not after today; None for a single incident."""
    week = _TIMELINE.end_of(_TIMELINE.number(first))
    last = min(first + timedelta(days=more), week, date(2016, 3, 8))
    return last if last > first else None


_REPORTS = st.lists(
    st.builds(
        lambda days_ago, value, grade, origin, place, more: Observation(
            f"{place:04d}",
            "field/attack",
            date(2016, 3, 8) - timedelta(days=days_ago),
            float(value),
            Grade(grade[0], grade[1]),
            origin,
            "",
            "",
            "x",
            datetime(2016, 3, 8, 12, tzinfo=UTC),
            through=_within_its_week(date(2016, 3, 8) - timedelta(days=days_ago), more),
        ),
        st.integers(0, 150),
        st.integers(0, 5),
        st.sampled_from(["A1", "B2", "C3", "D4", "E5", "F6"]),
        st.sampled_from(["one", "two", "three", "four", "five"]),
        st.integers(0, 9999),
        st.integers(-6, 6),
    ),
    max_size=12,
    unique_by=lambda item: item.id,
)


@given(_REPORTS)
def test_what_counts_toward_the_rule_is_what_evidence_counts(reports: list[Observation]) -> None:
    """Trust, echoes and their best report are the model's: the odds and their settlement speak of one thing."""
    as_of = _TIMELINE.close_of(date(2016, 3, 8))
    evidence = derive_evidence(_THEATER, reports, as_of)
    by_step = [0] * evidence.steps
    for item in count_reports(_THEATER, _RULE.indicator, reports, as_of):
        by_step[_TIMELINE.number(item.day) - evidence.first_step] += item.value
    assert tuple(by_step) == evidence.counted["offensive"]


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ((1,), "field/attack was counted 1 time within 1 week, by 2016-03-10; 1 is needed"),
        ((), "field/attack was not counted 1 time within 1 week on any day from 2016-03-09 to 2016-04-07"),
    ],
)
def test_a_rule_of_one_is_told_in_the_singular(days: tuple[int, ...], why: str) -> None:
    """The reason is put on record."""
    once = Threshold("field/attack", 1, 1)
    found = settle_window(_WINDOW, once, _counts(*days), _TIMELINE, last_heard=_day(200), unknown=None)
    assert found.reason == why
