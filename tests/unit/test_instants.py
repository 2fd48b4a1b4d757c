from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from tocsin.domain.errors import InvalidInputError
from tocsin.domain.instants import read_as_of, show_age, show_instant, write_instant
from tocsin.domain.timeline import Step, Timeline

_WEEKS = Timeline(Step.WEEK, window=156, zone="Africa/Tunis")  # one hour ahead of UTC
_NOW = datetime(2016, 3, 8, 17, 30, tzinfo=UTC)


def _refused(text: str) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read_as_of(text, _WEEKS, _NOW)
    (problem,) = refused.value.problems
    assert (problem.field, problem.value) == ("--as-of", repr(text))
    return problem.accepted


def test_no_instant_is_now() -> None:
    """To the microsecond."""
    now = _NOW + timedelta(microseconds=3)
    assert read_as_of(None, _WEEKS, now) == now


def test_a_day_is_its_end_in_the_theaters_time_zone() -> None:
    """7 March ends in Tunis at 23:00 UTC, in Los Angeles at 08:00 of the 8th."""
    angeles = Timeline(Step.WEEK, window=156, zone="America/Los_Angeles")
    assert read_as_of("2016-03-07", _WEEKS, _NOW) == datetime(2016, 3, 7, 23, tzinfo=UTC)
    assert read_as_of("2016-03-07", angeles, _NOW) == datetime(2016, 3, 8, 8, tzinfo=UTC)
    assert read_as_of("2016-02-29", _WEEKS, _NOW) == datetime(2016, 2, 29, 23, tzinfo=UTC)


def test_today_is_now() -> None:
    """Its end is still to come: what is known of today is what is known now."""
    assert read_as_of("2016-03-08", _WEEKS, _NOW) == _NOW


def test_today_is_the_theaters_today() -> None:
    """At half past eleven in the evening UTC it is the 9th in Tunis."""
    late = datetime(2016, 3, 8, 23, 30, tzinfo=UTC)
    assert read_as_of("2016-03-09", _WEEKS, late) == late
    assert read_as_of("2016-03-08", _WEEKS, late) == datetime(2016, 3, 8, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-08T14:15:00+01:00",
        "2016-03-08T13:15:00Z",
        "2016-03-08 13:15+00:00",
        "2016-03-08T19:00:00+05:45",
    ],
)
def test_an_instant_with_its_offset_is_that_instant_in_utc(text: str) -> None:
    """However its zone writes it."""
    found = read_as_of(text, _WEEKS, _NOW)
    assert found == datetime(2016, 3, 8, 13, 15, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-08T14:15:00",  # without an offset it is nobody's
        "2016-03-08 14:15",
        "2016-02-30",
        "2015-02-29",
        "2016-02-30T12:00:00Z",
        "2016-03-08T25:00:00Z",
        "9999-12-31",  # its end has no date
        "0000-01-01",
        "08.03.2016",
        "20160308",
        "2016-3-8",
        "yesterday",
        "now",
        "",
        "1457458200",
    ],
)
def test_what_is_no_day_and_no_aware_instant_is_refused_with_both_forms(text: str) -> None:
    """The message shows one of each."""
    accepted = _refused(text)
    assert "2016-03-08, meaning its end" in accepted
    assert "2016-03-08T18:00:00+01:00" in accepted


def test_a_week_date_is_refused() -> None:
    """It is as long as a day, but not one of the two forms; the ledger refuses it as well."""
    assert "2016-03-08, meaning its end" in _refused("2016-W10-1")


@pytest.mark.parametrize("text", ["2016-03-09", "2016-12-01", "2016-03-09T00:00:00+00:00", "2017-01-01T00:00:00Z"])
def test_what_is_still_to_come_is_refused_with_the_day_that_has_begun(text: str) -> None:
    """Nobody knows tomorrow's evidence."""
    assert _refused(text) == "an instant that has passed, or the day that has begun: 2016-03-08"


def test_an_instant_that_closes_a_day_is_shown_as_its_end_and_any_other_to_the_minute() -> None:
    """So that what was typed as a day is read back as one."""
    assert show_instant(read_as_of("2016-03-07", _WEEKS, _NOW), _WEEKS) == "the end of 2016-03-07"
    assert show_instant(_NOW, _WEEKS) == "2016-03-08 17:30 UTC"
    assert show_instant(datetime(2016, 3, 7, 23, 0, 0, 1, tzinfo=UTC), _WEEKS) == "2016-03-07 23:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 s"),
        (0.9, "0 s"),
        (59.99, "59 s"),
        (60.0, "1 min 0 s"),
        (61.5, "1 min 1 s"),
        (3_599.0, "59 min 59 s"),
        (3_600.0, "1 h 0 min"),
        (3_659.0, "1 h 0 min"),
        (86_399.0, "23 h 59 min"),
        (86_400.0, "1 d 0 h"),
        (259_260.0, "3 d 0 h"),
        (267_000.0, "3 d 2 h"),
        (40_000_000.0, "462 d 23 h"),
    ],
)
def test_an_age_is_shown_in_its_two_largest_units(seconds: float, shown: str) -> None:
    """Rounded down: nothing is older than it is."""
    assert show_age(seconds) == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0001-01-01T00:00:00+23:59", "a day"),
        ("9999-12-31T23:59:59-23:59", "a day"),
        ("9999-12-31", "a day"),
        ("9999-12-31T23:59:59Z", "has passed"),
        ("0001-01-01", "1900"),
        ("0004-12-31T00:00:00Z", "1900"),
        ("1899-12-31T23:59:59Z", "1900"),
    ],
)
def test_what_the_calendar_has_no_room_for_is_refused(text: str, said: str) -> None:
    """Neither the instant itself, nor a window that ends with it."""
    assert said in _refused(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2016-03-09T00:00:00+01:00", "2016-03-08T23:00:00Z"),
        ("2016-03-08T23:00:00.000250+00:00", "2016-03-08T23:00:00.000250Z"),
    ],
)
def test_programs_read_instants_in_utc(text: str, written: str) -> None:
    """One instant is one text, whatever zone it came in, and as bodies of the API have it."""
    instant = datetime.fromisoformat(text)
    assert write_instant(instant) == written
    assert TypeAdapter(datetime).dump_python(instant.astimezone(UTC), mode="json") == written
