from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from tocsin.store.instant import Instant

_DIALECT = sqlite.dialect()
_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 (the zone is added)
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 (as above)
    timezones=_ZONES,
)


def _stored(instant: datetime) -> int:
    stored = Instant().process_bind_param(instant, _DIALECT)
    assert stored is not None
    return stored


@given(_INSTANTS)
def test_an_instant_comes_back_equal_and_in_utc(instant: datetime) -> None:
    """To the microsecond, whatever zone it was stated in."""
    back = Instant().process_result_value(_stored(instant), _DIALECT)
    assert back == instant
    assert back is not None
    assert back.tzinfo is UTC


@given(_INSTANTS, _INSTANTS)
def test_stored_instants_order_as_time_does(first: datetime, second: datetime) -> None:
    """Every as-of read compares them in the database."""
    assert (_stored(first) < _stored(second)) == (first < second)


def test_a_naive_datetime_is_refused() -> None:
    """Nobody can tell which instant it means."""
    with pytest.raises(ValueError, match="no time zone"):
        Instant().process_bind_param(datetime(2016, 3, 8), _DIALECT)  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize(
    "instant",
    [
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=23, minutes=59))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23, minutes=59))),
    ],
)
def test_an_instant_that_could_not_be_read_again_is_refused(instant: datetime) -> None:
    """Its day in UTC is in no calendar; the last and the first that are can be kept."""
    with pytest.raises(ValueError, match="outside the years"):
        Instant().process_bind_param(instant, _DIALECT)
    kept = instant.replace(tzinfo=UTC)
    assert Instant().process_result_value(_stored(kept), _DIALECT) == kept
