"""Whole theaters simulated from the model, one step and one number after the other: what calibration takes for true.

Written from the equations of `docs/model.md` and the declarations alone: nothing here calls the ensemble's code, so
that an error there cannot hide. What the likelihood takes as given (which indicator is read in which step, with which
coverage and trust, and since when events are watched) is drawn without looking at pressure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.elicitation import Normal
from tocsin.domain.evidence import COUNTED_TRUST, Alternative, Cell, Evidence
from tocsin.domain.indicator import Indicator, Kind, MeasureBaseline, OrdinalBaseline, RateBaseline
from tocsin.domain.scenario import Event, Threshold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tocsin.domain.scenario import Scenario
    from tocsin.domain.theater import Theater

ALREADY = -1
"""In `Truth.first`: the rule is met now."""
TRUSTS = (1.0, 0.98, 0.86, 0.75, 0.57, 0.42, 0.22)
"""Complete trust, and that of grades from A1 down to E6."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What calibration holds the fit to.

    Attributes:
        parameters: By the label that the design gives them.
        pressure: θ of each scenario in each step of the window.
        first: For each scenario the future step in which it first occurs: 0 is what is left of the current step,
            ALREADY means that it is so now; no entry where it does not occur by the longest horizon.
    """

    parameters: Mapping[str, float]
    pressure: Mapping[str, tuple[float, ...]]
    first: Mapping[str, int]


@dataclass(slots=True)
class _World:
    """The state of one simulated theater. `counts` are those on the books of each rule, by step."""

    theater: Theater
    random: np.random.Generator
    parameters: dict[str, float]
    part: dict[str, float] = field(default_factory=dict)
    aftermath: dict[str, float] = field(default_factory=dict)
    happened: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, list[int]] = field(default_factory=dict)

    def pressure(self, name: str) -> float:
        """θ = √w·slow + √(1 − w)·fast + echo."""
        share = self.parameters.get(f"share[{name}]")
        slow, fast = self.part.get(f"{name}, slow"), self.part.get(f"{name}, fast")
        if share is None:
            return (fast if slow is None else slow) + self.aftermath[name]  # type: ignore[operator]
        weight = 1.0 / (1.0 + math.exp(-share))
        return math.sqrt(weight) * slow + math.sqrt(1.0 - weight) * fast + self.aftermath[name]  # type: ignore[operator]

    def level(self, indicator: Indicator) -> float:
        """η = α + Σ λ·θ, a measure's λ in its median spreads."""
        eta = self.parameters[f"baseline[{indicator.id}]"]
        scale = math.exp(indicator.baseline.spread.log().mean) if isinstance(indicator.baseline, MeasureBaseline) else 1
        for scenario in self.theater.scenarios:
            effect = self.parameters.get(f"link[{scenario.id}, {indicator.id}]")
            if effect is not None:
                eta += effect * scale * self.pressure(scenario.id)
        return eta

    def hazard(self, name: str) -> float:
        """Of an event, per step: exp(β + γ·θ)."""
        return math.exp(
            self.parameters[f"log_hazard[{name}]"] + self.parameters[f"hazard_link[{name}]"] * self.pressure(name)
        )


def simulate_theater(theater: Theater, day: date, seed: int) -> tuple[Evidence, Truth]:
    """The evidence that a theater drawn from the prior gives at the end of a day, and the truth behind it."""
    random = np.random.default_rng(seed)
    world = _World(theater, random, _draw_parameters(theater, random))
    timeline = theater.timeline
    last = timeline.number(day)
    elapsed = ((day - timeline.start_of(last)).days + 1) / timeline.days_in(last)
    watched = {
        scenario.id: int(random.integers(timeline.window // 3))
        for scenario in theater.scenarios
        if isinstance(scenario.mechanism, Event)
    }
    density = {indicator.id: random.uniform(0.15, 1.0) for indicator in theater.indicators}
    pressure: dict[str, list[float]] = {scenario.id: [] for scenario in theater.scenarios}
    cells: list[Cell] = []
    for step in range(timeline.window):
        _move(world, step)
        share = elapsed if step == timeline.window - 1 else 1.0
        read = [item for item in theater.indicators if random.random() < density[item.id]]
        now = [_read(world, item, step, share) for item in read]
        _happen(world, watched, step, share)
        _keep_books(world, now)
        cells += now
        for name, path in pressure.items():
            path.append(world.pressure(name))
    evidence = _evidence(world, cells, day, elapsed, watched)
    return evidence, Truth(
        world.parameters, {name: tuple(path) for name, path in pressure.items()}, _continue(world, day, elapsed)
    )


def as_of_earlier(evidence: Evidence, passed: int) -> Evidence:
    """What was known when the step ended that is so many before the last: the same world, its last steps to come.

    The window reaches back further, to steps of which nothing is known.
    """
    kept = evidence.steps - passed
    return replace(
        evidence,
        first_step=evidence.first_step - passed,
        elapsed=1.0,
        cells=tuple(replace(cell, step=cell.step + passed) for cell in evidence.cells if cell.step < kept),
        occurred={
            name: tuple(step + passed for step in steps if step < kept) for name, steps in evidence.occurred.items()
        },
        watched={name: since + passed for name, since in evidence.watched.items()},
        counted={name: (0,) * passed + counts[:kept] for name, counts in evidence.counted.items()},
        uncounted=dict.fromkeys(evidence.uncounted, 0.0),
    )


def _draw_parameters(theater: Theater, random: np.random.Generator) -> dict[str, float]:
    return {label: random.normal(prior.mean, prior.sd) for label, prior in _priors(theater)}


def _priors(theater: Theater) -> Iterator[tuple[str, Normal]]:
    for item in theater.indicators:
        yield f"baseline[{item.id}]", item.baseline_prior()
        if item.kind is Kind.COUNT and isinstance(item.baseline, RateBaseline):
            yield f"log_dispersion[{item.id}]", item.baseline.dispersion.log()
        if isinstance(item.baseline, MeasureBaseline):
            yield f"log_spread[{item.id}]", item.baseline.spread.log()
    for scenario in theater.scenarios:
        for link in scenario.links:
            yield f"link[{scenario.id}, {link.indicator}]", link.prior(theater.indicator(link.indicator))
        yield from _scenario_priors(scenario)
    for coupling in theater.couplings:
        yield f"coupling[{coupling.source} -> {coupling.target}]", coupling.adds.plain()


def _scenario_priors(scenario: Scenario) -> Iterator[tuple[str, Normal]]:
    moves, mechanism = scenario.pressure, scenario.mechanism
    if moves.fast_half_life is not None:
        yield f"log_half_life[{scenario.id}, fast]", moves.fast_half_life.log()
    if moves.slow_half_life is not None:
        yield f"log_half_life[{scenario.id}, slow]", moves.slow_half_life.log()
    if moves.slow_share is not None:
        yield f"share[{scenario.id}]", moves.slow_share.logit()
    if isinstance(mechanism, Event):
        yield f"log_hazard[{scenario.id}]", mechanism.base_hazard
        multiplier = mechanism.hazard_link.log()  # at +2
        yield f"hazard_link[{scenario.id}]", Normal(multiplier.mean / 2, multiplier.sd / 2)


def _move(world: _World, step: int) -> None:
    """Pressure one step on: x(t) = ρ·x(t−1) + √(1−ρ²)·ε, and echoes of what happened in the step before."""
    for label in [label for label in world.parameters if label.startswith("log_half_life[")]:
        part = label.removeprefix("log_half_life[").removesuffix("]")
        rho = 2.0 ** (-1.0 / math.exp(world.parameters[label]))
        arriving = world.random.normal()
        world.part[part] = arriving if step == 0 else rho * world.part[part] + math.sqrt(1.0 - rho * rho) * arriving
    for scenario in world.theater.scenarios:
        fast = world.parameters.get(f"log_half_life[{scenario.id}, fast]")
        decay = 0.0 if fast is None else 2.0 ** (-1.0 / math.exp(fast))
        world.aftermath[scenario.id] = decay * world.aftermath.get(scenario.id, 0.0)
    for coupling in world.theater.couplings:
        if _happened(world, coupling.source, step - 1):
            world.aftermath[coupling.target] += world.parameters[f"coupling[{coupling.source} -> {coupling.target}]"]


def _happened(world: _World, name: str, step: int) -> bool:
    """An event occurred in the step, or a rule became true in it, having been false the step before."""
    rule = world.theater.scenario(name).mechanism
    if isinstance(rule, Threshold):
        return step >= 0 and _met(world, name, rule, step) and not _met(world, name, rule, step - 1)
    return step in world.happened[name] if step >= 0 else False


def _met(world: _World, name: str, rule: Threshold, step: int) -> bool:
    return step >= 0 and sum(world.counts[name][max(0, step + 1 - rule.within_steps) : step + 1]) >= rule.at_least


def _read(world: _World, indicator: Indicator, step: int, share: float) -> Cell:
    """One reading with its grade: right with the chance of its trust, otherwise like any reading at normal pressure."""
    random = world.random
    coverage = indicator.coverage if random.random() < 0.3 else random.uniform(0.2, 1.0)
    coverage *= share if indicator.kind in {Kind.COUNT, Kind.PRESENCE} else 1.0
    trust = float(random.choice(TRUSTS))
    if random.random() < trust:
        eta, shape = world.level(indicator), _shape(world.parameters, indicator)
    else:
        prior = indicator.baseline_prior()
        eta, shape = random.normal(prior.mean, prior.sd), _median_shape(indicator)
    value = _draw_value(random, indicator, eta, shape, coverage)
    return Cell(indicator.id, step, coverage, (Alternative(value, trust),), ("report",))


def _shape(parameters: Mapping[str, float], indicator: Indicator) -> float:
    name = {Kind.COUNT: "log_dispersion", Kind.MEASURE: "log_spread"}.get(indicator.kind)
    return math.exp(parameters[f"{name}[{indicator.id}]"]) if name else 0.0


def _median_shape(indicator: Indicator) -> float:
    if isinstance(indicator.baseline, MeasureBaseline):
        return math.exp(indicator.baseline.spread.log().mean)
    return math.exp(indicator.baseline.dispersion.log().mean) if isinstance(indicator.baseline, RateBaseline) else 0.0


def _draw_value(random: np.random.Generator, indicator: Indicator, eta: float, shape: float, coverage: float) -> float:
    if indicator.kind is Kind.COUNT:
        mean = coverage * math.exp(eta)
        return float(random.poisson(random.gamma(shape, mean / shape)))
    if indicator.kind is Kind.PRESENCE:
        return float(random.poisson(coverage * math.exp(eta)) > 0)
    if isinstance(indicator.baseline, OrdinalBaseline):
        reached = eta + random.logistic()  # level ≥ k where η plus logistic noise passes κ_k
        seen = random.random() < coverage
        return float(seen * sum(reached > cut for cut in indicator.baseline.cutpoints()))
    assert isinstance(indicator.baseline, MeasureBaseline)
    return eta + shape * random.standard_t(indicator.baseline.degrees_of_freedom)


def _happen(world: _World, watched: Mapping[str, int], step: int, share: float) -> None:
    """Events in a share of a step. What occurs before anybody watches is neither known nor felt."""
    for name, since in watched.items():
        steps = world.happened.setdefault(name, [])
        if world.random.exponential() < world.hazard(name) * share and step >= since:
            steps.append(step)


def _keep_books(world: _World, now: list[Cell]) -> None:
    """Rules read what was reported, right or wrong, at a trust of one half or more."""
    for scenario in world.theater.scenarios:
        if isinstance(rule := scenario.mechanism, Threshold):
            world.counts.setdefault(scenario.id, []).append(
                sum(
                    int(cell.alternatives[0].value)
                    for cell in now
                    if cell.indicator == rule.indicator and cell.alternatives[0].trust >= COUNTED_TRUST
                )
            )


def _evidence(world: _World, cells: list[Cell], day: date, elapsed: float, watched: dict[str, int]) -> Evidence:
    timeline = world.theater.timeline
    order = {indicator.id: place for place, indicator in enumerate(world.theater.indicators)}
    return Evidence(
        theater=world.theater.id,
        as_of=timeline.close_of(day),
        first_step=timeline.number(day) - timeline.window + 1,
        steps=timeline.window,
        elapsed=elapsed,
        cells=tuple(sorted(cells, key=lambda cell: (order[cell.indicator], cell.step))),
        occurred={
            scenario.id: tuple(step for step in range(timeline.window) if _happened(world, scenario.id, step))
            for scenario in world.theater.scenarios
        },
        watched=watched,
        counted={name: tuple(counts) for name, counts in world.counts.items()},
        uncounted=dict.fromkeys(world.counts, 1.0 - elapsed),
    )


def _continue(world: _World, day: date, elapsed: float) -> dict[str, int]:
    """The one true future: the future step in which each scenario first occurs, to the longest horizon."""
    timeline = world.theater.timeline
    number, last = timeline.number(day), timeline.window - 1
    first = {
        scenario.id: ALREADY
        for scenario in world.theater.scenarios
        if isinstance(scenario.mechanism, Threshold) and _met(world, scenario.id, scenario.mechanism, last)
    }
    future = 0
    while (timeline.start_of(number + future) - day).days <= world.theater.horizon_days:
        if future:
            _move(world, last + future)
        happened = _happen_next(world, last + future, 1.0 if future else 1.0 - elapsed)
        for name in happened:
            first.setdefault(name, future)
        future += 1
    return first


def _happen_next(world: _World, step: int, share: float) -> list[str]:
    """What occurs, or is so by the end, in a step to come or in what is left of the current one."""
    found = []
    for scenario in world.theater.scenarios:
        rule, name = scenario.mechanism, scenario.id
        if isinstance(rule, Threshold):
            indicator = world.theater.indicator(rule.indicator)
            shape = _shape(world.parameters, indicator)
            count = _draw_value(world.random, indicator, world.level(indicator), shape, indicator.coverage * share)
            world.counts[name][step:] = [sum(world.counts[name][step:]) + int(count)]
            if _met(world, name, rule, step):
                found.append(name)
        elif world.random.exponential() < world.hazard(name) * share:
            world.happened[name].append(step)
            found.append(name)
    return found
