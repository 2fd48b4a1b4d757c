"""Whether somebody may try to sign in now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.throttle import Limit, address_group, refusal

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_AGO = st.lists(st.integers(0, 3_000), max_size=30)


def _at(ago: list[int]) -> list[datetime]:
    return [_NOW - timedelta(seconds=seconds) for seconds in ago]


@given(_AGO, _AGO)
def test_ten_failures_in_a_quarter_of_an_hour_are_the_most(name: list[int], address: list[int]) -> None:
    """Counted the plain way; when the wait is over, and not before, it is open again."""
    full = any(sum(seconds < 900 for seconds in ago) >= 10 for ago in (name, address))
    found = refusal(_at(name), _at(address), [], _NOW)
    assert (found is not None) is full
    if found is not None:
        assert timedelta(0) < found.wait <= timedelta(minutes=15)
        assert refusal(_at(name), _at(address), [], _NOW + found.wait) is None
        assert refusal(_at(name), _at(address), [], _NOW + found.wait - timedelta(microseconds=1)) is not None


def test_the_longest_wait_is_told() -> None:
    """An earlier try would be in vain."""
    found = refusal(_at([60] * 10), _at([700] * 10), _at([1] * 60), _NOW)
    assert found is not None
    assert (found.limit, found.wait) == (Limit.NAME, timedelta(seconds=840))


def test_what_is_no_address_is_itself() -> None:
    """A test's client, or a socket of this machine, has none."""
    assert address_group("testclient") == "testclient"
    assert address_group("fe80::1%eth0") == "fe80::/64"
