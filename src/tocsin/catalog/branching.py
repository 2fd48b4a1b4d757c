"""Whether couplings feed on themselves: the branching ratio of a theater's scenarios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import DEVELOPING, link_prior
from tocsin.domain.scenario import Event, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.theater import Theater

_LARGE = 1e9
"""Stands for a number of extra occurrences too large to compute with; anything from 1 is refused anyway."""
_TERMS = 500
_SQUARINGS = 60  # the sixtieth takes part with 2⁻⁶⁰, beyond the digits of a float
_LARGEST_JUMP = 100.0
"""Log-hazard. A jump beyond it (a factor of 10⁴³) is as good as unbounded."""


@dataclass(frozen=True, slots=True)
class Branching:
    """The branching ratio, and the ids of the scenarios along its strongest cycle (empty without one)."""

    ratio: float
    cycle: tuple[str, ...]


def branching(theater: Theater) -> Branching:
    """How many occurrences one occurrence brings about through couplings, in the long run.

    Couplings make the occurrences a self-exciting process. With G[r → s] the expected extra occurrences of s
    that one occurrence of r causes at developing pressure (+2), at median parameter values,

        event s:      G = h · Σ_{k≥0} (exp(γ δ ρ^k) − 1),  h = exp(β + 2γ)
        threshold s:  G = Σ_{k≥0} (exp(λ δ ρ^k) − 1) / n

    the process dies out only where the spectral radius of G (the branching ratio) is below 1; from 1 on,
    simulated futures blow up. Here β is the median log-hazard per step, γ the median hazard link, λ the
    median link of s on the indicator of its own rule (0 without one), n the rule's span in steps, δ the
    median pressure that the coupling adds and ρ = 2^(−1/H) its decay per step at the median half-life H of
    the fast part of s. A coupling that lowers pressure causes nothing and counts as 0.

    Source: Hawkes & Oakes (1974), A cluster process representation of a self-exciting process, Journal of
    Applied Probability 11(3), 493–503: the cluster of one event is finite when the mean number of its
    offspring is below 1; with several types, when the spectral radius of the offspring matrix is.
    """
    names = [scenario.id for scenario in theater.scenarios]
    offspring = [[0.0] * len(names) for _ in names]
    for coupling in theater.couplings:
        target = theater.scenario(coupling.target)
        row, column = names.index(coupling.source), names.index(coupling.target)
        offspring[row][column] = extra_occurrences(target, coupling.adds.plain().mean)
    cycle = tuple(names[position] for position in _strongest_cycle(offspring))
    return Branching(spectral_radius(offspring), cycle)


def extra_occurrences(target: Scenario, added: float) -> float:
    """G for one coupling: extra occurrences of `target` when `added` pressure enters its fast part once."""
    half_life = target.pressure.fast_half_life
    if half_life is None:
        return 0.0
    decay = 2.0 ** (-1.0 / math.exp(half_life.log().mean))
    mechanism = target.mechanism
    if isinstance(mechanism, Event):
        effect = link_prior(mechanism.hazard_link).mean
        weight = math.exp(mechanism.base_hazard.mean + DEVELOPING * effect)
    else:
        own = (link_prior(link.effect).mean for link in target.links if link.indicator == mechanism.indicator)
        effect, weight = next(own, 0.0), 1.0 / mechanism.within_steps
    return min(_LARGE, weight * excess(effect * added, decay))


def excess(jump: float, decay: float) -> float:
    """Σ_{k≥0} (exp(jump · decay^k) − 1), for a decay in (0, 1); 0 where the jump is not above 0.

    Expanding the exponential and summing over k first gives Σ_{n≥1} jumpⁿ / (n! (1 − decayⁿ)), which needs
    few terms however slow the decay is.

    >>> round(excess(0.5, 0.5), 6) == round(sum(math.exp(0.5 * 0.5**k) - 1 for k in range(60)), 6)
    True
    """
    if jump <= 0:
        return 0.0
    if jump > _LARGEST_JUMP:
        return _LARGE
    total, term = 0.0, 1.0
    for order in range(1, _TERMS):
        term *= jump / order
        # expm1 keeps 1 − decayⁿ exact where the decay is very slow.
        total += term / -math.expm1(order * math.log(decay))
    return total


def spectral_radius(matrix: Sequence[Sequence[float]]) -> float:
    """The largest absolute eigenvalue of a square matrix without negative numbers.

    Gelfand's formula, lim ‖Gᵏ‖^(1/k), along k = 1, 2, 4, …: each power is the square of the last, divided by its norm
    so that nothing overflows, and log ‖G^(2^j)‖ / 2^j is the sum of log(norm) / 2^i up to j. Not by NumPy, which takes
    longer to load than a catalog to read, and every command reads one.

    Source: Gelfand (1941), Normierte Ringe, Matematicheskii Sbornik 9(51), 3–24.

    >>> spectral_radius([[0.0, 4.0], [0.25, 0.0]])
    1.0
    """
    logarithm, weight = 0.0, 1.0
    for _ in range(_SQUARINGS):
        norm = max(map(sum, matrix), default=0.0)
        if norm == 0:
            return 0.0
        logarithm += weight * math.log(norm)
        weight /= 2
        rows = [[value / norm for value in row] for row in matrix]
        columns = list(zip(*rows, strict=True))
        matrix = [[math.sumprod(row, column) for column in columns] for row in rows]
    return math.exp(logarithm)


def _strongest_cycle(offspring: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """The cycle with the largest geometric mean of G along it, by dynamic programming over its length."""
    count = len(offspring)
    best: tuple[int, ...] = ()
    best_mean = 0.0
    for start in range(count):
        # walks[s] is the strongest walk from `start` to s of the present length, with its product.
        walks: dict[int, tuple[float, tuple[int, ...]]] = {start: (1.0, (start,))}
        for length in range(1, count + 1):
            longer: dict[int, tuple[float, tuple[int, ...]]] = {}
            for here, (product, path) in walks.items():
                for there in (column for column in range(count) if offspring[here][column]):
                    candidate = (product * offspring[here][there], (*path, there))
                    longer[there] = max(longer.get(there, candidate), candidate)
            walks = longer
            if start in walks and (mean := walks[start][0] ** (1.0 / length)) > best_mean * (1 + 1e-12):
                best, best_mean = walks[start][1][:-1], mean
    return best
