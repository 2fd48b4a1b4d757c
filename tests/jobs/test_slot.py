"""Which slot is due: against an enumeration of every minute, through every kind of clock change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.domain.slot import Daily, Every, OnNeed, Want, latest_slot, next_slot, wanted_slot

_MINUTE = timedelta(minutes=1)
_ZONES = (
    "Africa/Tunis",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # left a whole day out in 2011
    "America/Sao_Paulo",  # changed at midnight
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "UTC",
)
_INSTANTS = st.datetimes(datetime(1977, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def _enumerated(schedule: Daily, first: datetime, minutes: int) -> list[datetime]:
    """Each day's slot, by looking at a clock of the zone every minute; the textbook reading of "daily at"."""
    zone = ZoneInfo(schedule.zone)
    found: dict[object, datetime] = {}
    before = (first - _MINUTE).astimezone(zone).replace(tzinfo=None)
    for number in range(minutes):
        instant = first + number * _MINUTE
        shown = instant.astimezone(zone).replace(tzinfo=None)
        due = datetime.combine(before.date(), schedule.at)
        while due <= before:
            due += timedelta(days=1)
        while due < shown:  # the clock skipped it: as long after the skip as it would have been without
            found.setdefault(due.date(), instant - _MINUTE + (due - before))
            due += timedelta(days=1)
        if due == shown:
            found.setdefault(due.date(), instant)
        before = shown
    return sorted(set(found.values()))


@given(st.sampled_from(_ZONES), _TIMES, _INSTANTS)
@settings(max_examples=40)  # each looks at a clock 11,520 times
@example("Europe/Berlin", time(2, 0, fold=1), datetime(2000, 3, 25, 1, tzinfo=UTC))
@example("Europe/Berlin", time(2, 30), datetime(2016, 3, 27, 12, tzinfo=UTC))
@example("Europe/Berlin", time(2, 30), datetime(2016, 10, 30, 12, tzinfo=UTC))
@example("Africa/Tunis", time(2, 30), datetime(2008, 3, 30, 12, tzinfo=UTC))
@example("Africa/Tunis", time(2, 30), datetime(2008, 10, 26, 12, tzinfo=UTC))
@example("Pacific/Apia", time(2, 30), datetime(2011, 12, 31, 12, tzinfo=UTC))
@example("America/Sao_Paulo", time(0, 0), datetime(2016, 10, 16, 12, tzinfo=UTC))
@pytest.mark.fault(11)
def test_the_slot_that_is_due_is_the_last_of_those_enumerated(zone: str, at: time, now: datetime) -> None:
    """And the next is the first of those after; a time that comes twice or not at all is one slot."""
    schedule = Daily(at, zone)
    start = now.replace(second=0, microsecond=0) - timedelta(days=4)
    slots = _enumerated(schedule, start, 8 * 24 * 60)
    assert latest_slot(schedule, now) == max(slot for slot in slots if slot <= now)
    assert next_slot(schedule, now) == min(slot for slot in slots if slot > now)


@pytest.mark.parametrize(
    ("zone", "month", "day", "slot"),
    [
        ("Europe/Berlin", 3, 27, "2016-03-27T01:30:00+00:00"),  # 02:30 does not exist: half an hour after 03:00
        ("Europe/Berlin", 10, 30, "2016-10-30T00:30:00+00:00"),  # 02:30 comes twice: the first
        ("Africa/Tunis", 3, 27, "2016-03-27T01:30:00+00:00"),  # no change since 2008
    ],
)
@pytest.mark.fault(11)
def test_half_past_two_is_one_slot_on_days_of_change(zone: str, month: int, day: int, slot: str) -> None:
    """Looked at every minute of that day."""
    schedule = Daily(time(2, 30), zone)
    day_start = datetime(2016, month, day, tzinfo=UTC)
    seen = {latest_slot(schedule, day_start + number * _MINUTE).isoformat() for number in range(23 * 60)}
    assert {text for text in seen if text.startswith(slot[:10])} == {slot}


@given(st.integers(1, 3000).map(lambda minutes: timedelta(minutes=minutes)), _INSTANTS)
def test_periods_follow_each_other_without_gaps(period: timedelta, now: datetime) -> None:
    """The slot is not after now, the next is, and they lie one period apart."""
    schedule = Every(period)
    slot = latest_slot(schedule, now)
    assert slot <= now < next_slot(schedule, now) == slot + period
    assert latest_slot(schedule, slot) == slot


_PACE = OnNeed(timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=60))
_NOON = datetime(2016, 3, 8, 12, 30, tzinfo=UTC)


def _wanted(first: int, last: int, now: int) -> datetime | None:
    """The slot where news came from one minute to another."""
    start = _NOON - timedelta(hours=5)
    want = Want("so", start, _NOON + first * _MINUTE, _NOON + last * _MINUTE)
    return wanted_slot(_PACE, want, _NOON + now * _MINUTE)


def test_a_want_waits_until_no_more_comes_in() -> None:
    """Ten minutes after the last, and then the same slot whenever one looks."""
    assert _wanted(0, 5, 14) is None
    assert _wanted(0, 5, 15) == _wanted(0, 5, 20) == _NOON + 15 * _MINUTE


def test_a_want_waits_an_hour_at_most() -> None:
    """Although more keeps coming in."""
    assert _wanted(0, 59, 59) is None
    assert _wanted(0, 59, 60) == _wanted(0, 60, 61) == _NOON + 60 * _MINUTE


def test_a_want_that_outlasts_its_slot_comes_back_with_each_hour() -> None:
    """A refit that was rejected is tried again on the hour, not every minute."""
    slots = {_wanted(0, 5, now) for now in range(15, 15 + 180)}
    assert len(slots) == 4
    assert wanted_slot(_PACE, Want("files", None, None, None), _NOON) == _NOON.replace(minute=0)


def test_a_want_that_was_given_up_waits_for_more_than_it_had() -> None:
    """Not for the next hour: the same evidence is rejected again."""
    want = Want("so", _NOON, _NOON + _MINUTE, _NOON + 5 * _MINUTE)
    later = _NOON + timedelta(hours=7)
    slot = wanted_slot(_PACE, want, _NOON + 20 * _MINUTE)
    assert slot == _NOON + 15 * _MINUTE
    assert wanted_slot(_PACE, want, later, slot) is None
    assert wanted_slot(_PACE, Want("files", None, None, None), later, slot) is None
    more = Want("so", _NOON, _NOON + _MINUTE, slot + _MINUTE)
    assert wanted_slot(_PACE, more, slot + 11 * _MINUTE, slot) == slot + 11 * _MINUTE
    more = Want("so", _NOON, _NOON + _MINUTE, later + _MINUTE)
    assert wanted_slot(_PACE, more, later + 10 * _MINUTE, slot) is None
    assert wanted_slot(_PACE, more, later + 12 * _MINUTE, slot) == later + 11 * _MINUTE


@given(st.integers(0, 90), st.integers(0, 90), st.integers(0, 300))
def test_a_wanted_slot_never_lies_ahead(first: int, length: int, now: int) -> None:
    """What is fitted as of the slot is known by then."""
    slot = _wanted(first, first + length, now)
    assert slot is None or slot <= _NOON + now * _MINUTE
