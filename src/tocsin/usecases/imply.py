"""Work out what the declared ranges of a theater imply, before anything is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.domain.evidence import derive_evidence
from tocsin.domain.implied import YEAR_DAYS, Implications
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import prior_draws
from tocsin.ensemble.futures import begin
from tocsin.ensemble.implied_odds import implied_scenarios
from tocsin.ensemble.implied_reading import implied_readings

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater

DRAWS = 2000
"""Draws from the ranges: half of a fit's, as nothing is published from them."""
SEED = 1
"""Fixed: the same files give the same figures."""


def imply(theater: Theater) -> Implications:
    """Odds and readings by prior predictive simulation, which takes a few seconds.

    The future begins after the step in which the last scenario opened: that is when the ranges were stated.
    """
    timeline = theater.timeline
    opened = max(scenario.resolution.opened for scenario in theater.scenarios)
    nothing = derive_evidence(theater, [], timeline.close_of(timeline.end_of(timeline.number(opened))))
    asked = replace(
        theater,
        scenarios=tuple(replace(scenario, horizons=(*scenario.horizons, YEAR_DAYS)) for scenario in theater.scenarios),
    )
    design = lay_out(theater)
    draws = prior_draws(design, SEED, DRAWS)
    return Implications(
        implied_scenarios(theater, design, draws, begin(asked, design, nothing), SEED),
        implied_readings(theater, design, draws, SEED),
    )
