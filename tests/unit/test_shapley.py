from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ensemble.shapley import shares

FEW = 4
MANY = 8

numbers = st.floats(-10, 10)


def tables(players: int) -> st.SearchStrategy[list[float]]:
    """A value for every set of players."""
    return st.lists(numbers, min_size=2**players, max_size=2**players)


@given(st.sampled_from([FEW, MANY]).flatmap(tables), st.integers(0, 5))
def test_shares_sum_to_what_all_are_worth_more_than_none(values: list[float], seed: int) -> None:
    """Whatever the game, and whether orders are sampled or not."""
    players = (len(values) - 1).bit_length()
    found = shares(players, lambda members: np.array([values[members]]), seed)
    assert found.shape == (players, 1)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(tables(FEW))
def test_shares_of_a_few_are_the_average_over_all_orders(values: list[float]) -> None:
    """Shapley's definition, written out."""
    gains: list[list[float]] = [[] for _ in range(FEW)]
    for order in permutations(range(FEW)):
        for place, player in enumerate(order):
            before = sum(1 << other for other in order[:place])
            gains[player].append(values[before | 1 << player] - values[before])
    found = shares(FEW, lambda members: np.array([values[members]]), seed=0)
    np.testing.assert_allclose(found[:, 0], [np.mean(own) for own in gains], atol=1e-9)


@given(st.lists(numbers, min_size=MANY, max_size=MANY), st.integers(0, 5))
def test_who_adds_the_same_to_every_set_gets_just_that(worth: list[float], seed: int) -> None:
    """In a game that only adds up, sampled orders are exact; who adds nothing gets nothing."""
    worth[0] = 0.0

    def value(members: int) -> np.ndarray:
        return np.array([sum(own for player, own in enumerate(worth) if members >> player & 1), 1.0])

    found = shares(MANY, value, seed)
    np.testing.assert_allclose(found[:, 0], worth, atol=1e-9)
    np.testing.assert_array_equal(found[:, 1], np.zeros(MANY))


def test_a_set_is_asked_once() -> None:
    """What takes long is not asked again."""
    asked: list[int] = []

    def value(members: int) -> np.ndarray:
        asked.append(members)
        return np.array([float(members)])

    shares(FEW, value, seed=0)
    assert sorted(asked) == list(range(2**FEW))


def test_nobody_gets_nothing() -> None:
    """A game without players."""
    assert shares(0, lambda _: np.array([3.0, 4.0]), seed=0).shape == (0, 2)
