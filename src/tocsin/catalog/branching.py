"""Whether couplings feed on themselves: the branching ratio of a theater's scenarios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import DEVELOPING, link_prior
from tocsin.domain.scenario import Event, Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.domain.theater import Theater

_LARGE = 1e9
"""Stands for a number of extra occurrences too large to compute with; anything from 1 is refused anyway."""
_TERMS = 500
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
    offspring = np.zeros((len(names), len(names)))
    for coupling in theater.couplings:
        target = theater.scenario(coupling.target)
        row, column = names.index(coupling.source), names.index(coupling.target)
        offspring[row, column] = extra_occurrences(target, coupling.adds.plain().mean)
    ratio = float(np.max(np.abs(np.linalg.eigvals(offspring))))
    return Branching(ratio, tuple(names[position] for position in _strongest_cycle(offspring)))


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


def _strongest_cycle(offspring: NDArray[np.float64]) -> tuple[int, ...]:
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
                for there in np.flatnonzero(offspring[here]).tolist():
                    candidate = (product * float(offspring[here, there]), (*path, there))
                    longer[there] = max(longer.get(there, candidate), candidate)
            walks = longer
            if start in walks and (mean := walks[start][0] ** (1.0 / length)) > best_mean * (1 + 1e-12):
                best, best_mean = walks[start][1][:-1], mean
    return best
