"""What counted most: the change in log-odds that a group of evidence made, by taking it away again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import logit
from tocsin.ensemble.likelihood import recent_log_likelihood
from tocsin.ensemble.odds import estimate
from tocsin.ensemble.psis import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.evidence import Cell
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.ensemble import Ensemble


@dataclass(frozen=True, slots=True)
class Influence:
    """The change in log-odds that an indicator's recent reports, or its silence, made to one scenario.

    `beyond_reach` marks a change that reweighting cannot tell: without the evidence too few draws would be left.
    """

    indicator: str
    silent: bool
    change: float
    beyond_reach: bool


def influences(
    design: Design, ensemble: Ensemble, weights: Floats, cells: Sequence[Cell], questions: Sequence[tuple[int, int]]
) -> list[tuple[Influence, ...]]:
    """What each indicator's recent reports and silence did to P(scenario within days), largest first, by question.

    Recent are the steps whose pressure is kept. The evidence is taken away by Pareto-smoothed weights
    w / p(evidence | draw).

    Args:
        design: Structure.
        ensemble: Draws and futures.
        weights: (D,) of the draws, summing to 1.
        cells: The evidence behind them.
        questions: Index of a scenario, and a horizon in days.
    """
    reach = ensemble.draws.recent.shape[2]
    groups: dict[tuple[str, bool], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.step >= design.steps - reach:
            groups[cell.indicator, cell.silent].append(cell)
    standing = [_log_odds(ensemble, *question, weights) for question in questions]
    found: list[list[Influence]] = [[] for _ in questions]
    for (indicator, silent), members in groups.items():
        with np.errstate(divide="ignore"):
            without = smooth(np.log(weights) - recent_log_likelihood(design, ensemble.draws, members))
        for place, question in enumerate(questions):
            change = standing[place] - _log_odds(ensemble, *question, without.weights)
            found[place].append(Influence(indicator, silent, change, beyond_reach=not without.reliable))
    return [tuple(sorted(items, key=lambda item: (-abs(item.change), item.indicator, item.silent))) for items in found]


def _log_odds(ensemble: Ensemble, scenario: int, days: int, weights: Floats) -> float:
    return logit(estimate(ensemble.futures, scenario, days, weights).probability)
