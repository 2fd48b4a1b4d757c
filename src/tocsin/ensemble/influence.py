"""What counted most: the change in log-odds that a group of evidence made, by taking it away again."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.ensemble.cells import lay_out_cells
from tocsin.ensemble.draws import RECENT_STEPS
from tocsin.ensemble.likelihood import cell_log_likelihood
from tocsin.ensemble.odds import estimate, even_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.evidence import Cell
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.ensemble import Ensemble

MIN_EFFECTIVE_SHARE = 0.05
"""Below this share of effective draws, what the odds would be without the evidence cannot be told by reweighting."""


@dataclass(frozen=True, slots=True)
class Influence:
    """The change in log-odds that an indicator's recent reports, or its silence, made to one scenario.

    `beyond_reach` marks a change so large that reweighting bounds it only from below: without the evidence too few
    draws would be left.
    """

    indicator: str
    silent: bool
    change: float
    beyond_reach: bool


def influences(
    design: Design, ensemble: Ensemble, cells: Sequence[Cell], scenario: int, days: int
) -> tuple[Influence, ...]:
    """What each indicator's reports and silence of the last 52 steps did to P(scenario within `days`), largest first.

    The evidence is taken away by weights 1 / p(evidence | draw), truncated at √D times their mean (Ionides 2008,
    Truncated importance sampling, Journal of Computational and Graphical Statistics 17(2)).
    """
    groups: dict[tuple[str, bool], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.step >= design.steps - min(design.steps, RECENT_STEPS):
            groups[cell.indicator, cell.silent].append(cell)
    weights = even_weights(ensemble.futures)
    standing = _log_odds(estimate(ensemble.futures, scenario, days, weights).probability)
    found = []
    for (indicator, silent), members in groups.items():
        without = _without(design, ensemble, members)
        change = standing - _log_odds(estimate(ensemble.futures, scenario, days, without).probability)
        effective = 1.0 / (len(without) * float(np.sum(without**2)))
        found.append(Influence(indicator, silent, change, effective < MIN_EFFECTIVE_SHARE))
    return tuple(sorted(found, key=lambda item: (-abs(item.change), item.indicator, item.silent)))


def _without(design: Design, ensemble: Ensemble, cells: Sequence[Cell]) -> Floats:
    recent = ensemble.draws.recent
    offset = design.steps - recent.shape[2]
    at_cells = recent[:, :, [cell.step - offset for cell in cells]].astype(np.float64)
    log_likelihood = cell_log_likelihood(design, ensemble.draws.parameters, at_cells, lay_out_cells(design, cells)).sum(
        axis=1
    )
    weights = np.exp(-(log_likelihood - log_likelihood.min()))
    weights = np.minimum(weights, weights.mean() * math.sqrt(len(weights)))
    return np.asarray(weights / weights.sum())


def _log_odds(probability: float) -> float:
    return math.log(probability) - math.log1p(-probability)
