"""A moving window, held to a plain count over everything that was ever taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.web.window import MovingWindow

_SECONDS = 60.0


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), max_size=60), st.integers(1, 5))
def test_no_more_are_taken_in_any_minute_than_may_be(asked: list[tuple[int, str]], most: int) -> None:
    """And none is refused that might be; after the wait that is told, and not a moment before, it is taken."""
    clock, taken = _Clock(), []
    counted: MovingWindow[str] = MovingWindow(_SECONDS, clock)
    for passed, key in asked:
        clock.now += passed
        within = [at for at, who in taken if who == key and at > clock.now - _SECONDS]
        wait = counted.take(key, most)
        assert (wait is None) is (len(within) < most)
        if wait is None:
            taken.append((clock.now, key))
        else:
            assert 0 < wait <= _SECONDS
            freed = clock.now + wait
            assert sum(at > freed - _SECONDS for at in within) < most
            assert sum(at > freed - 0.5 - _SECONDS for at in within) >= most


def test_who_has_not_asked_for_a_minute_is_forgotten() -> None:
    """And whoever has is not, so that nobody is let in by a crowd of others."""
    clock = _Clock()
    counted: MovingWindow[int] = MovingWindow(_SECONDS, clock)
    for key in range(5):
        assert counted.take(key, 1) is None
    assert len(counted) == 5
    assert counted.take(0, 1) is not None
    clock.now += _SECONDS / 2
    assert counted.take(0, 2) is None
    clock.now += _SECONDS / 2
    counted.take(9, 1)
    assert len(counted) == 2
