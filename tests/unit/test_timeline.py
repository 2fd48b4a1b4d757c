from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.timeline import Step, Timeline, known_since

_ZONES = (
    "UTC",
    "Africa/Tunis",
    "Africa/Cairo",  # has changed its clocks at midnight
    "America/Havana",  # repeats the hour after midnight
    "America/Los_Angeles",
    "America/Sao_Paulo",  # has skipped the hour after midnight
    "America/St_Johns",  # has changed its clocks a minute after midnight
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # changes its clocks by half an hour
    "Europe/Paris",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
)
_LENGTHS = {Step.DAY: {1}, Step.WEEK: {7}, Step.MONTH: {28, 29, 30, 31}}

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
steps = st.sampled_from(list(Step))


def _timeline(step: Step, zone: str = "Africa/Tunis") -> Timeline:
    return Timeline(step, window=156, zone=zone)


@given(days)
def test_weeks_run_from_monday_to_sunday(day: date) -> None:
    """As the calendar's own weekday says, not as our arithmetic does."""
    weeks = _timeline(Step.WEEK)
    number = weeks.number(day)
    assert weeks.start_of(number).isoweekday() == 1
    assert weeks.end_of(number).isoweekday() == 7


@given(days)
def test_months_run_from_the_first_to_the_last_of_a_calendar_month(day: date) -> None:
    """February and leap years included."""
    months = _timeline(Step.MONTH)
    number = months.number(day)
    assert months.start_of(number) == day.replace(day=1)
    assert months.end_of(number).month == day.month
    assert (months.end_of(number) + timedelta(days=1)).day == 1


@given(steps, days)
def test_a_day_lies_in_the_step_that_its_number_names(step: Step, day: date) -> None:
    """Number, start, end and length agree with one another."""
    timeline = _timeline(step)
    number = timeline.number(day)
    start, end = timeline.start_of(number), timeline.end_of(number)
    assert start <= day <= end
    assert timeline.number(start) == timeline.number(end) == number
    assert timeline.days_in(number) == (end - start).days + 1
    assert timeline.days_in(number) in _LENGTHS[step]


@given(steps, days)
def test_steps_follow_one_another_without_gap_or_overlap(step: Step, day: date) -> None:
    """The day after a step's end is the next step's start, across years too."""
    timeline = _timeline(step)
    number = timeline.number(day)
    following = timeline.end_of(number) + timedelta(days=1)
    assert timeline.number(following) == number + 1
    assert timeline.start_of(number + 1) == following


@pytest.mark.parametrize(
    ("step", "start", "end"),
    [
        (Step.DAY, date(2016, 3, 8), date(2016, 3, 8)),
        (Step.WEEK, date(2016, 3, 7), date(2016, 3, 13)),
        (Step.MONTH, date(2016, 3, 1), date(2016, 3, 31)),
    ],
)
def test_the_eighth_of_march_2016_was_a_tuesday(step: Step, start: date, end: date) -> None:
    """The first theater's opening day, in every kind of step."""
    timeline = _timeline(step)
    number = timeline.number(date(2016, 3, 8))
    assert (timeline.start_of(number), timeline.end_of(number)) == (start, end)


@pytest.mark.parametrize(
    ("zone", "day", "close"),
    [
        # Paris goes to summer time at 02:00 on 27 March 2016, and back at 03:00 on 30 October.
        ("Europe/Paris", date(2016, 3, 26), datetime(2016, 3, 26, 23, tzinfo=UTC)),
        ("Europe/Paris", date(2016, 3, 27), datetime(2016, 3, 27, 22, tzinfo=UTC)),
        ("Europe/Paris", date(2016, 10, 29), datetime(2016, 10, 29, 22, tzinfo=UTC)),
        ("Europe/Paris", date(2016, 10, 30), datetime(2016, 10, 30, 23, tzinfo=UTC)),
        # Tunis keeps one hour ahead of UTC all year.
        ("Africa/Tunis", date(2016, 3, 26), datetime(2016, 3, 26, 23, tzinfo=UTC)),
        ("Africa/Tunis", date(2016, 3, 27), datetime(2016, 3, 27, 23, tzinfo=UTC)),
    ],
)
def test_a_day_closes_at_local_midnight_whatever_the_clocks_do(zone: str, day: date, close: datetime) -> None:
    """27 March 2016 lasts 23 hours in Paris and 24 in Tunis."""
    found = _timeline(Step.WEEK, zone).close_of(day)
    assert found == close
    assert found.tzinfo is UTC


@given(st.sampled_from(_ZONES), days)
def test_a_days_close_still_belongs_to_that_day_and_the_next_instant_does_not(zone: str, day: date) -> None:
    """Midnight closes the day before; one microsecond later the next day has begun."""
    timeline = _timeline(Step.DAY, zone)
    close = timeline.close_of(day)
    assert timeline.last_day(close) == day
    assert timeline.last_day(close + timedelta(microseconds=1)) == day + timedelta(days=1)


@given(st.sampled_from(_ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31)))  # noqa: DTZ001 - made aware
def test_an_instant_is_read_alike_in_whatever_zone_it_is_written(zone: str, naive: datetime) -> None:
    """An instant is a moment, not a way to write it."""
    instant = naive.replace(tzinfo=UTC)
    timeline = _timeline(Step.WEEK, zone)
    assert timeline.last_day(instant) == timeline.last_day(instant.astimezone(ZoneInfo("Asia/Kathmandu")))


def test_the_day_that_samoa_skipped_takes_no_time() -> None:
    """Apia went from 29 to 31 December 2011 over the date line."""
    apia = _timeline(Step.DAY, "Pacific/Apia")
    assert apia.close_of(date(2011, 12, 29)) == apia.close_of(date(2011, 12, 30))
    assert apia.close_of(date(2011, 12, 31)) - apia.close_of(date(2011, 12, 29)) == timedelta(days=1)


def test_history_without_an_instant_is_known_at_the_end_of_its_day_plus_the_delay() -> None:
    """26 March and one day of delay: Paris closes the 27th an hour early."""
    paris, tunis = _timeline(Step.WEEK, "Europe/Paris"), _timeline(Step.WEEK)
    assert known_since(paris, date(2016, 3, 26), 1) == datetime(2016, 3, 27, 22, tzinfo=UTC)
    assert known_since(tunis, date(2016, 3, 26), 1) == datetime(2016, 3, 27, 23, tzinfo=UTC)
    assert known_since(tunis, date(2016, 2, 28), 0) == datetime(2016, 2, 28, 23, tzinfo=UTC)
    assert known_since(tunis, date(2016, 2, 28), 2) == datetime(2016, 3, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "duration", "expected"),
    [
        (Step.WEEK, 56, 8),
        (Step.WEEK, 59, 8),  # 8.43 weeks
        (Step.WEEK, 60, 9),  # 8.57 weeks
        (Step.WEEK, 365, 52),
        (Step.WEEK, 1, 1),
        (Step.MONTH, 365, 12),
        (Step.MONTH, 366, 12),
        (Step.MONTH, 90, 3),
        (Step.MONTH, 45, 1),  # 1.48 months
        (Step.MONTH, 46, 2),  # 1.51 months
        (Step.MONTH, 7, 1),
        (Step.DAY, 56, 56),
        (Step.DAY, 1, 1),
    ],
)
def test_a_duration_is_the_nearest_whole_number_of_steps(step: Step, duration: int, expected: int) -> None:
    """And never none: a rule needs at least one step."""
    assert _timeline(step).steps_in(duration) == expected


@given(steps, st.integers(1, 2000))
def test_whole_steps_keep_their_number(step: Step, count: int) -> None:
    """A duration of so many mean steps, in days rounded, is that many steps."""
    assert _timeline(step).steps_in(round(count * step.mean_days)) == count


@pytest.mark.parametrize(("step", "in_400_years"), [(Step.DAY, 146_097), (Step.WEEK, 20_871), (Step.MONTH, 4_800)])
def test_a_mean_year_is_a_four_hundredth_of_the_gregorian_cycle(step: Step, in_400_years: int) -> None:
    """The cycle holds a whole number of days, weeks and months; the tolerance is a few roundings of doubles."""
    assert step.per_year * 400 == pytest.approx(in_400_years, rel=1e-15)
    assert step.mean_days * in_400_years == pytest.approx(146_097, rel=1e-15)
    timeline = _timeline(step)
    assert timeline.number(date(2390, 5, 4)) - timeline.number(date(1990, 5, 4)) == in_400_years
