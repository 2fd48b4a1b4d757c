"""Deliveries: tried until they are there, or given up for all to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.delivery import (
    GONE,
    LEASE,
    MOST_WAIT,
    WAITS,
    Accepted,
    Delivery,
    Destination,
    DestinationKind,
    Refused,
    Stage,
    after_attempt,
    claimed,
    first_delivery,
    sent_again,
)

_NOW = datetime(2016, 3, 9, 6, tzinfo=UTC)
_NEW = Delivery("m", "desk", Stage.WAITING, 0, _NOW)
_SHARE = st.floats(0, 1, exclude_max=True)
_BROKEN = Refused("500 Internal Server Error")


@given(st.lists(_SHARE, min_size=len(WAITS) + 1, max_size=len(WAITS) + 1))
def test_what_is_never_taken_is_given_up_after_ten_attempts_and_two_days(shares: list[float]) -> None:
    """Each wait is the declared one, a fifth more or less."""
    delivery, now = _NEW, _NOW
    for number, share in enumerate(shares):
        assert delivery.is_due(now)
        delivery = after_attempt(claimed(delivery, now), _BROKEN, now, share)
        if number < len(WAITS):
            # Instants are whole microseconds, to which a share just below 1 is rounded up.
            assert WAITS[number] * 0.8 <= delivery.due_at - now <= WAITS[number] * 1.2
            assert not delivery.is_due(delivery.due_at - timedelta(microseconds=1))
            now = delivery.due_at
    assert (delivery.stage, delivery.attempts, delivery.last_word) == (Stage.DEAD, 10, "500 Internal Server Error")
    assert not delivery.is_due(now + timedelta(days=99))
    assert timedelta(days=1, hours=9) < now - _NOW < timedelta(days=2, hours=3)


@given(st.integers(0, 8), _SHARE)
def test_what_is_taken_is_never_sent_again(failed: int, share: float) -> None:
    """However often it failed before."""
    delivery = _NEW
    for _ in range(failed):
        delivery = after_attempt(delivery, _BROKEN, _NOW, share)
    done = after_attempt(delivery, Accepted("200 OK"), _NOW, share)
    assert (done.stage, done.attempts, done.last_word) == (Stage.DELIVERED, failed + 1, "200 OK")
    assert not done.is_due(_NOW + timedelta(days=99))


def test_nobody_else_sends_what_is_being_sent_until_its_time_is_up() -> None:
    """After that it was left behind by a process that died."""
    taken = claimed(_NEW, _NOW)
    assert not taken.is_due(_NOW + LEASE - timedelta(microseconds=1))
    assert taken.is_due(_NOW + LEASE)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [(timedelta(hours=1), timedelta(hours=1)), (timedelta(seconds=1), WAITS[0]), (timedelta(days=9), MOST_WAIT)],
)
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(asked: timedelta, waited: timedelta) -> None:
    """Not more often than otherwise, and not for ever."""
    assert after_attempt(_NEW, Refused("429", retry_after=asked), _NOW, 0.5).due_at == _NOW + waited


def test_a_receiver_that_is_gone_is_asked_once() -> None:
    """It has said that there is no use."""
    dead = after_attempt(_NEW, Refused("410 Gone", gone=True), _NOW, 0.5)
    hopeless = after_attempt(_NEW, Refused("550", had=("a@x",), refused=(("b@x", "550"),), hopeless=True), _NOW, 0.5)
    assert (hopeless.refused, sent_again(hopeless, None, _NOW).refused) == ((("b@x", "550"),), ())
    assert (hopeless.stage, hopeless.had, sent_again(hopeless, None, _NOW).had) == (Stage.DEAD, ("a@x",), ("a@x",))
    assert (dead.stage, dead.attempts) == (Stage.DEAD, 1)


def test_what_was_given_up_can_be_sent_again() -> None:
    """At once, with all its attempts."""
    again = sent_again(after_attempt(_NEW, Refused("410 Gone", gone=True), _NOW, 0.5), None, _NOW)
    assert again.is_due(_NOW)
    assert after_attempt(again, _BROKEN, _NOW, 0.5).due_at == _NOW + WAITS[0]


@given(st.integers(1, 10**6), st.integers(0, 10**12))
def test_what_comes_within_one_interval_goes_into_one_digest(seconds: int, later: int) -> None:
    """It is due at the interval's end, which comes no later than one interval from now, whoever asks."""
    desk = Destination(
        "desk", DestinationKind.EMAIL, "Desk", "desk@example.org", digest_every=timedelta(seconds=seconds)
    )
    at = _NOW + timedelta(microseconds=later)
    due = first_delivery("m", "desk", desk, at).due_at
    assert at <= due < at + desk.digest_every  # type: ignore[operator]
    assert first_delivery("n", "desk", desk, due).due_at == due
    assert first_delivery("n", "desk", desk, at, urgent=True).due_at == at


def test_a_new_message_is_due_at_once_unless_its_receiver_is_gone() -> None:
    """Also to a destination that nobody has set yet: somebody may, before it is given up."""
    hook = Destination("hook", DestinationKind.WEBHOOK, "Hook", "http://localhost", "whsec_x")
    for known in (hook, None):
        assert first_delivery("m", "hook", known, _NOW) == Delivery("m", "hook", Stage.WAITING, 0, _NOW)
    gone = first_delivery("m", "hook", replace(hook, gone=True), _NOW)
    assert (gone.stage, gone.attempts, gone.last_word) == (Stage.DEAD, 0, GONE)
