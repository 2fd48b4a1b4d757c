"""What is overdue: attention to a theater, and indicators with a declared rhythm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.theaters import full_theater
from tocsin.domain.evidence import ATTENTION_DAYS
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Collection
from tocsin.domain.observation import Observation
from tocsin.domain.overdue import WARNING_DAYS, Reminder, Urgency, reminders, unattended_day

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater

_TODAY = date(2016, 3, 8)
_THEATER = full_theater()
_NOW = _THEATER.timeline.close_of(_TODAY)


def _report(days_ago: int, indicator: str = "field/attack", grade: str = "B2", value: float = 0.0) -> Observation:
    day = _TODAY - timedelta(days=days_ago)
    known = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    name = f"{indicator}{days_ago}{grade}"
    return Observation(name, indicator, day, value, Grade(grade[0], grade[1]), name, "", "", "x", known)


def _remind(*reports: Observation, theater: Theater = _THEATER) -> tuple[Reminder, ...]:
    return reminders(theater, reports, _NOW)


def _with_rhythm(every: int, name: str = "field/price") -> Theater:
    changed = tuple(replace(item, expect_every_days=every) if item.id == name else item for item in _THEATER.indicators)
    return replace(_THEATER, indicators=changed)


@pytest.mark.parametrize(
    ("days_ago", "urgency"),
    [
        (0, None),
        (ATTENTION_DAYS - WARNING_DAYS - 1, None),
        (ATTENTION_DAYS - WARNING_DAYS, Urgency.SOON),
        (ATTENTION_DAYS, Urgency.SOON),
        (ATTENTION_DAYS + 1, Urgency.UNWATCHED),
    ],
)
def test_somebody_is_told_before_silence_stops_to_count_and_after(days_ago: int, urgency: Urgency | None) -> None:
    """A fortnight before, and from the day on which it stops."""
    found = _remind(_report(days_ago))
    assert [item.urgency for item in found] == ([] if urgency is None else [urgency])
    if found:
        assert found[0].indicator is None
        assert found[0].age_days == days_ago
        assert found[0].due_on == _TODAY + timedelta(days=ATTENTION_DAYS - days_ago)
        assert "tocsin observe full" in found[0].advice


def test_a_doubtful_report_is_no_attention() -> None:
    """As in evidence: who is more likely wrong than right does not show that somebody looked."""
    assert _remind(_report(0, grade="E5"), _report(100))[0].urgency is Urgency.UNWATCHED


def test_a_report_of_any_indicator_is_attention_to_the_whole() -> None:
    """Silence of all counts within a quarter year of it, and no rare indicator is nagged about."""
    assert _remind(_report(0, "field/price", value=1.0)) == ()


def test_an_empty_ledger_is_watched_by_nobody() -> None:
    """Without days, since there are none."""
    found = _remind()
    assert [(item.urgency, item.last_on, item.age_days) for item in found] == [(Urgency.UNWATCHED, None, None)]


def test_where_silence_never_counts_it_cannot_stop_to() -> None:
    """A theater that is looked at on occasion only."""
    occasional = tuple(replace(item, collection=Collection.OCCASIONAL, since=None) for item in _THEATER.indicators)
    assert _remind(theater=replace(_THEATER, indicators=occasional)) == ()


@pytest.mark.parametrize(("days_ago", "late"), [(0, False), (31, False), (32, True)])
def test_an_indicator_is_overdue_against_its_declared_rhythm_and_delay(days_ago: int, late: bool) -> None:  # noqa: FBT001
    """Every 30 days, and a day until it reaches us."""
    reports = [_report(0), _report(days_ago, "field/price", value=1.0)]
    found = _remind(*reports, theater=_with_rhythm(30))
    assert [(item.indicator, item.urgency, item.age_days) for item in found] == (
        [("field/price", Urgency.OVERDUE, days_ago)] if late else []
    )


def test_an_indicator_that_was_never_reported_is_overdue() -> None:
    """Since it is collected where that is declared, and otherwise without an age."""
    assert _remind(_report(0), theater=_with_rhythm(30))[0].age_days is None
    since_2015 = _remind(_report(0), theater=_with_rhythm(30, "field/quiet"))
    assert [(item.indicator, item.age_days) for item in since_2015] == [("field/quiet", 432)]


def test_what_is_overdue_is_told_in_words_with_the_day_on_which_it_was_due() -> None:
    """Of one that was reported and of one that never was, with a delay and without."""
    theater = _with_rhythm(30)
    (found,) = _remind(_report(0), _report(40, "field/price", value=1.0), theater=theater)
    assert found.why == (
        f"a report is expected every 30 days; the last that counts is of {_TODAY - timedelta(days=40)}, so the next "
        f"was due by {_TODAY - timedelta(days=9)}, the usual 1 day until it is here included"
    )
    quick = tuple(replace(item, delay_days=0) for item in _with_rhythm(30, "field/quiet").indicators)
    (never,) = _remind(_report(0), theater=replace(theater, indicators=quick))
    assert never.why == (
        "a report is expected every 30 days; none that counts was ever made since 2015-01-01, so the next was due by "
        "2015-01-31"
    )


def test_a_report_that_nothing_was_seen_keeps_the_rhythm() -> None:
    """Looking is what is expected, not finding."""
    assert _remind(_report(3, "field/quiet", value=0.0), theater=_with_rhythm(30, "field/quiet")) == ()


@given(
    st.lists(st.integers(0, 600), max_size=5),
    st.integers(0, 500),
    st.integers(0, 100),
)
def test_the_first_unattended_day_is_the_one_that_a_search_day_by_day_finds(
    reported: list[int], begins: int, length: int
) -> None:
    """Written out: every day, every report."""
    start = date(2015, 1, 1)
    days = sorted(start + timedelta(days=number) for number in reported)
    first = start + timedelta(days=begins)
    span = [first + timedelta(days=number) for number in range(length + 1)]
    far = [day for day in span if all(abs((day - other).days) > ATTENTION_DAYS for other in days)]
    assert unattended_day(days, first, span[-1]) == (far[0] if far else None)
