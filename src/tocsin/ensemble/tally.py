"""What a reading adds to a threshold rule's count, and the chances if it did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.evidence import crossings
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.odds import chance_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats, Integers, Rule
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Start

MOST_STARTS = 13
"""Rules that ask for more than a dozen are simulated at so many counts."""
TALLY_FUTURES = 8
"""Futures of each draw and start."""


@dataclass(frozen=True, eq=False, slots=True)
class Tally:
    """What a reading would do to the rules that count its indicator.

    Attributes:
        share: Share of the step read that is not counted yet, in [0, 1].
        counts: (K,) rising from 0: how many more are counted in the current step. More than the last make no
            difference; between two of them chances are taken as even.
        chances: (K, S, D) chance of each scenario in each draw if so many more were counted, and the share were.
    """

    share: float
    counts: Integers
    chances: Floats

    def added(self, values: Floats) -> Floats:
        """(Y, K) weight of each entry of `counts` in what readings (Y,), rising from 0, add to the count.

        Of incidents spread evenly over a step, each lies in its uncounted part with chance `share`: the binomial law.
        So what is added, before anything is read, is the negative binomial that futures draw, and readings leave the
        odds where they are on average.
        """
        most = int(self.counts[-1])
        between = np.stack([np.interp(np.arange(most + 1), self.counts, one) for one in np.eye(len(self.counts))])
        chance = np.zeros(most + 1)
        chance[0] = 1.0
        rows = np.empty((len(values), len(self.counts)))
        read = 0
        for row, value in enumerate(values):
            for _ in range(read, int(value)):
                moved = self.share * chance
                chance = chance - moved
                chance[1:] += moved[:-1]
                chance[-1] += moved[-1]
            read = int(value)
            rows[row] = np.sum(between * chance, axis=1)
        return rows


def rules_of(design: Design, indicator: int) -> tuple[Rule, ...]:
    """The threshold rules that count an indicator."""
    return tuple(rule for rule in design.rules if rule.indicator == indicator)


def tally(
    theater: Theater,
    design: Design,
    evidence: Evidence,
    draws: Draws,
    indicator: int,
    horizons: Sequence[int],
    seed: int,
    proceed: Callable[[int, int], None],
) -> Tally:
    """Simulate what a reading of an indicator that some rule counts would do to the rules.

    A reading is of the whole current step. What lies in days that are counted already is on the books; what lies in
    the rest of it joins them. Random numbers are common to all counts. A second's work for each of them.

    Args:
        theater: What was declared.
        design: Its structure.
        evidence: What the draws stand on.
        draws: D draws.
        indicator: Index of an indicator that at least one rule counts.
        horizons: (S,) days.
        seed: Of the futures.
        proceed: Told how many counts are simulated, of how many.
    """
    rules = rules_of(design, indicator)
    most = max(rule.at_least for rule in rules)
    knots = np.unique(np.linspace(0, most, min(most + 1, MOST_STARTS)).round().astype(np.int64))
    simulated = []
    for done, knot in enumerate(knots):
        proceed(done, len(knots))
        start = begin(theater, design, _counting(design, evidence, rules, int(knot)))
        futures = simulate(design, draws, _until(start, max(horizons)), seed, TALLY_FUTURES)
        simulated.append([chance_by(futures, scenario, days)[0] for scenario, days in enumerate(horizons)])
    proceed(len(knots), len(knots))
    share = min(evidence.uncounted[design.scenarios[rules[0].scenario]], 1.0)
    return Tally(share, knots, np.array(simulated))


def _counting(design: Design, evidence: Evidence, rules: Sequence[Rule], more: int) -> Evidence:
    """The evidence with more on the books in the current step, and that step read."""
    counted, uncounted, occurred = dict(evidence.counted), dict(evidence.uncounted), dict(evidence.occurred)
    for rule in rules:
        name = design.scenarios[rule.scenario]
        counted[name] = (*counted[name][:-1], counted[name][-1] + more)
        uncounted[name] = max(uncounted[name] - 1.0, 0.0)
        mechanism = Threshold(design.indicators[rule.indicator], rule.at_least, rule.within_steps)
        occurred[name] = crossings(counted[name], mechanism)
    return replace(evidence, counted=counted, uncounted=uncounted, occurred=occurred)


def _until(start: Start, days: int) -> Start:
    """As many future steps as it takes to reach so many days."""
    steps = int(np.searchsorted(np.cumsum(start.step_days), days)) + 1
    return replace(start, step_days=start.step_days[:steps], share=start.share[:steps])
