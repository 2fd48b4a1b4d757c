"""Whether anything has changed, asked often and looked up seldom."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.usecases.freshness import Freshness


@dataclass
class _Events:
    number: int = 7
    asked: int = 0

    def last(self) -> int:
        self.asked += 1
        return self.number


def test_it_is_looked_up_every_20_ms_at_most_and_when_told() -> None:
    """In between, what was found holds."""
    events, seconds = _Events(), [0.0]
    freshness = Freshness(events, lambda: seconds[0])  # type: ignore[arg-type]
    assert freshness.recent() is None
    assert [freshness.number() for _ in range(3)] == [7, 7, 7]
    events.number = 8
    seconds[0] = 0.0199
    assert (freshness.number(), freshness.recent(), events.asked) == (7, 7, 1)
    seconds[0] = 0.02
    assert freshness.recent() is None
    assert (freshness.number(), events.asked) == (8, 2)
    events.number = 9
    freshness.look_again()
    assert (freshness.number(), events.asked) == (9, 3)


def test_a_look_under_way_does_not_undo_that_somebody_said_to_look_again() -> None:
    """What was changed while it looked may have come too late for it: the next question is looked up all the same."""

    class Late(_Events):
        def last(self) -> int:
            found = super().last()
            if self.asked == 1:  # the store has answered; then this process changes something
                self.number += 1
                freshness.look_again()
            return found

    events = Late()
    freshness = Freshness(events, lambda: 0.0)  # type: ignore[arg-type]
    freshness.number()
    assert freshness.recent() is None
    assert (freshness.number(), events.asked) == (8, 2)
    assert (freshness.number(), events.asked) == (8, 2)


def test_it_is_looked_up_ahead_of_time_where_somebody_says_so() -> None:
    """Once half of the time has passed, and not before."""
    events, seconds = _Events(), [0.0]
    freshness = Freshness(events, lambda: seconds[0])  # type: ignore[arg-type]
    assert freshness.ages
    freshness.renew()
    seconds[0] = 0.0099
    freshness.renew()
    assert (freshness.ages, events.asked) == (False, 1)
    seconds[0] = 0.01
    assert freshness.ages
    freshness.renew()
    assert (freshness.ages, events.asked) == (False, 2)


def test_what_was_young_enough_when_it_was_asked_for_stays_so() -> None:
    """However long the answer then had to wait for its turn."""
    events, seconds = _Events(), [1.0]
    freshness = Freshness(events, lambda: seconds[0])  # type: ignore[arg-type]
    freshness.number()
    seconds[0] = 2.0
    assert freshness.recent() is None
    assert freshness.recent(asked=1.0199) == 7
    assert freshness.recent(asked=1.02) is None


def test_the_number_never_goes_back() -> None:
    """A look that began earlier and ended later is no news."""
    seconds = [0.0]

    class Overtaken(_Events):
        def last(self) -> int:
            found = super().last()
            if self.asked == 1:  # the store has answered; before it is heard, something happens and another one looks
                self.number += 1
                seconds[0] = 0.005
                freshness.number()
            return found

    events = Overtaken()
    freshness = Freshness(events, lambda: seconds[0])  # type: ignore[arg-type]
    assert freshness.number() == 8
    assert (freshness.recent(), events.asked) == (8, 2)
