"""Fair shares of a change that several things made together: Shapley values over sampled orders."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tocsin.ensemble.design import Floats

_ALL_ORDERS_UP_TO = 5  # players: 120 orders of at most 32 distinct sets
_SAMPLED_PAIRS = 24


def shares(players: int, value: Callable[[int], Floats], seed: int) -> Floats:
    """Each player's share (players, Q) of value(all) − value(none), which the shares sum to, to rounding.

    A share is the player's marginal contribution averaged over orders in which the players might have come: all orders
    of up to 5 players, else 24 random ones and their reverses (Mitchell, Cooper, Frank & Holmes 2022, Sampling
    permutations for Shapley value estimation, Journal of Machine Learning Research 23(43), section 4.1). Each order
    alone sums to the whole, so any number of them does.

    Args:
        players: How many.
        value: The value (Q,) of a set of players, given as a bit mask; asked once a set.
        seed: Of the sampled orders.
    """
    known: dict[int, Floats] = {}

    def ask(members: int) -> Floats:
        if members not in known:
            known[members] = value(members)
        return known[members]

    total = np.zeros((players, len(ask(0))))
    orders = list(_orders(players, seed))
    for order in orders:
        members = 0
        for player in order:
            joined = members | 1 << player
            total[player] += ask(joined) - ask(members)
            members = joined
    return total / len(orders)


def _orders(players: int, seed: int) -> Iterable[tuple[int, ...]]:
    if players <= _ALL_ORDERS_UP_TO:
        yield from permutations(range(players))
        return
    random = np.random.default_rng([seed, 3])
    for _ in range(_SAMPLED_PAIRS):
        order = tuple(int(player) for player in random.permutation(players))
        yield order
        yield order[::-1]
