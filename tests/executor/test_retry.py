"""When a fit that broke down is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import (
    FitInterruptedError,
    FitRejectedError,
    SamplerFailedError,
    StoreError,
    UnknownNameError,
)
from tocsin.executor.retry import ATTEMPTS, conclude, wait_before_next

_JITTER = st.floats(0, 1)


def _breakdowns(count: int) -> list[Exception]:
    return [SamplerFailedError(f"reason {number}") for number in range(1, count + 1)]


@given(_JITTER, _JITTER)
def test_a_breakdown_is_tried_three_times_with_longer_waits(first: float, second: float) -> None:
    """Whatever the jitter, the second wait is the longer one, and there is no third."""
    waits = [wait_before_next(_breakdowns(count), jitter) for count, jitter in ((1, first), (2, second))]
    assert waits[0] is not None
    assert waits[1] is not None
    assert 0.5 <= waits[0] <= 1.5
    assert 2 <= waits[1] <= 6
    assert wait_before_next(_breakdowns(ATTEMPTS), first) is None
    assert ATTEMPTS == 3


@given(_JITTER, st.integers(0, ATTEMPTS - 1))
def test_what_would_come_again_is_not_tried_again(jitter: float, earlier: int) -> None:
    """An answer, somebody's wish, and what another attempt does not change."""
    for error in (
        FitInterruptedError("it was cancelled"),
        FitRejectedError("f", ["R-hat is nan"]),
        UnknownNameError("theater", "lybia", ()),
        StoreError("the disk is full"),
        ValueError("a bug"),
    ):
        assert wait_before_next([*_breakdowns(earlier), error], jitter) is None


def test_the_last_word_holds_every_reason() -> None:
    """In the order in which they came."""
    error = conclude(_breakdowns(3))
    assert isinstance(error, SamplerFailedError)
    assert str(error) == (
        "the sampler broke down 3 times, and nothing was kept: "
        "attempt 1: reason 1; attempt 2: reason 2; attempt 3: reason 3"
    )


@pytest.mark.parametrize("earlier", [0, 2])
def test_an_error_of_another_kind_is_told_as_it_is(earlier: int) -> None:
    """Also after breakdowns: what stopped the attempts is what matters."""
    error = FitInterruptedError("it was cancelled")
    assert conclude([*_breakdowns(earlier), error]) is error
