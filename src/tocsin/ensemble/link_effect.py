"""What a fit has learned of each link's effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import DEVELOPING
from tocsin.domain.link_record import Effect
from tocsin.ensemble.design import MEASURE

if TYPE_CHECKING:
    from tocsin.ensemble.design import Design
    from tocsin.ensemble.draws import Draws

_LEVELS = (0.05, 0.5, 0.95)


def link_effects(design: Design, draws: Draws) -> dict[tuple[str, str], Effect]:
    """Median and central 90 % of each effect when the scenario is developing, by ids of scenario and indicator.

    exp(2 λ) is the multiplier of a link λ, and 2 λ the shift of a measure in baseline spreads; `link_prior` and
    `shift_prior` are the way back. Quantiles are the usual ones of D equally weighted draws.
    """
    effect = DEVELOPING * draws.parameters[:, design.block("link")]
    low, median, high = np.quantile(effect, _LEVELS, axis=0)
    found = {}
    for at, (indicator, scenario) in enumerate(zip(design.link_indicator, design.link_scenario, strict=True)):
        values = np.array([low[at], median[at], high[at]])
        shown = values if design.kind[indicator] == MEASURE else np.exp(values)
        found[design.scenarios[scenario], design.indicators[indicator]] = Effect(*(float(value) for value in shown))
    return found
