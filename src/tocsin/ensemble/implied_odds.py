"""What the declared ranges imply for each scenario before anything is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import DEVELOPING, Z90
from tocsin.domain.implied import YEAR_DAYS, ImpliedOdds, ImpliedScenario
from tocsin.domain.indicator import MOST
from tocsin.domain.odds import Interval
from tocsin.domain.scenario import Event
from tocsin.ensemble.futures import Futures, Start, simulate
from tocsin.ensemble.likelihood import linear_predictor, log_hazard, log_shape
from tocsin.ensemble.odds import LEAST, estimate, estimates, even_weights

if TYPE_CHECKING:
    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design, Floats, Rule
    from tocsin.ensemble.draws import Draws

FUTURES = 16
"""Futures of each draw."""


def implied_scenarios(
    theater: Theater, design: Design, draws: Draws, start: Start, seed: int
) -> tuple[ImpliedScenario, ...]:
    """One for each scenario, by prior predictive simulation to a year or its longest horizon, whichever is longer.

    Args:
        theater: Declarations.
        design: Its structure.
        draws: The prior's.
        start: Where the future begins, with nothing counted; it must reach a year.
        seed: Of the futures.
    """
    futures = simulate(design, draws, start, seed, FUTURES)
    alone = replace(draws, parameters=draws.parameters.copy())
    alone.parameters[:, design.block("coupling")] = 0.0
    apart = simulate(design, alone, start, seed, FUTURES) if len(design.coupling_source) else futures
    found = []
    for position, scenario in enumerate(theater.scenarios):
        days = sorted({*scenario.horizons, YEAR_DAYS})
        held = [
            tuple(float(chance) for chance in _held(theater, design, draws, position, days, level, seed))
            for level in (0.0, DEVELOPING)
        ]
        found.append(
            ImpliedScenario(
                scenario=scenario.id,
                odds=_odds(futures, position, days),
                uncoupled=estimate(apart, position, YEAR_DAYS, even_weights(apart)).probability,
                base_rate=_base_rate(scenario, theater.timeline.step.per_year),
                normal=held[0],
                developing=held[1],
            )
        )
    return tuple(found)


def _odds(futures: Futures, scenario: int, days: list[int]) -> tuple[ImpliedOdds, ...]:
    found = estimates(futures, scenario, days, even_weights(futures))
    return tuple(ImpliedOdds(span, item.probability, Interval(item.low90, item.high90)) for span, item in found.items())


def _base_rate(scenario: Scenario, steps: float) -> tuple[float, float, float] | None:
    """Low end, middle and high end of the chance within a year at normal pressure."""
    if not isinstance(scenario.mechanism, Event):
        return None
    prior = scenario.mechanism.base_hazard
    low, middle, high = (-math.expm1(-steps * math.exp(prior.mean + side * Z90 * prior.sd)) for side in (-1, 0, 1))
    return low, middle, high


def _held(
    theater: Theater, design: Design, draws: Draws, scenario: int, days: list[int], level: float, seed: int
) -> Floats:
    """P(scenario within each of `days`) if its own pressure stayed at a level and all others at normal."""
    steps = np.array(days) / theater.timeline.step.mean_days
    pressure = np.zeros((len(draws), len(design.scenarios)))
    pressure[:, scenario] = level
    rule = next((rule for rule in design.rules if rule.scenario == scenario), None)
    if rule is not None:
        return _met(theater, design, draws, rule, steps, pressure, seed)
    event = design.event_scenario.tolist().index(scenario)
    hazard = np.exp(log_hazard(design, draws.parameters, pressure)[:, event])
    return np.asarray(np.clip(-np.expm1(-hazard[:, None] * steps).mean(axis=0), LEAST, 1.0 - LEAST))


def _met(
    theater: Theater, design: Design, draws: Draws, rule: Rule, steps: Floats, pressure: Floats, seed: int
) -> Floats:
    """Share of draws in which a rule is met within so many steps, the first windows counted from an empty book."""
    random = np.random.default_rng([seed, 4, rule.scenario])
    level = linear_predictor(design, draws.parameters, pressure, rule.indicator)
    mean = theater.indicators[rule.indicator].coverage * np.exp(level)
    dispersion = np.exp(log_shape(design, draws.parameters, rule.indicator, level))
    last = max(1, math.ceil(steps.max()))
    rate = random.gamma(dispersion, size=(last, len(mean))) * (mean / dispersion)
    running = np.cumsum(random.poisson(np.minimum(rate, MOST)), axis=0)
    running[rule.within_steps :] -= running[: -rule.within_steps].copy()
    met = np.maximum.accumulate(running >= rule.at_least, axis=0).mean(axis=1)
    return np.asarray(np.clip(met[np.clip(np.round(steps).astype(int), 1, last) - 1], LEAST, 1.0 - LEAST))
