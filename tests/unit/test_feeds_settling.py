from __future__ import annotations

from tocsin.cli.feeds_settling import MOST_WAITS, await_settled, left_line


def test_a_file_that_has_just_been_saved_is_waited_for_with_a_word() -> None:
    """As long as the one that was saved last must rest, then once more for what was saved meanwhile."""
    looks = iter([{"a.csv": 1.2, "b.csv": 4.5}, {"c.csv": 0.3}, {}])
    waits: list[float] = []
    said: list[str] = []
    assert await_settled(lambda: next(looks), waits.append, said.append) == []
    assert waits == [4.5, 0.3]
    assert said == ["2 files saved less than 5 s ago: waiting 5 s", "1 file saved less than 5 s ago: waiting 1 s"]


def test_where_nothing_was_just_saved_nothing_is_waited_for_or_said() -> None:
    """The usual case."""
    said: list[str] = []
    waits: list[float] = []
    assert await_settled(dict, waits.append, said.append) == []
    assert (waits, said) == ([], [])


def test_a_file_that_is_saved_again_and_again_is_left_and_named() -> None:
    """Waiting ends, and a person is told which file was not taken in."""
    waits: list[float] = []
    left = await_settled(lambda: {"log.csv": 5.0}, waits.append, lambda _: None)
    assert len(waits) == MOST_WAITS
    assert left_line(left) == ("1 file left for the next time: still being written (saved less than 5 s ago): log.csv")
